"""Make smooth maps from values at scattered points: Gaussian means on a coarse grid."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.calibration.grid import Grid

#: Number of grid steps per sigma, fine enough for linear interpolation.
_STEPS = 4.0


class ScatterMean:
    """Gaussian mean of values at points, for all positions in a field.

    Parameters
    ----------
    yx : ndarray, shape (n, 2)
        Points in px.
    shape : tuple of int
        Shape of the field.
    sigma : float
        Sigma of the Gaussian in px.
    weights : ndarray, shape (n,), optional
        Weights of the points; 1 by default.

    Attributes
    ----------
    grid : Grid
        Grid of the maps.
    """

    def __init__(
        self,
        yx: FloatArray,
        shape: tuple[int, int],
        sigma: float,
        weights: npt.NDArray[np.floating] | None = None,
    ) -> None:
        self.shape = shape
        self._weights = np.ones(len(yx)) if weights is None else np.asarray(weights, float)
        counts = [max(2, math.ceil((n - 1) / (sigma / _STEPS)) + 1) for n in shape]
        self.grid = Grid(*(np.linspace(0, n - 1, k) for n, k in zip(shape, counts, strict=True)))
        self._sigmas = [sigma / step for step in self.grid.steps]
        self._at = np.asarray(yx, float).T / np.array(self.grid.steps)[:, None]
        self._total = self._spread(self._weights)

    def __call__(self, values: npt.NDArray[np.floating], prior: float = 0.0) -> FloatArray:
        """Mean of values on the grid.

        Parameters
        ----------
        values : ndarray, shape (n,)
            One value for each point.
        prior : float
            Weight of an additional zero at every position, in units of one point of weight
            1 at the same position. The mean thus fades where there are few points.
        """
        total = self._total + prior
        summed = self._spread(self._weights * values)
        return np.divide(summed, total, out=np.zeros_like(summed), where=total > 1e-12)

    def at(self, values: FloatArray, yx: FloatArray) -> FloatArray:
        """Values of a map at points, shape (n,)."""
        places = np.asarray(yx, float).T / np.array(self.grid.steps)[:, None]
        return np.asarray(ndimage.map_coordinates(values, places, order=1, mode="nearest"))

    def _spread(self, values: npt.NDArray[np.floating]) -> FloatArray:
        """Sum of Gaussians with the heights `values` at the points, on the grid."""
        size = (len(self.grid.y), len(self.grid.x))
        low = np.clip(np.floor(self._at).astype(int), 0, np.array(size)[:, None] - 2)
        (fy, fx), (y, x) = self._at - low, low
        flat = np.zeros(size[0] * size[1])
        for dy, dx, part in (
            (0, 0, (1 - fy) * (1 - fx)),
            (0, 1, (1 - fy) * fx),
            (1, 0, fy * (1 - fx)),
            (1, 1, fy * fx),
        ):
            flat += np.bincount((y + dy) * size[1] + x + dx, part * values, len(flat))
        smooth = ndimage.gaussian_filter(
            flat.reshape(size), self._sigmas, mode="constant", truncate=3
        )
        return np.asarray(smooth * (2 * math.pi * self._sigmas[0] * self._sigmas[1]))
