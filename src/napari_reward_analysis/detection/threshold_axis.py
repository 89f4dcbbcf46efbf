"""Compute the exact Pareto front of a sigma triple over all its thresholds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray, Indices
from napari_reward_analysis.crystal.lattice import N_NEIGHBOURS
from napari_reward_analysis.detection.blobs import Candidates
from napari_reward_analysis.detection.lifetimes import Lifetimes, TooTangled, lifetimes
from napari_reward_analysis.detection.spacing_errors import spacing_errors
from napari_reward_analysis.points.neighbours import neighbour_sums

#: First step of the search for the horizon; it is doubled each time.
_FIRST_STEP = 32
#: Number of thresholds that are tried if not all can be, and the rank of the first.
_TRIED, _FIRST_RANK = 48, 5
_TINY = float(np.finfo(np.float32).tiny)


class ThresholdFront(NamedTuple):
    """The non-dominated thresholds of a sigma triple, |QC| rising.

    Attributes
    ----------
    thresholds : ndarray, shape (n,), float32
        Thresholds for `Candidates.select`.
    counts : ndarray of int, shape (n,)
        Number of blobs within the analysed area.
    errors : ndarray of int, shape (n,)
        Number of these blobs whose sum of the four nearest distances is below DS.
    """

    thresholds: npt.NDArray[np.float32]
    counts: Indices
    errors: Indices


def threshold_front(
    candidates: Candidates,
    overlap: float,
    area: BoolArray,
    *,
    expected: float,
    ds: float,
    tolerance: float = 0.0,
    floor: float | None = None,
) -> ThresholdFront:
    """Exact front of |QC| and ER over all thresholds of a sigma triple.

    Parameters
    ----------
    candidates : Candidates
        Candidates of the sigma triple.
    overlap : float
        As in `Candidates.select`.
    area : ndarray of bool, shape (H, W)
        The analysed pixels; blobs outside are neighbours but are not counted.
    expected : float
        Number of columns in the area (N).
    ds : float
        A sum of the four nearest distances below this is an error, in pixels.
    tolerance : float
        |QC| up to which all counts are equally good.
    floor : float, optional
        Response above which all candidates are known. It adds the threshold midway between
        the weakest candidate and the floor, which accepts all candidates.

    Returns
    -------
    ThresholdFront
        Thresholds lie midway between neighbouring distinct responses. A threshold that
        leaves fewer than five blobs in the area is infeasible. Of thresholds with equal
        objectives, the one with the largest ratio of the two responses is returned. The
        front is empty if no threshold is feasible.

    Notes
    -----
    If the overlaps are too tangled (`TooTangled`), only some thresholds are tried, spread
    over the ranks of the candidates. The result is the front of these thresholds.
    """
    points = candidates.blobs[:, :2].astype(np.float64)
    response = candidates.blobs[:, 3]
    inside = area[points[:, 0].astype(int), points[:, 1].astype(int)]
    try:
        lives = lifetimes(candidates, overlap)
    except TooTangled:
        return _of_some(candidates, overlap, inside, expected, ds, tolerance)
    counts = _running_count(lives, inside)
    # Without a floor nothing is known below the weakest candidate.
    below = np.append(response[1:], response[-1:] if floor is None else np.float32(floor))
    times = np.flatnonzero((below < response) & (counts > N_NEIGHBOURS))
    miss = np.maximum(0.0, np.abs(counts[times] - expected) / expected - tolerance)
    horizon = _horizon(points, lives, inside, ds, times, miss)
    times, miss = times[times < horizon], miss[times < horizon]
    errors = spacing_errors(points, lives, inside, ds, horizon)[times]

    gap = response[times] / np.maximum(below[times], _TINY)
    order = np.lexsort((-gap, errors, miss))
    fewest = np.minimum.accumulate(errors[order])
    front = times[order[np.flatnonzero(np.diff(fewest, prepend=len(points) + 1) < 0)]]
    upper, lower = response[front], below[front]
    middle = (upper + lower) / 2
    # Two adjacent numbers have no third between them; a threshold is exclusive.
    thresholds = np.where(middle < upper, middle, lower)
    return ThresholdFront(thresholds, counts[front], errors[np.searchsorted(times, front)])


def _of_some(
    candidates: Candidates,
    overlap: float,
    counted: BoolArray,
    expected: float,
    ds: float,
    tolerance: float,
) -> ThresholdFront:
    """The front of a few thresholds, which are all tried."""
    response = candidates.blobs[:, 3]
    ranks = np.unique(np.geomspace(_FIRST_RANK, len(response) - 1, _TRIED).astype(int))
    found = []
    for threshold in np.unique(response[ranks]):
        chosen = candidates.select(float(threshold), overlap)
        here = counted[chosen]
        if np.count_nonzero(here) <= N_NEIGHBOURS:
            continue
        sums = neighbour_sums(candidates.blobs[chosen, :2])
        errors = int(np.count_nonzero(sums[here] < ds))
        miss = max(0.0, abs(int(here.sum()) - expected) / expected - tolerance)
        found.append((miss, errors, int(here.sum()), threshold))
    found.sort(key=lambda row: row[:2])
    kept = [row for k, row in enumerate(found) if all(row[1] < b[1] for b in found[:k])]
    return ThresholdFront(
        np.array([row[3] for row in kept], np.float32),
        np.array([row[2] for row in kept], np.intp),
        np.array([row[1] for row in kept], np.intp),
    )


def _running_count(lives: Lifetimes, counted: BoolArray) -> Indices:
    """Number of the counted candidates that live at each time, shape (n,)."""
    size = len(counted)
    kept = counted[lives.blob]
    born = np.bincount(lives.start[kept], minlength=size + 1)
    gone = np.bincount(lives.stop[kept], minlength=size + 1)
    return np.cumsum(born - gone)[:size]


def _horizon(
    points: npt.NDArray[np.float64],
    lives: Lifetimes,
    counted: BoolArray,
    ds: float,
    times: Indices,
    miss: npt.NDArray[np.float64],
) -> int:
    """Time from which on every threshold is worse than that with the best count.

    The neighbour sum of a blob that stays can only fall when other blobs enter. Consider
    only the blobs that live from some time to the end. They have no more errors than all
    blobs have at any time in between.
    """
    if not len(times):
        return 0
    best, end = int(times[np.argmin(miss)]), int(times[-1]) + 1
    allowed = _errors_of_those(points, lives, counted, ds, best, best + 1)
    horizon, step = int(times[miss <= miss.min()][-1]) + 1, _FIRST_STEP
    while horizon + step < end:
        if _errors_of_those(points, lives, counted, ds, horizon, end) >= allowed:
            return horizon
        horizon, step = horizon + step, 2 * step
    return end


def _errors_of_those(
    points: npt.NDArray[np.float64],
    lives: Lifetimes,
    counted: BoolArray,
    ds: float,
    start: int,
    stop: int,
) -> int:
    """Number of errors among the blobs that live from `start` to before `stop`."""
    stay = lives.blob[(lives.start <= start) & (lives.stop >= stop)]
    sums = neighbour_sums(points[stay])
    return int(np.count_nonzero(sums[counted[stay]] < ds))
