"""Rewards from distances: points too near to each other, too far from all others, gaps."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from scipy.spatial import Voronoi, cKDTree

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.projected import Lattice
from napari_reward_analysis.rewards.protocol import Detection, register_reward

#: Two columns nearer than this part of the smallest spacing are one.
CLOSE = 0.6
#: A neighbour sum beyond the crystal's largest by this factor lacks a neighbour: in a square
#: lattice the fifth neighbour in place of one of four makes the sum 1.10 times as large.
FAR = 1.06
#: A hole is wider than the crystal's own by this factor.
WIDE = 1.3


@register_reward("too_close", label="pairs too close")
def too_close(detection: Detection) -> float:
    """Points whose nearest neighbour is nearer than 0.6 of the smallest spacing.

    ER looks at the sum of four distances; this looks at the nearest alone, which a sum
    may hide.

    Returns
    -------
    float
        Their share, 0 to 1.
    """
    if len(detection.points) < 2:
        return 1.0
    nearest, _ = cKDTree(detection.points).query(detection.points, k=2)
    return float(np.mean(nearest[:, 1] < CLOSE * detection.spacing_px))


@register_reward("too_far", label="columns too far apart", needs=("lattice",))
def too_far(detection: Detection) -> float:
    """Points whose neighbour sum is beyond the crystal's largest: neighbours are missing.

    With ER, which counts sums that are too small, this is the two-sided ER. Points whose
    neighbours may lie outside the analysed area are left out.

    Returns
    -------
    float
        Their share of the points that are judged, 0 to 1.
    """
    lattice = detection.lattice
    assert lattice is not None  # it is a need
    largest = max(lattice.neighbour_sums.values()) / lattice.spacing * detection.spacing_px
    inner = _deep_inside(detection, largest / 4)
    if not inner.any():
        return 1.0
    return float(np.mean(detection.neighbour_sums[inner] > FAR * largest))


@register_reward("gaps", label="gaps in coverage", needs=("lattice",))
def gaps(detection: Detection) -> float:
    """Part of the analysed area that is farther from every point than the crystal allows.

    Returns
    -------
    float
        0 to 1; 0 where no place is farther from a point than 1.3 times the radius of the
        crystal's own largest hole.
    """
    lattice = detection.lattice
    assert lattice is not None  # it is a need
    if not len(detection.points):
        return 1.0
    hole = WIDE * largest_hole(lattice) / lattice.spacing * detection.spacing_px
    empty = np.ones(detection.area.shape, dtype=bool)
    y, x = np.rint(detection.points).astype(int).T
    empty[y, x] = False
    far = ndimage.distance_transform_edt(empty) > hole
    # beyond the border of the area there may be columns that are not counted
    inner = detection.depth_px > hole
    return float(far[inner].mean()) if inner.any() else 0.0


def largest_hole(lattice: Lattice) -> float:
    """Largest distance in angstrom of any place in the cell from its nearest column."""
    fractional = np.array([(c.x, c.y) for c in lattice.columns])
    shifts = np.array([(i, j) for i in range(-3, 4) for j in range(-3, 4)])
    places = (fractional[None] + shifts[:, None]).reshape(-1, 2) @ lattice.vectors
    corners = Voronoi(places).vertices
    # of the corners around the middle cell, none of those at the rim of the patch
    cell = corners @ np.linalg.inv(lattice.vectors)
    central = corners[((cell >= -0.5) & (cell <= 1.5)).all(axis=1)]
    distance, _ = cKDTree(places).query(central)
    return float(distance.max()) if len(distance) else math.sqrt(lattice.area) / 2


def _deep_inside(detection: Detection, depth: float) -> BoolArray:
    """Points farther than a depth in px from the border of the area."""
    y, x = np.rint(detection.points).astype(int).T
    return np.asarray(detection.depth_px[y, x] > depth)
