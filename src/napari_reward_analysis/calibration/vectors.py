"""Measure the two shortest lattice vectors in an image without a chosen crystal."""

from __future__ import annotations

import math

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.indexing import (
    TOLERANCE_BINS,
    distance_bins,
    fit_matrix,
)
from napari_reward_analysis.calibration.measured import MeasuredVectors
from napari_reward_analysis.calibration.spectrum import (
    CENTRE_BINS,
    Spectrum,
    power_spectra,
)
from napari_reward_analysis.image import Image

#: Numbers of the strongest peaks that are tried as reciprocal vectors, and of those whose
#: sums and differences are tried: in a centred lattice no peak is a primitive vector.
_N_PEAKS, _N_SUMS = 16, 8
#: A cell of twice the area must explain a larger share of the amplitude by this.
_DOUBLING = 0.03
#: Tolerance of a peak position as a fraction of its frequency.
_PART = 0.01
#: From this number of reflections on the confidence is not lowered.
_FULL_TRUST = 4
#: Parts of a length, and cosines, that differ by less are equal: only rounding tells them apart.
_EQUAL = 1e-9


def measure_vectors(image: Image, *, region: BoolArray | None = None) -> MeasuredVectors:
    """The two shortest lattice vectors seen in an image, without any crystal.

    Parameters
    ----------
    image : Image
        The image; its pixel size is not used.
    region : ndarray of bool, shape (H, W), optional
        Pixels to look at.

    Returns
    -------
    MeasuredVectors
        `found` is False and the vectors are NaN if no lattice is seen.

    Raises
    ------
    BadInput
        If the field is below 16 px.
    """
    return max((vectors_in(s) for s in power_spectra(image, region)), key=lambda v: v.confidence)


def vectors_in(spectrum: Spectrum) -> MeasuredVectors:
    """The two shortest lattice vectors seen in one spectrum."""
    peaks = spectrum.peaks
    shape = np.array(spectrum.shape)
    bins = peaks.k * shape
    bases = _bases(bins)
    if not len(bases):
        return MeasuredVectors(np.full((2, 2), math.nan), 0.0, 0)
    weight = peaks.amplitude / peaks.amplitude.sum()
    allowed = np.maximum(TOLERANCE_BINS, _PART * np.hypot(*bins.T))
    share = _beyond_chance(bases, bins, weight, allowed)
    size = np.abs(np.linalg.det(bases))
    best = bases[np.argmax(share + _DOUBLING * np.log2(size / size.min()))]
    best, on = _fitted(best, bins, peaks.error**-2, allowed)
    confidence = float(_beyond_chance(best[None], bins, weight, allowed)[0])
    trust = _trust(on)
    vectors = reduce_basis(np.linalg.inv(best / shape[:, None]))
    return MeasuredVectors(vectors, max(confidence, 0.0) * trust, int(on.sum()))


def lattice_confidence(spectrum: Spectrum, vectors: FloatArray) -> float:
    """Confidence of given vectors, as that of `MeasuredVectors`.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum.
    vectors : ndarray, shape (2, 2)
        Rows: the vectors (y, x) in px.
    """
    peaks = spectrum.peaks
    if not len(peaks):
        return 0.0
    bins = peaks.k * np.array(spectrum.shape)
    basis = np.linalg.inv(vectors) * np.array(spectrum.shape)[:, None]
    weight = peaks.amplitude / peaks.amplitude.sum()
    allowed = np.maximum(TOLERANCE_BINS, _PART * np.hypot(*bins.T))
    basis, on = _fitted(basis, bins, peaks.error**-2, allowed)
    share = float(_beyond_chance(basis[None], bins, weight, allowed)[0])
    return max(share, 0.0) * _trust(on)


def reduce_basis(vectors: FloatArray) -> FloatArray:
    """The two shortest vectors (rows) of the same lattice, at 60 to 90 degrees."""
    short, long = sorted(vectors, key=lambda v: float(v @ v))
    while True:
        long = long - round(float(long @ short) / float(short @ short)) * short
        if long @ long >= short @ short * (1 - 1e-9):
            break
        short, long = long, short
    first = short if _points_right(short) else -short
    along = float(first @ long) / math.sqrt(float(first @ first) * float(long @ long))
    # At a right angle rounding decides the sign of the cosine. It must not turn a vector around.
    forward = along > 0 if abs(along) > _EQUAL else _points_right(long)
    return np.stack([first, long if forward else -long])


def _trust(on: BoolArray) -> float:
    """Factor that lowers the confidence if few reflections are seen."""
    return min(max(int(on.sum()) - 1, 0) / (_FULL_TRUST - 1), 1.0)


def _points_right(vector: FloatArray) -> bool:
    """Whether a vector (y, x) points right, or straight down."""
    tolerance = _EQUAL * math.hypot(*vector)
    return bool(vector[1] > tolerance or (vector[1] >= -tolerance and vector[0] > 0))


def _bases(bins: FloatArray) -> FloatArray:
    """Candidate pairs of reciprocal vectors (columns) in bins, shape (n, 2, 2)."""
    some = bins[:_N_SUMS]
    first, second = np.triu_indices(len(some), 1)
    vectors = np.concatenate(
        [bins[:_N_PEAKS], some[first] + some[second], some[first] - some[second]]
    )
    vectors = vectors[np.hypot(*vectors.T) >= CENTRE_BINS]
    first, second = np.triu_indices(len(vectors), 1)
    bases = np.stack([vectors[first], vectors[second]], axis=2)
    lengths = np.prod(np.hypot(bases[:, 0], bases[:, 1]), axis=1)
    # For angles below 10 degrees, another pair describes the same lattice better.
    return np.asarray(bases[np.abs(np.linalg.det(bases)) > math.sin(math.radians(10)) * lengths])


def _beyond_chance(
    bases: FloatArray, bins: FloatArray, weight: FloatArray, allowed: FloatArray
) -> FloatArray:
    """Share of the amplitude at points of each lattice, beyond what chance would give."""
    chance = np.minimum(np.pi * allowed**2 / np.abs(np.linalg.det(bases))[:, None], 0.99)
    on = distance_bins(bases, bins, (1, 1)) <= allowed
    expected = (chance * weight).sum(axis=1)
    return np.asarray(((on * weight).sum(axis=1) - expected) / (1 - expected))


def _fitted(
    basis: FloatArray, bins: FloatArray, weight: FloatArray, allowed: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Basis fitted to all peaks on the lattice, and the mask of these peaks."""
    on = distance_bins(basis[None], bins, (1, 1))[0] <= allowed
    for _ in range(3):
        h = np.rint(bins[on] @ np.linalg.inv(basis).T)
        fitted = fit_matrix(h, bins[on], weight[on])
        if fitted is None:
            break
        basis = fitted
        on = distance_bins(basis[None], bins, (1, 1))[0] <= allowed
    return basis, on
