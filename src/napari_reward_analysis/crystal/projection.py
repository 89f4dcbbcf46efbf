"""Project a crystal along a zone axis onto a cell with columns.

Conventions: the projected cell is the smallest cell of the projected lattice, with
a <= b and an angle between 60 and 120 degrees. If several angles are possible, a right
angle is preferred, then an obtuse one. With x to the right and y down, as in images, the
zone axis points at the viewer. The opposite axis shows the mirror image.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.crystal.columns import merge_columns
from napari_reward_analysis.crystal.projected import Lattice
from napari_reward_analysis.crystal.structure import Crystal
from napari_reward_analysis.crystal.zone_axis import axis_name, plane_basis, primitive
from napari_reward_analysis.errors import BadInput

#: Atoms nearer than this in projection, in angstrom, make one column: few microscopes
#: resolve them, and a detection that counts both would also count noise.
MERGE = 0.8

#: Two lengths are equal if their relative difference is smaller.
_EQUAL = 1e-6


def project(
    crystal: Crystal, uvw: Sequence[float], merge: float = MERGE, *, name: str | None = None
) -> Lattice:
    """Project a crystal along a zone axis.

    Parameters
    ----------
    crystal : Crystal
        All atoms of a unit cell.
    uvw : sequence of 3 whole numbers
        Zone axis; a common divisor is removed.
    merge : float
        Atoms nearer than this in projection, in angstrom, make one column.
    name : str, optional
        Name of the lattice; by default the crystal's with the axis in brackets.

    Returns
    -------
    Lattice
        The weight of a column is the sum of occupancy times Z to the power 1.7 over its
        atoms, relative to the brightest column. Species of light elements with less than
        a quarter of the brightest are in `faint`.

    Raises
    ------
    BadInput
        If the axis is invalid, or the columns along it are too close to separate.
    """
    axis = primitive(uvw)
    if not (merge >= 0 and math.isfinite(merge)):
        raise BadInput(f"A merging distance of {merge} angstrom is impossible: give 0 or more.")
    if crystal.layer and axis[:2] != (0, 0):
        raise BadInput(
            f"{crystal.name} is a single layer and shows columns only along [001]: choose it."
        )
    cell = _projected_cell(crystal.vectors, axis)
    a, b, angle = _shape(_across(cell @ crystal.vectors, axis @ crystal.vectors))
    name = name or f"{crystal.name}{axis_name(axis)}"
    # Fractional positions in the new basis; the part along the axis is dropped.
    basis = np.vstack([cell, axis])
    places = np.array([(s.x, s.y, s.z) for s in crystal.sites]) @ np.linalg.inv(basis)
    gamma = math.radians(angle)
    vectors = np.array([[a, 0.0], [b * math.cos(gamma), b * math.sin(gamma)]])
    merged = merge_columns(crystal.sites, places[:, :2], vectors, merge)
    if merged is None:
        raise BadInput(
            f"Along {axis_name(axis)} the columns of {crystal.name} are less than "
            f"{merge:g} angstrom apart: choose a zone axis with lower indices."
        )
    columns, faint = merged
    return Lattice(name=name, a=a, b=b, angle=angle, columns=columns, faint=faint)


def _projected_cell(vectors: FloatArray, axis: tuple[int, int, int]) -> IntArray:
    """Two lattice vectors whose projections are the reduced cell, shape (2, 3)."""
    basis = plane_basis(axis)
    beam = axis @ vectors
    # Lagrange's reduction of the projected vectors.
    while True:
        first, second = _across(basis @ vectors, beam)
        steps = round(float(first @ second) / float(first @ first))
        second_shorter = basis[1] - steps * basis[0]
        shorter = _across(second_shorter[None] @ vectors, beam)[0]
        if shorter @ shorter >= (first @ first) * (1 - _EQUAL):
            return _preferred(np.array([basis[0], second_shorter]), vectors, beam)
        basis = np.array([second_shorter, basis[0]])


def _preferred(reduced: IntArray, vectors: FloatArray, beam: FloatArray) -> IntArray:
    """The reduced cell that meets the conventions of this module."""
    candidates = []
    for steps in itertools.product((-1, 0, 1), repeat=4):
        if abs(steps[0] * steps[3] - steps[1] * steps[2]) != 1:
            continue
        cell = np.array(steps).reshape(2, 2) @ reduced
        first, second = cell @ vectors
        # y points down, which reverses the handedness.
        if np.cross(first, second) @ beam < 0:
            candidates.append((*_shape(_across(cell @ vectors, beam)), cell))
    shortest = min(a for a, *_ in candidates)
    candidates = [c for c in candidates if c[0] <= shortest * (1 + _EQUAL)]
    shortest = min(b for _, b, *_ in candidates)
    candidates = [c for c in candidates if c[1] <= shortest * (1 + _EQUAL)]

    def rank(candidate: tuple[float, float, float, IntArray]) -> tuple[object, ...]:
        _, _, angle, cell = candidate
        return (-round(abs(angle - 90), 4), angle >= 90, cell.tolist())

    return max(candidates, key=rank)[3]


def _across(vectors: FloatArray, beam: FloatArray) -> FloatArray:
    """The part of each vector perpendicular to the beam, shape (n, 3)."""
    return vectors - np.outer(vectors @ beam, beam) / (beam @ beam)


def _shape(cell: FloatArray) -> tuple[float, float, float]:
    """Lengths of two vectors and the angle between them in degrees."""
    first, second = cell
    a, b = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    across = float(np.linalg.norm(np.cross(first, second)))
    angle = math.degrees(math.atan2(across, float(first @ second)))
    return round(a, 10), round(b, 10), round(angle, 8)
