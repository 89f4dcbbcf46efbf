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

from napari_reward_analysis.arrays import BoolArray, FloatArray, Indices, IntArray

#: Number of neighbours of the same kind that tell the usual amplitude.
_NEIGHBOURS = 24
#: Rounds of learning, and those before which the neighbours are looked up again.
_ROUNDS, _SEARCHES = 12, (0, 3)
#: At the start a column is as bright as this part of the bright ones of its kind. Later its
#: probability decides whether it counts as a neighbour.
_START, _COUNTS = 0.35, 0.2
#: A usual amplitude must be so many times its own error, and this part of the brightest ones.
_CLEAR, _FAINTEST = 3.0, 0.03
#: Amplitudes of other columns, relative to the usual one.
_DARKEST, _BRIGHTEST = 0.25, 2.5
#: Usual shares of empty sites and of other columns, and the number of sites that they are
#: worth when the shares are learnt.
_EMPTY, _OTHER, _WORTH = 0.01, 0.02, 50.0
#: Scatter of the amplitudes of equal columns, relative to the amplitude: the least.
_LEAST_SCATTER = 0.03


class Presence(NamedTuple):
    """The verdict of the amplitudes.

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
    blur = np.hypot(error, leak)
    empty, other = _EMPTY, _OTHER
    # In a hole the nearest sites are empty too: only bright ones count at the start.
    p_column = (height >= _START * _bright(kind, height)).astype(float)
    usual = doubt = height
    for number in range(_ROUNDS):
        if number in _SEARCHES:
            near = _same_kind(points, kind, p_column > _COUNTS)
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
    # The image cannot tell at sites where even the usual column does not show.
    shows = usual > np.maximum(_CLEAR * doubt, _FAINTEST * float(np.quantile(usual, 0.95)))
    return Presence(np.where(shows, p_column, np.minimum(p_column, 0.5)), usual)


def _bright(kind: IntArray, height: FloatArray) -> FloatArray:
    """Amplitude of the bright columns of each site's kind."""
    level = np.zeros(len(kind))
    for number in np.unique(kind):
        mine = kind == number
        level[mine] = max(float(np.quantile(height[mine], 0.9)), 0.0)
    return level


def _same_kind(points: FloatArray, kind: IntArray, counts: BoolArray) -> Indices:
    """Rows of the nearest other sites that count, of the same kind; -1 where there are none."""
    near = np.full((len(points), _NEIGHBOURS), -1)
    for number in np.unique(kind):
        mine = np.flatnonzero(kind == number)
        rows = mine[counts[mine]]
        if not len(rows):
            continue
        wanted = np.arange(1, _NEIGHBOURS + 2)
        _, found = cKDTree(points[rows]).query(points[mine], k=wanted)
        found = np.append(rows, -1)[found]
        # A site finds itself, mostly first; it does not count for itself.
        itself = found == mine[:, None]
        order = np.argsort(itself, axis=1, kind="stable")
        found = np.take_along_axis(np.where(itself, -1, found), order, axis=1)
        near[mine] = found[:, :_NEIGHBOURS]
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
