"""Compute the ranges of the Pareto plot, its step line, and the point under the mouse.

Plain numpy, which can be tested without a window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray

Move = Literal["first", "back", "forward", "last"]

_NICE = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)

# extent of the first view in units of the extent of the front
_HEADROOM = 1.25
_ALL_FITS = 2.0
_CONTEXT = 1.6

FRONT_BONUS = 5.0
_LOOKS_THE_SAME = 1.5

#: Largest extent of the view for the sake of additional fronts, which must not make the
#: front itself small.
_FARTHEST = 1.0


def series_reach(values: Sequence[FloatArray]) -> float:
    """Extent of an axis that shows additional fronts, within bounds.

    Parameters
    ----------
    values : sequence of ndarray
        One objective of each front's points.
    """
    return min(max((float(v.max()) for v in values if v.size), default=0.0), _FARTHEST)


def non_dominated(x: FloatArray, y: FloatArray) -> IntArray:
    """Indices of the non-dominated points of two objectives, sorted along x.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        The objectives, finite, both minimised.

    Returns
    -------
    ndarray of int
        Only the first of points that coincide.
    """
    order = np.lexsort((y, x))
    falling = y[order]
    # a dominated point has an earlier one that is at most as high
    lowest_before = np.minimum.accumulate(np.append(np.inf, falling))[:-1]
    return order[falling < lowest_before].astype(np.int64)


def staircase(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners of the step line through the points of a front.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Objectives of the front's points, in any order.

    Returns
    -------
    x, y : ndarray, shape (2 n - 1,) or (0,)
        The line runs from each point along x, then down to the next. No trial has
        reached the area between the line and the axes.
    """
    if x.size == 0:
        return x[:0], y[:0]
    order = front_order(x, y)
    return np.repeat(x[order], 2)[1:], np.repeat(y[order], 2)[:-1]


def front_order(x: FloatArray, y: FloatArray) -> IntArray:
    """Indices that sort the front's points along x, and by falling y where x is equal."""
    return np.lexsort((-y, x)).astype(np.int64)


def nice_ceiling(value: float) -> float:
    """The smallest round number that is at least as large as a positive value.

    Round ends keep the axes still: a view grows in steps.
    """
    if not (math.isfinite(value) and value > 0):
        return 1.0
    decade = 10.0 ** math.floor(math.log10(value))
    return float(next((n for n in _NICE if n * decade >= value * (1 - 1e-9)), 10.0) * decade)


def front_extent(values: FloatArray, on_front: BoolArray) -> float:
    """Upper end of an axis on which the front can be read.

    The axis shows the whole front. It shows many of the other trials too, unless they
    squeeze the front: a search often tries settings that are wrong by a factor of five, and
    a view of all of them would hide the trade-off in a corner.

    Parameters
    ----------
    values : ndarray, shape (n,)
        One objective of the feasible trials, 0 or larger.
    on_front : ndarray of bool, shape (n,)
    """
    if values.size == 0:
        return 1.0
    front = float(values[on_front].max()) if on_front.any() else 0.0
    # this is true where every value is 0, too
    if values.max() <= _ALL_FITS * front:
        return nice_ceiling(float(values.max()) * 1.05)
    context = float(np.median(values[values > front])) * 1.05
    if np.unique(values[on_front]).size > 1:
        context = min(context, _CONTEXT * front)
    return nice_ceiling(max(_HEADROOM * front, context))


def full_extent(values: FloatArray) -> float:
    """Upper end of an axis that shows every value."""
    return nice_ceiling(float(values.max()) * 1.02) if values.size else 1.0


def with_margin(extent: float, length: float, margin: float) -> tuple[float, float]:
    """Range of an axis with a margin below 0 and above `extent`.

    Parameters
    ----------
    extent : float
        Upper end of the data.
    length, margin : float
        Length of the axis and of the margin at each end, in px.
    """
    free = extent * margin / max(length - 2 * margin, margin)
    return -free, extent + free


