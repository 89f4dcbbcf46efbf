"""Fit the radial profile of the columns of each sublattice: a sum of Gaussians.

The widths are common to all sublattices; the heights are fitted without negative values, so
that a profile falls with the distance. A sample of windows of the bare image is enough: the
mean over many columns is what counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, Indices, IntArray
from napari_reward_analysis.evidence.bumps import Bumps

#: Candidate widths in mean spacings, and the narrowest in pixels.
_WIDTHS = np.geomspace(0.1, 0.57, 6)
_NARROWEST = 0.7
#: Largest number of windows, half their edge in mean spacings, and pixels along an edge.
_WINDOWS, _HALF, _PIXELS = 120, 0.9, 21
#: Widths with less than this share of the peak's height are left out.
_FAINT = 0.01
#: In the profiles of the kinds, widths with less than this share of the volume are left out.
_SMALL = 0.08
#: Expected difference of a sublattice's profile from the mean one, relative to its height.
_DRAWN = 0.2
#: With more kinds than this all have the common profile.
_KINDS = 16


class Profile(NamedTuple):
    """Profiles of height 1.

    Attributes
    ----------
    widths : ndarray, shape (j,)
        Sigmas in pixels.
    weights : ndarray, shape (k, j)
        Heights of the Gaussians for each kind of column.
    """

    widths: FloatArray
    weights: FloatArray

    def bumps(self, points: FloatArray, kind: IntArray) -> Bumps:
        """The columns at given points, of given kinds."""
        return Bumps(points, self.widths, self.weights[kind])


def first_profile(spacing: float, kinds: int = 1) -> Profile:
    """One Gaussian of a usual width, to start with."""
    width = np.array([max(0.2 * spacing, _NARROWEST)])
    return Profile(width, np.ones((kinds, 1)))


def fit_profile(
    image: Float32Array,
    seen: BoolArray,
    points: FloatArray,
    kind: IntArray,
    height: FloatArray,
    spacing: float,
) -> Profile:
    """Fit the profiles to the image.

    Parameters
    ----------
    image : ndarray, shape (H, W)
    seen : ndarray of bool, shape (H, W)
        False on pixels that do not count.
    points : ndarray, shape (n, 2)
        Columns: y, x in pixels.
    kind : ndarray of int, shape (n,)
        Sublattice of each column, 0 to k - 1, each in use.
    height : ndarray, shape (n,)
        Amplitude of each column, as far as it is known.
    spacing : float
        Mean spacing of the columns in pixels.
    """
    windows = _sample(image, seen, points, kind, spacing)
    kinds = int(kind.max()) + 1
    if not len(windows.centre):
        return first_profile(spacing, kinds)
    widths = np.unique(np.maximum(_WIDTHS * spacing, _NARROWEST))
    one = np.zeros(len(points), np.int64)
    shared = _fit(windows, points, one, height, widths, None)[0]
    if not shared.any():
        return first_profile(spacing, kinds)
    used = np.flatnonzero(shared > _FAINT * shared.sum())
    if kinds == 1 or kinds > _KINDS:
        shared = shared[used] / shared[used].sum()
        return Profile(widths[used], np.tile(shared, (kinds, 1)))
    # A kind may be somewhat wider or narrower than the mean.
    tried = slice(max(used[0] - 1, 0), used[-1] + 2)
    widths, shared = widths[tried], shared[tried]
    weights = _fit(windows, points, kind, height, widths, shared)
    weights[~weights.any(axis=1)] = shared
    weights /= weights.sum(axis=1, keepdims=True)
    volume = weights * widths**2
    kept = (volume / volume.sum(axis=1, keepdims=True)).max(axis=0) > _SMALL
    weights = weights[:, kept]
    return Profile(widths[kept], weights / weights.sum(axis=1, keepdims=True))


class _Windows(NamedTuple):
    """Places along y and x, pixels and weights of all windows."""

    y: FloatArray
    x: FloatArray
    pixels: FloatArray
    weights: FloatArray
    centre: FloatArray
    kind: IntArray
    reach: float


def _sample(
    image: Float32Array, seen: BoolArray, points: FloatArray, kind: IntArray, spacing: float
) -> _Windows:
    """Windows around some columns of each kind."""
    inside_image = np.all((points > -0.5) & (points < np.subtract(image.shape, 0.5)), axis=1)
    rows = _spread(kind, inside_image)
    half = max(_HALF * spacing, 2.0)
    step = max(1, int(2 * half / _PIXELS))
    steps = np.arange(-int(half / step), int(half / step) + 1) * step
    places, inside, pixel = [], [], []
    for axis, size in enumerate(image.shape):
        place = np.round(points[rows, axis]).astype(np.intp)[:, None] + steps
        places.append(place.astype(float))
        inside.append((place >= 0) & (place < size))
        pixel.append(np.clip(place, 0, size - 1))
    where = pixel[0][:, :, None], pixel[1][:, None, :]
    weights = seen[where] & inside[0][:, :, None] & inside[1][:, None, :]
    return _Windows(
        places[0],
        places[1],
        image[where].astype(float),
        weights.astype(float),
        points[rows],
        kind[rows],
        float(half * np.sqrt(2)),
    )


def _spread(kind: IntArray, usable: BoolArray) -> Indices:
    """Rows of a sample that is spread over the columns and has each kind alike."""
    kinds = int(kind.max()) + 1
    share = max(_WINDOWS // kinds, 8)
    rows = []
    for number in range(kinds):
        members = np.flatnonzero((kind == number) & usable)
        place = np.linspace(0, len(members) - 1, min(share, len(members)))
        rows.append(members[place.astype(int)])
    return np.concatenate(rows)


def _fit(
    windows: _Windows,
    points: FloatArray,
    kind: IntArray,
    height: FloatArray,
    widths: FloatArray,
    shared: FloatArray | None,
) -> FloatArray:
    """Heights of the Gaussians for each kind, shape (k, j), none below zero."""
    kinds = int(kind.max()) + 1
    features = _features(windows, points, kind, height, widths)
    rest, target = _without_plane(windows, features)
    normal, seen = rest @ rest.T, rest @ target
    power = normal.diagonal().mean()
    if not power > 0:
        return np.zeros((kinds, len(widths)))
    if shared is not None:
        # A kind has the mean profile if noise hides the difference.
        mean = np.tile(shared, kinds)
        left = float(target @ target - 2 * mean @ seen + mean @ normal @ mean)
        hold = left / float(windows.weights.sum()) / (_DRAWN * shared.sum()) ** 2
        normal = normal + hold * np.eye(len(normal))
        seen = seen + hold * mean
    normal = normal + 1e-6 * power * np.eye(len(normal))
    root = np.linalg.cholesky(normal)
    best, _ = nnls(root.T, np.linalg.solve(root, seen))
    return np.asarray(best).reshape(kinds, len(widths))


def _features(
    windows: _Windows, points: FloatArray, kind: IntArray, height: FloatArray, widths: FloatArray
) -> FloatArray:
    """Sum of all columns of a kind as Gaussians of one width, shape (k * j, windows, w, w)."""
    reach = windows.reach + 3 * float(widths[-1])
    near = cKDTree(points).query_ball_point(windows.centre, reach)
    most = max(len(rows) for rows in near)
    # A missing column is far away.
    padded = np.full((len(near), most), len(points))
    for row, found in zip(padded, near, strict=True):
        row[: len(found)] = found
    places = np.vstack([points, [1e9, 1e9]])[padded]
    heights, kinds = np.append(height, 0.0)[padded], np.append(kind, 0)[padded]
    features = []
    along = [
        [np.exp(-0.5 * ((p[:, None, :] - places[..., [i]]) / width) ** 2) for width in widths]
        for i, p in enumerate((windows.y, windows.x))
    ]
    for number in range(int(kind.max()) + 1):
        strength = (heights * (kinds == number))[..., None]
        for y, x in zip(*along, strict=True):
            features.append((strength * y).transpose(0, 2, 1) @ x)
    return np.stack(features)


def _without_plane(windows: _Windows, features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Features and pixels with the best plane of each window taken out, as rows."""
    count, size = windows.y.shape
    steps = np.linspace(-1, 1, size)
    grid = np.stack([np.ones((size, size)), *np.meshgrid(steps, steps, indexing="ij")])
    plane = grid.reshape(1, 3, -1) * windows.weights.reshape(count, 1, -1)
    both = np.concatenate([features, windows.pixels[None]]) * windows.weights
    flat = both.reshape(len(both), count, -1).transpose(1, 2, 0)
    square = plane @ plane.transpose(0, 2, 1) + 1e-9 * size**2 * np.eye(3)
    rest = flat - plane.transpose(0, 2, 1) @ np.linalg.solve(square, plane @ flat)
    rows = rest.reshape(-1, len(both)).T
    return rows[:-1], rows[-1]
