"""The part of a Gaussian that the image shows: not beyond the border, not on masked pixels."""

from __future__ import annotations

import numpy as np
import scipy.ndimage as ndi
from scipy.special import ndtr

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, Indices
from napari_reward_analysis.evidence.gather import Pixels

#: Beyond this many sigmas a Gaussian is taken as zero.
_FAR = 4.5


class Visible:
    """The pixels of an image that count.

    Parameters
    ----------
    seen : ndarray of bool, shape (H, W)
        False on masked pixels.
    """

    def __init__(self, seen: BoolArray) -> None:
        self._shape = seen.shape
        self._masked: Pixels | None = None
        if not seen.all():
            self._masked = Pixels((~seen).astype(np.float32))
            # Distance to the nearest masked pixel, and to the nearest that is seen.
            self._outside = _distance(seen)
            self._inside = _distance(~seen)

    def contains(self, points: FloatArray) -> BoolArray:
        """Mark the points inside the image, masked or not."""
        inside: BoolArray = np.all(
            (points > -0.5) & (points < np.subtract(self._shape, 0.5)), axis=1
        )
        return inside

    def near_limit(self, points: FloatArray, reach: float) -> BoolArray:
        """Mark the points within a distance of the border or of a masked pixel."""
        near = self._depth(points) < reach
        if self._masked is not None:
            near |= self._outside[self._pixel(points)] < reach
        return np.asarray(near)

    def _depth(self, points: FloatArray) -> FloatArray:
        """Distance of points to the nearest edge of the image; below 0 outside."""
        # Column by column: a minimum along rows of two is slow.
        y, x = points.T
        height, width = self._shape
        along_y = np.minimum(y + 0.5, height - 0.5 - y)
        return np.asarray(np.minimum(along_y, np.minimum(x + 0.5, width - 0.5 - x)))

    def _pixel(self, points: FloatArray) -> tuple[Indices, ...]:
        """Nearest pixel of the image to each point."""
        return tuple(np.clip(np.round(points), 0, np.subtract(self._shape, 1)).astype(np.intp).T)

    def share(self, centres: FloatArray, sigma: float) -> FloatArray:
        """Part of the volume of round Gaussians that lies on visible pixels, 0 to 1.

        Parameters
        ----------
        centres : ndarray, shape (n, 2)
            y, x in pixels.
        sigma : float
            Their width in pixels.
        """
        share = np.ones(len(centres))
        edge = self._depth(centres) < _FAR * sigma
        if edge.any():
            near, last = centres[edge], np.subtract(self._shape, 0.5)
            inside = ndtr((last - near) / sigma) - ndtr((-0.5 - near) / sigma)
            share[edge] = inside.prod(axis=1)
        if self._masked is None:
            return share
        pixel = self._pixel(centres)
        far = self._outside[pixel] > _FAR * sigma
        hidden = self._inside[pixel] > _FAR * sigma
        share[hidden] = 0.0
        rest = np.flatnonzero(~far & ~hidden)
        covered = self._masked.moments(centres[rest], sigma, 0)[:, 0] / (2 * np.pi * sigma**2)
        share[rest] = np.clip(share[rest] - covered, 0.0, 1.0)
        return share


def _distance(away: BoolArray) -> Float32Array:
    """Distance of each pixel to the nearest pixel that is False."""
    return np.asarray(ndi.distance_transform_edt(away), np.float32)
