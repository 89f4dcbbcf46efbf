"""Find the pixels over which columns are counted, before the image is read."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from napari_reward_analysis.analyses.atoms.physics import analysed_area
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.image import Image


def area_of(shape: tuple[int, int], region: BoolArray | None) -> BoolArray:
    """Pixels over which columns are counted in an image without invalid pixels.

    Parameters
    ----------
    shape : tuple of int
        Shape of the image.
    region : ndarray of bool or None
        The drawn region.

    Returns
    -------
    ndarray of bool, shape (H, W)
        The array is shared and must not be changed.

    Raises
    ------
    BadInput
        As from `analysed_area`.
    """
    return _whole(shape) if region is None else analysed_area(_blank(shape), region)


@lru_cache(maxsize=2)
def _whole(shape: tuple[int, int]) -> BoolArray:
    area = analysed_area(_blank(shape), None)
    area.setflags(write=False)
    return area


@lru_cache(maxsize=2)
def _blank(shape: tuple[int, int]) -> Image:
    """An image of that shape with meaningless pixels."""
    pixels = np.zeros(shape, dtype=bool)
    pixels[0, 0] = True
    return Image(pixels)
