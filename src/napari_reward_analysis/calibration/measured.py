"""What was measured, and what to tell the user about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.errors import BadInput

#: Below this confidence no lattice is said to be seen.
MIN_CONFIDENCE = 0.5
#: A second grain is reported from this part of the Bragg amplitude on.
MIN_GRAIN_SHARE = 0.1
#: A header that is off by more than this part is worth a notice.
NOTICE_DIFFERENCE = 0.02


@dataclass(frozen=True, eq=False)
class MeasuredVectors:
    """The two shortest lattice vectors seen in an image.

    Attributes
    ----------
    vectors_px : ndarray, shape (2, 2)
        Rows: (y, x) in px, the shorter first, at 60 to 90 degrees; NaN where none are seen.
    confidence : float
        Part of the amplitude of all peaks that this lattice explains beyond chance, 0 to 1;
        lowered where fewer than four reflections are seen, since two fit any lattice.
    n_reflections : int
        Reflections that the vectors rest on.
    """

    vectors_px: FloatArray
    confidence: float
    n_reflections: int

    @property
    def found(self) -> bool:
        """Whether a lattice is seen at all."""
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
    """A crystal's lattice as it lies in an image.

    Attributes
    ----------
    name : str
        Of the lattice that was looked for.
    columns_per_cell : int
        Columns in its cell.
    vectors_px : ndarray, shape (2, 2)
        Rows: the cell's two vectors, (y, x) in px. NaN where nothing fits at all.
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
        Angle in degrees from the x axis to the first vector, towards y (clockwise as
        shown), as of the rigid rotation nearest to what is seen. Orientations that the
        diffraction pattern cannot tell apart are equivalent; the smallest angle is given.
    rotation_error_deg : float
        Its standard error.
    mirrored : bool
        The crystal is seen from the other side: its pattern has no mirror of its own and
        fits only when mirrored along the first vector.
    strain : float
        Largest principal strain against the ideal cell after rotation and scale are taken
        out: scan distortion, in parts of 1.
    shear_deg : float
        Angle between the vectors, less the ideal one, in degrees.
    confidence : float
        Part of the power in all reflections, predicted or seen, that the crystal explains
        (squared correlation of amplitudes), 0 to 1. Scaled down where fewer than four
        reflections are seen, since two fit any cell.
    n_reflections : int
        Reflections that the vectors rest on, counting h and -h once.
    reflections : ndarray of int, shape (n, 2)
        Their indices, strongest first.
    reflection_amplitudes : ndarray, shape (n,)
        Half the amplitude of each plane wave, in parts of the image's range.
    reflection_noise : ndarray, shape (n,)
        Spectral density of noise and disorder at each, in (parts of the range)^2 px^2.
    second_share : float
        Part of the Bragg amplitude that another orientation of the crystal holds.
    second_rotation_deg : float or None
        Rotation of that second grain, None where there is none.
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
        """Whether a second grain holds a part worth telling."""
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
        """Header's pixel size over the lattice's, less 1; None without a header."""
        if self.header_pixel_size is None or not self.found:
            return None
        return self.header_pixel_size / self.pixel_size - 1

    def expected_count(self, area_px: float, columns_per_cell: int | None = None) -> float:
        """Columns that an area of crystal holds; no calibration is needed.

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
        """Plain values, ready for JSON; None where nothing was measured."""
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


def disagreement(measured: MeasuredLattice) -> str | None:
    """One sentence where header and lattice differ by more than 2 %, otherwise None."""
    difference = measured.difference
    if difference is None or abs(difference) <= NOTICE_DIFFERENCE:
        return None
    count = (1 + difference) ** 2 - 1
    return (
        f"The header's pixel size of {measured.header_pixel_size:.4g} angstrom is "
        f"{abs(difference):.1%} {_more(difference, 'larger', 'smaller')} than the "
        f"{measured.pixel_size:.4g} angstrom that the lattice of {measured.name} shows; lengths "
        "are off by as much, and a count by the header would be "
        f"{abs(count):.0%} too {_more(count, 'high', 'low')}: "
        "use the lattice's (--calibrate lattice)."
    )


def second_grain_notice(measured: MeasuredLattice) -> str | None:
    """One sentence where a second grain is seen, otherwise None."""
    if measured.second_rotation_deg is None or not (measured.found and measured.second_grain):
        return None
    return (
        f"Two grains are seen: {measured.name} at {measured.rotation_deg:.1f} degrees and, with "
        f"about {measured.second_share:.0%} of the lattice, at "
        f"{measured.second_rotation_deg:.1f} degrees; only the first counts as crystal."
    )


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
            f"{measured.confidence:.2f}): choose the crystal that is there, or give the pixel "
            "size and the count."
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
    """Signed area between two row vectors; NaN, silently, where they are not known."""
    (ay, ax), (by, bx) = vectors.tolist()
    return float(ay * bx - ax * by)


def _more(difference: float, above: str, below: str) -> str:
    return above if difference > 0 else below
