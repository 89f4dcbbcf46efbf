"""Radial functions that are sums of round Gaussians, and the overlaps of all near pairs.

Columns and the nodes of the background are such functions, so that every sum over pixels
of a product of two of them is known without looking at pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import Float32Array, FloatArray, Indices
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.visible import Visible

#: Two Gaussians further apart than this many joint sigmas do not overlap. The broad nodes of
#: the background need more: without far elements their matrix is not positive.
_APART, _APART_BROAD = 3.6, 4.2
#: A rendered Gaussian ends at this many sigmas.
_REACH = 4.0
_BLOCK = 256


class Bumps(NamedTuple):
    """Round functions of height 1, each a sum of Gaussians with common widths.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        Centres: y, x in pixels.
    widths : ndarray, shape (j,)
        Sigmas of the Gaussians in pixels, in ascending order.
    weights : ndarray, shape (n, j)
        Heights of the Gaussians of each function.
    """

    points: FloatArray
    widths: FloatArray
    weights: FloatArray


class Overlaps(NamedTuple):
    """Overlaps of pairs of functions.

    Attributes
    ----------
    first, second : ndarray of int, shape (m,)
        Which functions of the two groups.
    value : ndarray, shape (m,)
        Sum over the visible pixels of the product of both.
    slope : ndarray, shape (m, 2)
        Derivative of the value by the first centre's y and x.
    """

    first: Indices
    second: Indices
    value: FloatArray
    slope: FloatArray


def overlaps(one: Bumps, other: Bumps, visible: Visible) -> Overlaps:
    """Overlaps of all pairs of two groups that are near each other."""
    broad = other.widths[-1] > 2 * one.widths[-1] or len(other.widths) == 1
    apart = _APART_BROAD if broad else _APART
    reach = apart * float(np.hypot(one.widths[-1], other.widths[-1]))
    near = cKDTree(one.points).sparse_distance_matrix(
        cKDTree(other.points), reach, output_type="ndarray"
    )
    first, second = near["i"].astype(np.intp), near["j"].astype(np.intp)
    away = one.points[first] - other.points[second]
    squared = away[:, 0] ** 2 + away[:, 1] ** 2
    middle = 0.5 * (one.points[first] + other.points[second])
    cut = np.flatnonzero(visible.near_limit(middle, reach))
    value, slope = np.zeros(len(first)), np.zeros(len(first))
    for p, width in enumerate(one.widths):
        for q, wide in enumerate(other.widths):
            weight = one.weights[first, p] * other.weights[second, q]
            total = width**2 + wide**2
            term = weight * (2 * np.pi * (width * wide) ** 2 / total)
            term *= np.exp(squared / (-2 * total))
            # The product of two Gaussians is a Gaussian between them.
            centre = (
                one.points[first[cut]] * wide**2 + other.points[second[cut]] * width**2
            ) / total
            term[cut] *= visible.share(centre, float(width * wide / np.sqrt(total)))
            value += term
            slope -= term / total
    return Overlaps(first, second, value, slope[:, None] * away)


def stiffness(bumps: Bumps) -> FloatArray:
    """Sum over pixels of the squared derivative of each function by its y, shape (n,)."""
    squares = bumps.widths**2
    total = squares[:, None] + squares
    each = 2 * np.pi * squares[:, None] * squares / total**2
    return np.asarray(np.einsum("np,nq,pq->n", bumps.weights, bumps.weights, each))


def volume_squared(bumps: Bumps) -> FloatArray:
    """Sum over pixels of the square of each function, shape (n,)."""
    squares = bumps.widths**2
    each = 2 * np.pi * squares[:, None] * squares / (squares[:, None] + squares)
    return np.asarray(np.einsum("np,nq,pq->n", bumps.weights, bumps.weights, each))


def moments(pixels: Pixels, bumps: Bumps, derivatives: int = 1) -> FloatArray:
    """Sums of an image times each function, and their derivatives by its centre."""
    total = np.zeros((len(bumps.points), 1 + 2 * derivatives))
    for p, width in enumerate(bumps.widths):
        used = np.flatnonzero(bumps.weights[:, p])
        if len(used):
            part = pixels.moments(bumps.points[used], float(width), derivatives)
            total[used] += bumps.weights[used, p, None] * part
    return total


def render(bumps: Bumps, heights: FloatArray, shape: tuple[int, int]) -> Float32Array:
    """Sum of the functions times their heights, shape (H, W)."""
    total = np.zeros(shape, np.float32)
    for p, width in enumerate(bumps.widths):
        total += _render_one(bumps.points, heights * bumps.weights[:, p], float(width), shape)
    return total


def _render_one(
    points: FloatArray, strength: FloatArray, width: float, shape: tuple[int, int]
) -> Float32Array:
    """Sum of Gaussians of one width."""
    reach = int(np.ceil(_REACH * width))
    size, rim = 2 * reach + 1, 2 * reach
    canvas = np.zeros(np.add(shape, 2 * rim), np.float32)
    pixel = np.round(points).astype(int)
    inside = np.all((pixel >= -reach) & (pixel < np.add(shape, reach)), axis=1)
    used = np.flatnonzero(inside & (strength != 0))
    steps = np.arange(-reach, reach + 1)
    for first in range(0, len(used), _BLOCK):
        part = used[first : first + _BLOCK]
        away = pixel[part, :, None] + steps - points[part, :, None]
        along = np.exp(-0.5 * (away / width) ** 2).astype(np.float32)
        along[:, 0] *= strength[part, None].astype(np.float32)
        patches = along[:, 0, :, None] * along[:, 1, None, :]
        # The window of a pixel p starts at p - reach, which is p + reach on the canvas.
        for (row, column), patch in zip((pixel[part] + reach).tolist(), patches, strict=True):
            canvas[row : row + size, column : column + size] += patch
    return canvas[rim : rim + shape[0], rim : rim + shape[1]]
