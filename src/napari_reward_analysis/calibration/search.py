"""The crystal laid on the spectrum: near the header's scale, or at any."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.calibration.indexing import Judge, best_match
from napari_reward_analysis.calibration.pattern import Pattern
from napari_reward_analysis.calibration.refinement import Fit, refine
from napari_reward_analysis.calibration.spectrum import Peaks, Spectrum, find_peaks
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image

#: A header's pixel size is trusted within this part.
HEADER_TRUST = 0.15
#: A scale beyond that is believed where its confidence is higher by this: a crystal laid
#: on the wrong ones of its own reflections explains at least 0.2 less.
_CLEARLY = 0.1
#: The spectrum of a part of the field is kept unless the whole one's confidence is
#: higher by this.
_BETTER = 0.02
#: Without a header: columns at least this many px apart, and at most this part of the field.
_MIN_SPACING_PX, _MAX_SPACING_FIELD = 2.5, 0.25
#: Cells that the field must hold along each of its vectors.
MIN_CELLS = 2.0
#: Reflections from which on the confidence is not lowered.
_FULL_TRUST = 4
#: Tolerance of a peak's place once the matrix is fitted, as a part of its frequency.
_FINE = 0.01


@dataclass(frozen=True, eq=False)
class Found:
    """A crystal laid on one spectrum.

    Attributes
    ----------
    spectrum : Spectrum
        The spectrum.
    peaks : Peaks
        All its peaks.
    fit : Fit
        The matrix and the reflections that it rests on.
    known_scale : bool
        Whether the scale was known to `HEADER_TRUST` beforehand.
    confidence : float
        Part of the power that the crystal explains, 0 to 1.
    """

    spectrum: Spectrum
    peaks: Peaks
    fit: Fit
    known_scale: bool
    confidence: float


def search(
    spectra: list[Spectrum], pattern: Pattern, lattice: Lattice, image: Image
) -> Found | None:
    """The crystal in the spectrum that shows it best; None where no two peaks fit it.

    Parameters
    ----------
    spectra : list of Spectrum
        Of the image: the whole field's last, and before it those of parts. A part must
        hold as many cells as a field must; the whole must then be clearly better.
    pattern : Pattern
        What the crystal should show.
    lattice, image : Lattice, Image
        They limit the scale.
    """
    best: Found | None = None
    for spectrum in spectra:
        found = _in_one(spectrum, pattern, lattice, image)
        if found is None or (spectrum is not spectra[-1] and _cells(found) < MIN_CELLS**2):
            continue
        if best is None or found.confidence > best.confidence + _BETTER:
            best = found
    return best


def confidence(
    spectrum: Spectrum, peaks: Peaks, pattern: Pattern, fit: Fit, known_scale: bool
) -> float:
    """Squared correlation of all amplitudes, less where few reflections are seen.

    Any cell can be laid on two peaks; where the scale is free, three of a hexagonal
    lattice may be its first or its second ring.
    """
    judge = Judge(spectrum, peaks, pattern)
    correlation = float(judge.correlations(fit.matrix[None], _FINE)[0])
    unknown = 1 if known_scale else 2
    return correlation**2 * min((len(fit.h) - unknown) / (_FULL_TRUST - unknown), 1.0)


def _cells(found: Found) -> float:
    """Cells in the window that the spectrum was taken under."""
    return found.spectrum.noise_area * abs(float(np.linalg.det(found.fit.matrix)))


def _in_one(spectrum: Spectrum, pattern: Pattern, lattice: Lattice, image: Image) -> Found | None:
    """Near the header's scale, unless another scale explains clearly more."""
    peaks = find_peaks(spectrum)
    best: Found | None = None
    for low, high, known in _size_ranges(lattice, image):
        match = best_match(spectrum, peaks, pattern, (low, high))
        fit = None if match is None else refine(spectrum, pattern, match.matrix)
        if fit is None:
            continue
        trust = confidence(spectrum, peaks, pattern, fit, known)
        if best is None or trust > best.confidence + _CLEARLY:
            best = Found(spectrum, peaks, fit, known, trust)
    return best


def _size_ranges(lattice: Lattice, image: Image) -> list[tuple[float, float, bool]]:
    """Smallest and largest pixel size in angstrom, and whether a header tells them."""
    spacing = math.sqrt(lattice.area / lattice.columns_per_cell)
    low = max(
        spacing / (_MAX_SPACING_FIELD * max(image.shape)),
        MIN_CELLS * math.sqrt(lattice.area / math.prod(image.shape)),
    )
    free = (low, spacing / _MIN_SPACING_PX, False)
    if image.pixel_size is None:
        return [free]
    trust = 1 + HEADER_TRUST
    return [(image.pixel_size / trust, image.pixel_size * trust, True), free]
