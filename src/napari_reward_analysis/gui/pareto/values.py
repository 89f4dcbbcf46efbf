"""Colour the points of the Pareto plot by a quantity, with a bar that explains the colours."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_reward_analysis.arrays import FloatArray

# isort: split
# after qtpy: pyqtgraph takes the Qt binding that is loaded already
import pyqtgraph as pg

from napari_reward_analysis.gui.widgets.theme import ThemeColours, small_font

#: Smallest width of a scale, as a share of its largest value. Values that are closer
#: together look alike.
_LEAST = 0.01

# viridis without its ends, which are hard to see on a dark or a light background
_ENDS = (0.15, 0.92)
_STOPS = 8
_BAR_WIDTH = 90
_GAP = 5


@dataclass(frozen=True)
class ValueScale:
    """Colours from the smallest to the largest value.

    Attributes
    ----------
    low, high : float
        Values outside take the colours of the ends.
    """

    low: float
    high: float

    @classmethod
    def of(cls, values: FloatArray) -> ValueScale:
        """Scale of the finite ones among values of shape (n,); 0 to 1 where there are none."""
        known = values[np.isfinite(values)]
        if not known.size:
            return cls(0.0, 1.0)
        low, high = float(known.min()), float(known.max())
        return cls(min(low, high - _LEAST * (abs(high) or 1.0)), high)

    def colour(self, value: float) -> QColor:
        """Colour of a value; grey where it is not finite."""
        if not np.isfinite(value):
            return QColor(Qt.GlobalColor.gray)
        return _at(float(np.clip((value - self.low) / (self.high - self.low), 0, 1)))


def largest(values: Mapping[int, float], preferred: Sequence[Container[int]]) -> int | None:
    """Key of the largest value; None where no value is finite.

    Parameters
    ----------
    values : mapping of int to float
    preferred : sequence of containers of int
        Among equals, a key in the first container is preferred, then one in the second.
    """
    known = {name: value for name, value in values.items() if np.isfinite(value)}
    if not known:
        return None
    return max(known, key=lambda name: (known[name], *(name in some for some in preferred), -name))


class ValueBar(QWidget):
    """Name of the quantity and a bar of colours with the values at both ends, in one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._scale = ValueScale(0.0, 1.0)
        self._text, self._ground = QColor("grey"), QColor("transparent")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Name of the quantity, and the values at both ends."""
        return self._name, _number(self._scale.low), _number(self._scale.high)

    def show_scale(self, name: str, scale: ValueScale) -> None:
        """Explain this scale."""
        self._name, self._scale = name, scale
        self.setToolTip(name)
        self.update()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self._text, self._ground = QColor(colours.foreground), QColor(colours.background)
        self.update()

    def sizeHint(self) -> QSize:
        """One line with everything on it."""
        return QSize(
            self._bar_left() + _BAR_WIDTH + self._width(self.texts[2]) + _GAP, self._line()
        )

    def minimumSizeHint(self) -> QSize:
        """The bar and its ends; the name may be cut."""
        ends = self._width(self.texts[1]) + self._width(self.texts[2])
        return QSize(ends + _BAR_WIDTH + 3 * _GAP, self._line())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw name, bar and ends."""
        name, low, high = self.texts
        painter = QPainter(self)
        painter.setFont(small_font(self.font()))
        painter.fillRect(self.rect(), self._ground)
        painter.setPen(self._text)
        spare = self.width() - self.minimumSizeHint().width()
        name = self._metrics().elidedText(name, Qt.TextElideMode.ElideRight, max(spare, 0))
        x = 0
        for text in (name, low):
            painter.drawText(self._box(x, text), Qt.AlignmentFlag.AlignVCenter, text)
            x += self._width(text) + _GAP
        bar = QRectF(x, 0.25 * self.height(), _BAR_WIDTH, 0.5 * self.height())
        painter.fillRect(bar, self._gradient(bar))
        painter.drawText(
            self._box(x + _BAR_WIDTH + _GAP, high), Qt.AlignmentFlag.AlignVCenter, high
        )
        painter.end()

    def _gradient(self, bar: QRectF) -> QLinearGradient:
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for place in np.linspace(0, 1, _STOPS).tolist():
            gradient.setColorAt(place, _at(place))
        return gradient

    def _box(self, x: int, text: str) -> QRectF:
        return QRectF(x, 0, self._width(text) + 1, self.height())

    def _bar_left(self) -> int:
        return self._width(self._name) + self._width(self.texts[1]) + 2 * _GAP

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(small_font(self.font()))

    def _width(self, text: str) -> int:
        return int(self._metrics().horizontalAdvance(text)) + 1

    def _line(self) -> int:
        return int(self._metrics().height()) + 2


def _number(value: float) -> str:
    return f"{value:.3f}" if 0.1 <= abs(value) < 10 else f"{value:.3g}"


@cache
def _colour_map() -> Any:
    return pg.colormap.get("viridis")


def _at(share: float) -> QColor:
    """Colour at a share, 0 to 1, of the scale."""
    low, high = _ENDS
    colour: QColor = _colour_map().map(low + share * (high - low), mode="qcolor")
    return colour
