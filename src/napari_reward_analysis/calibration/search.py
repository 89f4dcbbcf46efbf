"""Search the spectrum for the crystal, near the header's scale or at any scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.calibration.indexing import Judge, best_match
from napari_reward_analysis.calibration.pattern import Pattern
from napari_reward_analysis.calibration.refinement import Fit, refine
from napari_reward_analysis.calibration.spectrum import Peaks, Spectrum
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image

#: The header's pixel size is trusted within this relative error.
HEADER_TRUST = 0.15
#: Another scale is accepted if its confidence is higher by this. A crystal at a wrong
#: scale explains at least 0.2 less.
_CLEARLY = 0.1
#: The spectrum of the whole field replaces that of a part if its confidence is higher by
#: this.
_BETTER = 0.02
#: Limits of the column spacing without a header: in px, and as a fraction of the field.
_MIN_SPACING_PX, _MAX_SPACING_FIELD = 2.5, 0.25
#: Number of cells that the field must hold in each direction.
MIN_CELLS = 2.0
#: From this number of reflections on the confidence is not lowered.
_FULL_TRUST = 4
#: Tolerance of a peak position after the fit, as a fraction of its frequency.
_FINE = 0.01


@dataclass(frozen=True, eq=False)
class Found:
    """A crystal that was found in a spectrum.

    Attributes
    ----------
    spectrum : Spectrum
        The spectrum.
    peaks : Peaks
        All peaks of the spectrum.
    fit : Fit
        The matrix and the reflections in the fit.
    known_scale : bool
        Whether the scale was known within `HEADER_TRUST` before the search.
    confidence : float
        Share of the power that the crystal explains, 0 to 1.
    """

    spectrum: Spectrum
    peaks: Peaks
    fit: Fit
    known_scale: bool
    confidence: float


def search(
    spectra: list[Spectrum], pattern: Pattern, lattice: Lattice, image: Image
) -> Found | None:
    """Find the crystal in the spectrum that shows it best; None if no two peaks fit.

    Parameters
    ----------
    spectra : list of Spectrum
        Spectra of parts of the field, and last that of the whole field. A part must hold
        enough cells. The whole field is then used only if it is clearly better.
    pattern : Pattern
        Predicted reflections of the crystal.
    lattice, image : Lattice, Image
        Crystal and image, which limit the scale.
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
    """Squared correlation of all amplitudes, lowered if few reflections are seen.

    Any cell fits two peaks. If the scale is free, three peaks of a hexagonal lattice may
    belong to its first or its second ring.
    """
    judge = Judge(spectrum, peaks, pattern)
    correlation = float(judge.correlations(fit.matrix[None], _FINE)[0])
    unknown = 1 if known_scale else 2
    return correlation**2 * min((len(fit.h) - unknown) / (_FULL_TRUST - unknown), 1.0)


def _cells(found: Found) -> float:
    """Number of cells in the window of the spectrum."""
    return found.spectrum.noise_area * abs(float(np.linalg.det(found.fit.matrix)))


def _in_one(spectrum: Spectrum, pattern: Pattern, lattice: Lattice, image: Image) -> Found | None:
    """The crystal near the header's scale, unless another scale is clearly better."""
    peaks = spectrum.peaks
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
    """Ranges of the pixel size in angstrom, and whether each comes from a header."""
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
