"""Find the positions of columns in a map of columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, maximum_filter

from napari_reward_analysis.arrays import FloatArray

#: Sigma of the smoothing of the map, which gives a plateau one maximum, in px.
_SMOOTH = 0.8
#: Half width in px of the square in which a peak is the largest value.
_APART = 2
#: Width of the border without peaks, in px.
BORDER = 1.0


class Peaks(NamedTuple):
    """Peaks of a map, highest first.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Sub-pixel positions, y and x in px.
    heights : ndarray, shape (n,)
        Heights of the map at the peaks, 0 to 1.
    """

    points: FloatArray
    heights: FloatArray


def find_peaks(
    heat: npt.NDArray[np.floating], threshold: float = 0.3, border: float = BORDER
) -> Peaks:
    """Find the maxima of a map above a threshold.

    Parameters
    ----------
    heat : ndarray, shape (H, W)
        Map with values from 0 to 1.
    threshold : float
        Smallest height of a peak.
    border : float
        Peaks closer to the border than this, in px, are ignored. A column with its centre
        outside the image can cause a peak at the border.

    Returns
    -------
    Peaks
        The maxima.

    Notes
    -----
    The sub-pixel position is the vertex of a parabola through the logarithm of three pixels
    along each axis, which is exact for a Gaussian.
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
    """Return the position of the vertex of a parabola, -0.5 to 0.5 from the middle pixel."""
    bend = before - 2 * here + after
    flat = bend >= -1e-12
    shift = 0.5 * (before - after) / np.where(flat, -1.0, bend)
    return np.where(flat, 0.0, np.clip(shift, -0.5, 0.5))
