"""Which points of a periodic cell are near each other, and which hang together."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Neighbours:
    """Pairs of near points.

    Attributes
    ----------
    first, second : ndarray of int, shape (n,)
        Indices of the two points.
    shift : ndarray of int, shape (n, d)
        Cells by which the second point's nearest image lies away from the point as given.
    distance : ndarray, shape (n,)
        In the unit of the cell vectors.
    """

    first: IntArray
    second: IntArray
    shift: IntArray
    distance: FloatArray


@dataclass(frozen=True)
class Group:
    """Points that hang together.

    Attributes
    ----------
    members : ndarray of int, shape (n,)
        Indices of the points.
    places : ndarray, shape (n, d)
        Fractional positions of those images that are together.
    """

    members: IntArray
    places: FloatArray


def near_pairs(
    points: FloatArray, others: FloatArray, vectors: FloatArray, reach: float
) -> Neighbours:
    """All images of `others` no farther than `reach` from each of `points`.

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
        A point's own place is among its neighbours where `others` holds it.
    """
    wrapped = others - np.floor(others)
    # imported here: who only names a lattice need not wait for scipy
    from scipy.spatial import cKDTree

    inside = points - np.floor(points)
    images, which, cells = _images(wrapped, vectors, reach)
    # rounding must not part what is exactly `reach` away
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
        In the order of their first members. None where a group has no end: it reaches
        its own image in another cell.
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
    """All that hangs on one point, noting each one's cell; None where it meets itself."""
    offsets[seed] = np.zeros_like(links[seed][0][1])
    members = [seed]
    for here in members:  # grows meanwhile
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
    """Images of points in and around the cell: places, which point, in which cell."""
    # distance between opposite faces: how far one step in fractions goes at least
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
