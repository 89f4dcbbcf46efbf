"""The Pareto plot widget.

It knows neither the viewer nor an analysis. `set_points` gives it trials, and its signals
tell which trial the user picks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QToolTip, QWidget

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray

# isort: split
# after qtpy: pyqtgraph takes the Qt binding that is loaded already
import pyqtgraph as pg

from napari_reward_analysis.gui.pareto.canvas import PlotCanvas, prepare, set_tick_font
from napari_reward_analysis.gui.pareto.frame import ParetoFrame
from napari_reward_analysis.gui.pareto.geometry import (
    Move,
    front_extent,
    full_extent,
    pick,
    series_reach,
    walk,
)
from napari_reward_analysis.gui.pareto.items import (
    EDGE_INSET,
    MARKS,
    ParetoItems,
    legend_entries,
    series_entries,
)
from napari_reward_analysis.gui.pareto.values import ValueScale, largest
from napari_reward_analysis.gui.pareto.view import ParetoView
from napari_reward_analysis.gui.widgets.theme import (
    ThemeColours,
    Themed,
    default_colours,
    small_font,
)

#: Largest distance in px between a click and the point that it picks.
REACH = 10.0

#: Number of feasible trials from which on the view does not shrink any more. Before, one
#: bad trial would fix a useless scale.
SETTLE_POINTS = 8


class ParetoPlot(Themed, QWidget):
    """Two objectives of many trials, both minimised, with their Pareto front.

    A click on a point shows its trial. The arrow keys, Home and End walk along the front.
    The wheel zooms, dragging pans, and a double click on the background, or "Front",
    returns to the front.

    Signals
    -------
    point_clicked : int
        Id of the trial that the user picked with the mouse or the keys.
    point_hovered : int
        Id of the trial under the mouse, -1 when the mouse leaves it.

    Attributes
    ----------
    canvas : PlotCanvas
        The plot, with its mouse and keys.
    items : ParetoItems
        The points, lines and marks on it.
    frame : ParetoFrame
        The parts around it.
    """

    point_clicked = Signal(int)
    point_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = ""
        self._total = 0
        self._series: list[str] = []
        self._reach: tuple[float, float] = (0.0, 0.0)
        self._pixels: FloatArray = np.empty((0, 2))
        self._choices: tuple[int | None, int | None] = (None, None)
        self._selected: int | None = None
        self._hovered = (-1, "")
        self._values: dict[int, float] = {}
        self._values_name = ""
        self._marks_largest = True
        self._build()
        self._connect()
        self.apply_colours(default_colours())
        none = np.empty(0)
        self.set_points(none, none, none, on_front=none, feasible=none, tooltips=())

    # ---- data in

    def set_points(
        self,
        ids: npt.NDArray[Any],
        x: npt.NDArray[Any],
        y: npt.NDArray[Any],
        *,
        on_front: npt.NDArray[Any],
        feasible: npt.NDArray[Any],
        tooltips: Sequence[str],
    ) -> None:
        """Show these trials instead of the former ones.

        The view grows with the front and does not shrink after the first `SETTLE_POINTS`
        trials, so that points keep their places during a run. A view that the user has
        zoomed stays as it is. Call `settle_view` when the run is over, and `reset_view`
        when another run is shown.

        Parameters
        ----------
        ids : ndarray of int, shape (n,)
            Ids of the trials, each once.
        x, y : ndarray of float, shape (n,)
            Objectives, 0 or larger.
        on_front : ndarray of bool, shape (n,)
        feasible : ndarray of bool, shape (n,)
            Trials that are infeasible or not finite are counted and not drawn.
        tooltips : sequence of str, length n
            Parameters and objectives of each trial, as plain text.

        Raises
        ------
        ValueError
            If the lengths differ.
        """
        if len({len(a) for a in (ids, x, y, on_front, feasible, tooltips)}) != 1:
            raise ValueError("ids, x, y, on_front, feasible and tooltips differ in length.")
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        drawn = np.asarray(feasible, dtype=bool) & np.isfinite(x) & np.isfinite(y)
        started_over = len(ids) < self._total
        self._total = len(ids)
        self._ids: IntArray = np.asarray(ids, dtype=np.int64)[drawn]
        self._x: FloatArray = x[drawn]
        self._y: FloatArray = y[drawn]
        self._on_front: BoolArray = np.asarray(on_front, dtype=bool)[drawn]
        self._tooltips: list[str] = [tooltips[i] for i in np.flatnonzero(drawn).tolist()]
        self._row: dict[int, int] = {int(name): row for row, name in enumerate(self._ids)}
        self.items.set_points(self._x, self._y, self._on_front)
        self._shade()
        self._follow_points(started_over)
        self._show_placeholder()

    def set_axis_labels(self, x_label: str, y_label: str) -> None:
        """Name the two objectives."""
        self.frame.set_axis_labels(x_label, y_label)
        self._show_placeholder()

    def set_empty_text(self, text: str) -> None:
        """Set the reason why no trial is feasible; an empty text shows their number."""
        self._empty_text = text
        self._show_placeholder()

    def set_choices(self, euclidean: int | None, chebyshev: int | None) -> None:
        """Mark the two automatic choices by their ids. None hides a mark."""
        self._choices = (euclidean, chebyshev)
        self._place_marks()

    def set_selected(self, id: int | None) -> None:  # noqa: A002
        """Put the ring around this trial, or hide it for None. Emits nothing."""
        self._selected = id
        self._place_marks()

    @property
    def selected(self) -> int | None:
        """Id of the trial with the ring."""
        return self._selected

    def set_series(self, series: Sequence[tuple[str, npt.NDArray[Any], npt.NDArray[Any]]]) -> None:
        """Show fronts of the same trials by other measures, named in the legend.

        Parameters
        ----------
        series : sequence of (name, x, y)
            Objectives of the points of each front, ndarrays of shape (n,).
        """
        names = [name for name, _, _ in series]
        fronts = [(np.asarray(x, float), np.asarray(y, float)) for _, x, y in series]
        others = names != self._series
        self._series = names
        self._reach = series_reach([x for x, _ in fronts]), series_reach([y for _, y in fronts])
        self.items.set_series(fronts)
        self._show_legend()
        if others:
            self.settle_view()

    def set_values(
        self, values: Mapping[int, float], name: str = "", *, favourite: bool = True
    ) -> None:
        """Colour the trials by a quantity.

        Parameters
        ----------
        values : mapping of int to float
            Value of each trial, by its id. A trial without a value, or with NaN, is grey.
            An empty mapping restores the usual colours.
        name : str
            Name of the quantity, for the bar below the plot.
        favourite : bool
            Whether large values are good. The trial with the largest one gets a mark then.
            Small values are good otherwise, as of an objective.
        """
        self._values, self._values_name, self._marks_largest = dict(values), name, favourite
        self._shade()
        self._show_legend()
        self._place_marks()

    # ---- the view

    def reset_view(self) -> None:
        """Fit the view to the front and its surroundings."""
        self._view.fit("front", self._front_extent())

    def settle_view(self) -> None:
        """As `reset_view`, unless the user has chosen another view."""
        if self._view.kind == "front":
            self.reset_view()

    def show_all(self) -> None:
        """Fit the view to every feasible trial."""
        self._view.fit("all", self._full_extent())

    def locate(self, name: int) -> QPoint | None:
        """Position of a trial in px of ``canvas.viewport()``; None where it is not drawn.

        The position of a trial outside the view is that of its arrow at the edge.
        """
        row = self._row.get(name)
        return None if row is None else QPoint(*(round(float(v)) for v in self._pixels[row]))

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self.canvas.setBackground(colours.background)
        self.items.recolour(colours)
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(pg.mkPen(colours.muted))
            axis.setTextPen(pg.mkPen(colours.foreground))
        self._colours = colours
        self._show_legend()
        self.frame.apply_colours(colours)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the placeholder over the plot."""
        super().resizeEvent(event)
        self.frame.place()

    def changeEvent(self, event: QEvent | None) -> None:
        """Let the tick labels follow the font of the window."""
        super().changeEvent(event)
        # Qt may send the event before the plot exists
        if event and event.type() == QEvent.Type.FontChange and hasattr(self, "_plot"):
            set_tick_font(self._plot, small_font(self.font()))

    def _show_legend(self) -> None:
        colours = self._colours
        entries = legend_entries(
            colours, shaded=self._shaded, favourite=self._shaded and self._marks_largest
        )
        self.frame.legend.set_entries(entries + series_entries(self._series, colours), colours)

    # ---- colours by a quantity

    @property
    def _shaded(self) -> bool:
        return bool(self._values)

    def _shade(self) -> None:
        """Colour the points, from the values on the front to the best of all.

        Of a quantity whose small values are good, the scale reaches to the median at least:
        a front of few points alone would tell nothing of the others.
        """
        self.frame.bar.setVisible(self._shaded)
        if not self._shaded:
            self.items.set_shades(None, self._on_front)
            return
        values = np.array([self._values.get(int(name), np.nan) for name in self._ids], float)
        # most other trials are far worse: with them, the whole front would look alike
        known = values[np.isfinite(values)]
        ends = [known.max(initial=-np.inf)]
        if not self._marks_largest:
            ends = [known.min(initial=np.inf), np.median(known) if known.size else np.nan]
        scale = ValueScale.of(np.append(values[self._on_front], ends))
        self.items.set_shades([scale.colour(value) for value in values], self._on_front)
        self.frame.bar.show_scale(self._values_name, scale)

    @property
    def favourite(self) -> int | None:
        """Id of the drawn trial with the largest value; among equals, the proposed one.

        None where large values are not good.
        """
        if not self._marks_largest:
            return None
        on_front = set(self._ids[self._on_front].tolist())
        drawn = {name: value for name, value in self._values.items() if name in self._row}
        proposed = {name for name in self._choices if name is not None}
        return largest(drawn, (proposed, on_front))

    # ---- building

    def _build(self) -> None:
        self.canvas = PlotCanvas(self)
        self._plot = self.canvas.getPlotItem()
        self._box = self._plot.getViewBox()
        prepare(self._plot)
        set_tick_font(self._plot, small_font(self.font()))
        self.items = ParetoItems(self._plot)
        self._view = ParetoView(self._box)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.canvas.setAccessibleName("Pareto plot")
        self.canvas.setMinimumHeight(130)
        self.setFocusProxy(self.canvas)
        self.setMinimumHeight(240)

        self.frame = ParetoFrame(self, self.canvas)

    def _connect(self) -> None:
        self.canvas.moved.connect(self._hover)
        self.canvas.left.connect(self._leave)
        self.canvas.resized.connect(self._place_view)
        self.canvas.walked.connect(self._walk)
        self.canvas.scene().sigMouseClicked.connect(self._click)
        self._box.sigRangeChanged.connect(self._place_points)
        self._box.sigResized.connect(self._place_view)
        self._box.sigRangeChangedManually.connect(self._view.take_over)
        self.frame.front.clicked.connect(self.reset_view)
        self.frame.all.clicked.connect(self.show_all)

    # ---- positions

    def _front_extent(self) -> tuple[float, float]:
        x, y = front_extent(self._x, self._on_front), front_extent(self._y, self._on_front)
        return max(x, self._reach[0]), max(y, self._reach[1])

    def _full_extent(self) -> tuple[float, float]:
        return full_extent(self._x), full_extent(self._y)

    def _follow_points(self, started_over: bool) -> None:
        """Let the view grow with the points, and place the points in it."""
        if started_over:
            self._view.kind = "front"
        wanted = self._full_extent() if self._view.kind == "all" else self._front_extent()
        self._view.follow(wanted, shrink=started_over or self._ids.size <= SETTLE_POINTS)
        self._place_points()

    def _place_view(self) -> None:
        self._view.place()
        self._place_points()

    def _place_points(self) -> None:
        """Find each point's position on the screen; draw arrows for those outside the view."""
        window = self._view.window()
        self._pixels, side = window.clip(window.to_pixels(self._x, self._y), EDGE_INSET)
        self.items.set_edges(self._pixels, side, window)
        self._place_marks()
        infeasible = self._total - self._ids.size
        self.frame.show_counts(self._total, infeasible, int(np.count_nonzero(side)))

    def _place_marks(self) -> None:
        favourite = self.favourite
        names = (*reversed(self._choices), favourite, self._selected)
        for mark, name in zip(MARKS, names, strict=True):
            row = None if name is None else self._row.get(name)
            if row is None:
                self.items.set_mark(mark, None)
            else:
                x, y = self._view.window().to_data(self._pixels[row : row + 1])
                self.items.set_mark(mark, (float(x[0]), float(y[0])))

    def _show_placeholder(self) -> None:
        self.frame.show_placeholder(self._ids.size == 0, self._total, self._empty_text)

    # ---- mouse and keys

    def _under(self, at: QPointF) -> list[int]:
        """Ids of the trials under a scene position, best first."""
        stack = pick(self._pixels, self._on_front, (at.x(), at.y()), REACH)
        return [int(self._ids[row]) for row in stack]

    def _click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        names = self._under(event.scenePos())
        if self._selected in names:
            # another click goes on to the next of trials that coincide
            self._choose(names[(names.index(self._selected) + 1) % len(names)])
        elif names:
            self._choose(names[0])
        elif event.double():
            self.reset_view()

    def _choose(self, name: int) -> None:
        self.set_selected(name)
        self.point_clicked.emit(name)

    def _walk(self, move: Move) -> None:
        row = None if self._selected is None else self._row.get(self._selected)
        step = walk(self._x, self._y, self._on_front, self._pixels, row, move)
        if step is not None and int(self._ids[step]) != self._selected:
            self._choose(int(self._ids[step]))

    def _hover(self, at: QPointF) -> None:
        names = self._under(self.canvas.mapToScene(at.toPoint()))
        if not names:
            self._leave()
            return
        shown = self._selected
        name = shown if shown is not None and shown in names else names[0]
        text = self._tooltips[self._row[name]]
        if len(names) > 1:
            text += (
                f"\nand {len(names) - 1} more in the same place: click again to step through them"
            )
        if (name, text) != self._hovered:
            self._hovered = (name, text)
            self.canvas.show_tooltip(self._pixels[self._row[name]], text, REACH)
            self.point_hovered.emit(name)

    def _leave(self) -> None:
        if self._hovered[0] != -1:
            self._hovered = (-1, "")
            QToolTip.hideText()
            self.point_hovered.emit(-1)
