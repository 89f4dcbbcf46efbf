"""Derive rotation and pixel size, with their errors, from the fitted matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.calibration.pattern import Pattern

#: The mirror along x, for vectors (y, x).
_FLIP = np.diag([-1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Orientation:
    """The equivalent matrix with the smallest rotation of the cell.

    Attributes
    ----------
    matrix : ndarray, shape (2, 2)
        k = matrix @ h in cycles per px.
    change : ndarray of int, shape (2, 2)
        `matrix` is the given matrix times this one. Indices h are multiplied with its
        inverse.
    rotation_deg : float
        Angle from the x axis to the first vector, towards y.
    mirrored : bool
        Whether the crystal fits only as a mirror image.
    """

    matrix: FloatArray
    change: IntArray
    rotation_deg: float
    mirrored: bool

    def indices(self, h: IntArray) -> IntArray:
        """Indices of reflections after the change."""
        return np.rint(h @ np.linalg.inv(self.change).T).astype(int)

    def covariance(self, rows: FloatArray) -> FloatArray:
        """Covariances of the rows of the matrix, shape (2, 2, 2), after the change."""
        return np.asarray(self.change.T @ rows @ self.change)


def orient(matrix: FloatArray, pattern: Pattern) -> Orientation:
    """Choose among the matrices that give the same diffraction pattern.

    Rotations come before mirror images, then small angles before large ones. Of two
    opposite angles the positive one is chosen.
    """
    found = []
    for w in (*pattern.symmetry, *(-w for w in pattern.symmetry)):
        angle, mirrored = _rotation(matrix @ w, pattern)
        found.append(Orientation(matrix @ w, w, angle, mirrored))
    return min(found, key=lambda o: (o.mirrored, round(abs(o.rotation_deg), 6), -o.rotation_deg))


def _rotation(matrix: FloatArray, pattern: Pattern) -> tuple[float, bool]:
    """Rotation in degrees nearest to the deformation, and whether it is mirrored."""
    deformation = (np.linalg.inv(pattern.vectors) @ np.linalg.inv(matrix)).T
    mirrored = bool(np.linalg.det(deformation) < 0)
    if mirrored:
        deformation = deformation @ _FLIP
    left, _, right = np.linalg.svd(deformation)
    turn = left @ right
    return math.degrees(math.atan2(turn[0, 1], turn[0, 0])), mirrored


def implied_pixel_size(matrix: FloatArray, pattern: Pattern) -> float:
    """Pixel size in angstrom: root of the cell's area over its area in square px."""
    return math.sqrt(abs(float(np.linalg.det(matrix) * np.linalg.det(pattern.vectors))))


def pixel_size_error(matrix: FloatArray, rows: FloatArray, size: float) -> float:
    """Standard error of the pixel size, from the covariances of the matrix's rows."""
    inverse = np.linalg.inv(matrix)
    variance = sum(inverse[:, i] @ rows[i] @ inverse[:, i] for i in (0, 1))
    return 0.5 * size * math.sqrt(float(variance))


def rotation_error(matrix: FloatArray, rows: FloatArray) -> float:
    """Standard error of the rotation in degrees."""
    inverse = np.linalg.inv(matrix)
    variance = sum(inverse[:, 1 - i] @ rows[i] @ inverse[:, 1 - i] for i in (0, 1))
    return math.degrees(0.5 * math.sqrt(float(variance)))


def vector_errors(matrix: FloatArray, rows: FloatArray) -> FloatArray:
    """Standard errors of the real-space vectors in px, shape (2, 2)."""
    vectors = np.linalg.inv(matrix)
    # dV = -V dM V; the rows of M are independent.
    spread = np.einsum("la,jlm,ma->ja", vectors, rows, vectors)
    return np.asarray(np.sqrt(vectors**2 @ spread))
