"""A soft window over the part of the field that shows structure.

Where crystal ends at vacuum inside the field, every reflection gets a streak across the
edge, and weaker ones drown in it. A window that fades out towards the edge, as the
window of the whole field does towards the border, has no such streaks.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.calibration.grid import Grid
from napari_reward_analysis.image import Image

#: Blocks along the shorter side; the variance is taken over a square of this many a side,
#: large enough to hold a cell or so.
_BLOCKS, _SQUARE = 32, 5
#: The window fades over this part of the shorter side, less where the part is narrower.
_FADE = 1 / 8
#: Structure is where the variance is above that of the noise there by this part of the
#: highest: a layer of a fifth of the contrast is still looked at, vacuum is not.
_STRUCTURE = 0.04
#: A step of the mean looks like structure half a square beyond it: as many blocks are
#: taken off again.
_BEYOND = _SQUARE / 2
#: Nothing is tapered where the lowest variance is above this part of the highest: noise
#: covers the edges there, and their streaks.
_ALIKE = 0.2
#: Nor where less than this part of the field lacks structure: cells differ, too.
_LACKING = 0.1


def structure_window(image: Image, usable: BoolArray | None) -> Float32Array | None:
    """Weight of each pixel, 0 to 1, or None where no large part of the field is empty.

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
    # from the middle of a block to the nearest edge; the field's border is none
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
    """Blocks in which the intensity varies as it does in the livelier part of the field."""
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
    """Square of what differs from pixel to pixel; its mean is the variance of the noise.

    Second differences along both axes: columns, which are a few px wide, leave little.
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
