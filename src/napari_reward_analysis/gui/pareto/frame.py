"""What stands around the Pareto plot: titles, buttons, legend, and words where it is empty."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_reward_analysis.gui.pareto.values import ValueBar
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.legend import LegendStrip
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class ParetoFrame:
    """Lays out a plot's canvas with all that belongs to it.

    Parameters
    ----------
    plot : QWidget
        The widget that gets the layout.
    canvas : QWidget
        In its middle.

    Attributes
    ----------
    front, all : QToolButton
        Fit the view to the front, to everything.
    x_title, y_title : ElidedLabel
        What the axes are.
    status : ElidedLabel
        How many trials are not to be seen.
    bar : ValueBar
        What the colours stand for.
    legend : LegendStrip
        What the symbols stand for.
    placeholder : QLabel
        Over the canvas, where there is no point.
    """

    def __init__(self, plot: QWidget, canvas: QWidget) -> None:
        self._canvas = canvas
        self._x_label, self._y_label = "", ""
        self.y_title, self.x_title = ElidedLabel(), ElidedLabel()
        self.status = ElidedLabel(small=True)
        self.front = _button("Front", "Fit the view to the Pareto front (double click)")
        self.all = _button("All", "Fit the view to every feasible trial")
        self.bar, self.legend = ValueBar(), LegendStrip()
        self.placeholder = QLabel(plot)
        self.placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.placeholder.setWordWrap(True)
        self.placeholder.setMargin(48)
        self.placeholder.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._lay_out(plot)

    def set_axis_labels(self, x_label: str, y_label: str) -> None:
        """Name the two objectives."""
        self._x_label, self._y_label = x_label, y_label
        self.x_title.setText(x_label)
        self.y_title.setText(f"\N{UPWARDS ARROW}  {y_label}" if y_label else "")

    def show_counts(self, total: int, infeasible: int, beyond: int) -> None:
        """Tell how many trials are infeasible, and how many lie beyond the view."""
        parts = [f"{infeasible} of {total} infeasible"] if infeasible else []
        parts += [f"{beyond} off view"] if beyond else []
        self.status.setText(" \N{MIDDLE DOT} ".join(parts))

    def show_placeholder(self, empty: bool, total: int, reason: str) -> None:
        """Say over an empty plot why it is empty.

        Parameters
        ----------
        empty : bool
            Whether no point is drawn.
        total : int
            Trials, drawn or not.
        reason : str
            Why none of them is feasible; '' to count them.
        """
        self.placeholder.setVisible(empty)
        if total:
            text = reason or f"None of {total} trials is feasible so far."
            self.placeholder.setText(text)
        elif self._x_label and self._y_label:
            self.placeholder.setText(
                f"Run to see the trade-off between\n{self._x_label}\nand\n{self._y_label}"
            )
        else:
            self.placeholder.setText("Run to see the trade-off between the two objectives.")

    def place(self) -> None:
        """Keep the words over the canvas."""
        self.placeholder.setGeometry(self._canvas.geometry())

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self.placeholder.setStyleSheet(f"color: {colours.muted}; background: transparent;")
        for label in (self.x_title, self.y_title, self.status):
            label.setStyleSheet(f"color: {colours.foreground}; background: {colours.background};")
        self.bar.apply_colours(colours)
        for button in (self.front, self.all):
            button.setStyleSheet(
                f"QToolButton {{ color: {colours.foreground}; background: {colours.background};"
                f"border: 1px solid {colours.muted}; border-radius: 3px; padding: 0 6px; }}"
            )

    def _lay_out(self, plot: QWidget) -> None:
        head = QHBoxLayout()
        head.addWidget(self.y_title, 1)
        for button in (self.front, self.all):
            head.addWidget(button)
        foot = QHBoxLayout()
        foot.addWidget(self.status, 1)
        foot.addWidget(self.x_title)
        column = QVBoxLayout(plot)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self._canvas, 1)
        column.addLayout(foot)
        column.addWidget(self.bar)
        column.addWidget(self.legend)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
