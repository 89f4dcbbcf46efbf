"""Is anything amorphous at all? A test against the crystal's own statistics.

Where nothing is amorphous, losses of contrast are scattered over the columns as they come.
So columns of the crystal itself are drawn anew on every place, each kind from its own, and
the largest mean loss in any neighbourhood is noted: what crystal alone shows somewhere in
such a field. An amorphous region must show more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import ContrastLoss, local_loss
from napari_reward_analysis.analyses.amorphous.classes.neighbour_means import NeighbourMean
from napari_reward_analysis.arrays import BoolArray, FloatArray

#: Draws of the test; the smallest probability it can find is one over one more.
DRAWS = 499
#: A region exists where chance alone has at most this probability.
SIGNIFICANT = 0.01
#: Columns that lost less than this part of their contrast are not called amorphous,
#: however surely they lost it: strain, dirt and dynamical effects do as much.
MIN_LOSS = 0.15
#: Losses that differ by less are equal: only rounding tells them apart.
_EQUAL = 1e-9
#: Draws worked on at once.
_BATCH = 50


@dataclass(frozen=True, eq=False)
class Existence:
    """How sure it is that something is amorphous.

    Attributes
    ----------
    exists : bool
        Whether a region is there.
    p_value : float
        Probability that crystal alone shows a loss as large, anywhere in the field.
    largest_loss : float
        Largest mean loss of contrast in a neighbourhood, 0 to 1.
    bound : float
        Loss in a neighbourhood that is needed to be called amorphous.
    crystal_scatter : float
        Standard deviation of the loss in neighbourhoods of crystal.
    significant : ndarray of bool, shape (n,)
        Columns whose neighbourhood lost more than the bound.
    """

    exists: bool
    p_value: float
    largest_loss: float
    bound: float
    crystal_scatter: float
    significant: BoolArray

    @property
    def sentence(self) -> str:
        """The answer in words."""
        odds = f"p {'=' if self.p_value > 1 / (DRAWS + 1) else '<='} {self.p_value:.2g}"
        if self.exists:
            return (
                f"An amorphous region exists ({odds}): up to {self.largest_loss:.0%} of the "
                f"columns' contrast is lost, {self.bound:.0%} would do, and crystal varies by "
                f"{self.crystal_scatter:.1%}."
            )
        return (
            f"Nothing is amorphous here: at most {self.largest_loss:.0%} of the columns' contrast "
            f"is lost anywhere ({odds}), and {self.bound:.0%} would be needed."
        )


def ask_existence(
    yx: FloatArray, labels: npt.NDArray[np.str_], kept: ContrastLoss, sigma: float, seed: int = 0
) -> Existence:
    """Ask whether the columns lost more contrast somewhere than crystal does by chance.

    Parameters
    ----------
    yx : ndarray, shape (n, 2)
        Places of the columns in px.
    labels : ndarray of str, shape (n,)
        Their kinds.
    kept : ContrastLoss
        Their levels, with the reference.
    sigma : float
        Of the neighbourhood (a Gaussian) in px.
    seed : int
        Of the draws.

    Notes
    -----
    Columns of a real crystal are not quite independent of their neighbours. Where its
    neighbourhoods scatter more than drawn ones do, the draws are widened by that ratio.
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
    """Largest mean loss of each draw of crystal, about 0, and the scatter of all means.

    The scatter is the mean over the batches, by their draws: all means at once would need
    hundreds of times the memory of the columns.
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
