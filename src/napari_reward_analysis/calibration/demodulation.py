"""Measure local amplitude and phase of Bragg reflections, in a window of about one cell.

The part of the spectrum around a reflection is moved to the centre, multiplied with the
transform of the window, and transformed back on a coarse grid. This takes a few
milliseconds for each reflection. Near the border the window would reach out of the field.
There the image is continued by lattice translations, so that a crystal at the border is
seen as crystal up to the border. The level under the lattice is subtracted first,
because a slope that is continued in this way would become a sawtooth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_reward_analysis.arrays import Float32Array, FloatArray, IntArray
from napari_reward_analysis.calibration.grid import Grid

ComplexArray = npt.NDArray[np.complex64]

#: The window is a Gaussian that is cut off at this many sigmas.
_REACH = 3.5
#: Frequency times sigma at which the transform of the window has fallen to 1e-4.
_BAND = 0.69
#: Number of points per sigma at which the level under the lattice is fitted.
_PER_SIGMA = 4


class Demodulator:
    """Local waves of the reflections of a lattice in an image.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Finite pixels.
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors (y, x) in px.
    window : float
        Sigma of the Gaussian window in cells, along each vector of the cell.

    Attributes
    ----------
    grid : Grid
        Points at which the waves are given.
    spread : ndarray, shape (2, 2)
        Covariance of the window in square px.

    Notes
    -----
    It keeps the complex spectrum of the image with a margin, 8 bytes per pixel.
    """

    def __init__(self, pixels: Float32Array, vectors: FloatArray, window: float) -> None:
        self.spread = window**2 * vectors.T @ vectors
        self._inverse = np.linalg.inv(vectors)
        margin = math.ceil(_REACH * math.sqrt(float(np.diag(self.spread).max())))
        self._margin = margin
        level = local_level(pixels, vectors, window)
        padded = continue_by_lattice(pixels - level, vectors, margin)
        # The padding to a fast length lies beyond the margin.
        size = np.array([fft.next_fast_len(n) for n in padded.shape])
        self._spectrum = fft.fft2(padded, size.tolist(), overwrite_x=True)
        # A window that is narrow in space is wide in frequency.
        band = _BAND * np.sqrt(np.diag(np.linalg.inv(self.spread)))
        self._half = np.minimum(np.ceil(band * size).astype(int), (size - 1) // 2)
        self._size = [fft.next_fast_len(int(2 * n + 1)) for n in self._half]
        y, x = (np.arange(n) * s / n for n, s in zip(self._size, size, strict=True))
        self._y, self._x = y, x
        self._rows, self._columns = (
            np.flatnonzero((at >= margin - at[1]) & (at <= margin + length - 1 + at[1]))
            for at, length in zip((y, x), pixels.shape, strict=True)
        )
        self.grid = Grid(y[self._rows] - margin, x[self._columns] - margin)

    def waves(self, reflections: IntArray) -> Iterator[ComplexArray]:
        """Amplitude and phase of each reflection on the grid, shape (h, w).

        The amplitude is half that of the plane wave. The waves come one at a time, to save
        memory.
        """
        for h in reflections:
            yield self._wave(self._inverse @ h)

    def _wave(self, k: FloatArray) -> ComplexArray:
        shape = np.array(self._spectrum.shape)
        nearest = np.rint(k * shape).astype(int)
        offsets = [np.arange(-n, n + 1) for n in self._half]
        rows, columns = (nearest[i] + offsets[i] for i in (0, 1))
        fy = (rows / shape[0] - k[0])[:, None]
        fx = (columns / shape[1] - k[1])[None]
        s = self.spread
        exponent = s[0, 0] * fy**2 + 2 * s[0, 1] * fy * fx + s[1, 1] * fx**2
        small = np.zeros(self._size, dtype=np.complex64)
        part = self._spectrum[(rows % shape[0])[:, None], columns % shape[1]]
        small[offsets[0][:, None], offsets[1]] = part * np.exp(-2 * np.pi**2 * exponent)
        wave = fft.ifft2(small, overwrite_x=True)[self._rows[:, None], self._columns]
        # The shift by whole bins leaves a slow phase, because the frequency lies between bins.
        rest = 2j * np.pi * (nearest / shape - k)
        wave *= np.exp(rest[0] * self._y[self._rows])[:, None]
        wave *= np.exp(rest[1] * self._x[self._columns])
        # Phases refer to the corner of the field, not to that of the margin.
        wave *= np.exp(2j * np.pi * self._margin * k.sum()) * small.size / self._spectrum.size
        return np.asarray(wave, dtype=np.complex64)


def local_level(pixels: Float32Array, vectors: FloatArray, window: float) -> Float32Array:
    """Level under the lattice, up to the border.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        The image.
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors (y, x) in px.
    window : float
        Sigma of the Gaussian window in cells.

    Returns
    -------
    ndarray, shape (H, W)
        Means over one cell, from which the lattice cancels, smoothed by local planes.
        Planes follow a slope beyond the last whole cell, where a mean would lag behind.
    """
    sigmas = window * np.sqrt((vectors**2).sum(axis=0))
    lines = [
        np.linspace(0, n - 1, math.ceil(_PER_SIGMA * (n - 1) / s) + 2)
        for n, s in zip(pixels.shape, sigmas, strict=True)
    ]
    # Within half a cell of the border the mean over a cell would reach outside.
    insets = np.minimum(np.ceil(np.abs(vectors).sum(axis=0) / 2), np.array(pixels.shape) // 4)
    inner = [np.arange(i, n - i) for i, n in zip(insets.astype(int), pixels.shape, strict=True)]
    y, x = (_line_weights(at, of, s) for at, of, s in zip(lines, inner, sigmas, strict=True))
    means = _cell_means(pixels, vectors)[inner[0][0] : inner[0][-1] + 1, inner[1]]
    return Grid(*lines).to_pixels(y @ means @ x.T, pixels.shape)


def _cell_means(pixels: Float32Array, vectors: FloatArray) -> Float32Array:
    """Mean over a cell around each pixel; the field is treated as periodic."""
    fy, fx = np.fft.fftfreq(pixels.shape[0])[:, None], np.fft.rfftfreq(pixels.shape[1])[None]
    spectrum = fft.rfft2(pixels)
    for vector in vectors:
        spectrum *= np.sinc(fy * vector[0] + fx * vector[1]).astype(np.float32)
    return np.asarray(fft.irfft2(spectrum, pixels.shape, overwrite_x=True), dtype=np.float32)


def _line_weights(places: FloatArray, pixels: IntArray, sigma: float) -> Float32Array:
    """Weights of pixels along a line for a local straight-line fit at each place."""
    away = (pixels - places[:, None]) / sigma
    # Weights are relative to the nearest pixel, so that not all of them become zero.
    weights = np.exp(0.5 * (np.abs(away).min(axis=1, keepdims=True) ** 2 - away**2))
    zeroth, first, second = ((weights * away**n).sum(axis=1, keepdims=True) for n in (0, 1, 2))
    weights *= (second - first * away) / (zeroth * second - first**2)
    return np.asarray(weights, dtype=np.float32)


def continue_by_lattice(pixels: Float32Array, vectors: FloatArray, margin: int) -> Float32Array:
    """Pad the image with a margin that is filled by lattice translations of its inside.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        The image.
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors (y, x) in px.
    margin : int
        Pixels added on each side.

    Returns
    -------
    ndarray, shape (H + 2 margin, W + 2 margin)
        Each pixel of the margin is copied from a point inside the field, near the border,
        one or more lattice translations away.

    Notes
    -----
    Content near the border appears twice and therefore looks a little more periodic
    than it is.
    """
    padded = np.pad(pixels, margin)
    outside = np.ones(padded.shape, dtype=bool)
    outside[margin:-margin, margin:-margin] = False
    place = np.argwhere(outside) - margin
    limit = np.array(pixels.shape) - 1
    # The nearest lattice point is at most half a diagonal of the cell away.
    diagonal = max(np.hypot(*(vectors[0] + vectors[1])), np.hypot(*(vectors[0] - vectors[1])))
    inset = np.minimum(diagonal / 2, limit / 2)
    wanted = np.clip(place, inset, limit - inset) - place
    step = np.rint(wanted @ np.linalg.inv(vectors)) @ vectors
    padded[outside] = _bilinear(pixels, np.clip(place + step, 0, limit))
    return padded


def _bilinear(pixels: Float32Array, yx: FloatArray) -> Float32Array:
    """Bilinear interpolation of the image at the points (y, x)."""
    corner = np.minimum(yx.astype(int), np.array(pixels.shape) - 2)
    fy, fx = (yx - corner).astype(np.float32).T
    y, x = corner.T
    top = pixels[y, x] * (1 - fx) + pixels[y, x + 1] * fx
    bottom = pixels[y + 1, x] * (1 - fx) + pixels[y + 1, x + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy)