@dataclass(frozen=True)
class Window:
    """The range of the data in view, and its box on the screen in px.

    Attributes
    ----------
    x, y : tuple of float
        Range of the data in view.
    left, top, width, height : float
        The view's box in px of the scene, y pointing down.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    left: float
    top: float
    width: float
    height: float

    def to_pixels(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Scene positions in px of data positions, shape (n, 2)."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return np.stack(
            [self.left + across * self.width, self.top + (1 - up) * self.height], axis=-1
        )

    def to_data(self, pixels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Data positions of scene positions in px, shape (n, 2)."""
        across = (pixels[:, 0] - self.left) / self.width
        up = 1 - (pixels[:, 1] - self.top) / self.height
        return (
            self.x[0] + across * (self.x[1] - self.x[0]),
            self.y[0] + up * (self.y[1] - self.y[0]),
        )

    def clip(self, pixels: FloatArray, inset: float) -> tuple[FloatArray, IntArray]:
        """Move points outside the box to its edge.

        Parameters
        ----------
        pixels : ndarray, shape (n, 2)
            Scene positions in px.
        inset : float
            Distance of moved points from the edge in px.

        Returns
        -------
        clipped : ndarray, shape (n, 2)
        side : ndarray of int, shape (n,)
            0 inside; 1 beyond the top, 2 the right, 3 the bottom, 4 the left.
        """
        right, bottom = self.left + self.width, self.top + self.height
        across, down = pixels[:, 0], pixels[:, 1]
        side = np.select(
            [across > right, down < self.top, across < self.left, down > bottom],
            [2, 1, 4, 3],
            default=0,
        )
        low = np.array([self.left + inset, self.top + inset])
        high = np.array([right - inset, bottom - inset])
        clipped = np.where(side[:, None] > 0, np.clip(pixels, low, high), pixels)
        return clipped, side.astype(np.int64)


def pick(
    pixels: FloatArray, on_front: BoolArray, at: tuple[float, float], reach: float
) -> IntArray:
    """Points under the mouse, best first.

    The nearest point within reach is taken. A front point counts as `FRONT_BONUS` px nearer
    than it is, so that it is easy to hit in a crowd. Points in the same place are returned
    together, because many trials can have the same objectives.

    Parameters
    ----------
    pixels : ndarray, shape (n, 2)
        Positions of the points on the screen, in px.
    on_front : ndarray of bool, shape (n,)
    at : tuple of float
        Position of the mouse in px.
    reach : float
        Largest distance in px.

    Returns
    -------
    ndarray of int
        Indices of the points, front points first, otherwise in their order. Empty where
        no point is within reach.
    """
    distance = np.hypot(pixels[:, 0] - at[0], pixels[:, 1] - at[1])
    rank = np.where(distance <= reach, distance - FRONT_BONUS * on_front, np.inf)
    if not np.isfinite(rank).any():
        return np.empty(0, dtype=np.int64)
    best = int(np.argmin(rank))
    same = np.flatnonzero(np.hypot(*(pixels - pixels[best]).T) <= _LOOKS_THE_SAME)
    # a stable sort keeps the order of the trials among equals
    return same[np.argsort(~on_front[same], kind="stable")].astype(np.int64)


def walk(
    x: FloatArray,
    y: FloatArray,
    on_front: BoolArray,
    pixels: FloatArray,
    row: int | None,
    move: Move,
) -> int | None:
    """The trial that a step along the front leads to.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Objectives of all trials.
    on_front : ndarray of bool, shape (n,)
    pixels : ndarray, shape (n, 2)
        Their positions on the screen in px.
    row : int or None
        The trial to start from. From a trial outside the front, a step leads to the front
        point that is nearest on the screen.
    move : str
        "back" and "forward" go one step along x, "first" and "last" go to the ends.

    Returns
    -------
    int or None
        Index of the trial, None where there is no front.
    """
    front = np.flatnonzero(on_front)
    if front.size == 0:
        return None
    front = front[front_order(x[front], y[front])]
    if move in ("first", "last") or row is None:
        return int(front[0 if move in ("first", "forward") else -1])
    place = np.flatnonzero(front == row)
    if place.size == 0:
        return int(front[np.argmin(np.hypot(*(pixels[front] - pixels[row]).T))])
    step = 1 if move == "forward" else -1
    return int(front[np.clip(place[0] + step, 0, front.size - 1)])
