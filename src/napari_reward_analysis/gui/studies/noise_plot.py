"""Plot a quantity of a noise study against the level of noise."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_reward_analysis.arrays import FloatArray

# isort: split
# after qtpy: pyqtgraph takes the Qt binding that is loaded already
import numpy as np
import pyqtgraph as pg

from napari_reward_analysis.analyses.noise.result import KEPT, ORACLE, TUNED
from napari_reward_analysis.analyses.noise.run import NoiseRun
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.gui.widgets.legend import LegendEntry, LegendStrip, Symbol
from napari_reward_analysis.gui.widgets.theme import ThemeColours, Themed, default_colours

#: Quantities: column of the study's table, and title of the axis.
QUANTITIES = {
    "n": "columns",
    "qc": "|QC|",
    "er": "ER",
    "min_sigma": "min sigma, px",
    "max_sigma": "max sigma, px",
    "num_sigma": "number of sigmas",
    "threshold": "threshold",
    "overlap": "overlap",
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "error_px": "position error, px",
}
_EXPECTED = "lattice"
#: Quantities that need known positions.
_SCORES = ("f1", "precision", "recall", "error_px")
#: Symbols of the methods, which differ in colour too.
_SYMBOLS: dict[str, tuple[str, Symbol]] = {
    TUNED: ("o", "dot"),
    KEPT: ("d", "diamond"),
    ORACLE: ("s", "square"),
}
_HEIGHT = 240


def curve_of(run: NoiseRun, method: str, quantity: str) -> FloatArray:
    """Return level, mean, smallest and largest value over the seeds, shape (levels, 4).

    Levels without a value are left out. The count error is taken without its sign, so that
    errors of different sign do not cancel.
    """
    if quantity != "qc":
        return run.means(method, quantity)
    rows = []
    for level in run.settings.levels:
        values = [abs(r.qc) for r in run.trials if (r.method, r.level) == (method, level)]
        finite = np.array(values)[np.isfinite(values)] if values else np.empty(0)
        if len(finite):
            rows.append((level, finite.mean(), finite.min(), finite.max()))
    return np.array(rows, float).reshape(-1, 4)


def _why_none(quantity: str) -> str:
    """Return the reason why a study has no value of a quantity."""
    if quantity in _SCORES:
        return ": no known positions were given"
    return ": no value in this study"


class NoisePlot(Themed, QWidget):
    """The plot with its legend: a curve for each method, with a band over the seeds."""

    def __init__(self) -> None:
        super().__init__()
        self._run: NoiseRun | None = None
        self._quantity = "n"
        self._colours = default_colours()
        #: Drawn curves by method, shape (levels, 4), as from `curve_of`.
        self.curves: dict[str, FloatArray] = {}
        self.legend, self.title, self.below = LegendStrip(), QLabel(), QLabel()
        self.below.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.canvas = pg.PlotWidget()
        self.canvas.setFixedHeight(_HEIGHT)
        plot = self.canvas.getPlotItem()
        plot.setMenuEnabled(False)
        plot.showGrid(x=True, y=True, alpha=0.14)
        for name in ("left", "bottom"):
            plot.getAxis(name).enableAutoSIPrefix(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(2)
        for widget in (self.legend, self.title, self.canvas, self.below):
            column.addWidget(widget)
        self.apply_colours(self._colours)

    def show_run(self, run: NoiseRun | None, quantity: str) -> None:
        """Draw a quantity of the results so far."""
        self._run, self._quantity = run, quantity
        self._draw()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self._colours = colours
        self.canvas.setBackground(colours.background)
        for name in ("left", "bottom"):
            axis = self.canvas.getPlotItem().getAxis(name)
            axis.setPen(pg.mkPen(colours.muted))
            axis.setTextPen(pg.mkPen(colours.foreground))
        self._draw()

    def _draw(self) -> None:
        plot, run = self.canvas.getPlotItem(), self._run
        plot.clear()
        self.curves = {}
        self.title.setText(QUANTITIES[self._quantity])
        self.title.setToolTip(explain(QUANTITIES[self._quantity]))
        if run is None:
            self.legend.set_entries((), self._colours)
            self.below.setText("")
            return
        settings = run.settings
        self.below.setText(
            f"{settings.kind.capitalize()} noise, in parts of the image's {settings.unit}"
        )
        entries = []
        pairs = {TUNED: self._colours.species[0], KEPT: self._colours.warning}
        pairs[ORACLE] = self._colours.species[2]
        for method, colour in pairs.items():
            found = curve_of(run, method, self._quantity)
            if len(found):
                self.curves[method] = found
                self._curve(found, colour, _SYMBOLS[method][0])
                entries.append(LegendEntry(_SYMBOLS[method][1], colour, method, line=True))
        if self._quantity == "n" and len(found := run.means(TUNED, "expected")):
            pen = pg.mkPen(self._colours.foreground, width=1, style=Qt.PenStyle.DashLine)
            plot.plot(found[:, 0], found[:, 1], pen=pen)
            entries.append(LegendEntry("line", self._colours.foreground, _EXPECTED, line=True))
        self.legend.set_entries(entries, self._colours)
        if not self.curves and run.trials:
            self.title.setText(f"{QUANTITIES[self._quantity]}{_why_none(self._quantity)}")

    def _curve(self, found: FloatArray, colour: str, symbol: str) -> None:
        plot = self.canvas.getPlotItem()
        level, mean, low, high = found.T
        edges = [pg.PlotDataItem(level, values, pen=None) for values in (low, high)]
        band = pg.mkColor(colour)
        band.setAlphaF(0.18)
        plot.addItem(pg.FillBetweenItem(*edges, brush=pg.mkBrush(band)))
        plot.plot(
            level,
            mean,
            pen=pg.mkPen(colour, width=2),
            symbol=symbol,
            symbolSize=8,
            symbolBrush=pg.mkBrush(colour),
            symbolPen=None,
        )
