"""Denoising stages in Fourier space: a Wiener filter and a Bragg filter.

The Wiener filter uses the cosine transform in place of the Fourier transform. It mirrors
the image at the border, which avoids a step there and streaks in the spectrum.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import fft, ndimage

from napari_reward_analysis.arrays import Float32Array, FloatArray
from napari_reward_analysis.preprocessing.stage import Context, Parameter, register_stage

#: Beyond this radius (1 is the Nyquist frequency along an axis) there is only noise.
_OUTER = 0.8
#: The median of a squared normal variable, as a fraction of its variance.
_MEDIAN_OF_SQUARE = 0.4549
#: The power is averaged over at least this many bins (sigma). With fewer bins, the speckle
#: of the noise looks like signal.
_LEAST_BINS = 3.0


@register_stage("wiener", label="Wiener filter", window=Parameter(1.0, 8.0, levels=4))
def wiener(image: Float32Array, context: Context, window: float) -> Float32Array:
    """Wiener filter with the smoothed power spectrum above the noise floor as signal.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds the column spacing.
    window : float
        Reach of the filter in real space, in column spacings. The spectrum is smoothed
        by a Gaussian whose transform has this sigma. A wide window resolves the
        reflections and averages over many cells. A narrow window keeps local detail.

    Notes
    -----
    The gain is max(P - F, 0) / P, where P is the smoothed power and F the noise floor,
    which is the median power of the outer spectrum scaled to a mean. The filter takes two
    transforms and 32 bytes per pixel.
    """
    mean = float(image.mean())
    spectrum = fft.dctn(np.asarray(image, np.float64) - mean, norm="ortho")
    power = spectrum**2
    floor = float(np.median(power[_radius(image.shape) > _OUTER])) / _MEDIAN_OF_SQUARE
    smooth = ndimage.gaussian_filter(
        power, _bins(image.shape, window * context.spacing_px), mode="reflect"
    )
    gain = np.maximum(smooth - floor, 0) / np.maximum(smooth, np.finfo(float).tiny)
    return np.asarray(fft.idctn(spectrum * gain, norm="ortho") + mean, np.float32)


@register_stage(
    "bragg",
    label="Bragg filter",
    needs_lattice=True,
    window=Parameter(2.0, 8.0, levels=3),
)
def bragg(image: Float32Array, context: Context, window: float) -> Float32Array:
    """Keep only frequencies near the reflections of the lattice seen in the image.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    context : Context
        Holds the column spacing and the vectors of the lattice.
    window : float
        Reach of the filter in real space, in column spacings. Each reflection passes
        through a Gaussian whose transform has this sigma.

    Notes
    -----
    Such a narrow filter repeats the lattice over its reach, so that columns appear in
    smaller holes. The mean intensity passes through the same window.
    """
    if context.vectors_px is None:
        return image
    reach = window * context.spacing_px
    margins = [min(n, math.ceil(3 * reach)) for n in image.shape]
    padded = np.pad(image, [(m, m) for m in margins], mode="symmetric")
    size = [fft.next_fast_len(n, real=True) for n in padded.shape]
    # The padding to a fast length lies beyond the margin.
    spectrum = fft.rfft2(padded, size)
    fy, fx = fft.fftfreq(size[0])[:, None], fft.rfftfreq(size[1])[None]
    passed = _comb(fy, fx, context.vectors_px, 1 / (2 * math.pi * reach))
    result = fft.irfft2(spectrum * passed, size)
    inner = tuple(slice(m, m + n) for m, n in zip(margins, image.shape, strict=True))
    return np.asarray(result[inner], np.float32)


def _comb(fy: FloatArray, fx: FloatArray, vectors: FloatArray, spread: float) -> FloatArray:
    """Gaussians around all lattice points of reciprocal space, shape (H, W / 2 + 1)."""
    # Distances of k . a and k . b from the nearest integers, converted to frequencies.
    reciprocal = np.linalg.inv(vectors)
    first = fy * vectors[0, 0] + fx * vectors[0, 1]
    second = fy * vectors[1, 0] + fx * vectors[1, 1]
    first -= np.rint(first)
    second -= np.rint(second)
    dy = reciprocal[0, 0] * first + reciprocal[0, 1] * second
    dx = reciprocal[1, 0] * first + reciprocal[1, 1] * second
    return np.asarray(np.exp(-0.5 * (dy**2 + dx**2) / spread**2))


def _radius(shape: tuple[int, ...]) -> FloatArray:
    """Distance from the origin of the cosine spectrum, 1 at Nyquist along an axis."""
    y, x = (np.arange(n) / n for n in shape)
    return np.asarray(np.hypot(y[:, None], x[None]))


def _bins(shape: tuple[int, ...], window: float) -> list[float]:
    """Sigma of the smoothing in bins of the cosine spectrum, for a window in pixels."""
    # A bin is half a cycle over the field.
    return [max(2 * n / (2 * math.pi * window), _LEAST_BINS) for n in shape]
