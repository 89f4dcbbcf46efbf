"""Compute the power spectrum of an image and find its Bragg peaks.

A lattice gives a few sharp peaks on a background. The background falls from the centre
and contains the speckle of amorphous material. Displaced scan lines add streaks through
every reflection. Therefore the background is estimated locally. A peak is significant if
noise alone would show it in fewer than one of a hundred images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, stats

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.calibration.taper import structure_window
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Longer fields are cut into overlapping tiles, and the power of the tiles is averaged.
#: Peaks stay sharp enough for 0.1 %, and bending or drift does not smear them.
TILE = 1024
#: Probability that noise alone gives a peak anywhere in the spectrum.
FALSE_ALARM = 0.01
#: Frequencies below this many bins belong to the shape and the gradients of the field.
CENTRE_BINS = 3.0
#: Quantile from which the background is estimated: low, so that peaks do not raise it.
_QUANTILE = 0.25
#: Sizes of the pieces in which the background is estimated, in bins.
_BLOCK, _STRIP = 16, 48


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power spectrum with zero frequency in the middle.

    Attributes
    ----------
    power : ndarray, shape (h, w)
        Squared amplitude; a plane wave a cos(2 pi k r) peaks at (a / 2)^2.
    background : ndarray, shape (h, w)
        Mean power of noise and disorder around each bin.
    tiles : int
        Number of tiles in the average.
    noise_area : float
        Effective area of the window in px. Power times this area is the spectral density,
        in squared intensity times square px.
    """

    power: FloatArray
    background: FloatArray
    tiles: int
    noise_area: float

    @property
    def shape(self) -> tuple[int, int]:
        """Bins along y and x, which is the size of a tile in px."""
        return int(self.power.shape[0]), int(self.power.shape[1])

    @cached_property
    def threshold(self) -> float:
        """Ratio of power to background that noise exceeds with chance `FALSE_ALARM`."""
        chance = FALSE_ALARM / (self.power.size / 2)
        return float(stats.gamma.isf(chance, self.tiles)) / self.tiles

    @cached_property
    def peaks(self) -> Peaks:
        """The significant peaks, strongest first, as `find_peaks` gives them."""
        return find_peaks(self)

    @cached_property
    def reached(self) -> FloatArray:
        """Amplitude beyond the noise that is reached within one bin of each bin, (h, w)."""
        # The largest of nine noise bins is about three times their mean.
        net = np.maximum(self.power - 3 * self.background, 0.0)
        return np.asarray(np.sqrt(ndimage.maximum_filter(net, size=3, mode="wrap")))

    def bins(self, k: FloatArray) -> FloatArray:
        """Positions in the arrays, in bins, of frequencies (..., 2) in cycles per px."""
        shape = np.array(self.shape)
        return np.asarray(k * shape + shape // 2)

    def frequencies(self, bins: FloatArray) -> FloatArray:
        """Frequencies in cycles per px of positions in bins; the inverse of `bins`."""
        shape = np.array(self.shape)
        return np.asarray((bins - shape // 2) / shape)


@dataclass(frozen=True, eq=False)
class Peaks:
    """Peaks of a spectrum, strongest first, with one of each pair k, -k.

    Attributes
    ----------
    k : ndarray, shape (n, 2)
        Frequency (y, x) in cycles per px.
    amplitude : ndarray, shape (n,)
        Half the amplitude of the plane wave, relative to the range of the image.
    snr : ndarray, shape (n,)
        Power over the mean power of the local background.
    error : ndarray, shape (n,)
        Standard error of `k` along each axis, in bins.
    """

    k: FloatArray
    amplitude: FloatArray
    snr: FloatArray
    error: FloatArray

    def __len__(self) -> int:
        return len(self.k)

    def select(self, which: npt.NDArray[np.generic]) -> Peaks:
        """Some of the peaks, by index or by mask."""
        return Peaks(self.k[which], self.amplitude[which], self.snr[which], self.error[which])


def power_spectra(image: Image, region: BoolArray | None = None) -> list[Spectrum]:
    """Power spectra of an image or of a region.

    Parameters
    ----------
    image : Image
        The image.
    region : ndarray of bool, shape (H, W), optional
        Pixels to use. Other pixels and invalid ones are set to the mean.

    Returns
    -------
    list of Spectrum
        The last spectrum is that of the whole field. If a part of the field looks empty,
        the spectrum of the other part comes first. Both are needed, because in a field
        of few cells a part of one cell may look empty.

    Raises
    ------
    BadInput
        If the region is empty or has another shape, or the field is below 16 px.
    """
    if min(image.shape) < 16:
        raise BadInput(
            f"A field of {image.shape[0]} x {image.shape[1]} px is too small to show a lattice: "
            "choose an image of at least 16 px a side."
        )
    usable = _usable(image, region)
    part = structure_window(image, usable)
    whole = power_spectrum(image, None if usable is None else usable.astype(np.float32))
    return [whole] if part is None else [power_spectrum(image, part), whole]


def power_spectrum(image: Image, weights: Float32Array | None = None) -> Spectrum:
    """Power spectrum of an image under a Hann window.

    Parameters
    ----------
    image : Image
        The image.
    weights : ndarray, shape (H, W), optional
        Weight of each pixel, 0 to 1. Pixels with weight 0 are set to the mean.

    Notes
    -----
    The function needs memory for the image as float32 and about six float64 arrays of
    one tile.
    """
    tiles = _tiles(image.shape)
    power = np.zeros([part.stop - part.start for part in tiles[0]])
    hann = np.outer(*(_hann(n) for n in power.shape))
    weight_sum = square_sum = 0.0
    for tile in tiles:
        weight = hann if weights is None else hann * weights[tile]
        total = float(weight.sum())
        if total <= 0:
            continue
        pixels = image.normalised[tile]
        mean = float((pixels * weight).sum()) / total
        power += np.abs(fft.fft2((pixels - mean) * weight)) ** 2
        weight_sum += total**2
        square_sum += float((weight**2).sum())
    power = fft.fftshift(power) / weight_sum
    return Spectrum(power, _background(power), len(tiles), weight_sum / square_sum)


def find_peaks(spectrum: Spectrum, limit: int = 80) -> Peaks:
    """The significant peaks, strongest first.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum.
    limit : int
        Largest number of peaks.
    """
    power = spectrum.power
    top = ndimage.maximum_filter(power, size=5, mode="wrap")
    y, x = np.nonzero((power >= top) & (power > spectrum.threshold * spectrum.background))
    offset = np.stack([y, x], axis=1) - np.array(power.shape) // 2
    half = (offset[:, 0] > 0) | ((offset[:, 0] == 0) & (offset[:, 1] > 0))
    # A maximum at the edge of the spectrum lacks the neighbours for a sub-bin position.
    inner = (y > 0) & (x > 0) & (y < power.shape[0] - 1) & (x < power.shape[1] - 1)
    kept = half & inner & (np.hypot(offset[:, 0], offset[:, 1]) >= CENTRE_BINS)
    y, x = y[kept], x[kept]
    order = np.argsort(-(power[y, x] - spectrum.background[y, x]), kind="stable")[:limit]
    return refine_peaks(spectrum, y[order], x[order])


def refine_peaks(spectrum: Spectrum, y: npt.NDArray[np.intp], x: npt.NDArray[np.intp]) -> Peaks:
    """Peaks at given maxima (bins), with positions between the bins.

    The main lobe of the window is close to a Gaussian. A parabola through the logarithms
    of a maximum and its two neighbours gives the position to 0.02 bins along each axis.
    The height is that of the maximum, which is up to 15 % below the top along each axis.
    """
    power, level = spectrum.power, spectrum.background[y, x]
    dy = _vertex(power[y - 1, x], power[y, x], power[y + 1, x])
    dx = _vertex(power[y, x - 1], power[y, x], power[y, x + 1])
    k = spectrum.frequencies(np.stack([y + dy, x + dx], axis=1))
    snr = power[y, x] / level
    amplitude = np.sqrt(np.maximum(power[y, x] - level, 0.0))
    return Peaks(k, amplitude, snr, peak_error(snr))


def peak_error(snr: FloatArray) -> FloatArray:
    """Standard error of a peak position in bins.

    It is 0.6 / sqrt(SNR) for a plane wave in white noise under a Hann window. The parabola
    limits it to 0.02 bins.
    """
    return np.asarray(np.hypot(0.6 / np.sqrt(np.maximum(snr, 1.0)), 0.02))


def _usable(image: Image, region: BoolArray | None) -> BoolArray | None:
    """Mask of the usable pixels; None if all are usable."""
    if region is None:
        return None if image.valid.all() else image.valid
    if region.shape != image.shape:
        raise BadInput(
            f"The region has {region.shape} pixels, but the image has {image.shape}: "
            "draw the region on this image."
        )
    used = region.astype(bool) & image.valid
    if not used.any():
        raise BadInput("The region covers no pixel of the image: draw it on the crystal.")
    return used


def _tiles(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Overlapping tiles that cover the field."""
    return [(y, x) for y in _cuts(shape[0]) for x in _cuts(shape[1])]


def _cuts(length: int) -> list[slice]:
    if length <= 1.5 * TILE:
        return [slice(0, length)]
    count = math.ceil(1.5 * (length - TILE) / TILE) + 1
    starts = np.linspace(0, length - TILE, count).round().astype(int)
    return [slice(int(s), int(s) + TILE) for s in starts]


def _hann(length: int) -> FloatArray:
    """Hann window without zeros inside the field."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2)


def _background(power: FloatArray) -> FloatArray:
    """Mean power around each bin, without peaks.

    It is the largest of four estimates: from blocks (speckle, noise), from rings (the
    steep centre), and from strips along y and along x (streaks of displaced scan lines
    and of edges). Strips also hold peaks, many if the lattice lies along them. Therefore
    they are not scaled from quantile to mean as the others are.
    """
    scale = -1 / math.log(1 - _QUANTILE)
    result = scale * _piecewise(power, (_BLOCK, _BLOCK))
    np.maximum(result, scale * _rings(power), out=result)
    np.maximum(result, _piecewise(power, (_STRIP, 1)), out=result)
    np.maximum(result, _piecewise(power, (1, _STRIP)), out=result)
    # An image without noise still has rounding errors.
    return np.maximum(result, np.finfo(np.float32).eps ** 2)


def _piecewise(power: FloatArray, piece: tuple[int, int]) -> FloatArray:
    """Low quantile of each piece, interpolated between the centres of the pieces."""
    size = [min(p, n) for p, n in zip(piece, power.shape, strict=True)]
    count = [n // s for n, s in zip(power.shape, size, strict=True)]
    # The pieces are centred. The few remaining bins at the edge take the nearest values.
    start = [(n - c * s) // 2 for n, c, s in zip(power.shape, count, size, strict=True)]
    inner = power[
        start[0] : start[0] + count[0] * size[0], start[1] : start[1] + count[1] * size[1]
    ]
    pieces = inner.reshape(count[0], size[0], count[1], size[1]).swapaxes(1, 2)
    rank = int(_QUANTILE * size[0] * size[1])
    flat = np.partition(pieces.reshape(count[0], count[1], -1), rank, axis=2)[..., rank]
    for axis in (0, 1):
        flat = _spread(flat, axis, power.shape[axis], start[axis], size[axis])
    return flat


def _spread(values: FloatArray, axis: int, length: int, start: int, size: int) -> FloatArray:
    """Linear interpolation from the centres of the pieces to every bin along one axis."""
    if size == 1 and start == 0:
        return values
    place = (np.arange(length) - start - (size - 1) / 2) / size
    place = np.clip(place, 0, values.shape[axis] - 1)
    low = np.minimum(place.astype(int), max(values.shape[axis] - 2, 0))
    high = np.minimum(low + 1, values.shape[axis] - 1)
    part = np.expand_dims(place - low, 1 - axis)
    return np.asarray(np.take(values, low, axis) * (1 - part) + np.take(values, high, axis) * part)


def _rings(power: FloatArray) -> FloatArray:
    """Low quantile in rings of one bin around the centre.

    Distances are in bins, so that on a rectangular field a ring is an ellipse in
    frequency. The steep centre comes from the window and has the same shape.
    """
    y, x = (np.arange(n) - n // 2 for n in power.shape)
    reach = min(power.shape) // 4
    result = np.zeros_like(power)
    rows = slice(power.shape[0] // 2 - reach, power.shape[0] // 2 + reach + 1)
    columns = slice(power.shape[1] // 2 - reach, power.shape[1] // 2 + reach + 1)
    radius = np.rint(np.hypot(*np.meshgrid(y[rows], x[columns], indexing="ij"))).astype(int)
    values, radii = power[rows, columns].ravel(), radius.ravel()
    order = np.lexsort((values, radii))
    counts = np.bincount(radii)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    level = values[order][first + (_QUANTILE * counts).astype(int)]
    level[reach + 1 :] = 0
    result[rows, columns] = level[radius]
    return result


def _vertex(before: FloatArray, at: FloatArray, after: FloatArray) -> FloatArray:
    """Top of the parabola through three log powers, in bins from the middle one."""
    low, mid, high = (np.log(np.maximum(p, 1e-300)) for p in (before, at, after))
    bend = np.minimum(low - 2 * mid + high, -1e-9)
    return np.asarray(np.clip(0.5 * (low - high) / bend, -0.5, 0.5))
