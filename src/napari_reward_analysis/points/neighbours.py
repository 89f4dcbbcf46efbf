"""Find pairs of near points, and the sum of the distances to the four nearest points.

Blobs are spread evenly. Sorting them into cells as wide as the distance finds their pairs
in a third of the time that a tree takes. For crowded points the tree is used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import FloatArray, Indices
from napari_reward_analysis.crystal.lattice import N_NEIGHBOURS

#: If each point has more candidates than this, the tree is used.
CROWD = 64
#: First search radius in mean spacings: it holds eight neighbours.
_REACH = 1.6
#: A cell should hold no more points than this.
_CELL = 8


class Pairs(NamedTuple):
    """Pairs of points, each once.

    Attributes
    ----------
    first, second : ndarray of int, shape (n,)
        Indices of the two points.
    distance : ndarray, shape (n,)
        Distance of the two points.
    """

    first: Indices
    second: Indices
    distance: FloatArray


def pairs_within(points: npt.NDArray[np.floating], reach: float) -> Pairs:
    """All pairs of points within a distance of each other.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y, x in any unit of length.
    reach : float
        The largest distance, in the same unit.
    """
    if len(points) < 2 or not reach > 0:
        nothing = np.empty(0, np.intp)
        return Pairs(nothing, nothing, np.empty(0))
    places = np.asarray(points, np.float64)
    found = _pairs_of_cells(places, reach, _sorted_into_cells(places, reach))
    if found is None:
        first, second = _tree(places).query_pairs(reach, output_type="ndarray").T
        found = Pairs(first, second, np.sqrt(_squared(places, first, second)))
    return found


def neighbour_sums(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Sum of the distances to the four nearest other points.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y, x in any unit of length.

    Returns
    -------
    ndarray, shape (n,), float32
        Sums in the same unit; infinite if there are fewer than five points.
    """
    if len(points) <= N_NEIGHBOURS:
        return np.full(len(points), np.inf, np.float32)
    places = np.asarray(points, np.float64)
    pairs = _most_neighbours(places)
    sums = np.full(len(places), np.nan) if pairs is None else _sums(pairs, len(places))
    far = np.flatnonzero(np.isnan(sums))
    if len(far):
        distances, _ = _tree(places).query(places[far], k=N_NEIGHBOURS + 1)
        sums[far] = distances[:, 1:].sum(axis=1)
    return sums.astype(np.float32)


def _tree(places: FloatArray) -> cKDTree:
    """A tree that is quick to build; a better tree does not pay for few queries."""
    return cKDTree(places, balanced_tree=False, compact_nodes=False)


class _Cells(NamedTuple):
    """Points sorted into cells, row by row; a row has `stride` cells."""

    order: Indices
    cell: Indices
    start: Indices
    stride: int


def _sorted_into_cells(places: FloatArray, side: float) -> _Cells:
    """Sort points into cells with at least this side, and not many more cells than points."""
    low = places.min(axis=0)
    extent = places.max(axis=0) - low
    sides = np.maximum(side, extent / (4 * np.sqrt(len(places))))
    sides[sides == 0] = 1.0
    row, column = np.floor((places - low) / sides).astype(np.intp).T
    # Empty cells at both ends of a row keep the rows apart.
    stride = int(column.max()) + 3
    cell = row * stride + column + 1
    order = np.argsort(cell)
    cell = cell[order]
    start = np.zeros(int(cell[-1]) + stride + 4, np.intp)
    np.cumsum(np.bincount(cell, minlength=len(start) - 1), out=start[1:])
    return _Cells(order, cell, start, stride)


def _pairs_of_cells(places: FloatArray, reach: float, cells: _Cells) -> Pairs | None:
    """Pairs within a distance, the side of the cells; None if the points are too crowded."""
    order, cell, start, stride = cells
    # A point is paired with later points of its cell, the next cell and three cells below.
    here = np.arange(len(places))
    low = np.concatenate([here + 1, start[cell + stride - 1]])
    high = np.concatenate([start[cell + 2], start[cell + stride + 2]])
    number = high - low
    total = int(number.sum())
    if total > CROWD * len(places):
        return None
    first = np.repeat(np.tile(here, 2), number)
    second = np.arange(total) + np.repeat(low - (np.cumsum(number) - number), number)
    squared = _squared(places[order], first, second)
    near = np.flatnonzero(squared <= reach**2)
    return Pairs(order[first[near]], order[second[near]], np.sqrt(squared[near]))


def _squared(places: FloatArray, first: Indices, second: Indices) -> FloatArray:
    y, x = np.ascontiguousarray(places.T)
    return np.asarray((y[first] - y[second]) ** 2 + (x[first] - x[second]) ** 2)


def _most_neighbours(places: FloatArray) -> Pairs | None:
    """Pairs within a radius that holds four neighbours of most points; None if none is found."""
    reach = _REACH * float(np.sqrt(np.ptp(places, axis=0).prod() / len(places)))
    for _ in range(4):
        if not reach > 0:
            break
        cells = _sorted_into_cells(places, reach)
        shared = float((np.diff(cells.start) ** 2).sum()) / len(places)
        if shared <= _CELL:
            return _pairs_of_cells(places, reach, cells)
        # Much of the field is empty: use the density where points are.
        reach *= float(np.sqrt(_REACH**2 / shared))
    return None


def _sums(pairs: Pairs, size: int) -> FloatArray:
    """Sum of the four smallest distances of each point; NaN if it has fewer pairs."""
    unit = 2 * float(pairs.distance.max(initial=0)) or 1.0
    # One number holds point and distance: sorting numbers is ten times faster than rows.
    part = pairs.distance / unit
    keys = np.concatenate([pairs.first + part, pairs.second + part])
    keys.sort()
    count = np.bincount(keys.astype(np.intp), minlength=size)
    known = np.flatnonzero(count >= N_NEIGHBOURS)
    start = (np.cumsum(count) - count)[known]
    sums = np.full(size, np.nan)
    nearest = (keys[start + k] - known for k in range(N_NEIGHBOURS))
    sums[known] = sum(nearest, np.zeros(len(known))) * unit
    return sums
