"""Measure how far the noise of neighbouring pixels is alike, and what that does to a fit."""

from __future__ import annotations

import math

import numpy as np
from scipy import fft

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray

#: Edge of the part of the image that is looked at, in pixels: enough for a good mean.
_PART = 512
#: Larger residuals, in standard deviations, are cut to this: they are no noise.
_CLIP = 3.0
#: Largest distance of two pixels that is looked at, in sigmas of the column and in pixels.
_SIGMAS, _FARTHEST = 2.5, 12
#: Pixels that must be left to measure the correlation.
_ENOUGH = 2000
#: Largest part of the correlated noise that a fit is taken to have followed.
_MOST_TAKEN = 0.6


def noise_growth(
    residual: Float32Array, variance: Float32Array, near: BoolArray, sigma: float, free: float
) -> float:
    """Standard error of an amplitude, relative to the one that white noise would give.

    Parameters
    ----------
    residual, variance : ndarray, shape (H, W)
        Image minus model, and the variance of the noise of each pixel.
    near : ndarray of bool, shape (H, W)
        Pixels that the model describes.
    sigma : float
        Width of a column in pixels.
    free : float
        Number of amplitudes that were fitted, and half the number of coordinates. What
        these took from the noise is missing in the residual.
    """
    rows, columns = _middle(near, 1), _middle(near, 0)
    used = near[rows, columns]
    if used.sum() < _ENOUGH:
        return 1.0
    rest = residual[rows, columns] / np.sqrt(variance[rows, columns])
    rest = np.where(used, np.clip(rest, -_CLIP, _CLIP), 0.0)
    reach = min(math.ceil(_SIGMAS * sigma), _FARTHEST)
    alike = _products(rest, reach) / np.maximum(_products(used.astype(float), reach), 1.0)
    alike /= max(float(alike[reach, reach]), 1e-12)
    steps = np.arange(-reach, reach + 1)
    # Two pixels of a column count together as its overlap with itself, moved by the step.
    together = np.exp(-(steps[:, None] ** 2 + steps**2) / (4 * sigma**2))
    taken = min(2 * math.pi * sigma**2 * free / float(near.sum()), _MOST_TAKEN)
    return math.sqrt(max(float((alike * together).sum()), 0.0) / (1 - taken))


def _middle(used: BoolArray, across: int) -> slice:
    """The middle of the used rows (across 1) or columns (0), as many as are looked at."""
    places = np.flatnonzero(used.any(axis=across))
    if not len(places):
        return slice(0, 0)
    low, high = int(places[0]), int(places[-1]) + 1
    first = low + max(0, high - low - _PART) // 2
    return slice(first, min(first + _PART, high))


def _products(values: FloatArray, reach: int) -> FloatArray:
    """Sums of the products of pixels at each step up to `reach` along y and x."""
    shape = [fft.next_fast_len(size + reach, real=True) for size in values.shape]
    spectrum = fft.rfft2(values.astype(np.float32), shape)
    sums = fft.irfft2(np.abs(spectrum) ** 2, shape)
    steps = np.arange(-reach, reach + 1)
    return np.asarray(sums[np.ix_(steps, steps)], np.float64)
