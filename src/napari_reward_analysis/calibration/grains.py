"""Find a second grain: the same crystal, rotated, in peaks that the first does not explain."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.indexing import (
    Judge,
    best_match,
    distance_bins,
)
from napari_reward_analysis.calibration.pattern import Pattern
from napari_reward_analysis.calibration.refinement import refine
from napari_reward_analysis.calibration.spectrum import Peaks, Spectrum

#: A second grain has the same crystal and therefore nearly the same pixel size.
_SIZE_PART = 0.03
#: Peaks within this many bins, or this fraction of their frequency, of a reflection of
#: the first grain belong to it: drift and bending split peaks by about two degrees.
_SHOULDER_BINS, _SHOULDER_PART = 3.0, 0.03


@dataclass(frozen=True, eq=False)
class Grain:
    """Another orientation of the crystal.

    Attributes
    ----------
    matrix : ndarray, shape (2, 2)
        k = matrix @ h in cycles per px.
    correlation : float
        Correlation of predicted and observed amplitudes, without those of the first grain.
    gain : float
        Observed over predicted amplitude. It grows with the area of the grain.
    """

    matrix: FloatArray
    correlation: float
    gain: float


def second_grain(
    spectrum: Spectrum, peaks: Peaks, pattern: Pattern, first: FloatArray, pixel_size: float
) -> Grain | None:
    """The grain that best explains the peaks left over by the first; None without one."""
    rest = peaks.select(~explained(first, peaks.k, spectrum.shape))
    if len(rest) < 2:
        return None
    cleared = without(spectrum, first)
    sizes = (pixel_size / (1 + _SIZE_PART), pixel_size * (1 + _SIZE_PART))
    match = best_match(cleared, rest, pattern, sizes)
    if match is None:
        return None
    fit = refine(cleared, pattern, match.matrix)
    if fit is None:
        return None
    judge = Judge(cleared, rest, pattern)
    correlation = float(judge.correlations(fit.matrix[None], 0.01)[0])
    return Grain(fit.matrix, correlation, gain(cleared, pattern, fit.matrix, hidden_by=first))


def explained(matrix: FloatArray, k: FloatArray, shape: tuple[int, int]) -> BoolArray:
    """Mark the frequencies (n, 2) that lie on or near a reflection of a lattice."""
    allowed = np.maximum(_SHOULDER_BINS, _SHOULDER_PART * np.hypot(*(k * np.array(shape)).T))
    return np.asarray(distance_bins(matrix[None], k, shape)[0] <= allowed)


def without(spectrum: Spectrum, matrix: FloatArray) -> Spectrum:
    """The spectrum with the reflections of a lattice replaced by background."""
    bins = np.indices(spectrum.shape).reshape(2, -1).T
    k = spectrum.frequencies(bins.astype(np.float64))
    near = explained(matrix, k, spectrum.shape).reshape(spectrum.shape)
    return replace(spectrum, power=np.where(near, spectrum.background, spectrum.power))


def gain(
    spectrum: Spectrum,
    pattern: Pattern,
    matrix: FloatArray,
    hidden_by: FloatArray | None = None,
) -> float:
    """Observed over predicted amplitude, by least squares.

    Parameters
    ----------
    spectrum, pattern : Spectrum, Pattern
        The observed and the predicted reflections.
    matrix : ndarray, shape (2, 2)
        Matrix of the grain.
    hidden_by : ndarray, shape (2, 2), optional
        Matrix of another grain, whose reflections hide some of this grain's.
    """
    judge = Judge(spectrum, _NO_PEAKS, pattern)
    seen, in_band = (part[0] for part in judge.seen(matrix[None]))
    if hidden_by is not None:
        k = pattern.h @ matrix.T
        in_band &= ~explained(hidden_by, k, spectrum.shape)
    expected = np.where(in_band, pattern.envelopes[len(pattern.envelopes) // 2], 0.0)
    return float((seen * expected).sum() / max(float((expected**2).sum()), 1e-300))


_NONE = np.zeros(0)
_NO_PEAKS = Peaks(np.zeros((0, 2)), _NONE, _NONE, _NONE)
