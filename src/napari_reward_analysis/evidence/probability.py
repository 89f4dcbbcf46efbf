"""The probability of a column at a site, from its amplitude and those nearby.

A site is empty, holds a column like the others of its sublattice nearby, or holds another
column: darker (half molten) or brighter (a dopant). How frequent each case is, is learnt
from all sites of the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import log_ndtr, softmax

from napari_reward_analysis.arrays import FloatArray, Indices, IntArray

#: Number of neighbours of the same kind that tell the usual amplitude.
_NEIGHBOURS = 24
#: Rounds of learning.
_ROUNDS = 12
#: Amplitudes of other columns, relative to the usual one.
_DARKEST, _BRIGHTEST = 0.25, 2.5
#: Usual shares of empty sites and of other columns, and the number of sites that they are
#: worth when the shares are learnt.
_EMPTY, _OTHER, _WORTH = 0.01, 0.02, 50.0
#: Scatter of the amplitudes of equal columns, relative to the amplitude: the least.
_LEAST_SCATTER = 0.03


class Presence(NamedTuple):
    """What the amplitudes say.

    Attributes
    ----------
    p_column : ndarray, shape (n,)
        Probability of a column.
    usual : ndarray, shape (n,)
        Usual amplitude of the columns of the same kind nearby.
    """

    p_column: FloatArray
    usual: FloatArray


def presence(
    points: FloatArray,
    kind: IntArray,
    height: FloatArray,
    error: FloatArray,
    leak: FloatArray,
) -> Presence:
    """Probability that there is a column at each site.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Sites: y, x in pixels.
    kind : ndarray of int, shape (n,)
        Sublattice of each site.
    height, error : ndarray, shape (n,)
        Fitted amplitude and its standard error.
    leak : ndarray, shape (n,)
        Standard deviation of what the neighbours add to the amplitude of an empty site.
    """
    if not len(points):
        return Presence(np.empty(0), np.empty(0))
    near = _same_kind(points, kind)
    p_column = np.ones(len(points))
    blur = np.hypot(error, leak)
    empty, other = _EMPTY, _OTHER
    usual = height
    for _ in range(_ROUNDS):
        usual, doubt = _usual(height, error, p_column, near)
        scatter = _scatter(kind, height, error, p_column, usual)
        spread = np.sqrt(error**2 + scatter**2 + doubt**2)
        cases = np.stack(
            [
                # A negative amplitude is no sign of a column.
                np.log(empty) + _log_normal(np.maximum(height, 0.0), 0.0, blur),
                np.log(1 - empty - other) + _log_normal(height, usual, spread),
                np.log(other) + _log_broad(height, usual, error),
            ]
        )
        share = softmax(cases, axis=0)
        p_column = 1 - share[0]
        n = len(points)
        empty = (share[0].sum() + _WORTH * _EMPTY) / (n + _WORTH)
        other = (share[2].sum() + _WORTH * _OTHER) / (n + _WORTH)
    return Presence(p_column, usual)


def _same_kind(points: FloatArray, kind: IntArray) -> Indices:
    """Rows of the nearest other sites of the same kind, shape (n, k); -1 where there are none."""
    near = np.full((len(points), _NEIGHBOURS), -1)
    for number in np.unique(kind):
        rows = np.flatnonzero(kind == number)
        count = min(_NEIGHBOURS, len(rows) - 1)
        if count < 1:
            continue
        _, found = cKDTree(points[rows]).query(points[rows], k=count + 1)
        near[rows, :count] = rows[found[:, 1:]]
    return near


def _usual(
    height: FloatArray, error: FloatArray, p_column: FloatArray, near: Indices
) -> tuple[FloatArray, FloatArray]:
    """Weighted median of the amplitudes nearby, and its standard error."""
    known = near >= 0
    amplitude = np.where(known, height[near], np.nan)
    # With counting noise an empty site has a smaller error: it must not count more for that.
    typical = float(np.median(error))
    weight = np.where(known, p_column[near] / np.maximum(error[near], typical) ** 2, 0.0)
    order = np.argsort(amplitude, axis=1)
    amplitude = np.take_along_axis(amplitude, order, axis=1)
    total = np.cumsum(np.take_along_axis(weight, order, axis=1), axis=1)
    middle = (total < 0.5 * total[:, -1:]).sum(axis=1)
    middle = np.minimum(middle, known.sum(axis=1) - 1)
    usual = amplitude[np.arange(len(height)), middle]
    doubt = 1.25 / np.sqrt(np.maximum(total[:, -1], 1e-300))
    alone = ~known.any(axis=1)
    return np.where(alone, height, usual), np.where(alone, np.abs(height), doubt)


def _scatter(
    kind: IntArray, height: FloatArray, error: FloatArray, p_column: FloatArray, usual: FloatArray
) -> FloatArray:
    """Scatter of the true amplitudes around the usual ones, beyond the noise, for each site."""
    scatter = _LEAST_SCATTER * np.abs(usual)
    for number in np.unique(kind):
        rows = np.flatnonzero((kind == number) & (p_column > 0.5))
        if len(rows) < 8:
            continue
        away = (height[rows] - usual[rows]) / np.maximum(np.abs(usual[rows]), 1e-12)
        noise = error[rows] / np.maximum(np.abs(usual[rows]), 1e-12)
        total = 1.4826 * float(np.median(np.abs(away)))
        own = np.sqrt(max(total**2 - float(np.median(noise)) ** 2, 0.0))
        mine = kind == number
        scatter[mine] = np.maximum(own, _LEAST_SCATTER) * np.abs(usual[mine])
    return scatter


def _log_normal(x: FloatArray, mean: FloatArray | float, spread: FloatArray) -> FloatArray:
    return np.asarray(-0.5 * ((x - mean) / spread) ** 2 - np.log(np.sqrt(2 * np.pi) * spread))


def _log_broad(height: FloatArray, usual: FloatArray, error: FloatArray) -> FloatArray:
    """Log density of amplitudes that are spread evenly from dark to bright, with noise.

    It does not fall again beyond the brightest amplitude.
    """
    width = (_BRIGHTEST - _DARKEST) * np.maximum(usual, 1e-12)
    return np.asarray(log_ndtr((height - _DARKEST * usual) / error) - np.log(width))
