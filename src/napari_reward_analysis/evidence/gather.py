"""Sums of an image weighted with round Gaussians at many points.

A round Gaussian is a product of a function of y and a function of x, so a sum over a window
is two small matrix products. Wide Gaussians are summed over blocks of pixels: the mean over
a block widens a Gaussian by a known amount, and a narrower one makes up for it.
"""

from __future__ import annotations

import math

import numpy as np

from napari_reward_analysis.arrays import Float32Array, FloatArray

#: Half the window's edge in sigmas.
_REACH = 4.0
#: Points whose windows are summed together.
_BLOCK = 256
#: Sigma in blocks: the smallest with which blocks are a good sample of a Gaussian.
_SAMPLED = 2.0


class Pixels:
    """An image, also in blocks of pixels; pixels outside it count as zero.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W)
    """

    def __init__(self, image: Float32Array) -> None:
        self._levels = {1: image}

    def moments(self, points: FloatArray, sigma: float, derivatives: int = 1) -> FloatArray:
        """Sums of the image times a Gaussian of height 1.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            Centres of the Gaussians: y, x in pixels.
        sigma : float
            Their width in pixels.
        derivatives : int
            1 to add the derivatives by the centre, 0 for the sum alone.

        Returns
        -------
        ndarray, shape (n, 3) or (n, 1)
            The sum, and its derivatives by the centre's y and x.
        """
        edge = max(1, int(sigma / _SAMPLED))
        level = self._blocks(edge)
        narrow = math.sqrt(sigma**2 - (edge**2 - 1) / 12) / edge
        centres = (points - (edge - 1) / 2) / edge
        result = np.empty((len(points), 1 + 2 * derivatives))
        for first in range(0, len(points), _BLOCK):
            part = slice(first, first + _BLOCK)
            result[part] = _sums(level, centres[part], narrow, derivatives)
        result[:, 0] *= (sigma / edge / narrow) ** 2
        result[:, 1:] *= (sigma / edge / narrow) ** 2 / edge
        return result

    def _blocks(self, edge: int) -> Float32Array:
        """Sums over blocks of edge x edge pixels."""
        if edge not in self._levels:
            image = self._levels[1]
            padded = np.pad(image, [(0, -size % edge) for size in image.shape])
            height, width = (size // edge for size in padded.shape)
            blocks = padded.reshape(height, edge, width, edge)
            self._levels[edge] = blocks.sum(axis=(1, 3), dtype=np.float32)
        return self._levels[edge]


def _sums(image: Float32Array, centres: FloatArray, sigma: float, derivatives: int) -> FloatArray:
    reach = math.ceil(_REACH * sigma)
    steps = np.arange(-reach, reach + 1)
    pixels, along = [], []
    for axis in (0, 1):
        place = np.round(centres[:, axis]).astype(np.intp)[:, None] + steps
        away = (place - centres[:, [axis]]).astype(np.float32)
        inside = (place >= 0) & (place < image.shape[axis])
        values = np.empty((len(centres), 1 + derivatives, len(steps)), np.float32)
        values[:, 0] = np.exp(-0.5 * (away / sigma) ** 2) * inside
        if derivatives:
            np.multiply(values[:, 0], away / sigma**2, out=values[:, 1])
        pixels.append(np.clip(place, 0, image.shape[axis] - 1))
        along.append(values)
    window = image[pixels[0][:, :, None], pixels[1][:, None, :]]
    products = np.asarray(along[0] @ window @ along[1].transpose(0, 2, 1), np.float64)
    if not derivatives:
        return products[:, :, 0]
    return np.stack([products[:, 0, 0], products[:, 1, 0], products[:, 0, 1]], axis=1)
