"""Measure the column spacing of an image without a pixel size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter

from napari_reward_analysis.errors import BadInput

#: Typical column spacing in angstrom, which replaces an unknown pixel size.
USUAL = 2.6
#: Smallest autocorrelation of a lattice, as a fraction of the variance.
_LEAST = 0.02


def seen_spacing(pixels: npt.NDArray[np.floating]) -> float:
    """Measure the distance of the first maximum of the autocorrelation from its centre.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        The image.

    Returns
    -------
    float
        Distance in px.

    Raises
    ------
    BadInput
        If there is no such maximum.
    """
    grey = np.asarray(pixels, np.float64)
    side = min(grey.shape)
    grey = gaussian_filter(grey, 0.8) - gaussian_filter(grey, max(side / 12, 4.0))
    spectrum = np.abs(rfft2(grey, [2 * n for n in grey.shape])) ** 2
    correlation = irfft2(spectrum, [2 * n for n in grey.shape])
    reach = max(side // 3, 4)
    rows = np.r_[0:reach, -reach:0]
    near = correlation[rows][:, :reach] / correlation[0, 0]
    distance = np.hypot(
        np.minimum(np.arange(2 * reach), 2 * reach - np.arange(2 * reach))[:, None],
        np.arange(reach)[None],
    )
    rings = distance.astype(int)
    highest = np.array([near[rings == ring].max(initial=-1.0) for ring in range(reach)])
    lowest = np.flatnonzero(np.diff(highest) > 0)
    if not len(lowest):
        raise BadInput(_REFUSAL)
    start = int(lowest[0])
    # Take the nearest of several maxima with similar heights, even if another is slightly higher.
    after = highest[start:]
    tops = np.flatnonzero((after[1:-1] >= after[:-2]) & (after[1:-1] >= after[2:])) + 1
    tops = tops[after[tops] > max(_LEAST, 0.4 * after.max())]
    if not len(tops):
        raise BadInput(_REFUSAL)
    return float(start + tops[0] + 0.5)


_REFUSAL = (
    "The image shows no column spacing, and its pixel size is not known: "
    "give the pixel size in angstrom."
)
