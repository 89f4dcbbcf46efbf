"""Draw the points, the front and the marks of the Pareto plot as pyqtgraph items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from qtpy.QtGui import QColor

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray

# isort: split
# after qtpy: pyqtgraph takes the Qt binding that is loaded already
import pyqtgraph as pg

from napari_reward_analysis.gui.pareto.geometry import Window, non_dominated, staircase
from napari_reward_analysis.gui.widgets.legend import LegendEntry
from napari_reward_analysis.gui.widgets.theme import ThemeColours

EDGE_INSET = 7.0

#: Marks at single trials, from the lowest to the topmost.
MARKS = ("chebyshev", "euclidean", "favourite", "selected")

_SIDES = {1: "t1", 2: "t2", 3: "t", 4: "t3"}
_EDGE_BLUR = 3.0

#: Dash and gap of the lines of additional fronts, in widths of the line.
_DASHES = ([6, 3], [2, 2], [9, 2, 2, 2], [4, 6])
#: Symbols of their points.
_SYMBOLS = ("t", "s", "p", "t1")
#: Indices of their colours, which differ from those of the marks.
_SERIES = (2, 5, 6, 4)


def _series_colours(colours: ThemeColours) -> list[str]:
    return [colours.species[place] for place in _SERIES]


def legend_entries(
    colours: ThemeColours, *, shaded: bool = False, favourite: bool = False
) -> list[LegendEntry]:
    """Legend of the plot.

    Parameters
    ----------
    colours : ThemeColours
    shaded : bool
        Whether the points are coloured one by one.
    favourite : bool
        Whether an oracle's best trial is marked.
    """
    entries = [
        LegendEntry("dot", colours.accent, "front", line=True),
        LegendEntry("dot", colours.muted, "others"),
        LegendEntry("diamond", colours.euclidean, "Euclidean"),
        LegendEntry("square", colours.chebyshev, "Chebyshev"),
        LegendEntry("ring", colours.foreground, "shown"),
    ]
    if not shaded:
        return entries
    entries = [LegendEntry("line", colours.accent, "front"), *entries[2:]]
    if favourite:
        entries.append(LegendEntry("star", favourite_colour(colours), "oracle's best"))
    return entries


def favourite_colour(colours: ThemeColours) -> str:
    """Colour of the mark at the oracle's best trial."""
    return colours.foreground


def series_entries(names: Sequence[str], colours: ThemeColours) -> list[LegendEntry]:
    """Legend of additional fronts."""
    shades = _series_colours(colours)
    return [
        LegendEntry("line", shades[place % len(shades)], name) for place, name in enumerate(names)
    ]


