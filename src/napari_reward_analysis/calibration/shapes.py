"""Find the connected and the wide parts of a mask."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray


def connected(mask: BoolArray, smallest: float) -> list[BoolArray]:
    """The connected parts of a mask from an area in px on, the largest first."""
    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    large = np.flatnonzero(sizes >= smallest)
    large = large[np.argsort(-sizes[large], kind="stable")]
    return [labels == part + 1 for part in large]


def opened(mask: BoolArray, radius: float) -> BoolArray:
    """The parts of a mask into which a disk fits.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        The mask; it goes on beyond the border.
    radius : float
        Radius of the disk in px.
    """
    pad = int(radius) + 2
    padded = np.pad(mask, pad, mode="edge")
    core = ndimage.distance_transform_edt(padded) > radius
    if not core.any():
        return np.zeros_like(mask)
    opened = ndimage.distance_transform_edt(~core) <= radius
    return np.asarray(opened[pad:-pad, pad:-pad] & mask)
