"""Rewards for atomic columns: the count error QC and the share of errors ER.

Barakati et al., arXiv 2404.14146, Eqs. 1 and 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import BoolArray
from napari_reward_analysis.lattice import N_NEIGHBOURS

#: With fewer blobs a four-neighbour sum is not defined, and zero blobs would have a
#: perfect ER: such results are infeasible.
MIN_BLOBS = N_NEIGHBOURS + 1

#: How the common radius of neighbours is found: from so many points, as a multiple of the
#: median distance of their fourth neighbour, unless it holds so many points on average.
_SAMPLE, _REACH, _CROWD = 64, 1.2, 50

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Physics:
    """What the crystal predicts for one image, in the units of the detection.

    Attributes
    ----------
    expected : float
        Number of columns that the analysed area should hold (N).
    ds_px : float
        A sum of the four nearest distances below this is an error, in pixels.
    tolerance : float
        Relative error of N itself: within it a count is as good as another, and the
        objective is zero. For an N that is only known roughly.
    """

    expected: float
    ds_px: float
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.expected) and self.expected > 0):
            raise BadInput(
                f"An expected count of {self.expected:g} columns is impossible: "
                "give a positive number."
            )
        if not (math.isfinite(self.ds_px) and self.ds_px > 0):
            raise BadInput(f"DS of {self.ds_px:g} px is impossible: give a positive distance.")
        if not 0 <= self.tolerance < 1:
            raise BadInput(
                f"A tolerance of {self.tolerance:g} is impossible: give a fraction from 0 to 1."
            )


@dataclass(frozen=True)
class AtomScore:
    """QC and ER of one result.

    Attributes
    ----------
    count : int
        Blobs within the analysed area (n).
    qc : float
        (n - N) / N, signed.
    er : float
        Blobs whose neighbour sum is below DS, over N.
    feasible : bool
        Whether there are enough blobs for the numbers to mean anything.
    tolerance : float
        |QC| up to which the objective is zero.
    """

    count: int
    qc: float
    er: float
    feasible: bool
    tolerance: float = 0.0

    @property
    def objectives(self) -> tuple[float, float]:
        """The two numbers to minimise: |QC| beyond the tolerance, and ER."""
        return max(0.0, abs(self.qc) - self.tolerance), self.er


def neighbour_sums(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Sum of the distances to the four nearest other points.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y, x in any unit of length.

    Returns
    -------
    ndarray, shape (n,), float32
        In the same unit; infinite where there are fewer than five points.
    """
    if len(points) < MIN_BLOBS:
        return np.full(len(points), np.inf, np.float32)
    places = np.asarray(points, np.float64)
    tree = cKDTree(places, balanced_tree=False, compact_nodes=False)
    reach = _common_reach(tree, places)
    sums = np.full(len(places), np.nan)
    if reach > 0:
        sums = _sums_of_pairs(places, tree.query_pairs(reach, output_type="ndarray"))
    far = np.isnan(sums)
    if far.any():
        distances, _ = tree.query(places[far], k=N_NEIGHBOURS + 1)
        sums[far] = distances[:, 1:].sum(axis=1)
    return sums.astype(np.float32)


def _common_reach(tree: cKDTree, points: Floats) -> float:
    """Radius that holds four neighbours of most points; 0 where no one radius suits all.

    To list all pairs within it costs a third of asking for each point's neighbours.
    """
    sample = points[:: max(1, len(points) // _SAMPLE)]
    distances, _ = tree.query(sample, k=N_NEIGHBOURS + 1)
    reach = float(_REACH * np.median(distances[:, -1]))
    crowd = tree.query_ball_point(sample, reach, return_length=True)
    return reach if crowd.mean() < _CROWD else 0.0


def _sums_of_pairs(points: Floats, pairs: npt.NDArray[np.intp]) -> Floats:
    """Sums of the four smallest distances among the given pairs; NaN where there are fewer."""
    first, second = pairs.T
    y, x = np.ascontiguousarray(points.T)
    distance = np.sqrt((y[first] - y[second]) ** 2 + (x[first] - x[second]) ** 2)
    unit = 2 * float(distance.max(initial=0)) or 1.0
    # one number for point and distance: sorting numbers is ten times faster than rows
    keys = np.concatenate([first + distance / unit, second + distance / unit])
    keys.sort()
    count = np.bincount(keys.astype(np.intp), minlength=len(points))
    known = np.flatnonzero(count >= N_NEIGHBOURS)
    start = (np.cumsum(count) - count)[known]
    sums = np.full(len(points), np.nan)
    nearest = (keys[start + k] - known for k in range(N_NEIGHBOURS))
    sums[known] = sum(nearest, np.zeros(len(known))) * unit
    return sums


def score_atoms(
    sums: npt.NDArray[np.floating], physics: Physics, inside: BoolArray | None = None
) -> AtomScore:
    """QC (Eq. 1) and ER (Eq. 2) of one result.

    Parameters
    ----------
    sums : ndarray, shape (n,)
        Neighbour sums of all blobs of the field, in pixels.
    physics : Physics
        Expected count and DS.
    inside : ndarray of bool, shape (n,), optional
        Blobs that lie in the area over which N was counted; all by default.
    """
    counted = sums if inside is None else sums[inside]
    count = len(counted)
    return AtomScore(
        count=count,
        qc=(count - physics.expected) / physics.expected,
        er=float(np.count_nonzero(counted < physics.ds_px)) / physics.expected,
        feasible=count >= MIN_BLOBS,
        tolerance=physics.tolerance,
    )
