"""Refine positions to sub-pixel accuracy by a fit of all columns together.

The model of a column is a round Gaussian on a local plane. Before each fit the current
models of the neighbours are subtracted, so that a bright column does not attract a faint
one. Columns of one image are similar. Therefore a weak prior keeps each width near the
median of all widths, and the plane nearly flat. Its weight is proportional to the noise:
a clean image is fitted freely, and in a noisy image the fit does not follow the noise.
All fits share one vectorised Levenberg-Marquardt loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, Indices
from napari_reward_analysis.detection.column_fit import (
    HEIGHT,
    OFFSET,
    SLOPE_X,
    SLOPE_Y,
    WIDTH,
    N,
    Prior,
    Window,
    X,
    Y,
    fit,
    inverse,
    residuals,
    sums,
)

#: Half the edge of the fitted square in sigmas.
_RADIUS = 2.25
#: Columns nearer than this many sigmas would not have been found separately.
_RESOLVED = 3.5
#: Largest number of times that the square is adapted to the fitted width.
_WINDOWS = 4
#: Number of rounds in which the neighbours are subtracted again.
_ROUNDS = 5
#: Number of fit steps in a round.
_STEPS = 2
#: A column that moves less than this (px) in a round is not fitted again, unless a
#: neighbour moves ten times as far.
_SETTLED = 2e-3
#: Neighbours that are subtracted: within this many sigmas of the square, and at most so
#: many.
_FAR, _NEIGHBOURS = 4.0, 12
#: Largest move of a column: as a fraction of the distance to its nearest neighbour, and
#: in sigmas.
_REACH, _SIGMAS = 0.45, 1.5
#: Two columns may not come nearer than this fraction of their former distance.
_CLOSER = 0.5
#: Standard deviation of the prior: position in sigmas, log(sigma), slopes in amplitudes.
_PRIOR_POSITION, _PRIOR_WIDTH, _PRIOR_SLOPE = 0.5, 0.1, 0.02
#: Number of columns that are fitted together: their data fit into the processor's cache.
_BLOCK = 256


class Refined(NamedTuple):
    """Refined positions.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y, x in pixels.
    uncertainty : ndarray, shape (n,)
        Standard deviation of the position along one axis in pixels, from the residual of
        the fit. NaN if the fit failed and the point kept its old position.
    """

    points: npt.NDArray[Any]
    uncertainty: npt.NDArray[Any]


def refine(
    image: Float32Array, points: npt.NDArray[np.floating], sigma: float, noise: float = 0.0
) -> Refined:
    """Fit a Gaussian to every column.

    Parameters
    ----------
    image : ndarray, shape (H, W)
        Normalised image.
    points : ndarray, shape (n, 2)
        y, x in pixels, correct within about a sigma.
    sigma : float
        Expected width of a column in pixels.
    noise : float
        Standard deviation of the image's noise.

    Returns
    -------
    Refined
        All points in the same order. A fit is undone if it moves too far, or nearer to
        another column than half their former distance.
    """
    start = np.asarray(points, float)
    if len(start) == 0:
        return Refined(start.reshape(0, 2), np.empty(0))
    state, spread, sigma = _fit_all(image, start, sigma, noise)
    moved = np.hypot(*(state[:, :2] - start).T)
    good = np.isfinite(state).all(axis=1) & np.isfinite(spread) & (state[:, HEIGHT] > 0)
    good &= (moved <= _REACH * _nearest(start)) & (moved <= _SIGMAS * sigma)
    good &= ((state[:, :2] > -0.5) & (state[:, :2] < np.array(image.shape) - 0.5)).all(axis=1)
    good = _apart(start, state[:, :2], good, 4 * _SIGMAS * sigma)
    return Refined(np.where(good[:, None], state[:, :2], start), np.where(good, spread, np.nan))


def _fit_all(
    image: Float32Array, start: FloatArray, sigma: float, noise: float
) -> tuple[FloatArray, FloatArray, float]:
    """Parameters and position errors of all columns, and their median width."""
    widest = max(float(np.median(_nearest(start))) / _RESOLVED, 0.5)
    sigma = min(sigma, widest)
    state = _first_guess(image, start, sigma)
    # The sigma of the blobs is a guess. The fitted width sets the next window.
    for _ in range(_WINDOWS):
        columns = _Fit(image, start, state, sigma)
        columns.round(_prior(start, state, noise))
        state = columns.state
        found = min(float(np.exp(np.median(state[:, WIDTH]))), widest)
        settled = abs(np.log(found / sigma)) < 0.1
        sigma = found
        if settled:
            break
    for _ in range(_ROUNDS):
        columns.round(_prior(start, columns.state, noise))
    return columns.state, columns.spread(_prior(start, columns.state, noise)), sigma


def _first_guess(image: Float32Array, start: FloatArray, sigma: float) -> FloatArray:
    pixels = Window(image, start, _radius(sigma)).pixels.reshape(len(start), -1)
    low, high = pixels.shape[1] // 10, pixels.shape[1] * 95 // 100
    ranked = np.partition(pixels, (low, high), axis=1)
    state = np.zeros((len(start), N))
    state[:, :2], state[:, WIDTH] = start, np.log(sigma)
    state[:, HEIGHT] = np.maximum(ranked[:, high] - ranked[:, low], 1e-6)
    state[:, OFFSET] = ranked[:, low]
    return state


def _radius(sigma: float) -> int:
    return max(2, round(_RADIUS * sigma))


class _Fit:
    """Fit of all columns of an image, with windows of one size."""

    def __init__(
        self, image: Float32Array, start: FloatArray, state: FloatArray, sigma: float
    ) -> None:
        self._image, self._centre = image, start
        self._radius = _radius(sigma)
        self._limits = np.log(sigma / 2), np.log(sigma * 2)
        self._neighbours = _neighbours(start, 1.4 * self._radius + _FAR * sigma)
        self._damping = np.full(len(start), 1e-2)
        self._active = np.ones(len(start), bool)
        self.state = state

    def round(self, prior: Prior) -> None:
        """Subtract the neighbours and fit the columns that still move."""
        moved = np.zeros(len(self.state) + 1)
        state = self.state.copy()
        for rows, window, target in self._blocks(np.flatnonzero(self._active)):
            state[rows], self._damping[rows] = fit(
                window,
                target,
                self.state[rows],
                self._damping[rows],
                Prior(prior.mean[rows], prior.weight[rows]),
                self._limits,
                _STEPS,
            )
        moved[:-1] = np.hypot(*(state - self.state)[:, :2].T)
        self.state = state
        around = moved[self._neighbours].max(axis=1, initial=0.0)
        self._active = (moved[:-1] > _SETTLED) | (around > 10 * _SETTLED)

    def spread(self, prior: Prior) -> FloatArray:
        """Standard deviation of the position along one axis, from the covariance of the fit."""
        spread = np.empty(len(self.state))
        for rows, window, target in self._blocks(np.arange(len(self.state))):
            normal = sums(window, target, self.state[rows]).normal
            covariance = inverse(normal, prior.weight[rows])
            variance = 0.5 * (covariance[:, Y, Y] + covariance[:, X, X])
            variance *= _per_pixel(window, residuals(window, target, self.state[rows]))
            spread[rows] = np.sqrt(variance)
        return spread

    def _blocks(self, rows: Indices) -> Iterator[tuple[Indices, Window, FloatArray]]:
        """Blocks of columns with their pixels after the neighbours were subtracted."""
        # A missing neighbour has the height 0.
        padded = np.vstack([self.state, np.zeros(N)])
        for first in range(0, len(rows), _BLOCK):
            block = rows[first : first + _BLOCK]
            window = Window(self._image, self._centre[block], self._radius)
            yield block, window, window.without(padded[self._neighbours[block]])


def _per_pixel(window: Window, rest: FloatArray) -> FloatArray:
    """Variance of a pixel from the residuals of each column, shape (n,).

    Noise is independent from pixel to pixel. Correlated residuals come from a misfit of
    the model, and correlated pixels carry less information. Therefore the variance grows
    as that of the mean of a first-order autoregressive series.
    """
    power = np.maximum((rest**2).sum(axis=(1, 2)), 1e-30)
    growth = np.ones(len(rest))
    for next_to in (rest[:, 1:] * rest[:, :-1], rest[:, :, 1:] * rest[:, :, :-1]):
        together = np.clip(next_to.sum(axis=(1, 2)) / power, 0.0, 0.95)
        growth *= (1 + together) / (1 - together)
    return np.asarray(growth * power / np.maximum(window.count - N, 1))


def _prior(start: FloatArray, state: FloatArray, noise: float) -> Prior:
    """Expected parameters and their weights, which are (noise / spread) squared."""
    width, amplitude = np.median(state[:, WIDTH]), np.median(state[:, HEIGHT])
    mean = np.zeros_like(state)
    mean[:, :2], mean[:, WIDTH] = start, width
    spread = np.full(N, np.inf)
    spread[:2] = _PRIOR_POSITION * np.exp(width)
    spread[WIDTH] = _PRIOR_WIDTH
    spread[[SLOPE_Y, SLOPE_X]] = _PRIOR_SLOPE * amplitude
    return Prior(mean, np.broadcast_to((noise / spread) ** 2, state.shape))


def _apart(start: FloatArray, moved: FloatArray, good: BoolArray, reach: float) -> BoolArray:
    """Mark the moves to keep so that no two columns end within half their distance."""
    first, second = cKDTree(start).query_pairs(reach, output_type="ndarray").T
    before = np.hypot(*(start[first] - start[second]).T)
    good = good.copy()
    while True:
        here = np.where(good[:, None], moved, start)
        close = np.hypot(*(here[first] - here[second]).T) < _CLOSER * before
        if not close.any():
            return good
        good[first[close]] = good[second[close]] = False


def _nearest(points: FloatArray) -> FloatArray:
    if len(points) < 2:
        return np.full(len(points), np.inf)
    distances, _ = cKDTree(points).query(points, k=2)
    return np.asarray(distances[:, 1])


def _neighbours(points: FloatArray, reach: float) -> Indices:
    """Indices of the nearest other points, shape (n, k); n if there are fewer in reach."""
    k = [*range(1, _NEIGHBOURS + 2)]
    _, found = cKDTree(points).query(points, k=k, distance_upper_bound=reach)
    # A point also finds itself, mostly as the first neighbour; the others are kept.
    return np.where(found == np.arange(len(points))[:, None], len(points), found)
