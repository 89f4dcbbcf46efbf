"""Local amplitude and phase of Bragg reflections, in a window of about one cell.

A reflection's part of the spectrum is moved to the centre, narrowed by the window's
transform and transformed back on as coarse a grid as it needs: a few milliseconds a
reflection, whatever its direction. At the border the window would reach out of the
field; there the image is continued by the lattice's own translations, so that a crystal
that goes on beyond the border is a crystal up to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_reward_analysis.calibration.spectrum import FloatArray
from napari_reward_analysis.image import FloatArray as Float32Array

ComplexArray = npt.NDArray[np.complex128]

#: The window is a Gaussian; it is followed to this many sigmas.
_REACH = 3.5
#: Frequencies at which the window's transform has fallen to 1e-4.
_BAND = 0.69


@dataclass(frozen=True, eq=False)
class LocalWaves:
    """Demodulated reflections on a coarse grid over the field.

    Attributes
    ----------
    waves : ndarray of complex, shape (n, h, w)
        Amplitude and phase of each reflection (half the amplitude of the plane wave).
    y, x : ndarray, shape (h,), (w,)
        Places of the grid in px.
    """

    waves: ComplexArray
    y: FloatArray
    x: FloatArray


def demodulate(
    pixels: Float32Array, vectors: FloatArray, reflections: FloatArray, window: float
) -> LocalWaves:
    """Local waves of some reflections.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Finite pixels.
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors (y, x) in px.
    reflections : ndarray of int, shape (n, 2)
        Their indices.
    window : float
        Sigma of the Gaussian window, in units of the cell along each of its vectors.
    """
    spread = window**2 * vectors.T @ vectors
    margin = int(math.ceil(_REACH * math.sqrt(float(np.diag(spread).max()))))
    padded = continue_by_lattice(pixels, vectors, margin)
    size = [fft.next_fast_len(n, real=True) for n in padded.shape]
    # the rest of a fast length is filled by the mean: it is beyond the margin
    mean = float(pixels.mean())
    spectrum = fft.fft2(padded - np.float32(mean), size)
    k = reflections @ np.linalg.inv(vectors).T
    # narrow directions of the window are wide in frequency
    band = _BAND * np.sqrt(np.diag(np.linalg.inv(spread)))
    waves, grids = [], None
    for centre in k:
        wave, grids = _one_wave(spectrum, centre, spread, band)
        waves.append(wave)
    assert grids is not None
    y, x = (grid - margin for grid in grids)
    rows = (y >= -(y[1] - y[0])) & (y <= pixels.shape[0] - 1 + (y[1] - y[0]))
    columns = (x >= -(x[1] - x[0])) & (x <= pixels.shape[1] - 1 + (x[1] - x[0]))
    return LocalWaves(np.stack(waves)[:, rows][:, :, columns], y[rows], x[columns])


def continue_by_lattice(pixels: Float32Array, vectors: FloatArray, margin: int) -> Float32Array:
    """The image with a margin, filled from inside by the shortest lattice translation.

    Pixels that no translation within twice the margin brings inside are mirrored.
    """
    padded = np.pad(pixels, margin, mode="symmetric")
    outside = np.ones(padded.shape, dtype=bool)
    outside[margin:-margin, margin:-margin] = False
    place = np.argwhere(outside) - margin
    values = padded[outside]
    left = np.arange(len(place))
    limit = np.array(pixels.shape) - 1
    for step in _translations(vectors, 2.0 * margin):
        moved = place[left] + step
        inside = np.all((moved >= 0) & (moved <= limit), axis=1)
        values[left[inside]] = _bilinear(pixels, moved[inside])
        left = left[~inside]
        if not len(left):
            break
    padded[outside] = values
    return padded


def _translations(vectors: FloatArray, reach: float) -> FloatArray:
    """Lattice translations up to a length, shortest first, without none."""
    most = np.ceil(reach * np.hypot(*np.linalg.inv(vectors))).astype(int)
    grid = np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij")
    steps = np.stack(grid, axis=-1).reshape(-1, 2) @ vectors
    lengths = np.hypot(*steps.T)
    order = np.argsort(lengths, kind="stable")
    return np.asarray(steps[order][(lengths[order] > 0) & (lengths[order] <= reach)])


def _bilinear(pixels: Float32Array, yx: FloatArray) -> Float32Array:
    corner = np.minimum(yx.astype(int), np.array(pixels.shape) - 2)
    fy, fx = (yx - corner).astype(np.float32).T
    y, x = corner.T
    top = pixels[y, x] * (1 - fx) + pixels[y, x + 1] * fx
    bottom = pixels[y + 1, x] * (1 - fx) + pixels[y + 1, x + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy)


def _one_wave(
    spectrum: ComplexArray, k: FloatArray, spread: FloatArray, band: FloatArray
) -> tuple[ComplexArray, tuple[FloatArray, FloatArray]]:
    """One reflection's wave on a grid fine enough for its square, and that grid."""
    shape = np.array(spectrum.shape)
    half = np.minimum(np.ceil(band * shape).astype(int), shape // 2 - 1)
    nearest = np.rint(k * shape).astype(int)
    offsets = [np.arange(-n, n + 1) for n in half]
    rows, columns = ((nearest[i] + offsets[i]) % shape[i] for i in (0, 1))
    part = spectrum[rows[:, None], columns]
    fy = (nearest[0] + offsets[0])[:, None] / shape[0] - k[0]
    fx = (nearest[1] + offsets[1])[None] / shape[1] - k[1]
    exponent = spread[0, 0] * fy**2 + 2 * spread[0, 1] * fy * fx + spread[1, 1] * fx**2
    part = part * np.exp(-2 * np.pi**2 * exponent)
    # twice as fine as the wave, since its square is looked at
    size = [fft.next_fast_len(int(min(4 * n + 2, s))) for n, s in zip(half, shape, strict=True)]
    small = np.zeros(size, dtype=complex)
    small[offsets[0][:, None] % size[0], offsets[1] % size[1]] = part
    wave = fft.ifft2(small) * (small.size / spectrum.size)
    y, x = (np.arange(n) * s / n for n, s in zip(size, shape, strict=True))
    # the bins are whole, the frequency is not
    rest = nearest / shape - k
    phase = np.exp(2j * np.pi * (rest[0] * y[:, None] + rest[1] * x[None]))
    return wave * phase, (y, x)
