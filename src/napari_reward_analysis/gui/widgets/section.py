"""A part of a form that folds away to one line with a summary."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel


class Section(QWidget):
    """A titled part of the form, open or folded.

    Parameters
    ----------
    title : str
        Always shown. A click on it folds and unfolds the section.
    content : QWidget
        Shown while the section is open.
    """

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self.content = content
        self.header = QToolButton()
        self.header.setText(title)
        self.header.setCheckable(True)
        self.header.setChecked(True)
        self.header.setAutoRaise(True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        font = self.header.font()
        font.setBold(True)
        self.header.setFont(font)
        self._summary = ElidedLabel()
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 4, 0)
        head.setSpacing(6)
        head.addWidget(self.header)
        head.addWidget(self._summary, 1)
        head.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(content)
        self.header.toggled.connect(self._fold)
        self._fold(True)

    @property
    def is_open(self) -> bool:
        """Whether the content is shown."""
        return bool(self.header.isChecked())

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold."""
        self.header.setChecked(is_open)

    @property
    def summary(self) -> str:
        """The line that stands for the content while it is folded."""
        return str(self._summary.text())

    def set_summary(self, text: str) -> None:
        """Say in one line what the content holds."""
        self._summary.setText(text)

    def _fold(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.header.setArrowType(arrow)
        self.content.setVisible(is_open)
        self._summary.setVisible(not is_open)
