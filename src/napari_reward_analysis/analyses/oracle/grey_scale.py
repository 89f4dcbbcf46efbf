"""Scale the grey values of an image for the networks of this package."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from napari_reward_analysis.arrays import Float32Array

#: Sigma of the background that is subtracted, in pixels of the network.
BACKGROUND_SIGMA = 24.0


def flattened(pixels: npt.NDArray[np.floating]) -> Float32Array:
    """Subtract the broad background, and scale to a standard deviation of 1.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Pixels with the pixel size of the network.

    Returns
    -------
    ndarray of float32, shape (H, W)
        The scaled pixels.

    Notes
    -----
    Apply this to the whole image and not to its tiles, so that all tiles have equal scaling.
    """
    grey = np.asarray(pixels, np.float64)
    flat = grey - gaussian_filter(grey, BACKGROUND_SIGMA, mode="reflect")
    spread = float(flat.std())
    return np.asarray(flat / spread if spread > 0 else flat, np.float32)
