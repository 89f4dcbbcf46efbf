"""Make a soft window over the part of the field that shows structure.

An edge between crystal and vacuum inside the field gives every reflection a streak, which
hides weaker reflections. A window that fades out towards the edge avoids these streaks,
as the window of the whole field does at the border.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.calibration.grid import Grid
from napari_reward_analysis.image import Image

#: Number of blocks along the shorter side, and blocks along the side of the square in
#: which the variance is measured: it holds about one cell.
_BLOCKS, _SQUARE = 32, 5
#: The window fades over this fraction of the shorter side, or less in a narrow part.
_FADE = 1 / 8
#: A block has structure if its variance exceeds that of the noise by this fraction of the
#: highest variance. This includes a layer with a fifth of the contrast, but not vacuum.
_STRUCTURE = 0.04
#: A step of the mean looks like structure up to half a square away: so many blocks are
#: removed again.
_BEYOND = _SQUARE / 2
#: No window is made if the lowest variance is above this fraction of the highest: then
#: noise covers the edges and their streaks.
_ALIKE = 0.2
#: No window is made if a smaller fraction of the field lacks structure.
_LACKING = 0.1


def structure_window(image: Image, usable: BoolArray | None) -> Float32Array | None:
    """Weight of each pixel, 0 to 1; None if no large part of the field is empty.

    Parameters
    ----------
    image : Image
        The image.
    usable : ndarray of bool, shape (H, W), or None
        Pixels that may count; None for all.
    """
    size = max(min(image.shape) // _BLOCKS, 1)
    shape = (image.shape[0] // size, image.shape[1] // size)
    fraction = np.ones(shape) if usable is None else _block_means(usable, size, shape)
    inside = fraction >= 0.5
    if not inside.any():
        return None
    structured = inside & _structured(image, usable, fraction, size, shape)
    if structured.mean() > (1 - _LACKING) * inside.mean():
        return None
    # Distance from the middle of a block to the nearest edge, not counting the border.
    distance = ndimage.distance_transform_edt(np.pad(structured, 1, mode="edge"))[1:-1, 1:-1]
    distance = np.maximum(distance - 0.5 - _BEYOND, 0)
    if not distance.any():
        return None
    fade = min(float(distance.max()), _FADE * min(shape))
    weights = np.sin(0.5 * math.pi * np.clip(distance / fade, 0, 1)) ** 2
    y, x = ((np.arange(n, dtype=np.float64) + 0.5) * size - 0.5 for n in shape)
    window = np.clip(Grid(y, x).to_pixels(weights, image.shape), 0, 1)
    return window if usable is None else window * usable


def _structured(
    image: Image,
    usable: BoolArray | None,
    fraction: np.ndarray,
    size: int,
    shape: tuple[int, int],
) -> BoolArray:
    """Blocks in which the intensity varies as in the structured part of the field."""
    pixels = image.normalised if usable is None else image.normalised * usable
    part = np.maximum(_around(fraction), 1e-6)
    mean = _around(_block_means(pixels, size, shape)) / part
    variance = _around(_block_means(pixels**2, size, shape)) / part - mean**2
    low, high = np.quantile(variance[fraction >= 0.5], [0.02, 0.9])
    if low > _ALIKE * high:
        return np.ones(shape, dtype=bool)
    noise = _around(_block_means(_noise_power(pixels), size, shape)) / part
    return np.asarray(variance - noise > _STRUCTURE * high)


def _noise_power(pixels: Float32Array) -> Float32Array:
    """Squared second differences of the pixels; their mean is the variance of the noise.

    Columns are a few px wide and add little to second differences along both axes.
    """
    across = np.diff(pixels, 2, axis=0, prepend=pixels[:1], append=pixels[-1:])
    both = np.diff(across, 2, axis=1, prepend=across[:, :1], append=across[:, -1:])
    return np.asarray(both**2 / 36)


def _around(blocks: np.ndarray) -> np.ndarray:
    """Mean over the square around each block."""
    averaged: np.ndarray = ndimage.uniform_filter(blocks, _SQUARE, mode="nearest")
    return averaged


def _block_means(pixels: np.ndarray, size: int, shape: tuple[int, int]) -> np.ndarray:
    cut = pixels[: shape[0] * size, : shape[1] * size]
    blocks = cut.reshape(shape[0], size, shape[1], size)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float64))
