"""What a network of this project sees: pixels of a known size, on a known scale of grey."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from napari_reward_analysis.arrays import Float32Array

#: Width of the background that is taken off, in pixels of the network.
BACKGROUND_SIGMA = 24.0


def flattened(pixels: npt.NDArray[np.floating]) -> Float32Array:
    """Pixels less their broad background, with a standard deviation of 1.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        At the pixel size of the network.

    Returns
    -------
    ndarray of float32, shape (H, W)

    Notes
    -----
    Of the whole image before it is cut into tiles, so that no tile is scaled apart.
    """
    grey = np.asarray(pixels, np.float64)
    flat = grey - gaussian_filter(grey, BACKGROUND_SIGMA, mode="reflect")
    spread = float(flat.std())
    return np.asarray(flat / spread if spread > 0 else flat, np.float32)
