"""Small inputs from which the sections of the forms are built."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QKeyEvent, QWheelEvent
from qtpy.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

#: Change of a number by one press of an arrow key, as a share of the number.
_STEP = 0.01


@dataclass(frozen=True)
class Limits:
    """Bounds of a number.

    Attributes
    ----------
    low, high : float
        Smallest and largest number; infinite for none.
    above, below : bool
        Whether the number must be larger than `low`, smaller than `high`.
    whole : bool
        Whether only whole numbers are allowed.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False
    whole: bool = False

    def fault(self, name: str, number: float) -> str:
        """A sentence when a number is out of bounds; else empty."""
        if self.whole and number != round(number):
            return f"{name} must be a whole number, not {number:g}."
        if number < self.low or (self.above and number == self.low):
            bound = "larger than" if self.above else "at least"
            return f"{name} must be {bound} {self.low:g}."
        if number > self.high or (self.below and number == self.high):
            bound = "below" if self.below else "at most"
            return f"{name} must be {bound} {self.high:g}."
        return ""


#: Any number larger than zero.
POSITIVE = Limits(0.0, above=True)
#: Zero, or any number larger than it.
NOT_NEGATIVE = Limits(0.0)


class NumberField(QLineEdit):
    """A number or nothing. An empty field stands for the default that it shows in grey.

    The up and down keys change the number: a whole number by one, others by a hundredth.

    Parameters
    ----------
    name : str
        The name of the field in messages and for screen readers.
    limits : Limits
        Bounds of the number.
    """

    #: The user has changed the text, whether or not it is a number.
    value_changed = Signal()

    def __init__(self, name: str, limits: Limits = POSITIVE) -> None:
        super().__init__()
        self.name, self.limits = name, limits
        self._default: float | None = None
        self.setAccessibleName(name)
        self.setMinimumWidth(60)
        self.setClearButtonEnabled(True)
        self.textEdited.connect(self.value_changed.emit)

    def value(self) -> float | None:
        """The number, None where the field is empty or holds no such number."""
        number = self._number()
        return None if number is None or self.limits.fault(self.name, number) else number

    def fault(self) -> str:
        """A sentence when the text is no number in its bounds; else empty."""
        if not self.text().strip():
            return ""
        number = self._number()
        if number is None:
            return f"{self.name}: {self.text().strip()!r} is not a number."
        return self.limits.fault(self.name, number)

    def set_value(self, value: float | None) -> None:
        """Show a number, or the default for None. Emits nothing."""
        digits = ".0f" if self.limits.whole else ".7g"
        text = "" if value is None else f"{value:{digits}}"
        if text != self.text():
            self.blockSignals(True)
            self.setText(text)
            self.blockSignals(False)

    def set_default(self, value: float | None, missing: str = "") -> None:
        """Show in grey the number that an empty field stands for, or a word for it."""
        self._default = value
        self.setPlaceholderText(missing if value is None else f"{value:.6g}")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Step with the up and down keys."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        key = None if event is None else event.key()
        start = self._number() if self.text().strip() else self._default
        if key in steps and start is not None:
            step = steps[Qt.Key(key)]
            moved = start + step if self.limits.whole else start * (1 + _STEP * step)
            self.setText(f"{moved:.0f}" if self.limits.whole else f"{moved:.5g}")
            self.value_changed.emit()
            return
        super().keyPressEvent(event)

    def _number(self) -> float | None:
        # a comma is a decimal point where people write it so
        try:
            number = float(self.text().strip().replace(",", "."))
        except ValueError:
            return None
        return number if math.isfinite(number) else None


class Choice(QComboBox):
    """A list to choose from. The mouse wheel scrolls the form and does not change it."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Pass the event on to the form."""
        if event is not None:
            event.ignore()


class WholeNumber(QSpinBox):
    """A whole number. The mouse wheel scrolls the form and does not change it."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Pass the event on to the form."""
        if event is not None:
            event.ignore()


def whole_number(name: str, low: int, high: int, value: int) -> QSpinBox:
    """A field for a whole number."""
    box = WholeNumber()
    box.setRange(low, high)
    box.setValue(value)
    box.setAccessibleName(name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def choice(name: str, entries: dict[str, str]) -> QComboBox:
    """A list to choose from that shrinks in a narrow dock.

    Parameters
    ----------
    name : str
        Name for screen readers.
    entries : dict
        Shown text of each entry, by its key.
    """
    box = Choice()
    for key, text in entries.items():
        box.addItem(text, key)
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def form_layout(parent: QWidget) -> QFormLayout:
    """A form layout in which the fields take the width that the labels leave."""
    layout = QFormLayout(parent)
    layout.setContentsMargins(4, 2, 4, 4)
    layout.setHorizontalSpacing(8)
    layout.setVerticalSpacing(4)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return layout


def row(*widgets: QWidget | str, stretch: int | None = None) -> QWidget:
    """A row of widgets. Text becomes a label.

    Parameters
    ----------
    *widgets : QWidget or str
        From left to right.
    stretch : int, optional
        Index of the widget that takes the spare width; by default a gap at the end does.
    """
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    for number, widget in enumerate(widgets):
        item = QLabel(widget) if isinstance(widget, str) else widget
        layout.addWidget(item, 1 if number == stretch else 0)
    if stretch is None:
        layout.addStretch(1)
    return holder
