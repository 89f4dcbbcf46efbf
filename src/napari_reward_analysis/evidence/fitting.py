"""Fit amplitudes, profiles and positions of all columns to an image, in turn."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, IntArray
from napari_reward_analysis.evidence.amplitudes import background_of, fit_amplitudes
from napari_reward_analysis.evidence.background import background_nodes
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.noise import first_variance, near_columns
from napari_reward_analysis.evidence.outside import columns_outside
from napari_reward_analysis.evidence.positions import freedom, move_to_columns
from napari_reward_analysis.evidence.profile import Profile, first_profile, fit_profile
from napari_reward_analysis.evidence.residual import Residual, residual_of
from napari_reward_analysis.evidence.visible import Visible

#: Relative accuracy of amplitudes that are fitted again.
_ROUGH = 1e-3
#: The first profile is fitted in a part of the image as wide as this many mean spacings,
#: unless the part holds too few columns.
_PART, _FEW = 40, 200
#: Further steps towards the columns, as long as one in twenty moves so far, in widths.
_MORE, _FAR = 2, 0.6


def fit_sites(
    pixels: Float32Array, seen: BoolArray, sites: FloatArray, kind: IntArray, spacing: float
) -> Residual:
    """Fit the columns of all sites; what the last fit leaves over.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        The image, zero on pixels that do not count.
    seen : ndarray of bool, shape (H, W)
        Pixels that count.
    sites : ndarray, shape (n, 2)
        y, x in pixels.
    kind : ndarray of int, shape (n,)
        Sublattice of each site, from 0, each in use.
    spacing : float
        Smallest spacing of the columns in pixels.

    Returns
    -------
    Residual
        The columns of its solution are the sites and, after them, columns outside the image.
    """
    mean = mean_spacing(sites, spacing)
    outside = columns_outside(sites, kind, pixels.shape, mean, spacing)
    start, kind = np.vstack([sites, outside.points]), np.append(kind, outside.kind)
    source, visible = Pixels(pixels), Visible(seen)
    background = background_of(pixels, background_nodes(pixels.shape, mean), visible)
    near = near_columns(pixels.shape, sites, mean) & seen
    profile = _common_profile(pixels, seen, start, mean)
    columns = profile.bumps(start, np.zeros_like(kind))
    solution = fit_amplitudes(source, columns, background, visible, accuracy=_ROUGH)
    if not len(start):
        return residual_of(pixels, seen, solution, visible, near, mean)
    variance = np.full(len(start), first_variance(pixels, seen))
    points = move_to_columns(solution, variance, start, spacing, pixels.shape)
    for _ in range(_MORE):
        if not _far(points - solution.columns.points, columns.widths):
            break
        columns = profile.bumps(points, np.zeros_like(kind))
        solution = fit_amplitudes(source, columns, background, visible, solution, _ROUGH)
        points = move_to_columns(solution, variance, start, spacing, pixels.shape)
    height = np.maximum(solution.height, 0.0)
    profile = fit_profile(pixels, seen, points, kind, height, mean)
    columns = profile.bumps(points, kind)
    solution = fit_amplitudes(source, columns, background, visible, solution, _ROUGH)
    residual = residual_of(pixels, seen, solution, visible, near, mean)
    # Before, wrong positions would be taken for noise that pixels have in common.
    variance = correlated_variance(residual, spacing)
    points = move_to_columns(solution, variance, start, spacing, pixels.shape)
    columns = profile.bumps(points, kind)
    solution = fit_amplitudes(source, columns, background, visible, solution)
    return residual_of(pixels, seen, solution, visible, near, mean)


def correlated_variance(residual: Residual, spacing: float) -> FloatArray:
    """Variance of a pixel at each column, larger if neighbouring pixels have noise in common.

    Parameters
    ----------
    residual : Residual
    spacing : float
        Smallest spacing of the columns in pixels.
    """
    variance = residual.variance_at(residual.solution.columns.points)
    if not len(variance):
        return variance
    free = freedom(residual.solution, variance, spacing)
    return variance * residual.noise_growth(free) ** 2


def mean_spacing(points: FloatArray, spacing: float) -> float:
    """Side of the square that a column has to itself, in pixels; `spacing` for lone columns."""
    k = min(7, len(points))
    if k < 2:
        return spacing
    distance, _ = cKDTree(points).query(points, k=k)
    side = float(np.median(distance[:, -1]) * np.sqrt(np.pi / (k - 0.5)))
    # Sites on one another tell nothing.
    return max(side, spacing / 2)


def _far(moved: FloatArray, widths: FloatArray) -> bool:
    """Whether many columns moved so far that a linear step is a poor guide."""
    return bool(np.quantile(np.hypot(*moved.T), 0.95) > _FAR * widths[-1])


def _common_profile(
    pixels: Float32Array, seen: BoolArray, points: FloatArray, spacing: float
) -> Profile:
    """One profile of all columns, fitted in a part of the image."""
    if not len(points):
        return first_profile(spacing)
    middle = points[np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1))]
    low = np.maximum(np.round(middle - _PART / 2 * spacing).astype(int), 0)
    high = np.round(middle + _PART / 2 * spacing).astype(int)
    inside = np.all((points > low) & (points < high), axis=1)
    if inside.sum() >= _FEW:
        part = slice(low[0], high[0]), slice(low[1], high[1])
        pixels, seen, points = pixels[part], seen[part], points[inside] - low
    visible = Visible(seen)
    background = background_of(pixels, background_nodes(pixels.shape, spacing), visible)
    one = np.zeros(len(points), np.int64)
    first = first_profile(spacing).bumps(points, one)
    solution = fit_amplitudes(Pixels(pixels), first, background, visible, accuracy=_ROUGH)
    return fit_profile(pixels, seen, points, one, np.maximum(solution.height, 0.0), spacing)
