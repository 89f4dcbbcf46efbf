"""Scale-normalised LoG images of one image, each computed once.

The reflecting boundary of `scipy.ndimage` is the symmetry of the type-II cosine
transform, and every symmetric kernel is diagonal in it. So the image is transformed
once, and each sigma then costs one product and one inverse transform whatever the
width of its kernel. The kernels are those of scipy, truncated at four sigmas, so the
responses equal `-sigma**2 * gaussian_laplace(image, sigma)` to rounding.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_reward_analysis.image import FloatArray

_TRUNCATE = 4.0
_WORKERS = min(4, os.cpu_count() or 1)
_GIB = 2**30
#: Rows whose weights are computed together.
_BLOCK = 32


class Maxima(NamedTuple):
    """Local maxima of one LoG image within their 3 x 3 neighbourhood."""

    y: npt.NDArray[np.intp]
    x: npt.NDArray[np.intp]
    response: FloatArray


class ScaleSpace:
    """The LoG images of one image, by sigma.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Float image, normalised to [0, 1].
    floor : float
        Maxima whose response does not exceed it are dropped for good.
    memory : int
        Bytes that cached LoG images may take; the least recently used go first.
        Besides them the object holds the image's cosine transform (8 bytes a pixel)
        and needs one more array of that size while it filters.
    """

    def __init__(self, image: FloatArray, *, floor: float = 0.0, memory: int = _GIB) -> None:
        self.shape = (int(image.shape[0]), int(image.shape[1]))
        self.floor = floor
        # float64: rounding to float32 at the end then keeps the exact ties of
        # symmetric images, which a float32 transform would break at random
        self._spectrum = fft.dctn(np.asarray(image, dtype=np.float64), type=2, workers=_WORKERS)
        self._images: OrderedDict[float, FloatArray] = OrderedDict()
        self._capacity = max(3, memory // (4 * image.size))
        self._maxima: dict[float, Maxima] = {}
        self._beats: dict[tuple[float, float], npt.NDArray[np.bool_]] = {}
        self.filtered = 0

    def response(self, sigma: float) -> FloatArray:
        """`-sigma**2 * LoG` of the image, float32, shape (H, W)."""
        if sigma in self._images:
            self._images.move_to_end(sigma)
            return self._images[sigma]
        result = fft.idctn(self._filtered(sigma), type=2, workers=_WORKERS, overwrite_x=True)
        image: FloatArray = result.astype(np.float32)
        self.filtered += 1
        self._images[sigma] = image
        while len(self._images) > self._capacity:
            self._images.popitem(last=False)
        return image

    def _filtered(self, sigma: float) -> npt.NDArray[np.float64]:
        """Cosine transform of the response; blocks of rows keep the weights in cache."""
        height, width = self.shape
        smooth_y, curved_y = (_transfer(sigma, height, order)[:, None] for order in (0, 2))
        smooth_x, curved_x = (-(sigma**2) * _transfer(sigma, width, order) for order in (0, 2))
        product: npt.NDArray[np.float64] = np.empty_like(self._spectrum)
        for start in range(0, height, _BLOCK):
            rows = slice(start, start + _BLOCK)
            weights = curved_y[rows] * smooth_x
            weights += smooth_y[rows] * curved_x
            np.multiply(self._spectrum[rows], weights, out=product[rows])
        return product

    def maxima(self, sigma: float) -> Maxima:
        """Maxima of one LoG image above the floor, in raster order."""
        if sigma not in self._maxima:
            image = self.response(sigma)
            peak = (image == _maximum_3x3(image)) & (image > self.floor)
            y, x = np.nonzero(peak)
            self._maxima[sigma] = Maxima(y, x, image[y, x])
        return self._maxima[sigma]

    def beats(self, sigma: float, other: float) -> npt.NDArray[np.bool_]:
        """Which maxima at `sigma` are not exceeded around the same place at `other`."""
        key = (sigma, other)
        if key not in self._beats:
            peaks = self.maxima(sigma)
            self._beats[key] = peaks.response >= _neighbourhood_maximum(
                self.response(other), peaks.y, peaks.x
            )
        return self._beats[key]

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the image's white noise, from its outer spectrum.

        Atoms are wider than a pixel, so the corner of the spectrum beyond 0.8 of the
        Nyquist frequency on both axes holds noise alone. The median of the squared
        coefficients makes the estimate robust against a stray reflection.
        """
        height, width = self.shape
        corner = self._spectrum[int(0.8 * height) :, int(0.8 * width) :]
        if corner.size == 0:
            return 0.0
        # scipy's unnormalised type-II transform of unit white noise has variance 4 H W;
        # the median of a squared normal variable is 0.4549 of its variance
        power = float(np.median(corner**2)) / 0.4549
        return float(np.sqrt(power / (4 * height * width)))

    def response_noise(self, sigma: float) -> float:
        """Standard deviation of the noise in the LoG image at `sigma`."""
        g0, g2 = _kernel(sigma, 0), _kernel(sigma, 2)
        energy = np.outer(g2, g0) + np.outer(g0, g2)
        return float(self.noise * sigma**2 * np.sqrt((energy**2).sum()))


def _kernel(sigma: float, order: int) -> npt.NDArray[np.float64]:
    """Sampled Gaussian (order 0) or its second derivative (order 2), cut at four sigmas."""
    radius = int(_TRUNCATE * sigma + 0.5)
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    gauss = np.exp(-0.5 * (x / sigma) ** 2)
    gauss /= gauss.sum()
    if order == 0:
        return gauss
    return (x**2 / sigma**4 - 1 / sigma**2) * gauss


def _transfer(sigma: float, size: int, order: int) -> npt.NDArray[np.float64]:
    """Eigenvalues of a kernel under the type-II cosine transform, shape (size,)."""
    kernel = _kernel(sigma, order)
    radius = len(kernel) // 2
    phase = np.outer(np.arange(size), np.arange(1, radius + 1)) * (np.pi / size)
    return np.asarray(kernel[radius] + 2 * np.cos(phase) @ kernel[radius + 1 :])


def _maximum_3x3(image: FloatArray) -> FloatArray:
    """Maximum over each pixel's 3 x 3 neighbourhood; beyond the edge nothing counts.

    Comparing shifted slices is several times faster than a rank filter.
    """
    rows = image.copy()
    np.maximum(rows[1:], image[:-1], out=rows[1:])
    np.maximum(rows[:-1], image[1:], out=rows[:-1])
    result = rows.copy()
    np.maximum(result[:, 1:], rows[:, :-1], out=result[:, 1:])
    np.maximum(result[:, :-1], rows[:, 1:], out=result[:, :-1])
    return result


def _neighbourhood_maximum(
    image: FloatArray, y: npt.NDArray[np.intp], x: npt.NDArray[np.intp]
) -> FloatArray:
    """Maximum of the 3 x 3 neighbourhood at some pixels only."""
    height, width = image.shape
    result = np.full(len(y), -np.inf, dtype=np.float32)
    for dy in (-1, 0, 1):
        rows = np.clip(y + dy, 0, height - 1)
        for dx in (-1, 0, 1):
            np.maximum(result, image[rows, np.clip(x + dx, 0, width - 1)], out=result)
    return result
