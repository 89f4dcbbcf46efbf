"""Draw the ideal neighbour sum of each species on one scale with DS."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_reward_analysis.gui.widgets.theme import ThemeColours, small_font

_GUTTER = 8
_DOT = 4.5
_LEFT = int((Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value)
_RIGHT = int((Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value)
_MIDDLE = int(Qt.AlignmentFlag.AlignCenter.value)


class NeighbourStrip(QWidget):
    """A row for each species with a dot at its sum, and a line through all rows at DS.

    The sums are often so close that labels on one row would cover each other.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, list[float]] = {}
        self._dots: dict[str, str] = {}
        self._ds: float | None = None
        self._colours: ThemeColours | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def too_close(self) -> tuple[str, ...]:
        """Species whose ideal sum is below DS, so that all their columns count as errors."""
        if self._ds is None:
            return ()
        return tuple(kind for kind, sums in self._rows.items() if min(sums) < self._ds)

    def sizeHint(self) -> QSize:
        """Height of the title, the label of DS, and a line for each species."""
        return QSize(200, self._line() * (len(self._rows) + self._head()) + 4)

    def minimumSizeHint(self) -> QSize:
        """The height of the size hint: rows do not shrink."""
        return QSize(120, self.sizeHint().height())

    def set_sums(self, nearest: Sequence[tuple[str, float]], dots: Mapping[str, str]) -> None:
        """Show these sums.

        Parameters
        ----------
        nearest : sequence of (species, sum in angstrom)
            A species may have several sums. Sums that are not finite are left out.
        dots : mapping of str to str
            Colour of each species.
        """
        self._rows = {}
        for kind, total in nearest:
            if math.isfinite(total):
                self._rows.setdefault(kind, []).append(float(total))
        self._dots = dict(dots)
        self.updateGeometry()
        self.update()

    def set_ds(self, ds: float | None) -> None:
        """Move the line of DS, in angstrom; None removes it."""
        self._ds = ds if ds is not None and math.isfinite(ds) else None
        self.updateGeometry()
        self.update()

    def set_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self._colours = colours
        self.update()

    def position(self, value: float) -> float:
        """Position of a length in angstrom on the scale, in px from the left."""
        scale = self._scale()
        low, high = self._range()
        return scale.left() + (value - low) / (high - low) * scale.width()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the rows."""
        colours = self._colours
        if colours is None or not self._rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font(self.font()))
        painter.fillRect(self.rect(), QColor(colours.background))
        line = self._line()
        painter.setPen(QColor(colours.foreground))
        title = "Sum of the four nearest distances (Å), by species"
        painter.drawText(QRectF(0, 0, self.width(), line), _LEFT, title)
        top = line * self._head()
        rows = [QRectF(0, top + line * i, self.width(), line) for i in range(len(self._rows))]
        painter.setPen(QPen(QColor(colours.faint), 1))
        for row in rows:
            y = row.center().y()
            painter.drawLine(QLineF(self._scale().left(), y, self._scale().right(), y))
        if self._ds is not None:
            self._draw_ds(painter, self._ds, colours)
        for row, (kind, sums) in zip(rows, self._rows.items(), strict=True):
            self._draw_row(painter, row, kind, sums, colours)
        painter.end()

    # ---- inside

    def _draw_ds(self, painter: QPainter, ds: float, colours: ThemeColours) -> None:
        """Draw the line and label of DS, and a tint over sums that are too small."""
        # on whole pixels, so that the line is sharp
        line, scale, x = self._line(), self._scale(), round(self.position(ds))
        rows = QRectF(scale.left(), 2 * line, scale.width(), line * len(self._rows))
        tint = QColor(colours.warning)
        tint.setAlpha(38)
        painter.fillRect(QRectF(rows.left(), rows.top(), x - rows.left(), rows.height()), tint)
        text = f"DS {ds:.4g}"
        room = QFontMetrics(painter.font()).horizontalAdvance(text) + 4
        left = min(max(x - room / 2, 0.0), self.width() - room)
        painter.setPen(QColor(colours.warning))
        painter.drawText(QRectF(left, line, room, line), _MIDDLE, text)
        painter.setPen(QPen(QColor(colours.warning), 2))
        painter.drawLine(QLineF(x, rows.top(), x, rows.bottom()))
        if x - room / 2 - scale.left() > self._width("too close") + _GUTTER:
            before = QRectF(scale.left(), line, left - scale.left() - 4, line)
            painter.setPen(QColor(colours.muted))
            painter.drawText(before, _RIGHT, "too close")

    def _draw_row(
        self, painter: QPainter, row: QRectF, kind: str, sums: list[float], colours: ThemeColours
    ) -> None:
        painter.setPen(QColor(colours.foreground))
        painter.drawText(row, _LEFT, kind)
        if kind in self.too_close:
            painter.setPen(QColor(colours.warning))
        painter.drawText(row, _RIGHT, self._value(kind))
        painter.setPen(QPen(QColor(colours.background), 1))
        painter.setBrush(QColor(self._dots.get(kind, colours.accent)))
        for total in sums:
            painter.drawEllipse(QPointF(self.position(total), row.center().y()), _DOT, _DOT)

    def _value(self, kind: str) -> str:
        low, high = min(self._rows[kind]), max(self._rows[kind])
        text = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
        return f"{text} < DS" if kind in self.too_close else text

    def _range(self) -> tuple[float, float]:
        values = [total for sums in self._rows.values() for total in sums]
        if self._ds is not None:
            values.append(self._ds)
        low, high = min(values), max(values)
        pad = max(0.12 * (high - low), 0.02 * high, 1e-6)
        return low - pad, high + pad

    def _scale(self) -> QRectF:
        """The part of the width between the species' names and their values."""
        left = max(map(self._width, self._rows), default=0) + _GUTTER
        right = max((self._width(self._value(kind)) for kind in self._rows), default=0) + _GUTTER
        return QRectF(left, 0, max(self.width() - left - right, 1), self.height())

    def _head(self) -> int:
        """Number of lines above the rows."""
        return 1 if self._ds is None else 2

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(small_font(self.font()))

    def _width(self, text: str) -> int:
        return int(self._metrics().horizontalAdvance(text))

    def _line(self) -> int:
        return int(self._metrics().height() + 3)
