"""The LoG filter of one image for any sigma, computed tile by tile.

A tile is a piece of the image with a margin as wide as the kernel. Inside the piece, the
circular convolution of the tile equals that of the image. Tiles fit into the cache of the
processor, are shared among threads, and limit the memory for images of any size. They are
transformed once. Each sigma then costs one product and one inverse transform.

The kernels, truncated at four sigmas, and the reflecting boundary are those of scipy. The
responses equal `-sigma**2 * gaussian_laplace(image, sigma)` except for rounding. The
truncation affects all frequencies, so that none may be left out. The computation uses
float64 and rounds to float32 at the end. This keeps the exact ties of symmetric images,
which a float32 transform would break at random.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_reward_analysis.arrays import Float32Array, FloatArray

_TRUNCATE = 4.0
WORKERS = min(4, os.cpu_count() or 1)
#: Side of a tile without its margin; it is larger for a wide margin.
TILE = 512
#: Smallest margin. Margins are powers of two, so that neighbouring sigmas share tiles.
_MARGIN = 32
#: Number of rows that are transformed back together.
_ROWS = 32

Origin = tuple[int, int]
Spectrum = npt.NDArray[np.complex128]


class LogFilter:
    """Scale-normalised LoG images of one image.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Float image.

    Notes
    -----
    It keeps the transforms of the tiles for one margin: about 10 bytes per pixel up to a
    sigma of 8, and more for larger sigmas.
    """

    def __init__(self, image: Float32Array) -> None:
        self._image = image
        self._tiles: _Tiles | None = None

    def __call__(self, sigma: float, out: Float32Array) -> None:
        """Write `-sigma**2 * LoG` of the image into `out`, shape (H, W)."""
        margin = _MARGIN
        while margin < kernel_radius(sigma):
            margin *= 2
        if self._tiles is None or self._tiles.margin != margin:
            self._tiles = _Tiles(self._image, margin)
        self._tiles.convolve(sigma, out)


class _Tiles:
    """Transforms of all tiles of an image, for kernels no wider than the margin."""

    def __init__(self, image: Float32Array, margin: int) -> None:
        self.margin = margin
        self._core = _core(image.shape, 4 * margin)
        self._shape = [fft.next_fast_len(core + 2 * margin, True) for core in self._core]
        origins = list(itertools.product(*map(range, (0, 0), image.shape, self._core)))
        self._threads = min(WORKERS, len(origins))
        with ThreadPoolExecutor(self._threads) as pool:
            spectra = pool.map(lambda origin: self._transform(image, origin), origins)
            self._spectra = dict(zip(origins, spectra, strict=True))
        # New memory costs as much time as the arithmetic, so that each thread keeps its own.
        half = (self._shape[0], self._shape[1] // 2 + 1)
        self._scratch = [np.empty(half, np.complex128) for _ in range(self._threads)]

    def _transform(self, image: Float32Array, origin: Origin) -> Spectrum:
        rows, columns = (
            _reflected(start - self.margin, length, size)
            for start, length, size in zip(origin, self._shape, image.shape, strict=True)
        )
        return np.asarray(fft.rfft2(image[rows][:, columns].astype(np.float64)))

    def convolve(self, sigma: float, out: Float32Array) -> None:
        """Write the LoG image of a sigma, with the tiles distributed over the threads."""
        weights = _weights(sigma, self._shape)
        tiles = list(self._spectra.items())

        def work(thread: int) -> None:
            product = self._scratch[thread]
            for (y, x), spectrum in tiles[thread :: self._threads]:
                np.multiply(spectrum, weights, out=product)
                self._invert(product, out[y : y + self._core[0], x : x + self._core[1]])

        if self._threads == 1:
            work(0)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(work, range(self._threads)))

    def _invert(self, product: Spectrum, target: Float32Array) -> None:
        """Transform one tile back, without its margin; overwrites the product."""
        height, width = target.shape
        columns = fft.ifft(product, axis=0, overwrite_x=True)
        for start in range(0, height, _ROWS):
            stop = min(start + _ROWS, height)
            rows = columns[self.margin + start : self.margin + stop]
            inverse = fft.irfft(rows, self._shape[1], axis=1)
            target[start:stop] = inverse[:, self.margin : self.margin + width]


def kernel_radius(sigma: float) -> int:
    """Half width of the kernel of a sigma in pixels."""
    return int(_TRUNCATE * sigma + 0.5)


def kernel(sigma: float, order: int) -> FloatArray:
    """Sampled Gaussian (order 0) or its second derivative (order 2), cut at four sigmas."""
    radius = kernel_radius(sigma)
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    gauss = np.exp(-0.5 * (x / sigma) ** 2)
    gauss /= gauss.sum()
    if order == 0:
        return gauss
    return (x**2 / sigma**4 - 1 / sigma**2) * gauss


def _weights(sigma: float, shape: Sequence[int]) -> FloatArray:
    """Transfer function of the scale-normalised LoG for `rfft2` of a shape."""
    height, width = shape
    smooth_y, curved_y = (_transfer(sigma, height, order)[:, None] for order in (0, 2))
    smooth_x, curved_x = (
        -(sigma**2) * _transfer(sigma, width, order)[: width // 2 + 1] for order in (0, 2)
    )
    return curved_y * smooth_x + smooth_y * curved_x


def _transfer(sigma: float, size: int, order: int) -> FloatArray:
    """Fourier transform of a symmetric kernel, which is real, shape (size,)."""
    taps = kernel(sigma, order)
    circular = np.zeros(size)
    circular[np.arange(len(taps)) - len(taps) // 2] = taps
    return np.asarray(fft.fft(circular).real)


def _core(shape: tuple[int, ...], smallest: int) -> list[int]:
    """Shape of a tile without its margin; a small image is split among the threads."""
    core = [_even_share(size, max(TILE, smallest)) for size in shape]
    if core == list(shape):
        core[0] = _even_share(shape[0], max(-(-shape[0] // WORKERS), smallest))
    return core


def _even_share(size: int, largest: int) -> int:
    """Length of the pieces if `size` is cut evenly into pieces of at most `largest`."""
    pieces = -(-size // largest)
    return -(-size // pieces)


def _reflected(start: int, length: int, size: int) -> npt.NDArray[np.intp]:
    """Indices from `start` on, reflected at the edges of 0..size-1: (b a | a b c | c b)."""
    index = np.arange(start, start + length) % (2 * size)
    return np.minimum(index, 2 * size - 1 - index)
