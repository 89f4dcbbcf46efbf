"""Write maps of numbers as TIFF with their scale."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import check_pixel_size
from napari_reward_analysis.io.atomic import atomic_path


def write_map(
    path: str | os.PathLike[str], values: npt.NDArray[np.floating], pixel_size: float | None = None
) -> None:
    """Write a map as a 32-bit TIFF that ImageJ opens with its scale.

    Parameters
    ----------
    path : path-like
        File to write.
    values : ndarray of float, shape (H, W)
    pixel_size : float, optional
        Pixel size in angstrom; without it the file has no scale.

    Raises
    ------
    BadInput
        If the map is not 2-D, or the file cannot be written.
    """
    if values.ndim != 2:
        raise BadInput("A map must be a 2-D array of numbers: choose one image of the stack.")
    scale: dict[str, Any] = {"metadata": {"axes": "YX"}}
    if pixel_size is not None:
        check_pixel_size(pixel_size)
        per_nm = 10 / pixel_size
        scale = {"resolution": (per_nm, per_nm), "metadata": {"axes": "YX", "unit": "nm"}}
    with atomic_path(path) as draft:
        tifffile.imwrite(draft, values.astype(np.float32), imagej=True, **scale)
