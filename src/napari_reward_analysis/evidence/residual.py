"""Subtract the fit of all sites from the image, and add columns to the rest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.ndimage as ndi
from scipy.sparse import bmat, coo_matrix, csr_matrix, diags

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.evidence.amplitudes import Solution, local_fit
from napari_reward_analysis.evidence.bumps import (
    Bumps,
    Overlaps,
    moments,
    overlaps,
    render,
    volume_squared,
)
from napari_reward_analysis.evidence.correlation import noise_growth
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.maxima import NoiseMaxima
from napari_reward_analysis.evidence.noise import noise_variance
from napari_reward_analysis.evidence.visible import Visible

#: Largest number of minima that are measured to know what noise gives.
_SAMPLE = 1500
#: Smallest part of an added column's square sum that the others must leave to it.
_OWN = 0.02


class Added(NamedTuple):
    """Columns that are added to a fit.

    Attributes
    ----------
    amplitude, error : ndarray, shape (n,)
        Height, and its standard error.
    """

    amplitude: FloatArray
    error: FloatArray


@dataclass(frozen=True, eq=False)
class Residual:
    """An image minus the model of its columns and background.

    Attributes
    ----------
    image, variance : ndarray, shape (H, W)
        Image minus model, zero on masked pixels; variance of the noise of each pixel.
    solution : Solution
        The model.
    visible : Visible
        The pixels that count.
    near : ndarray of bool, shape (H, W)
        Pixels that the model describes.
    """

    image: Float32Array
    variance: Float32Array
    solution: Solution
    visible: Visible
    near: BoolArray

    def variance_at(self, points: FloatArray) -> FloatArray:
        """Variance of a pixel at columns, as it counts for their amplitudes, shape (n,)."""
        inside = np.clip(points, 0, np.subtract(self.image.shape, 1))
        # The weight of a pixel in the amplitude is the square of the main Gaussian.
        sigma = self._main / np.sqrt(2)
        sums = Pixels(self.variance).moments(inside, sigma, 0)[:, 0]
        return np.asarray(sums / (2 * np.pi * sigma**2 * self._whole.share(inside, sigma)))

    def shown(self, points: FloatArray) -> FloatArray:
        """Part of each column that lies on visible pixels, shape (n,)."""
        return self.visible.share(points, self._main / np.sqrt(2))

    def added(self, points: FloatArray) -> Added:
        """Amplitude of columns at given points, fitted together with all that is there.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            y, x in pixels.
        """
        if not len(points):
            return Added(np.empty(0), np.empty(0))
        bumps = self._bumps(points)
        normal = self._with(bumps)
        known = normal.shape[0] - len(points)
        target = np.zeros(normal.shape[0])
        target[known:] = moments(Pixels(self.image), bumps, 0)[:, 0]
        fitted = local_fit(normal, np.arange(known, normal.shape[0]), target)
        return Added(fitted.value, fitted.error * np.sqrt(self.variance_at(points)))

    def alone(self, points: FloatArray) -> Added:
        """Amplitude of columns at given points, as if nothing overlapped with them.

        It costs a look-up for each point. The error is too small where columns overlap.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            y, x in pixels.
        """
        y, x = np.clip(np.rint(points), 0, np.subtract(self.image.shape, 1)).astype(int).T
        amplitude = self._matched[y, x].astype(np.float64)
        return Added(amplitude, np.sqrt(self.variance[y, x] / self._squares))

    def noise_growth(self, freedom: FloatArray) -> float:
        """Ratio of the amplitude errors to those of white noise, at least 1.

        Parameters
        ----------
        freedom : ndarray, shape (n,)
            How freely each column moved: 0 for one that kept its place, 1 for one whose
            place follows from the image alone.
        """
        free = float((1 + freedom).sum())
        return max(1.0, noise_growth(self.image, self.variance, self.near, self._main, free))

    @cached_property
    def noise_maxima(self) -> NoiseMaxima:
        """Heights of the maxima of the noise, learnt from the minima of the residual."""
        low = self.added(self.extremes(-1))
        high = self.added(self.extremes(1))
        return NoiseMaxima.learnt(-low.amplitude / low.error, high.amplitude / high.error)

    def extremes(self, sign: int) -> FloatArray:
        """A sample of the local maxima (1) or minima (-1) of the smoothed residual."""
        smooth = ndi.gaussian_filter(sign * self.image, self._main, truncate=3)
        size = 2 * round(self._main) + 1
        peak = (smooth == ndi.maximum_filter(smooth, size)) & self.near & (self.image != 0)
        points = np.argwhere(peak).astype(float)
        step = max(1, len(points) // _SAMPLE)
        return points[::step]

    @cached_property
    def _matched(self) -> Float32Array:
        """Amplitude of a column at each pixel, fitted to the residual alone."""
        bump = self._bumps(np.zeros((1, 2)))
        matched = np.zeros_like(self.image)
        for width, weight in zip(bump.widths, bump.weights[0], strict=True):
            volume = weight * 2 * np.pi * width**2
            matched += np.float32(volume) * ndi.gaussian_filter(self.image, width, truncate=3)
        return np.asarray(matched / np.float32(self._squares), np.float32)

    @cached_property
    def _squares(self) -> float:
        """Sum of the squares of a column's profile."""
        return float(volume_squared(self._bumps(np.zeros((1, 2))))[0])

    @cached_property
    def _main(self) -> float:
        """Width of the strongest Gaussian of the columns in pixels."""
        columns = self.solution.columns
        return float(columns.widths[np.argmax(columns.weights.sum(axis=0))])

    @cached_property
    def _whole(self) -> Visible:
        """All pixels of the image, masked or not."""
        return Visible(np.ones(self.image.shape, bool))

    def _bumps(self, points: FloatArray) -> Bumps:
        """Columns of the mean profile."""
        columns = self.solution.columns
        weights = columns.weights.sum(axis=0)
        weights = weights / weights.sum() if weights.any() else np.ones_like(columns.widths)
        return Bumps(points, columns.widths, np.tile(weights, (len(points), 1)))

    def _with(self, bumps: Bumps) -> csr_matrix:
        """Overlaps of all columns and nodes, with more columns at the end."""
        solution, visible = self.solution, self.visible
        known = len(solution.height), len(solution.level)
        across = [
            _matrix(overlaps(bumps, solution.columns, visible), (len(bumps.points), known[0])),
            _matrix(overlaps(bumps, solution.nodes.bumps, visible), (len(bumps.points), known[1])),
        ]
        side = bmat([across])
        among = _matrix(overlaps(bumps, bumps, visible), (len(bumps.points),) * 2)
        among += diags(_OWN * volume_squared(bumps))
        return bmat([[solution.normal, side.T], [side, among]]).tocsr()


def _matrix(pairs: Overlaps, shape: tuple[int, int]) -> csr_matrix:
    return coo_matrix((pairs.value, (pairs.first, pairs.second)), shape=shape).tocsr()


def residual_of(
    pixels: Float32Array,
    seen: BoolArray,
    solution: Solution,
    visible: Visible,
    near: BoolArray,
    spacing: float,
) -> Residual:
    """Subtract a model from the image and measure the noise.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        The image that was fitted.
    seen : ndarray of bool, shape (H, W)
        Pixels that count.
    solution : Solution
        The model.
    visible : Visible
        The same pixels as `seen`.
    near : ndarray of bool, shape (H, W)
        Pixels that the model describes.
    spacing : float
        Mean spacing of the columns in pixels.
    """
    model = render(solution.columns, solution.height, pixels.shape)
    model += solution.nodes.render(solution.level)
    left = np.where(seen, pixels - model, np.float32(0))
    return Residual(left, noise_variance(left, model, near, spacing), solution, visible, near)
