"""Make regions with smooth edges from a map of levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray

Labels = npt.NDArray[np.uint8]
Table = dict[str, npt.NDArray[Any]]

#: Largest number of regions in an 8-bit mask.
MOST_REGIONS = 255


def mask_of(level: npt.NDArray[np.floating], threshold: float, sigma: float) -> BoolArray:
    """Area with a level above a threshold, without small holes and specks.

    Parameters
    ----------
    level : ndarray, shape (H, W)
        Map of Gaussian means of the level.
    threshold : float
        Level at the edge.
    sigma : float
        Sigma of the Gaussians in px. A Gaussian mean covers an area of 4 pi sigma^2.
        Smaller holes are filled and smaller specks removed, because the mean cannot
        resolve them.
    """
    smallest = 4 * np.pi * sigma**2
    mask = level > threshold
    mask = ~_large_parts(~mask, smallest)
    return _large_parts(mask, smallest)


def number_regions(mask: BoolArray) -> Labels:
    """Number the regions from 1, the largest first; 0 is crystal.

    With more than 255 regions the smallest are left out.
    """
    parts, count = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    number = np.zeros(count + 1, dtype=np.uint8)
    order = np.argsort(-sizes, kind="stable")[:MOST_REGIONS]
    number[order + 1] = np.arange(1, len(order) + 1)
    return np.asarray(number[parts])


def without_regions(mask: BoolArray, seeds: npt.NDArray[np.floating]) -> BoolArray:
    """The parts of a mask that contain one of the seeds.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        The mask.
    seeds : ndarray, shape (n, 2)
        Positions in px.
    """
    parts, count = ndimage.label(mask)
    place = np.rint(seeds).astype(int)
    held = np.zeros(count + 1, bool)
    held[parts[place[:, 0], place[:, 1]]] = True
    held[0] = False
    return np.asarray(held[parts])


def _large_parts(mask: BoolArray, smallest: float) -> BoolArray:
    parts, _ = ndimage.label(mask)
    large = np.bincount(parts.ravel()) >= smallest
    large[0] = False
    return np.asarray(large[parts], dtype=bool)
