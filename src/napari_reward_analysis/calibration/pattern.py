"""Predict the reflections of a crystal in a power spectrum, and their symmetry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.crystal.lattice import Lattice

#: Reflections are predicted up to this many waves per mean spacing of the columns. Higher
#: ones vanish because of the width of a column.
REACH = 3.0
#: Widths (sigma) of a column over the mean spacing, from a sharp probe to a blurred one.
WIDTHS = np.linspace(0.1, 0.3, 5)
#: Lengths with a smaller relative difference are equal, for the symmetry of the cell.
_SAME_LENGTH = 2e-3
#: Amplitudes are equal if they differ by less than this fraction of the strongest.
_SAME_AMPLITUDE = 0.02


@dataclass(frozen=True, eq=False)
class Pattern:
    """Predicted reflections of a projected crystal, with one of each pair h, -h.

    Attributes
    ----------
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors (y, x) in angstrom, the first along x.
    h : ndarray of int, shape (n, 2)
        Indices.
    strength : ndarray, shape (n,)
        Structure factor over the largest, 0 to 1; all 1 if positions are not known.
    spacing : float
        Mean spacing of the columns in angstrom.
    placed : bool
        Whether the column positions, and thus the structure factors, are known.
    """

    vectors: FloatArray
    h: IntArray
    strength: FloatArray
    spacing: float
    placed: bool

    @cached_property
    def k(self) -> FloatArray:
        """Ideal frequencies (y, x) in 1 / angstrom, shape (n, 2)."""
        return np.asarray(self.h @ np.linalg.inv(self.vectors).T)

    @cached_property
    def envelopes(self) -> FloatArray:
        """Expected amplitudes for each width in `WIDTHS`, shape (widths, n)."""
        squared = (self.k**2).sum(axis=1) * self.spacing**2
        return np.asarray(self.strength * np.exp(-2 * (np.pi * WIDTHS[:, None]) ** 2 * squared))

    @cached_property
    def strong(self) -> IntArray:
        """Indices of the reflections, by falling expected amplitude."""
        middle = self.envelopes[len(WIDTHS) // 2]
        return np.asarray(np.argsort(-middle, kind="stable"))

    @cached_property
    def symmetry(self) -> tuple[IntArray, ...]:
        """Integer matrices W such that h and W h are equivalent, the identity first."""
        return _symmetry(self)

    @property
    def has_mirror(self) -> bool:
        """Whether the pattern is its own mirror image."""
        return any(round(float(np.linalg.det(w))) < 0 for w in self.symmetry)


def predict(lattice: Lattice) -> Pattern:
    """Reflections of a lattice, from the positions and weights of its columns."""
    gamma = math.radians(lattice.angle)
    vectors = np.array(
        [[0.0, lattice.a], [lattice.b * math.sin(gamma), lattice.b * math.cos(gamma)]]
    )
    spacing = math.sqrt(lattice.area / lattice.columns_per_cell)
    h = _half_plane(vectors, REACH / spacing)
    placed = lattice.unplaced == 0
    strength = structure_factors(lattice, h) if placed else np.ones(len(h))
    return Pattern(vectors, h, strength / strength.max(), spacing, placed)


def structure_factors(lattice: Lattice, h: IntArray) -> FloatArray:
    """Modulus of the sum over the columns of weight * exp(-2 pi i h r)."""
    columns = (*lattice.columns, *lattice.faint)
    places = np.array([[c.x, c.y] for c in columns])
    weights = np.array([c.weight for c in columns])
    return np.asarray(np.abs(np.exp(-2j * np.pi * h @ places.T) @ weights))


def _half_plane(vectors: FloatArray, reach: float) -> IntArray:
    """All indices within a distance of the origin, in 1 / angstrom, one of each h, -h."""
    most = np.ceil(reach * np.hypot(*vectors.T)).astype(int)
    grid = np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij")
    h = np.stack(grid, axis=-1).reshape(-1, 2)
    near = np.hypot(*(h @ np.linalg.inv(vectors).T).T) <= reach
    half = (h[:, 0] > 0) | ((h[:, 0] == 0) & (h[:, 1] > 0))
    return np.asarray(h[near & half])


def _symmetry(pattern: Pattern) -> tuple[IntArray, ...]:
    entries = np.arange(-2, 3)
    grid = np.stack(np.meshgrid(*[entries] * 4, indexing="ij"), axis=-1).reshape(-1, 2, 2)
    grid = grid[np.abs(np.rint(np.linalg.det(grid))) == 1]
    inverse = np.linalg.inv(pattern.vectors)
    metric = inverse.T @ inverse
    turned = np.swapaxes(grid, 1, 2) @ metric @ grid
    scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    grid = grid[np.all(np.abs(turned - metric) < 2 * _SAME_LENGTH * scale, axis=(1, 2))]
    kept = [w for w in grid if _same_amplitudes(pattern, w)]
    return tuple(sorted(kept, key=lambda w: not np.array_equal(w, np.eye(2))))


def _same_amplitudes(pattern: Pattern, w: IntArray) -> bool:
    known = {tuple(h): f for h, f in zip(pattern.h.tolist(), pattern.strength, strict=True)}
    for h, f in zip(pattern.h, pattern.strength, strict=True):
        moved = (w @ h).tolist()
        other = known.get(tuple(moved), known.get((-moved[0], -moved[1])))
        if other is not None and abs(other - f) > _SAME_AMPLITUDE:
            return False
    return True
