"""Test whether an image shows an amorphous region, against the statistics of its crystal.

In pure crystal, contrast losses are distributed over the columns at random. Therefore the
test draws a loss for every column from the crystal columns of the same kind. The largest
mean loss in any neighbourhood of a draw is the loss that crystal alone can show in such a
field. An amorphous region must show more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import ContrastLoss, local_loss
from napari_reward_analysis.analyses.amorphous.classes.neighbour_means import NeighbourMean
from napari_reward_analysis.arrays import BoolArray, FloatArray

#: Number of draws n in the test. The smallest possible p value is 1 / (n + 1).
DRAWS = 499
#: A region exists if the p value is not above this.
SIGNIFICANT = 0.01
#: Smallest contrast loss of an amorphous region, even if a smaller loss is significant:
#: strain, dirt and dynamical effects cause as much.
MIN_LOSS = 0.15
#: Losses with a smaller difference are equal except for rounding.
_EQUAL = 1e-9
#: Number of draws that are processed together.
_BATCH = 50


@dataclass(frozen=True, eq=False)
class Existence:
    """Result of the test for an amorphous region.

    Attributes
    ----------
    exists : bool
        Whether there is an amorphous region.
    p_value : float
        Probability that crystal alone shows such a large loss anywhere in the field.
    largest_loss : float
        Largest mean contrast loss in a neighbourhood, 0 to 1.
    bound : float
        Mean loss from which on a neighbourhood counts as amorphous.
    crystal_scatter : float
        Standard deviation of the loss in neighbourhoods of crystal.
    significant : ndarray of bool, shape (n,)
        Columns with a larger loss in their neighbourhood than the bound.
    """

    exists: bool
    p_value: float
    largest_loss: float
    bound: float
    crystal_scatter: float
    significant: BoolArray


def ask_existence(
    yx: FloatArray, labels: npt.NDArray[np.str_], kept: ContrastLoss, sigma: float, seed: int = 0
) -> Existence:
    """Test whether columns lost more contrast somewhere than crystal does by chance.

    Parameters
    ----------
    yx : ndarray, shape (n, 2)
        Positions of the columns in px.
    labels : ndarray of str, shape (n,)
        Kinds of the columns.
    kept : ContrastLoss
        Contrast loss of the columns, with the reference.
    sigma : float
        Sigma of the neighbourhood (a Gaussian) in px.
    seed : int
        Seed of the draws.

    Notes
    -----
    Columns of a real crystal depend a little on their neighbours. If its neighbourhoods
    scatter more than drawn ones, the draws are widened by this ratio.
    """
    near = NeighbourMean(yx, sigma, kept.weight)
    known = kept.weight > 0
    local = local_loss(NeighbourMean(yx, sigma), kept)
    local = np.where(known, local, -np.inf)
    most, theirs = _drawn(near, labels, kept, seed)
    centre = float(np.median(local[kept.reference]))
    mine = _spread(local[kept.reference])
    most = centre + max(1.0, mine / max(theirs, 1e-12)) * most
    largest = float(local.max())
    p_value = (1 + int((most >= largest - _EQUAL).sum())) / (len(most) + 1)
    bound = max(MIN_LOSS, float(np.quantile(most, 1 - SIGNIFICANT)))
    return Existence(
        exists=p_value <= SIGNIFICANT and largest > bound,
        p_value=p_value,
        largest_loss=min(largest, 1.0),
        bound=bound,
        crystal_scatter=mine,
        significant=np.asarray(local > bound),
    )


def _drawn(
    near: NeighbourMean, labels: npt.NDArray[np.str_], kept: ContrastLoss, seed: int
) -> tuple[FloatArray, float]:
    """Largest mean loss of each draw, relative to crystal, and the scatter of all means.

    The scatter is the mean over the batches, weighted by their draws. To keep all means
    would take hundreds of times the memory of the columns.
    """
    rng = np.random.default_rng(seed)
    known = kept.weight > 0
    largest: list[FloatArray] = []
    scatter = 0.0
    for first in range(0, DRAWS, _BATCH):
        values = np.zeros((len(labels), min(_BATCH, DRAWS - first)))
        for kind in kept.scatter:
            members = np.flatnonzero((labels == kind) & known)
            own = kept.loss[(labels == kind) & kept.reference]
            values[members] = rng.choice(own - np.median(own), (len(members), values.shape[1]))
        means = near(values)
        largest.append(means[known].max(axis=0))
        scatter += _spread(means[kept.reference]) * means.shape[1] / DRAWS
    return np.concatenate(largest), scatter


def _spread(values: npt.NDArray[np.floating]) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
