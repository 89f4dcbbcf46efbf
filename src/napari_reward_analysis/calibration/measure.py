"""Measure a lattice in an image: cell in px, pixel size, rotation and confidence."""

from __future__ import annotations

import math

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.grains import Grain, explained, gain, second_grain
from napari_reward_analysis.calibration.indexing import strains
from napari_reward_analysis.calibration.measured import (
    MIN_CONFIDENCE,
    MeasuredLattice,
    vector_angle,
)
from napari_reward_analysis.calibration.orientation import (
    implied_pixel_size,
    orient,
    pixel_size_error,
    rotation_error,
    vector_errors,
)
from napari_reward_analysis.calibration.pattern import Pattern, predict
from napari_reward_analysis.calibration.refinement import Fit, refine
from napari_reward_analysis.calibration.search import MIN_CELLS, Found, confidence, search
from napari_reward_analysis.calibration.spectrum import Peaks, Spectrum, power_spectra
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image


def measure_lattice(
    image: Image, lattice: Lattice, *, region: BoolArray | None = None
) -> MeasuredLattice:
    """Find a crystal's lattice in an image.

    Parameters
    ----------
    image : Image
        The image. Its pixel size is trusted within 15 %, unless another scale fits
        clearly better. Without a pixel size, all scales are tried at which columns are
        between 2.5 px and a quarter of the field apart.
    lattice : Lattice
        The crystal, with all its columns. A free cell has no column positions, so that
        only its shape is matched. Without a pixel size, the scale of a free cell is the
        largest that explains the peaks.
    region : ndarray of bool, shape (H, W), optional
        Pixels to look at.

    Returns
    -------
    MeasuredLattice
        The result with a confidence. If the crystal is not seen, `found` is False and the
        numbers have no meaning.

    Raises
    ------
    BadInput
        If the field is below 16 px or holds fewer than two cells.
    """
    if image.pixel_size is not None:
        _check_field(image.shape, (lattice.a, lattice.b), image.pixel_size, lattice)
    pattern = predict(lattice)
    found = search(power_spectra(image, region), pattern, lattice, image)
    if found is None:
        return _nothing(image, lattice)
    measured = _with_grains(found, pattern, lattice, image)
    if measured.found:
        _check_field(image.shape, measured.lengths_px, 1.0, lattice)
    return measured


def _with_grains(found: Found, pattern: Pattern, lattice: Lattice, image: Image) -> MeasuredLattice:
    """The result, with a possible second orientation of the crystal taken into account."""
    spectrum, peaks = found.spectrum, found.peaks
    fit, other, share = _grains(spectrum, peaks, pattern, found.fit)
    trust = found.confidence
    if other is not None:
        # Peaks of the second grain do not lower the confidence of the first.
        mine = peaks.select(~explained(other.matrix, peaks.k, spectrum.shape))
        trust = confidence(spectrum, mine, pattern, fit, found.known_scale)
    return _result(image, lattice, pattern, spectrum, fit, trust, other, share)


def _grains(
    spectrum: Spectrum, peaks: Peaks, pattern: Pattern, fit: Fit
) -> tuple[Fit, Grain | None, float]:
    """The fit of the larger grain, the smaller grain if it is certain, and its share."""
    size = implied_pixel_size(fit.matrix, pattern)
    other = second_grain(spectrum, peaks, pattern, fit.matrix, size)
    if other is None or other.correlation**2 < MIN_CONFIDENCE:
        return fit, None, 0.0
    mine = gain(spectrum, pattern, fit.matrix, hidden_by=other.matrix)
    if other.gain > mine:
        larger = refine(spectrum, pattern, other.matrix)
        if larger is not None:
            other = Grain(fit.matrix, other.correlation, mine)
            return larger, other, mine / (mine + other.gain)
    return fit, other, other.gain / (mine + other.gain)


def _result(
    image: Image,
    lattice: Lattice,
    pattern: Pattern,
    spectrum: Spectrum,
    fit: Fit,
    trust: float,
    other: Grain | None,
    share: float,
) -> MeasuredLattice:
    turned = orient(fit.matrix, pattern)
    vectors = np.asarray(np.linalg.inv(turned.matrix), dtype=np.float64)
    rows = turned.covariance(fit.covariance)
    size = implied_pixel_size(turned.matrix, pattern)
    noise = fit.peaks.amplitude**2 / np.maximum(fit.peaks.snr - 1, 1e-9)
    return MeasuredLattice(
        name=lattice.name,
        columns_per_cell=lattice.columns_per_cell,
        vectors_px=vectors,
        vectors_error_px=vector_errors(turned.matrix, rows),
        pixel_size=size,
        pixel_size_error=pixel_size_error(turned.matrix, rows, size),
        header_pixel_size=image.pixel_size,
        rotation_deg=turned.rotation_deg,
        rotation_error_deg=rotation_error(turned.matrix, rows),
        mirrored=turned.mirrored,
        strain=float(strains(turned.matrix[None], pattern)[0]),
        shear_deg=vector_angle(vectors) - lattice.angle,
        confidence=trust,
        n_reflections=len(fit.h),
        reflections=turned.indices(fit.h),
        reflection_amplitudes=fit.peaks.amplitude,
        reflection_noise=noise * spectrum.noise_area,
        second_share=share,
        second_rotation_deg=None if other is None else orient(other.matrix, pattern).rotation_deg,
        field_px=image.shape,
    )


def _nothing(image: Image, lattice: Lattice) -> MeasuredLattice:
    """The result if no two peaks fit the crystal."""
    unknown = np.full((2, 2), math.nan)
    nan = math.nan
    none: FloatArray = np.zeros(0)
    return MeasuredLattice(
        name=lattice.name,
        columns_per_cell=lattice.columns_per_cell,
        vectors_px=unknown,
        vectors_error_px=unknown,
        pixel_size=nan,
        pixel_size_error=nan,
        header_pixel_size=image.pixel_size,
        rotation_deg=nan,
        rotation_error_deg=nan,
        mirrored=False,
        strain=nan,
        shear_deg=nan,
        confidence=0.0,
        n_reflections=0,
        reflections=np.zeros((0, 2), dtype=int),
        reflection_amplitudes=none,
        reflection_noise=none,
        second_share=0.0,
        second_rotation_deg=None,
        field_px=image.shape,
    )


def _check_field(
    shape: tuple[int, int], lengths: tuple[float, float], pixel_size: float, lattice: Lattice
) -> None:
    """Raise BadInput for a field with too few cells."""
    field = sorted(n * pixel_size for n in shape)
    cells = [side / length for side, length in zip(field, sorted(lengths), strict=True)]
    if min(cells) < MIN_CELLS:
        raise BadInput(
            f"The field holds only {min(cells):.1f} cells of {lattice.name} in one direction: "
            f"choose a field with at least {MIN_CELLS:g} cells or check the pixel size."
        )
