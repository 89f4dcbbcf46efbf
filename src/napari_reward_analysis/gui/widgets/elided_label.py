"""A label that shortens its text instead of widening the dock."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from qtpy.QtWidgets import QLabel

from napari_reward_analysis.gui.widgets.theme import small_font


class ElidedLabel(QLabel):
    """One line of text that ends in an ellipsis where there is too little room.

    The tooltip then begins with the whole text.

    Parameters
    ----------
    text : str
        Shown text.
    small : bool
        Write one size smaller than the rest of the window.
    """

    def __init__(self, text: str = "", *, small: bool = False) -> None:
        super().__init__(text)
        self._small, self._help = small, ""

    def set_help(self, text: str) -> None:
        """Explain the text in the tooltip."""
        self._help = text
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Room for nothing but the ellipsis."""
        return self._room("\N{HORIZONTAL ELLIPSIS}")

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        return self._room(self.text())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw as much of the text as fits."""
        font = self._own_font()
        shown = QFontMetrics(font).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        cut = "" if shown == self.text() else self.text()
        self.setToolTip("\n".join(filter(None, (cut, self._help))))
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment(), shown)
        painter.end()

    def _own_font(self) -> QFont:
        return small_font(self.font()) if self._small else self.font()

    def _room(self, text: str) -> QSize:
        metrics = QFontMetrics(self._own_font())
        return QSize(metrics.horizontalAdvance(text) + 2, self.fontMetrics().height() + 2)
