"""Scale-normalised LoG images of one image and their maxima, each computed once."""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_reward_analysis.arrays import Float32Array, Indices
from napari_reward_analysis.detection.log_filter import LogFilter, kernel

_GIB = 2**30
#: Number of pixels that are searched for maxima together, so that they stay in the cache.
_BLOCK = 2**17


class Maxima(NamedTuple):
    """Local maxima of one LoG image within their 3 x 3 neighbourhood, in raster order.

    Attributes
    ----------
    place : ndarray of int, shape (n,)
        Index in the flattened LoG image, which has a frame of one pixel.
    response : ndarray, shape (n,), float32
        Value of the LoG image at each maximum.
    """

    place: Indices
    response: Float32Array


class ScaleSpace:
    """The LoG images of one image, by sigma.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Float image, normalised to [0, 1].
    floor : float
        Maxima up to this response are dropped.
    memory : int
        Bytes for cached LoG images; the least recently used ones are dropped first. The
        filter needs additional memory, see `LogFilter`.
    """

    def __init__(self, image: Float32Array, *, floor: float = 0.0, memory: int = _GIB) -> None:
        self.shape = (int(image.shape[0]), int(image.shape[1]))
        self.floor = floor
        self._image = image
        self._filter = LogFilter(image)
        # Each image has a frame of one pixel of -inf, so that its border is no special case.
        self._images: OrderedDict[float, Float32Array] = OrderedDict()
        self._capacity = max(3, memory // (4 * image.size))
        self._maxima: dict[float, Maxima] = {}
        self._beats: dict[tuple[float, float], npt.NDArray[np.bool_]] = {}
        self.filtered = 0

    def response(self, sigma: float) -> Float32Array:
        """`-sigma**2 * LoG` of the image, float32, shape (H, W)."""
        return self._framed(sigma)[1:-1, 1:-1]

    def _framed(self, sigma: float) -> Float32Array:
        if sigma in self._images:
            self._images.move_to_end(sigma)
            return self._images[sigma]
        height, width = self.shape
        framed = np.empty((height + 2, width + 2), np.float32)
        framed[[0, -1]] = framed[:, [0, -1]] = -np.inf
        while len(self._images) >= self._capacity:
            self._images.popitem(last=False)
        self._filter(sigma, framed[1:-1, 1:-1])
        self.filtered += 1
        self._images[sigma] = framed
        return framed

    def maxima(self, sigma: float) -> Maxima:
        """Maxima of one LoG image above the floor."""
        if sigma not in self._maxima:
            framed = self._framed(sigma)
            place = _local_maxima(framed, self.floor)
            self._maxima[sigma] = Maxima(place, framed.ravel()[place])
        return self._maxima[sigma]

    def beats(self, sigma: float, other: float) -> npt.NDArray[np.bool_]:
        """Mark the maxima at `sigma` that are not exceeded near the same place at `other`."""
        key = (sigma, other)
        if key not in self._beats:
            peaks = self.maxima(sigma)
            framed = self._framed(other)
            # Most are exceeded at the same pixel; only few need a look at eight neighbours.
            wins = peaks.response >= framed.ravel()[peaks.place]
            left = np.flatnonzero(wins)
            rivals = _largest_neighbour(framed, peaks.place[left])
            wins[left] = peaks.response[left] >= rivals
            self._beats[key] = wins
        return self._beats[key]

    def positions(self, place: Indices) -> tuple[Indices, Indices]:
        """Pixel coordinates y and x of places in the framed LoG images."""
        y, x = np.divmod(place, self.shape[1] + 2)
        return y - 1, x - 1

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the image's white noise, from its outer spectrum.

        Atoms are wider than a pixel. Therefore the corner of the spectrum beyond 0.8 of
        the Nyquist frequency on both axes contains only noise. The median of the squared
        coefficients makes the estimate robust against a single reflection.
        """
        height, width = self.shape
        outer = fft.dct(self._image.astype(np.float64), axis=1)[:, int(0.8 * width) :]
        corner = fft.dct(outer, axis=0)[int(0.8 * height) :]
        if corner.size == 0:
            return 0.0
        # The unnormalised type-II transform of scipy gives unit white noise a variance of
        # 4 H W. The median of a squared normal variable is 0.4549 of its variance.
        power = float(np.median(corner**2)) / 0.4549
        return float(np.sqrt(power / (4 * height * width)))

    def response_noise(self, sigma: float) -> float:
        """Standard deviation of the noise in the LoG image at `sigma`."""
        g0, g2 = kernel(sigma, 0), kernel(sigma, 2)
        energy = np.outer(g2, g0) + np.outer(g0, g2)
        return float(self.noise * sigma**2 * np.sqrt((energy**2).sum()))

    @staticmethod
    def uniform_response(sigma: float) -> float:
        """Response of a uniform area of value 1 at `sigma`.

        It differs from zero only because the kernel is cut at four sigmas. Every pixel of
        such an area counts as a maximum, because no neighbour exceeds it.
        """
        return abs(2 * sigma**2 * float(kernel(sigma, 2).sum()))


def _local_maxima(framed: Float32Array, floor: float) -> Indices:
    """Indices of the pixels above a floor that none of their eight neighbours exceeds.

    Comparing shifted slices is several times faster than a rank filter. The four diagonal
    neighbours are compared only for pixels that pass the other four.
    """
    height, stride = framed.shape
    step = max(1, _BLOCK // stride)
    found = []
    for start in range(1, height - 1, step):
        stop = min(start + step, height - 1)
        rows = framed[start:stop]
        centre = rows[:, 1:-1]
        peak = centre > floor
        peak &= centre >= rows[:, :-2]
        peak &= centre >= rows[:, 2:]
        peak &= centre >= framed[start - 1 : stop - 1, 1:-1]
        peak &= centre >= framed[start + 1 : stop + 1, 1:-1]
        y, x = np.divmod(np.flatnonzero(peak), stride - 2)
        found.append((y + start) * stride + x + 1)
    place = np.concatenate(found)
    corners = _largest_at(framed, place, [-stride - 1, -stride + 1, stride - 1, stride + 1])
    return np.asarray(place[framed.ravel()[place] >= corners])


def _largest_neighbour(framed: Float32Array, place: Indices) -> Float32Array:
    """Largest value of the eight neighbours of each given pixel."""
    stride = framed.shape[1]
    ring = [dy * stride + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
    return _largest_at(framed, place, ring)


def _largest_at(framed: Float32Array, place: Indices, offsets: list[int]) -> Float32Array:
    flat = framed.ravel()
    largest = flat[place + offsets[0]]
    for offset in offsets[1:]:
        np.maximum(largest, flat[place + offset], out=largest)
    return largest
