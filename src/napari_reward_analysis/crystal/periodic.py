"""Find neighbouring points of a periodic cell, and groups of linked points."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Neighbours:
    """Pairs of points that are near each other.

    Attributes
    ----------
    first, second : ndarray of int, shape (n,)
        Indices of the two points.
    shift : ndarray of int, shape (n, d)
        Number of cells from the second point as given to its image near the first point.
    distance : ndarray, shape (n,)
        In the unit of the cell vectors.
    """

    first: IntArray
    second: IntArray
    shift: IntArray
    distance: FloatArray


@dataclass(frozen=True)
class Group:
    """Points that are linked to each other.

    Attributes
    ----------
    members : ndarray of int, shape (n,)
        Indices of the points.
    places : ndarray, shape (n, d)
        Fractional positions of the images that lie together.
    """

    members: IntArray
    places: FloatArray


def near_pairs(
    points: FloatArray, others: FloatArray, vectors: FloatArray, reach: float
) -> Neighbours:
    """All images of `others` within the distance `reach` of each of `points`.

    Parameters
    ----------
    points, others : ndarray, shape (n, d) and (m, d)
        Fractional positions.
    vectors : ndarray, shape (d, d)
        Cell vectors as rows.
    reach : float
        In the unit of the vectors.

    Returns
    -------
    Neighbours
        A point is its own neighbour if `others` contains it.
    """
    wrapped = others - np.floor(others)
    # imported here: who only names a lattice need not wait for scipy
    from scipy.spatial import cKDTree

    inside = points - np.floor(points)
    images, which, cells = _images(wrapped, vectors, reach)
    # Rounding must not lose points at exactly the distance `reach`.
    found = cKDTree(images @ vectors).query_ball_point(inside @ vectors, reach * (1 + 1e-9))
    first = np.repeat(np.arange(len(points)), [len(near) for near in found])
    hits = np.array(list(itertools.chain.from_iterable(found)), dtype=np.int64)
    second = which[hits]
    shift = cells[hits] + np.floor(points)[first] - np.floor(others)[second]
    distance = np.linalg.norm((images[hits] - inside[first]) @ vectors, axis=1)
    return Neighbours(first, second, shift.astype(np.int64), distance)


def linked(points: FloatArray, vectors: FloatArray, reach: float) -> list[Group] | None:
    """Groups of points connected by steps no longer than `reach` (single linkage).

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Fractional positions.
    vectors : ndarray, shape (d, d)
        Cell vectors as rows.
    reach : float
        In the unit of the vectors.

    Returns
    -------
    list of Group or None
        In the order of their first members. None if a group reaches its own image in
        another cell, so that it has no end.
    """
    if not len(points):
        return []
    if np.linalg.norm(vectors, axis=1).min() <= reach:
        return None
    pairs = near_pairs(points, points, vectors, reach)
    links: dict[int, list[tuple[int, IntArray]]] = defaultdict(list)
    for first, second, shift in zip(
        pairs.first.tolist(), pairs.second.tolist(), pairs.shift, strict=True
    ):
        links[first].append((second, shift))
    offsets: dict[int, IntArray] = {}
    groups = []
    for seed in range(len(points)):
        if seed in offsets:
            continue
        members = _walk(seed, links, offsets)
        if members is None:
            return None
        moved = np.array([points[i] + offsets[i] for i in members])
        groups.append(Group(np.array(members), moved))
    return groups


def _walk(
    seed: int, links: dict[int, list[tuple[int, IntArray]]], offsets: dict[int, IntArray]
) -> list[int] | None:
    """All points linked to one, and their cells in `offsets`; None if it meets its own image."""
    offsets[seed] = np.zeros_like(links[seed][0][1])
    members = [seed]
    for here in members:  # the list grows in the loop
        for there, shift in links[here]:
            offset = offsets[here] + shift
            if there not in offsets:
                offsets[there] = offset
                members.append(there)
            elif (offsets[there] != offset).any():
                return None
    return sorted(members)


def _images(
    wrapped: FloatArray, vectors: FloatArray, reach: float
) -> tuple[FloatArray, IntArray, IntArray]:
    """Images of points in and around the cell: positions, indices of the points, cells."""
    # Distance between opposite faces of the cell.
    heights = 1 / np.linalg.norm(np.linalg.inv(vectors), axis=0)
    rim = reach / heights * (1 + 1e-6) + 1e-9
    steps = [range(-math.ceil(r), math.ceil(r) + 1) for r in rim]
    places, which, cells = [], [], []
    for cell in itertools.product(*steps):
        moved = wrapped + cell
        kept = np.flatnonzero(((moved >= -rim) & (moved <= 1 + rim)).all(axis=1))
        places.append(moved[kept])
        which.append(kept)
        cells.append(np.tile(np.array(cell, dtype=np.int64), (len(kept), 1)))
    return np.concatenate(places), np.concatenate(which), np.concatenate(cells)
