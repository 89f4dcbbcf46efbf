"""Adapt pyqtgraph's plot widget to the Pareto plot."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QFont, QKeyEvent, QMouseEvent, QResizeEvent
from qtpy.QtWidgets import QToolTip

from napari_reward_analysis.arrays import FloatArray

# isort: split
# after qtpy: pyqtgraph takes the Qt binding that is loaded already
import pyqtgraph as pg

from napari_reward_analysis.gui.pareto.geometry import Move

_MOVES: dict[int, Move] = {
    Qt.Key.Key_Left: "back",
    Qt.Key.Key_Up: "back",
    Qt.Key.Key_Right: "forward",
    Qt.Key.Key_Down: "forward",
    Qt.Key.Key_Home: "first",
    Qt.Key.Key_End: "last",
}


class PlotCanvas(pg.PlotWidget):  # type: ignore[misc]
    """pyqtgraph's plot with signals for the mouse and the keys."""

    moved = Signal(QPointF)
    left = Signal()
    resized = Signal()
    walked = Signal(str)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Report the position of the mouse, unless it drags the view."""
        super().mouseMoveEvent(event)
        if event.buttons() == Qt.MouseButton.NoButton:
            self.moved.emit(QPointF(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Report that the mouse left the plot."""
        super().leaveEvent(event)
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Report a new size after the plot inside has adopted it."""
        super().resizeEvent(event)
        self.resized.emit()

    def event(self, event: QEvent) -> bool:
        """Claim the arrow keys before a shortcut of the application takes them."""
        if isinstance(event, QKeyEvent) and _overrides(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Report the keys that walk along the front and pass on the others."""
        if event.key() in _MOVES and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.accept()
            self.walked.emit(_MOVES[event.key()])
        else:
            super().keyPressEvent(event)

    def show_tooltip(self, at: FloatArray, text: str, reach: float) -> None:
        """Show a text beside a position (x, y) in px without covering the symbol there.

        The text lies outside its own rectangle. Otherwise Qt would not take it for a new
        tooltip, and a pending request would hide it.
        """
        here, half = QPoint(round(float(at[0])), round(float(at[1]))), round(reach)
        own = QRect(here - QPoint(half, half), here + QPoint(half, half))
        beside = here + QPoint(half + 3, 0)
        QToolTip.showText(self.viewport().mapToGlobal(beside), text, self, own)


def _overrides(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.ShortcutOverride and event.key() in _MOVES


def prepare(plot: Any) -> None:
    """Turn off the menus, the SI prefixes and the automatic range."""
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.disableAutoRange()
    plot.showGrid(x=True, y=True, alpha=0.14)
    for name in ("left", "bottom"):
        axis = plot.getAxis(name)
        axis.enableAutoSIPrefix(False)
        # the room for tick labels never shrinks, so that the plot keeps its size
        axis.setStyle(autoReduceTextSpace=False)
    plot.getViewBox().setLimits(minXRange=1e-6, minYRange=1e-6, maxXRange=1e9, maxYRange=1e9)


def set_tick_font(plot: Any, font: QFont) -> None:
    """Write the tick labels in this font."""
    for name in ("left", "bottom"):
        plot.getAxis(name).setTickFont(font)
