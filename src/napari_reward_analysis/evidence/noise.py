"""Measure the noise of an image from what a fit leaves over.

The variance of a pixel grows with its intensity when electrons are counted, and it may
differ from place to place.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage as ndi
from scipy.optimize import nnls

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray

#: Number of levels of intensity at which the variance is measured.
_LEVELS = 12
#: Squared residuals count up to this many variances. Of Gaussian noise, this part is left.
_CLIP, _KEPT = 9.0, 0.9941
#: Standard deviation over the median absolute deviation.
_MAD = 1.4826
#: The local noise is a mean over this many mean spacings (sigma of a Gaussian).
_LOCAL = 1.5
#: A noise below this part of the image's range is not believed: models are not that good.
_LEAST = 1e-4


def noise_variance(
    residual: Float32Array, model: Float32Array, near: BoolArray, spacing: float
) -> Float32Array:
    """Variance of the noise of each pixel, shape (H, W).

    Parameters
    ----------
    residual : ndarray, shape (H, W)
        Image minus model.
    model : ndarray, shape (H, W)
        Fitted intensity.
    near : ndarray of bool, shape (H, W)
        Pixels that the model describes, and that are not masked.
    spacing : float
        Mean spacing of the columns in pixels.
    """
    if near.sum() < 10 * _LEVELS:
        near = np.ones_like(near)
    base, rise = _line(residual[near], model[near])
    variance = (base + rise * np.maximum(model - model[near].min(), 0)).astype(np.float32)
    ratio = np.where(near, np.minimum(residual**2 / variance, _CLIP) / _KEPT, 0.0)
    sigma = _LOCAL * spacing
    known = ndi.gaussian_filter(near.astype(np.float32), sigma, truncate=2.5)
    local = ndi.gaussian_filter(ratio.astype(np.float32), sigma, truncate=2.5)
    # Where nothing is known, the noise is that of the whole image.
    variance *= (local + 1e-3) / (known + 1e-3)
    return np.asarray(variance, np.float32)


def _line(residual: Float32Array, model: Float32Array) -> tuple[float, float]:
    """Variance at the lowest intensity, and its rise with the intensity; none below zero."""
    low = float(model.min())
    order = np.argsort(model)
    levels, variances = [], []
    for part in np.array_split(order, _LEVELS):
        rest = residual[part]
        levels.append(float(model[part].mean()) - low)
        variances.append((_MAD * float(np.median(np.abs(rest - np.median(rest))))) ** 2)
    variance = np.array(variances)
    matrix = np.stack([np.ones(_LEVELS), levels], axis=1)
    # The relative accuracy of each variance is the same.
    weight = 1 / np.maximum(variance, 1e-3 * variance.max() + 1e-12)
    (base, rise), _ = nnls(matrix * weight[:, None], variance * weight)
    return max(float(base), _LEAST**2), float(rise)


def near_columns(shape: tuple[int, int], points: FloatArray, spacing: float) -> BoolArray:
    """Mark the pixels within about one spacing of a column, shape (H, W)."""
    inside = np.all((points > -0.5) & (points < np.subtract(shape, 0.5)), axis=1)
    mark = np.zeros(shape, bool)
    mark[tuple(np.round(points[inside]).astype(int).T)] = True
    size = 2 * round(0.8 * spacing) + 1
    return np.asarray(ndi.maximum_filter(mark, size))
