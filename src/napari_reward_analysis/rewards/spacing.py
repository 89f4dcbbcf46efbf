"""Rewards from distances: pairs too close, columns too far apart, gaps in coverage."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from scipy.spatial import Voronoi, cKDTree

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.projected import Lattice
from napari_reward_analysis.rewards.protocol import Detection, register_reward

#: Two points nearer than this fraction of the smallest spacing are one column.
CLOSE = 0.6
#: A neighbour is missing if the neighbour sum exceeds the crystal's largest by this factor.
#: In a square lattice, the fifth neighbour in place of a missing one gives a factor of 1.10.
FAR = 1.06
#: A hole is a gap if it is wider than the crystal's own holes by this factor.
WIDE = 1.3


@register_reward("too_close", label="pairs too close")
def too_close(detection: Detection) -> float:
    """Share of points whose nearest neighbour is within 0.6 of the smallest spacing.

    ER uses the sum of four distances, which may hide a single close neighbour.

    Returns
    -------
    float
        The share, 0 to 1.
    """
    if len(detection.points) < 2:
        return 1.0
    nearest, _ = cKDTree(detection.points).query(detection.points, k=2)
    return float(np.mean(nearest[:, 1] < CLOSE * detection.spacing_px))


@register_reward("too_far", label="columns too far apart", needs=("lattice",))
def too_far(detection: Detection) -> float:
    """Share of points whose neighbour sum is too large, so that neighbours are missing.

    It complements ER, which counts sums that are too small. Points whose neighbours may
    lie outside the analysed area are left out.

    Returns
    -------
    float
        The share of the judged points, 0 to 1.
    """
    lattice = detection.lattice
    assert lattice is not None  # the lattice is a need of this reward
    largest = max(lattice.neighbour_sums.values()) / lattice.spacing * detection.spacing_px
    inner = _deep_inside(detection, largest / 4)
    if not inner.any():
        return 1.0
    return float(np.mean(detection.neighbour_sums[inner] > FAR * largest))


@register_reward("gaps", label="gaps in coverage", needs=("lattice",))
def gaps(detection: Detection) -> float:
    """Fraction of the analysed area that is too far from every point.

    Returns
    -------
    float
        0 to 1. It is 0 if no place is further from a point than 1.3 times the radius of
        the crystal's own largest hole.
    """
    lattice = detection.lattice
    assert lattice is not None  # the lattice is a need of this reward
    if not len(detection.points):
        return 1.0
    hole = WIDE * largest_hole(lattice) / lattice.spacing * detection.spacing_px
    empty = np.ones(detection.area.shape, dtype=bool)
    y, x = np.rint(detection.points).astype(int).T
    empty[y, x] = False
    far = ndimage.distance_transform_edt(empty) > hole
    # There may be uncounted columns outside the area.
    inner = detection.depth_px > hole
    return float(far[inner].mean()) if inner.any() else 0.0


def largest_hole(lattice: Lattice) -> float:
    """Largest distance in angstrom from any place in the cell to the nearest column."""
    fractional = np.array([(c.x, c.y) for c in lattice.columns])
    shifts = np.array([(i, j) for i in range(-3, 4) for j in range(-3, 4)])
    places = (fractional[None] + shifts[:, None]).reshape(-1, 2) @ lattice.vectors
    corners = Voronoi(places).vertices
    # Only corners near the middle cell, away from the edge of the patch.
    cell = corners @ np.linalg.inv(lattice.vectors)
    central = corners[((cell >= -0.5) & (cell <= 1.5)).all(axis=1)]
    distance, _ = cKDTree(places).query(central)
    return float(distance.max()) if len(distance) else math.sqrt(lattice.area) / 2


def _deep_inside(detection: Detection, depth: float) -> BoolArray:
    """Mark the points that are further than `depth` px from the border of the area."""
    y, x = np.rint(detection.points).astype(int).T
    return np.asarray(detection.depth_px[y, x] > depth)
