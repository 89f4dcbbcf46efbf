"""Refine a followed lattice by comparing the image with its mean cell, a few columns at a time.

The phases of reflections need windows of about a cell, which may be long. Here the mean cell is
laid over the image and moved, so that the two agree best in a window of a few columns. This
follows strain close to a dislocation and ends at the edge of the domain.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.calibration.demodulation import local_level
from napari_reward_analysis.calibration.following import LocalLattice
from napari_reward_analysis.calibration.grid import Grid, on_grid
from napari_reward_analysis.calibration.mean_cell import MeanCell
from napari_reward_analysis.image import Image

#: Limits of the window (sigma), in mean spacings of the columns.
_MIN_WINDOW, _MAX_WINDOW = 0.9, 5.0
#: Wanted error of a position, as a fraction of the mean spacing.
_ERROR = 0.03
#: Blocks of pixels in which products are summed, in mean spacings.
_BLOCK = 0.35
#: Places with less than this part of the usual information keep their displacement.
_LITTLE = 0.1
#: Smallest gain that is believed, as a part of the usual one.
_LEAST_GAIN = 0.3
#: Largest step in mean spacings, and number of steps.
_LARGEST, _STEPS = 0.2, 3
#: No further step is made if so many of the places moved by less than this part of a spacing.
_MOST, _SETTLED = 0.997, 0.03


def refine_lattice(
    image: Image, lattice: LocalLattice, cell: MeanCell, mask: BoolArray, spacing: float
) -> LocalLattice:
    """The followed lattice with displacements that fit the nearest columns.

    Parameters
    ----------
    image : Image
        The image.
    lattice : LocalLattice
        Its lattice in a domain, followed by phases.
    cell : MeanCell
        The mean cell of the domain.
    mask : ndarray of bool, shape (H, W)
        The domain.
    spacing : float
        Mean spacing of the columns in px.

    Returns
    -------
    LocalLattice
    """
    size = max(int(_BLOCK * spacing), 1)
    pixels = image.normalised - local_level(image.normalised, lattice.vectors, 1.0)
    weight = (mask & image.valid).astype(np.float32)
    window = 0.0
    for _ in range(_STEPS):
        sums = _sums(pixels, laid_over(cell, lattice, image.shape), weight, size)
        window = window or _window(sums, lattice, spacing)
        move = _displacement(_smoothed(sums, window / size), _LARGEST * spacing)
        lattice = _moved(lattice, move, mask, size)
        if np.quantile(np.hypot(move[..., 0], move[..., 1]), _MOST) < _SETTLED * spacing:
            break
    return lattice


def laid_over(cell: MeanCell, lattice: LocalLattice, shape: tuple[int, int]) -> Float32Array:
    """The image that the mean cell predicts on a followed lattice, shape (H, W)."""
    bins = cell.mean.shape
    places = [part * n for part, n in zip(lattice.fractional_map(shape), bins, strict=True)]
    # One more bin on each side, so that the interpolation needs no wrapping.
    wrapped = np.pad(cell.mean, (0, 1), mode="wrap").astype(np.float32)
    model: Float32Array = ndimage.map_coordinates(wrapped, places, order=1, mode="nearest")
    return model


#: The products that are summed: their weight, with I the image, M the model, y and x its slopes.
_PRODUCTS = ("w", "M", "I", "MM", "IM", "yy", "xy", "xx", "yI", "xI", "yM", "xM", "y", "x")

_Sums = dict[str, FloatArray]


def _sums(pixels: Float32Array, model: Float32Array, weight: Float32Array, size: int) -> _Sums:
    """Sums of products over blocks of pixels, each of shape (h, w)."""
    factors = {"I": pixels, "M": model, "y": np.gradient(model, axis=0)}
    factors["x"] = np.gradient(model, axis=1)
    sums = {}
    for name in _PRODUCTS:
        product = weight
        for letter in name.replace("w", ""):
            product = product * factors[letter]
        pad = [(0, -n % size) for n in product.shape]
        product = np.pad(product, pad)
        blocks = product.reshape(product.shape[0] // size, size, product.shape[1] // size, size)
        sums[name] = blocks.sum(axis=(1, 3), dtype=np.float64)
    return sums


def _smoothed(sums: _Sums, sigma: float) -> _Sums:
    return {
        name: np.asarray(ndimage.gaussian_filter(part, sigma, mode="constant"))
        for name, part in sums.items()
    }


def _window(sums: _Sums, lattice: LocalLattice, spacing: float) -> float:
    """Window (sigma in px) in which noise moves the lattice by a small part of a spacing."""
    pixels = sums["w"].sum()
    gain = _gain({name: part.sum(keepdims=True) for name, part in sums.items()}).item()
    mean = np.array([[sums["yy"].sum(), sums["xy"].sum()], [sums["xy"].sum(), sums["xx"].sum()]])
    # Information on the displacement for each pixel, along the direction with the least.
    information = gain**2 * float(np.linalg.eigvalsh(mean / pixels)[0])
    noise = float(np.median(lattice.density)) / (4 * math.pi * max(information, 1e-300))
    return min(max(math.sqrt(noise) / _ERROR, _MIN_WINDOW * spacing), _MAX_WINDOW * spacing)


def _gain(sums: _Sums) -> FloatArray:
    """Contrast of the image over that of the model, beside a constant level."""
    weight = np.maximum(sums["w"], 1e-12)
    together = sums["IM"] - sums["I"] * sums["M"] / weight
    alone = sums["MM"] - sums["M"] ** 2 / weight
    return np.asarray(together / np.maximum(alone, 1e-300))


def _displacement(sums: _Sums, largest: float) -> FloatArray:
    """Displacement of the image from the model in px, shape (h, w, 2)."""
    weight = np.maximum(sums["w"], 1e-12)
    gain = _gain(sums)
    inside = sums["w"] > 0.5 * sums["w"].max()
    usual = float(np.median(gain[inside]))
    gain = np.maximum(gain, _LEAST_GAIN * usual)
    level = (sums["I"] - gain * sums["M"]) / weight
    left = np.stack([sums[a + "I"] - gain * sums[a + "M"] - level * sums[a] for a in "yx"], axis=-1)
    normal = np.stack(
        [np.stack([sums["yy"], sums["xy"]], -1), np.stack([sums["xy"], sums["xx"]], -1)], -2
    )
    normal += _LITTLE * float(np.median((sums["yy"] + sums["xx"])[inside])) / 2 * np.eye(2)
    move = -np.linalg.solve(normal, left[..., None])[..., 0] / gain[..., None]
    length = np.hypot(move[..., 0], move[..., 1])
    return np.asarray(move * np.minimum(1, largest / np.maximum(length, 1e-12))[..., None])


def _moved(lattice: LocalLattice, move: FloatArray, mask: BoolArray, size: int) -> LocalLattice:
    """The lattice with displacements (h, w, 2) in px added, on the grid of the blocks."""
    y, x = ((np.arange(n, dtype=np.float64) + 0.5) * size - 0.5 for n in move.shape[:2])
    grid = Grid(y, x)
    places = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)
    before = lattice.offset_at(places).reshape(move.shape)
    offset = before + move @ np.linalg.inv(lattice.vectors)
    return replace(lattice, grid=grid, offset=offset, inside=on_grid(mask, grid))