class ParetoItems:
    """Points, front, marks and edge arrows of one plot.

    Parameters
    ----------
    plot : pyqtgraph.PlotItem
        The items are added to it. Its ranges stay as they are.

    Attributes
    ----------
    front, others : ScatterPlotItem
        Points on the front, and all other feasible ones.
    steps : PlotCurveItem
        The line through the front.
    series : list of (PlotCurveItem, ScatterPlotItem)
        Line and dots of each additional front.
    """

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self.series: list[tuple[Any, Any]] = []
        self._colours: ThemeColours | None = None
        self._shaded = False
        self._edges = {side: self._scatter(symbol, 9, 0) for side, symbol in _SIDES.items()}
        self.steps = pg.PlotCurveItem(antialias=True)
        self.steps.setZValue(1)
        plot.addItem(self.steps, ignoreBounds=True)
        self.others = self._scatter("o", 7, 2)
        self.front = self._scatter("o", 9, 3)
        # a diamond in a square in a ring: all are visible where they coincide
        self._marks = {
            "chebyshev": self._scatter("s", 17, 4),
            "euclidean": self._scatter("d", 17, 5),
            "favourite": self._scatter("star", 24, 5.5),
            "selected": self._scatter("o", 27, 6),
        }

    def set_points(self, x: FloatArray, y: FloatArray, on_front: BoolArray) -> None:
        """Show these feasible trials, arrays of shape (n,).

        A front of three or more objectives is no front in the two that are shown. The line
        goes through those of its points that are not dominated in these two.
        """
        self.others.setData(x[~on_front], y[~on_front])
        self.front.setData(x[on_front], y[on_front])
        shown = non_dominated(x[on_front], y[on_front])
        self.steps.setData(*staircase(x[on_front][shown], y[on_front][shown]))

    def set_shades(self, shades: Sequence[QColor] | None, on_front: BoolArray) -> None:
        """Colour the points one by one. None gives them the colours of front and others.

        Parameters
        ----------
        shades : sequence of QColor, length n, or None
            In the order of `set_points`.
        on_front : ndarray of bool, shape (n,)
            As given to `set_points`.
        """
        before, self._shaded = self._shaded, shades is not None
        if shades is None:
            # new points have the usual colours already
            if before and self._colours is not None:
                self._colour_points(self._colours)
            return
        for item, part in ((self.others, ~on_front), (self.front, on_front)):
            item.setBrush([shades[k] for k in np.flatnonzero(part).tolist()])

    def set_series(self, series: Sequence[tuple[FloatArray, FloatArray]]) -> None:
        """Show additional fronts as step lines, instead of the former ones."""
        for pair in self.series:
            for item in pair:
                self._plot.removeItem(item)
        self.series = []
        for place, (x, y) in enumerate(series):
            line = pg.PlotCurveItem(*staircase(x, y), antialias=True)
            line.setZValue(0.5)
            self._plot.addItem(line, ignoreBounds=True)
            dots = self._scatter(_SYMBOLS[place % len(_SYMBOLS)], 8, 2.5)
            dots.setData(x, y)
            self.series.append((line, dots))
        if self._colours is not None:
            self._colour_series(self._colours)

    def set_edges(self, pixels: FloatArray, side: IntArray, window: Window) -> None:
        """Show an arrow at the edge for every trial outside the view.

        Parameters
        ----------
        pixels : ndarray, shape (n, 2)
            Positions after clipping, in px of the scene.
        side : ndarray of int, shape (n,)
            As from `Window.clip`.
        window : Window
        """
        for number, item in self._edges.items():
            beyond = pixels[side == number]
            if beyond.size == 0 and item.data.size == 0:
                continue
            # arrows at the same place are drawn once
            _, first = np.unique(np.round(beyond / _EDGE_BLUR), axis=0, return_index=True)
            item.setData(*window.to_data(beyond[first]))

    def set_mark(self, name: str, position: tuple[float, float] | None) -> None:
        """Move one of `MARKS` to a position, or hide it for None."""
        item = self._marks[name]
        if position is None:
            item.setData([], [])
        else:
            item.setData([position[0]], [position[1]])

    def mark_position(self, name: str) -> tuple[float, float] | None:
        """Position of a mark in data coordinates; None where it is hidden."""
        data = self._marks[name].data
        return (float(data["x"][0]), float(data["y"][0])) if data.size else None

    def edge_count(self) -> int:
        """Number of arrows drawn at the edges."""
        return sum(int(item.data.size) for item in self._edges.values())

    def recolour(self, colours: ThemeColours) -> None:
        """Draw everything in these colours."""
        self._colours = colours
        self._colour_series(colours)
        outline = pg.mkPen(colours.background, width=1)
        for item in self._edges.values():
            item.setBrush(pg.mkBrush(_dimmed(colours)))
            item.setPen(pg.mkPen(None))
        # a rim in the colour of the background separates dots that touch
        self.others.setPen(outline)
        self.front.setPen(outline)
        if not self._shaded:
            self._colour_points(colours)
        self.steps.setPen(pg.mkPen(colours.accent, width=1.6))
        for name, colour in (
            ("euclidean", colours.euclidean),
            ("chebyshev", colours.chebyshev),
            ("favourite", favourite_colour(colours)),
            ("selected", colours.foreground),
        ):
            self._marks[name].setPen(pg.mkPen(colour, width=2.2))
            self._marks[name].setBrush(pg.mkBrush(None))

    def _colour_points(self, colours: ThemeColours) -> None:
        for item, brush in (
            (self.others, pg.mkBrush(_dimmed(colours))),
            (self.front, pg.mkBrush(colours.accent)),
        ):
            item.setBrush(brush)
            # points that were coloured one by one keep their colour otherwise
            item.setBrush([brush] * item.data.size)

    def _colour_series(self, colours: ThemeColours) -> None:
        shades = _series_colours(colours)
        for place, (line, dots) in enumerate(self.series):
            # different dashes help where colours look alike
            pen = pg.mkPen(shades[place % len(shades)], width=2.0)
            pen.setDashPattern(_DASHES[place % len(_DASHES)])
            line.setPen(pen)
            dots.setBrush(pg.mkBrush(shades[place % len(shades)]))
            dots.setPen(pg.mkPen(colours.background, width=1))

    def _scatter(self, symbol: str, size: float, depth: float) -> Any:
        item = pg.ScatterPlotItem(symbol=symbol, size=size, pxMode=True)
        item.setZValue(depth)
        self._plot.addItem(item, ignoreBounds=True)
        return item


def _dimmed(colours: ThemeColours) -> QColor:
    colour = QColor(colours.muted)
    colour.setAlpha(170)
    return colour
