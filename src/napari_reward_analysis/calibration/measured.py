"""Results of a lattice measurement: vectors, pixel size, rotation and confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.errors import BadInput

#: A lattice counts as found from this confidence on.
MIN_CONFIDENCE = 0.5
#: A second grain is reported from this share of the Bragg amplitude on.
MIN_GRAIN_SHARE = 0.1
#: A relative error of the header's pixel size above this gives a notice.
NOTICE_DIFFERENCE = 0.02


@dataclass(frozen=True, eq=False)
class MeasuredVectors:
    """The two shortest lattice vectors seen in an image.

    Attributes
    ----------
    vectors_px : ndarray, shape (2, 2)
        Rows: (y, x) in px, the shorter first, at 60 to 90 degrees; NaN if none are seen.
    confidence : float
        Share of the amplitude of all peaks that this lattice explains beyond chance, 0 to 1.
        It is lowered if fewer than four reflections are seen, because two reflections
        fit any lattice.
    n_reflections : int
        Number of reflections in the fit of the vectors.
    """

    vectors_px: FloatArray
    confidence: float
    n_reflections: int

    @property
    def found(self) -> bool:
        """Whether a lattice is seen."""
        return self.confidence >= MIN_CONFIDENCE

    @property
    def lengths_px(self) -> tuple[float, float]:
        """Lengths of the two vectors in px."""
        return vector_lengths(self.vectors_px)

    @property
    def angle_deg(self) -> float:
        """Angle between the two vectors in degrees."""
        return vector_angle(self.vectors_px)


@dataclass(frozen=True, eq=False)
class MeasuredLattice:
    """The lattice of a crystal as measured in an image.

    Attributes
    ----------
    name : str
        Name of the lattice.
    columns_per_cell : int
        Columns in its cell.
    vectors_px : ndarray, shape (2, 2)
        Rows: the cell's two vectors, (y, x) in px; NaN if nothing fits.
    vectors_error_px : ndarray, shape (2, 2)
        Their standard errors.
    pixel_size : float
        Pixel size in angstrom that the crystal implies: the root of the cell's area in
        square angstrom over that in square px.
    pixel_size_error : float
        Its standard error in angstrom.
    header_pixel_size : float or None
        The image's own pixel size in angstrom.
    rotation_deg : float
        Angle in degrees from the x axis to the first vector, towards y (clockwise on the
        screen), of the rigid rotation nearest to the measured deformation. If several
        orientations give the same diffraction pattern, the smallest angle is given.
    rotation_error_deg : float
        Its standard error.
    mirrored : bool
        Whether the crystal is seen from the other side. Its pattern has no mirror symmetry
        and fits only if it is mirrored along the first vector.
    strain : float
        Largest principal strain against the ideal cell, without rotation and scale. It
        measures scan distortion; 0.01 means 1 %.
    shear_deg : float
        Angle between the vectors minus the ideal angle, in degrees.
    confidence : float
        Share of the power in all predicted and observed reflections that the crystal
        explains (squared correlation of amplitudes), 0 to 1. It is lowered if fewer than
        four reflections are seen, because two reflections fit any cell.
    n_reflections : int
        Number of reflections in the fit of the vectors, counting h and -h once.
    reflections : ndarray of int, shape (n, 2)
        Their indices, strongest first.
    reflection_amplitudes : ndarray, shape (n,)
        Half the amplitude of each plane wave, relative to the range of the image.
    reflection_noise : ndarray, shape (n,)
        Spectral density of noise and disorder at each reflection, relative to the squared
        range, in square px.
    second_share : float
        Share of the Bragg amplitude that belongs to another orientation of the crystal.
    second_rotation_deg : float or None
        Rotation of that second grain; None if there is none.
    field_px : tuple of int
        Height and width of the image.
    """

    name: str
    columns_per_cell: int
    vectors_px: FloatArray
    vectors_error_px: FloatArray
    pixel_size: float
    pixel_size_error: float
    header_pixel_size: float | None
    rotation_deg: float
    rotation_error_deg: float
    mirrored: bool
    strain: float
    shear_deg: float
    confidence: float
    n_reflections: int
    reflections: IntArray
    reflection_amplitudes: FloatArray
    reflection_noise: FloatArray
    second_share: float
    second_rotation_deg: float | None
    field_px: tuple[int, int]

    @property
    def found(self) -> bool:
        """Whether the crystal is seen in the image."""
        return self.confidence >= MIN_CONFIDENCE

    @property
    def second_grain(self) -> bool:
        """Whether a second grain is large enough to report."""
        return self.second_share >= MIN_GRAIN_SHARE

    @property
    def lengths_px(self) -> tuple[float, float]:
        """Lengths of the cell's vectors in px."""
        return vector_lengths(self.vectors_px)

    @property
    def angle_deg(self) -> float:
        """Angle between the cell's vectors in degrees."""
        return vector_angle(self.vectors_px)

    @property
    def cell_area_px(self) -> float:
        """Area of the cell in square px."""
        return abs(_cross(self.vectors_px))

    @property
    def difference(self) -> float | None:
        """Relative difference of the header's pixel size from the lattice's; None without one."""
        if self.header_pixel_size is None or not self.found:
            return None
        return self.header_pixel_size / self.pixel_size - 1

    def expected_count(self, area_px: float, columns_per_cell: int | None = None) -> float:
        """Number of columns in an area of crystal; needs no calibration.

        Parameters
        ----------
        area_px : float
            Area in square px.
        columns_per_cell : int, optional
            Columns of the chosen species in the cell; all of them by default.

        Raises
        ------
        BadInput
            If the crystal is not seen in the image.
        """
        require_found(self)
        per_cell = self.columns_per_cell if columns_per_cell is None else columns_per_cell
        return area_px / self.cell_area_px * per_cell

    def facts(self) -> dict[str, Any]:
        """Plain values, ready for JSON; None for values that were not measured."""
        a, b = self.lengths_px
        values: dict[str, Any] = {
            "name": self.name,
            "found": self.found,
            "confidence": self.confidence,
            "reflections": self.n_reflections,
            "vectors_px": self.vectors_px.tolist() if self.n_reflections else None,
            "a_px": a,
            "b_px": b,
            "angle_deg": self.angle_deg,
            "pixel_size_A": self.pixel_size,
            "pixel_size_error_A": self.pixel_size_error,
            "header_pixel_size_A": self.header_pixel_size,
            "difference": self.difference,
            "rotation_deg": self.rotation_deg,
            "rotation_error_deg": self.rotation_error_deg,
            "mirrored": self.mirrored,
            "strain": self.strain,
            "shear_deg": self.shear_deg,
            "second_grain": self.second_grain,
            "second_share": self.second_share,
            "second_rotation_deg": self.second_rotation_deg,
        }
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in values.items()
        }


def require_found(measured: MeasuredLattice) -> MeasuredLattice:
    """The measured lattice itself.

    Raises
    ------
    BadInput
        If the crystal is not seen in the image.
    """
    if not measured.found:
        raise BadInput(
            f"No lattice of {measured.name} is seen in the image (confidence "
            f"{measured.confidence:.2f}): choose the crystal that is in the image, or give the "
            "pixel size and the count."
        )
    return measured


def vector_lengths(vectors: FloatArray) -> tuple[float, float]:
    """Lengths of two row vectors."""
    first, second = np.hypot(*vectors.T)
    return float(first), float(second)


def vector_angle(vectors: FloatArray) -> float:
    """Angle between two row vectors in degrees, 0 to 180."""
    return math.degrees(math.atan2(abs(_cross(vectors)), float(vectors[0] @ vectors[1])))


def _cross(vectors: FloatArray) -> float:
    """Signed area between two row vectors; NaN, without a warning, if they are NaN."""
    (ay, ax), (by, bx) = vectors.tolist()
    return float(ay * bx - ax * by)
