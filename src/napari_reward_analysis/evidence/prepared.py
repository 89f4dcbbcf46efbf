"""The image as the fits take it: zero near its median, and zero on pixels that do not count."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.image import Image


def prepared(image: Image, masked: BoolArray | None) -> tuple[Float32Array, BoolArray]:
    """Pixels for a fit, and which of them count, both of shape (H, W).

    Parameters
    ----------
    image : Image
    masked : ndarray of bool, shape (H, W), optional
        True on pixels that do not count.
    """
    seen = image.valid if masked is None else image.valid & ~masked
    if not seen.any():
        return np.zeros(image.shape, np.float32), seen
    level = np.float32(np.median(image.normalised[seen]))
    return np.where(seen, image.normalised - level, np.float32(0)), seen
