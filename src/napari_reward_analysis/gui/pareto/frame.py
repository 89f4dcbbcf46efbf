"""Lay out the Pareto plot with titles, buttons, a legend and a text for the empty plot."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_reward_analysis.gui.pareto.values import ValueBar
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.gui.widgets.legend import LegendStrip
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class ParetoFrame:
    """The parts around the canvas of a Pareto plot.

    Parameters
    ----------
    plot : QWidget
        The widget that gets the layout.
    canvas : QWidget
        The plot itself.

    Attributes
    ----------
    front, all : QToolButton
        Buttons that fit the view to the front, and to everything.
    x_title, y_title : ElidedLabel
        Titles of the axes.
    status : ElidedLabel
        Number of trials that cannot be seen.
    bar : ValueBar
        Meaning of the colours.
    legend : LegendStrip
        Meaning of the symbols.
    placeholder : QLabel
        Text over an empty canvas.
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
        """Name the two objectives; terms of the field are explained in the tooltips."""
        self._x_label, self._y_label = x_label, y_label
        self.x_title.setText(x_label)
        self.x_title.set_help(explain(x_label))
        self.y_title.setText(f"\N{UPWARDS ARROW}  {y_label}" if y_label else "")
        self.y_title.set_help(explain(y_label))

    def show_counts(self, total: int, infeasible: int, beyond: int) -> None:
        """Show how many trials are infeasible, and how many lie outside the view."""
        parts = [f"{infeasible} of {total} infeasible"] if infeasible else []
        parts += [f"{beyond} outside the view"] if beyond else []
        self.status.setText(" \N{MIDDLE DOT} ".join(parts))

    def show_placeholder(self, empty: bool, total: int, reason: str) -> None:
        """Show over an empty plot why it is empty.

        Parameters
        ----------
        empty : bool
            Whether no point is drawn.
        total : int
            Number of trials, drawn or not.
        reason : str
            The reason why no trial is feasible, where it is known.
        """
        self.placeholder.setVisible(empty)
        if total:
            text = reason or f"None of the {total} trials is feasible so far."
            self.placeholder.setText(text)
        elif self._x_label and self._y_label:
            self.placeholder.setText(
                f"Press Run to see the trade-off between\n{self._x_label}\nand\n{self._y_label}"
            )
        else:
            self.placeholder.setText("Press Run to see the trade-off between the two objectives.")

    def place(self) -> None:
        """Keep the text over the canvas."""
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
