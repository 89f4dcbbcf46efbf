"""A legend in a strip of its own, so that it never covers the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_reward_analysis.gui.widgets.theme import ThemeColours, contrast, small_font

Symbol = Literal["dot", "diamond", "square", "ring", "star", "line"]

_SYMBOL_WIDTH = 14
#: A symbol with less contrast than this gets a rim. Its colour is given by a layer.
_PALE = 1.45
_GAP = 3
_BETWEEN = 6
_SIZES: dict[Symbol, float] = {
    "dot": 8.0,
    "diamond": 13.0,
    "square": 10.0,
    "ring": 13.0,
    "star": 14.0,
    "line": 0.0,
}


@dataclass(frozen=True)
class LegendEntry:
    """One symbol with its meaning.

    Attributes
    ----------
    symbol : str
        "dot" is filled; "diamond", "square", "ring" and "star" are outlines; "line" is a
        line alone.
    colour : str
        As ``"#rrggbb"``.
    text : str
        Meaning of the symbol.
    line : bool
        Draw a line through the symbol, as on the plot.
    """

    symbol: Symbol
    colour: str
    text: str
    line: bool = False


class LegendStrip(QWidget):
    """Legend entries in a row, on as many lines as they need."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[LegendEntry, ...] = ()
        self._text, self._ground = QColor("grey"), QColor("transparent")
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        """Shown entries, in order."""
        return self._entries

    def set_entries(self, entries: Sequence[LegendEntry], colours: ThemeColours) -> None:
        """Show these entries instead of the former ones."""
        self._entries = tuple(entries)
        self._text, self._ground = QColor(colours.foreground), QColor(colours.background)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Return True: a narrow strip needs more lines."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Height in px that the entries need at this width in px."""
        return self._arrange(width)[1]

    def sizeHint(self) -> QSize:
        """One line with everything on it."""
        width = sum(self._entry_width(entry) + _BETWEEN for entry in self._entries)
        return QSize(width, self._line_height())

    def minimumSizeHint(self) -> QSize:
        """The widest entry on a line of its own."""
        return QSize(max(map(self._entry_width, self._entries), default=0), self._line_height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the entries."""
        painter = QPainter(self)
        painter.setFont(small_font(self.font()))
        painter.fillRect(self.rect(), self._ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = self._line_height()
        for entry, x, y in self._arrange(self.width())[0]:
            box = QRectF(x, y, _SYMBOL_WIDTH, height)
            pale = contrast(entry.colour, self._ground.name()) < _PALE
            draw_symbol(painter, entry, box, self._text if pale else None)
            painter.setPen(self._text)
            text = QRectF(x + _SYMBOL_WIDTH + _GAP, y, self.width(), height)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, entry.text)
        painter.end()

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(small_font(self.font()))

    def _line_height(self) -> int:
        return int(self._metrics().height() + 2)

    def _entry_width(self, entry: LegendEntry) -> int:
        return int(_SYMBOL_WIDTH + _GAP + self._metrics().horizontalAdvance(entry.text) + 1)

    def _arrange(self, width: int) -> tuple[list[tuple[LegendEntry, int, int]], int]:
        """Left upper corner of each entry, and the height of all lines together."""
        placed, x, y = [], 0, 0
        for entry in self._entries:
            needed = self._entry_width(entry)
            if x > 0 and x + needed > width:
                x, y = 0, y + self._line_height()
            placed.append((entry, x, y))
            x += needed + _BETWEEN
        return placed, y + self._line_height()


def draw_symbol(
    painter: QPainter, entry: LegendEntry, box: QRectF, halo: QColor | None = None
) -> None:
    """Draw the symbol of an entry into the middle of a box.

    Parameters
    ----------
    painter : QPainter
    entry : LegendEntry
    box : QRectF
    halo : QColor, optional
        Colour of a rim around an outline that is hard to see on the background.
    """
    colour, middle = QColor(entry.colour), box.center()
    if entry.line or entry.symbol == "line":
        painter.setPen(QPen(colour, 1.6 if entry.line else 3.0))
        half = QPointF(box.width() / 2, 0)
        painter.drawLine(middle - half, middle + half)
    if entry.symbol == "line":
        return
    size = _SIZES[entry.symbol]
    filled = entry.symbol == "dot"
    if halo is not None and not filled:
        painter.setPen(QPen(halo, 3.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_outline(entry.symbol, middle, size))
    painter.setPen(Qt.PenStyle.NoPen if filled else QPen(colour, 2.0))
    painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
    painter.drawPath(_outline(entry.symbol, middle, size))


def _outline(symbol: Symbol, middle: QPointF, size: float) -> QPainterPath:
    path, half = QPainterPath(), size / 2
    if symbol == "square":
        path.addRect(QRectF(middle.x() - half, middle.y() - half, size, size))
    elif symbol == "diamond":
        narrow = 0.8 * half
        path.moveTo(middle + QPointF(0, -half))
        for step in (QPointF(narrow, 0), QPointF(0, half), QPointF(-narrow, 0)):
            path.lineTo(middle + step)
        path.closeSubpath()
    elif symbol == "star":
        for number in range(10):
            reach, angle = (half, 0.4 * half)[number % 2], number * math.pi / 5
            corner = middle + QPointF(reach * math.sin(angle), -reach * math.cos(angle))
            if number:
                path.lineTo(corner)
            else:
                path.moveTo(corner)
        path.closeSubpath()
    else:
        path.addEllipse(middle, half, half)
    return path
