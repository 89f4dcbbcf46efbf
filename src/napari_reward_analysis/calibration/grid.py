"""A coarse grid over an image, for smooth maps that are interpolated to the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray


@dataclass(frozen=True, eq=False)
class Grid:
    """A coarse grid over the field and a small margin.

    Attributes
    ----------
    y, x : ndarray, shape (h,), (w,)
        Coordinates in px, evenly spaced.
    """

    y: FloatArray
    x: FloatArray

    @property
    def steps(self) -> tuple[float, float]:
        """Distance between neighbours along y and x in px."""
        return float(self.y[1] - self.y[0]), float(self.x[1] - self.x[0])

    def to_pixels(self, values: FloatArray, shape: tuple[int, int]) -> Float32Array:
        """Bilinear interpolation of a map on the grid to every pixel of the field."""
        result = values.astype(np.float32)
        for axis, (places, length) in enumerate(zip((self.y, self.x), shape, strict=True)):
            at = (np.arange(length) - places[0]) / self.steps[axis]
            low = np.clip(at.astype(int), 0, len(places) - 2)
            part = np.expand_dims((at - low).astype(np.float32), 1 - axis)
            low_values, high_values = np.take(result, low, axis), np.take(result, low + 1, axis)
            result = low_values + part * (high_values - low_values)
        return result


def on_grid(mask: BoolArray, grid: Grid) -> BoolArray:
    """A mask of pixels at the places of a grid; true everywhere if it lies between them."""
    y, x = (
        np.clip(np.rint(places), 0, length - 1).astype(int)
        for places, length in zip((grid.y, grid.x), mask.shape, strict=True)
    )
    inside = mask[y[:, None], x]
    return np.asarray(inside if inside.any() else np.ones_like(inside), dtype=bool)
