"""Move sites to their columns, where the image shows them clearly.

One linear step for all columns at once: the misfit's derivative by each position, over its
second derivative. A prior holds each site, so that only a column that stands out of the
noise moves it.
"""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.evidence.amplitudes import Solution
from napari_reward_analysis.evidence.bumps import stiffness

#: Expected distance of a column from its site along one axis, in smallest spacings, and the
#: largest one.
_PRIOR, _MOST = 0.08, 0.25
#: Neighbours move at the same time, so that a full step may go too far.
_STEP = 0.9


def move_to_columns(
    solution: Solution,
    variance: FloatArray,
    sites: FloatArray,
    spacing: float,
    shape: tuple[int, int],
) -> FloatArray:
    """Positions nearer to the columns. No site leaves the image.

    Parameters
    ----------
    solution : Solution
        Amplitudes at the present positions.
    variance : ndarray, shape (n,)
        Variance of the noise of a pixel at each column.
    sites : ndarray, shape (n, 2)
        The sites, which the prior holds: y, x in pixels.
    spacing : float
        Smallest spacing in pixels.
    shape : tuple of int
        Height and width of the image.
    """
    points = solution.columns.points
    height = np.maximum(solution.height, 0.0)
    hold = _hold(variance, spacing)
    force = height[:, None] * solution.slopes + hold[:, None] * (sites - points)
    step = force / (height**2 * stiffness(solution.columns) + hold)[:, None]
    moved = points + _STEP * step - sites
    length = np.hypot(*moved.T)
    shorter = np.minimum(1.0, _MOST * spacing / np.maximum(length, 1e-12))
    moved = sites + moved * shorter[:, None]
    last = np.subtract(shape, 0.5)
    return np.asarray(np.clip(moved, np.minimum(sites, -0.5), np.maximum(sites, last)))


def freedom(solution: Solution, variance: FloatArray, spacing: float) -> FloatArray:
    """Freedom of each column to move: 0 if the prior holds it, 1 if the image alone places it.

    The parameters are those of `move_to_columns`.
    """
    image = np.maximum(solution.height, 0.0) ** 2 * stiffness(solution.columns)
    return np.asarray(image / (image + _hold(variance, spacing)))


def _hold(variance: FloatArray, spacing: float) -> FloatArray:
    """Stiffness of the prior."""
    return variance / (_PRIOR * spacing) ** 2
