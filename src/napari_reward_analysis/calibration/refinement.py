"""Refine the matrix with all significant reflections, weighted by their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.calibration.indexing import fit_matrix
from napari_reward_analysis.calibration.pattern import Pattern
from napari_reward_analysis.calibration.spectrum import (
    CENTRE_BINS,
    FALSE_ALARM,
    Peaks,
    Spectrum,
    refine_peaks,
)

#: Number of bins searched on each side of a predicted reflection.
_REACH = 2
#: Reflections further from the fit than this many times the scatter are left out.
_OUTLIER = 3.5
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Fit:
    """The fitted matrix and the reflections in the fit.

    Attributes
    ----------
    matrix : ndarray, shape (2, 2)
        k = matrix @ h in cycles per px.
    covariance : ndarray, shape (2, 2, 2)
        Covariances of the two rows of the matrix, which are fitted separately.
    h : ndarray of int, shape (n, 2)
        The reflections in the fit, strongest first.
    peaks : Peaks
        Their peaks, in the same order.
    """

    matrix: FloatArray
    covariance: FloatArray
    h: IntArray
    peaks: Peaks


def refine(spectrum: Spectrum, pattern: Pattern, matrix: FloatArray) -> Fit | None:
    """Fit the matrix to all significant reflections; None if there are fewer than two."""
    fit = None
    for _ in range(_ROUNDS):
        h, peaks = significant(spectrum, pattern, matrix)
        fit = _robust(h, peaks, np.array(spectrum.shape))
        if fit is None:
            return None
        matrix = fit.matrix
    return fit


def significant(spectrum: Spectrum, pattern: Pattern, matrix: FloatArray) -> tuple[IntArray, Peaks]:
    """The reflections above the noise, strongest first, and their peaks.

    A peak counts if it is a true maximum within two bins of its predicted position and
    higher than noise would be at any of the searched positions.
    """
    shape = np.array(spectrum.shape)
    k = pattern.h @ matrix.T
    band = np.all(np.abs(k) < 0.49, axis=1) & (np.hypot(*(k * shape).T) >= CENTRE_BINS)
    h, k = pattern.h[band], k[band]
    centre = np.clip(np.rint(spectrum.bins(k)).astype(int), _REACH + 1, shape - _REACH - 2)
    dy, dx = (d.ravel() for d in np.mgrid[-_REACH : _REACH + 1, -_REACH : _REACH + 1])
    top = spectrum.power[centre[:, :1] + dy, centre[:, 1:] + dx].argmax(axis=1)
    peaks = refine_peaks(spectrum, centre[:, 0] + dy[top], centre[:, 1] + dx[top])
    searched = max(len(h), 1) * len(dy)
    limit = float(stats.gamma.isf(FALSE_ALARM / searched, spectrum.tiles)) / spectrum.tiles
    inner = (np.abs(dy[top]) < _REACH) & (np.abs(dx[top]) < _REACH)
    kept = np.flatnonzero(inner & (peaks.snr > limit))
    kept = kept[np.argsort(-peaks.amplitude[kept], kind="stable")]
    return h[kept], peaks.select(kept)


def _robust(h: IntArray, peaks: Peaks, shape: FloatArray) -> Fit | None:
    weight = peaks.error**-2
    used = np.ones(len(h), dtype=bool)
    matrix = fit_matrix(h, peaks.k, weight)
    for _ in range(_ROUNDS):
        if matrix is None:
            return None
        off = np.hypot(*((peaks.k - h @ matrix.T) * shape).T) / peaks.error
        scatter = max(float(np.median(off[used])), 1.0)
        used = off <= _OUTLIER * scatter
        matrix = fit_matrix(h[used], peaks.k[used], weight[used])
    if matrix is None:
        return None
    # Each reflection gives two coordinates; there are four unknowns.
    freedom = max(2 * int(used.sum()) - 4, 1)
    spread = max(float((off[used] ** 2).sum()) / freedom, 1.0)
    inverse = np.linalg.inv((h[used] * weight[used, None]).T @ h[used])
    covariance = spread * inverse[None] / shape[:, None, None] ** 2
    return Fit(matrix, covariance, h[used], peaks.select(used))
