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
#: Pixels that are enough to measure the noise of an image.
_SAMPLE = 60_000
#: Squared residuals count up to this many variances. Of Gaussian noise, this part is left.
_CLIP, _KEPT = 9.0, 0.9941
#: Noise that is so many times stronger than expected is measured again, in at most so many
#: passes.
_MUCH, _PASSES = 2.0, 3
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
    sample = np.flatnonzero(near)
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    levels = model.ravel()[sample]
    base, rise = _line(residual.ravel()[sample], levels)
    variance = np.maximum(model - levels.min(), np.float32(0))
    variance *= np.float32(rise)
    variance += np.float32(base)
    for _ in range(_PASSES):
        ratio = np.square(residual)
        ratio /= variance
        np.minimum(ratio, np.float32(_CLIP), out=ratio)
        ratio *= near
        local = _local_mean(ratio, near, _LOCAL * spacing) / np.float32(_KEPT)
        variance *= local
        # Much more noise than elsewhere was cut away as if it were none.
        if local.max() < _MUCH:
            break
    return np.asarray(variance, np.float32)


def first_variance(pixels: Float32Array, seen: BoolArray) -> float:
    """Variance of white noise, from the second differences of pixels in rows.

    It needs no model, but does not see noise that neighbouring pixels have in common.
    """
    bend = pixels[:, 2:] - 2 * pixels[:, 1:-1] + pixels[:, :-2]
    whole = seen[:, 2:] & seen[:, 1:-1] & seen[:, :-2]
    sample = bend[whole]
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    if not len(sample):
        return _LEAST**2
    return max((_MAD * float(np.median(np.abs(sample)))) ** 2 / 6, _LEAST**2)


def _local_mean(values: Float32Array, near: BoolArray, sigma: float) -> Float32Array:
    """Mean of values over the near pixels around each pixel; 1 where there are none."""
    edge = max(1, int(sigma / 4))
    total, count = _blocks(values, edge), _blocks(near.astype(np.float32), edge)
    total, count = (
        ndi.gaussian_filter(part, sigma / edge, truncate=2.5, mode="constant")
        for part in (total, count)
    )
    least = np.float32(1e-3 * edge**2)
    mean = (total + least) / (count + least)
    whole = np.repeat(np.repeat(mean, edge, axis=0), edge, axis=1)
    return np.asarray(whole[: values.shape[0], : values.shape[1]])


def _blocks(image: Float32Array, edge: int) -> Float32Array:
    """Sums over blocks of edge x edge pixels."""
    padded = np.pad(image, [(0, -size % edge) for size in image.shape])
    height, width = (size // edge for size in padded.shape)
    blocks = padded.reshape(height, edge, width, edge)
    return np.asarray(blocks.sum(axis=(1, 3), dtype=np.float32))


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
