"""A scroll area for a dock that scrolls vertically and is always wide enough."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget


class VerticalScrollArea(QScrollArea):
    """A vertical scroll area that is as wide as its content needs.

    Parameters
    ----------
    content : QWidget
        The widget that is scrolled.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def minimumSizeHint(self) -> QSize:
        """The width of the content and the scroll bar."""
        content, bar = self.widget(), self.verticalScrollBar()
        if content is None or bar is None:
            return super().minimumSizeHint()
        return QSize(content.minimumSizeHint().width() + bar.sizeHint().width(), 120)

    def sizeHint(self) -> QSize:
        """Somewhat wider than the minimum."""
        return QSize(self.minimumSizeHint().width() + 40, 800)
