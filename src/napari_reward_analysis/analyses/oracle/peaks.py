"""From a map of columns to their positions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, maximum_filter

from napari_reward_analysis.arrays import FloatArray

#: Smoothing of the map: a plateau gets one maximum.
_SMOOTH = 0.8
#: Half width of the square in which a peak is the largest, in px.
_APART = 2
#: Rim without peaks, in px.
BORDER = 1.0


class Peaks(NamedTuple):
    """Columns of a map, highest first.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y and x in px, to a fraction of a pixel.
    heights : ndarray, shape (n,)
        Of the map there, 0 to 1.
    """

    points: FloatArray
    heights: FloatArray


def find_peaks(
    heat: npt.NDArray[np.floating], threshold: float = 0.3, border: float = BORDER
) -> Peaks:
    """Maxima of a map above a height.

    Parameters
    ----------
    heat : ndarray, shape (H, W)
        0 to 1.
    threshold : float
        Least height.
    border : float
        Peaks nearer to the border than this, in px, are left out: a column that is centred
        outside still glows inside, and its peak then stands at the border.

    Returns
    -------
    Peaks

    Notes
    -----
    The place between the pixels is the vertex of a parabola through the logarithm of
    three of them along each axis, which is exact for a Gaussian.
    """
    heat = np.asarray(heat, np.float64)
    smooth = gaussian_filter(heat, _SMOOTH, mode="reflect")
    largest = maximum_filter(smooth, size=2 * _APART + 1, mode="nearest") == smooth
    y, x = np.nonzero(largest & (heat >= threshold))
    order = np.argsort(-smooth[y, x], kind="stable")
    y, x = y[order], x[order]
    logs = np.log(np.pad(np.maximum(smooth, 1e-6), 1, mode="edge"))
    here, (up, down) = logs[y + 1, x + 1], (logs[y, x + 1], logs[y + 2, x + 1])
    left, right = logs[y + 1, x], logs[y + 1, x + 2]
    points = np.column_stack([y + _vertex(up, here, down), x + _vertex(left, here, right)])
    edge = np.minimum(points, np.subtract(heat.shape, 1) - points).min(axis=1, initial=np.inf)
    within = edge >= border
    return Peaks(points[within], heat[y, x][within])


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    """Place of a parabola's top, -0.5 to 0.5 from the middle one."""
    bend = before - 2 * here + after
    flat = bend >= -1e-12
    shift = 0.5 * (before - after) / np.where(flat, -1.0, bend)
    return np.where(flat, 0.0, np.clip(shift, -0.5, 0.5))
