"""Estimate the amplitude that full crystal would have at each place of the image.

Thickness, tilt and focus change the contrast of a crystal over the field. Therefore the
edge of the crystal is at half of the local reference amplitude. The reference is a smooth
surface through the parts that are certainly crystal. It extends from strong to faint parts.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.grid import Grid
from napari_reward_analysis.calibration.register import power_area

#: The edge of the crystal, as a fraction of its amplitude: there half of a window is crystal.
EDGE = 0.5
#: Fractions of the reference from which on a place shapes the surface: finally, and in
#: the first round, as a fraction of the strongest places.
SURE, _FIRST = math.sqrt(EDGE), 0.3
#: Approximate number of places in the fit, and largest number of rounds.
_FIT_POINTS, _ROUNDS = 20_000, 20
#: Scatter of the logarithm in one window, and prior scatter of slope and curvature of the
#: surface from the middle to the border.
_SCATTER, _SLOPE = 0.3, 1.0
#: The window is cut off at this many sigmas.
_REACH = 2.5
_TINY = float(np.finfo(np.float32).tiny)


def reference_amplitude(
    amplitude: FloatArray, in_register: BoolArray, grid: Grid, spread: FloatArray
) -> FloatArray:
    """Amplitude that full crystal would have at each place.

    The logarithm of the reference is a parabola through the places above `SURE` of it.
    It follows thickness, focus and steps between layers, but a pocket in the crystal does
    not pull it down. The fit starts at the strongest places and extends to neighbours
    that are above half of the reference. Windows across the edge of the crystal are
    corrected for the part that is not crystal. The few windows of a small crystal bend
    the surface only little.

    Parameters
    ----------
    amplitude : ndarray, shape (h, w)
        Amplitude on the grid.
    in_register : ndarray of bool, shape (h, w)
        Places that may belong to the crystal.
    grid : Grid
        The grid.
    spread : ndarray, shape (2, 2)
        Covariance of the window in square px.
    """
    every = math.ceil(math.sqrt(amplitude.size / _FIT_POINTS))
    terms = _terms(grid.y[::every], grid.x[::every], grid)
    logs = np.log(np.maximum(amplitude[::every, ::every], _TINY))
    allowed = in_register[::every, ::every]
    if not allowed.any():
        return np.full_like(amplitude, amplitude.max())
    steps = every * grid.steps[0], every * grid.steps[1]
    windows, kernel = math.prod(steps) / power_area(spread), _kernel(spread, steps)
    first = allowed & (logs >= np.quantile(logs[allowed], 0.98) + math.log(_FIRST))
    used, filled = first, np.zeros_like(logs)
    for number in range(_ROUNDS):
        solution = _fitted(terms[used], (logs - filled)[used], windows)
        surface = terms @ solution
        # Outside the crystal the parabola is not constrained.
        low, high = surface[used].min(), surface[used].max()
        part = logs - np.clip(surface, low, high)
        crystal = allowed & (part >= math.log(EDGE))
        # Faint places belong to the crystal if they are connected to strong ones.
        crystal = ndimage.binary_propagation(crystal & first, mask=crystal)
        kept = crystal & (part >= math.log(SURE))
        if not kept.any() or (number and np.array_equal(kept, used)):
            break
        used, filled = kept, _log_filled(crystal, kernel)
    surface = _terms(grid.y, grid.x, grid) @ solution
    return np.asarray(np.exp(np.clip(surface, low, high)))


def _log_filled(crystal: BoolArray, kernel: FloatArray) -> FloatArray:
    """Logarithm of the crystalline fraction of each window, at least one half."""
    filled: FloatArray = ndimage.convolve(crystal.astype(float), kernel, mode="nearest")
    return np.asarray(np.log(np.maximum(filled, EDGE)))


def _kernel(spread: FloatArray, steps: tuple[float, float]) -> FloatArray:
    """Weights of the window around one place of a grid."""
    reach = _REACH * np.sqrt(np.diag(spread)) / steps
    y, x = (np.arange(-int(n), int(n) + 1) * step for n, step in zip(reach, steps, strict=True))
    place = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)
    weights = np.exp(-0.5 * np.einsum("...i,ij,...j", place, np.linalg.inv(spread), place))
    return np.asarray(weights / weights.sum())


def _fitted(terms: FloatArray, logs: FloatArray, windows: float) -> FloatArray:
    """Coefficients of the surface, with a prior that keeps slope and curvature small."""
    weight = windows / _SCATTER**2
    slack = np.full(terms.shape[1], 1 / _SLOPE**2)
    slack[0] = 0
    normal = weight * terms.T @ terms + np.diag(slack)
    return np.asarray(np.linalg.solve(normal, weight * terms.T @ logs), dtype=np.float64)


def _terms(y: FloatArray, x: FloatArray, grid: Grid) -> FloatArray:
    """Terms of a parabola at each place; the field spans -1 to 1; shape (h, w, 6)."""
    v = (2 * (y - grid.y[0]) / np.ptp(grid.y) - 1)[:, None] + np.zeros(len(x))
    u = (2 * (x - grid.x[0]) / np.ptp(grid.x) - 1)[None] + np.zeros((len(y), 1))
    return np.stack([np.ones_like(u), v, u, v * v, v * u, u * u], axis=-1)
