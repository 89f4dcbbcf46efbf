"""Acquisition functions: expected gain of hypervolume or of a weighted sum."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.optimize.pareto import pareto_front


class Shortfall(Protocol):
    """E[max(level - X, 0)] of a predicted objective X, broadcast over its arguments."""

    def __call__(self, level: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
        """Expectation for levels, means and deviations of the model."""
        ...


def normal_shortfall(level: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """E[max(level - X, 0)] of a normal X."""
    z = (level - mean) / deviation
    return np.asarray(deviation * (z * ndtr(z) + _density(z)))


def folded_shortfall(level: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """E[max(level - |Z|, 0)] of a normal Z, for an objective that cannot be negative.

    The best value of an error is zero. A plain normal prediction would promise gains
    below zero, most of all in unexplored parts of the space.
    """
    return np.asarray(
        normal_shortfall(level, mean, deviation)
        - 2 * normal_shortfall(np.zeros_like(level), mean, deviation)
        + normal_shortfall(-level, mean, deviation)
    )


def expected_hypervolume_improvement(
    mean: FloatArray,
    deviation: FloatArray,
    observed: FloatArray,
    reference: npt.ArrayLike,
    shortfall: Shortfall = normal_shortfall,
) -> FloatArray:
    """Exact expected gain of dominated volume for independent predictions.

    Parameters
    ----------
    mean, deviation : ndarray, shape (n, m)
        Predicted objectives (minimised) and their standard deviations.
    observed : ndarray, shape (k, m)
        Objectives of the trials so far.
    reference : array_like, shape (m,)
        The worst corner.
    shortfall : callable
        Expected shortfall of the predicted objective below a level.

    Returns
    -------
    ndarray, shape (n,)

    Notes
    -----
    The region that is not dominated is cut into slabs at the front's values of the last
    objective. Each slab is a problem with one objective less, and with the front of the
    points below the slab. The gain is the sum over the slabs of the expected height times
    the expected gain in the slab. For two objectives this is the sum over strips of
    Emmerich, Deutz, Klinkenberg, IEEE CEC 2011. For three objectives the cost is the
    square of the size of the front.
    """
    corner = np.asarray(reference, dtype=float)
    seen = observed[(observed < corner).all(axis=1)]
    levels = np.vstack([seen[pareto_front(seen)], corner]) if len(seen) else corner[None]
    # falls[k][:, i] is the expected shortfall of objective k below point i of the front.
    falls = [
        shortfall(levels[None, :, k], mean[:, k, None], deviation[:, k, None])
        for k in range(len(corner))
    ]
    return _gain(levels, falls, np.arange(len(levels) - 1))


def _gain(levels: FloatArray, falls: list[FloatArray], rows: npt.NDArray[np.intp]) -> FloatArray:
    """Expected gain over a front (rows of levels) in the objectives of `falls`."""
    last = len(falls) - 1
    corner = len(levels) - 1
    if last == 0:
        lowest = rows[np.argmin(levels[rows, 0])] if len(rows) else corner
        return falls[0][:, lowest]
    order = np.append(rows[np.argsort(levels[rows, last], kind="stable")], corner)
    heights = np.diff(falls[last][:, order], axis=1, prepend=0.0)
    if last == 1:
        place = [corner]  # row with the lowest first objective so far
        for row in order[:-1]:
            place.append(row if levels[row, 0] < levels[place[-1], 0] else place[-1])
        return np.asarray((heights * falls[0][:, place]).sum(axis=1))
    total = np.zeros(len(heights))
    for k in range(len(order)):
        total += heights[:, k] * _gain(levels, falls[:last], order[:k])
    return total


def expected_scalar_improvement(
    mean: FloatArray,
    deviation: FloatArray,
    observed: FloatArray,
    weights: FloatArray,
    draws: FloatArray,
) -> FloatArray:
    """Expected improvement of an augmented Chebyshev sum, by simulation.

    Parameters
    ----------
    mean, deviation : ndarray, shape (n, m)
        Predicted objectives (minimised, of similar scale) and their standard deviations.
    observed : ndarray, shape (k, m)
        Objectives of the trials so far.
    weights : ndarray, shape (m,)
        Weights of the objectives. Random weights for each trial explore the whole front.
    draws : ndarray, shape (s, m)
        Standard normal numbers.

    References
    ----------
    Knowles, IEEE Trans. Evol. Comp. 10, 50 (2006); with a model per objective as in
    Daulton, Balandat, Bakshy, NeurIPS 2020.
    """
    best = chebyshev(observed, weights).min()
    gain = np.zeros(len(mean))
    for draw in draws:
        gain += np.maximum(best - chebyshev(mean + deviation * draw, weights), 0.0)
    return gain / len(draws)


def chebyshev(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Augmented Chebyshev sum of rows of objectives."""
    weighted = values * weights
    return np.asarray(weighted.max(axis=1) + 0.05 * weighted.sum(axis=1))


def _density(z: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))
