"""Inputs for settings: one kind of input for each type of field."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from napari_reward_analysis.gui.widgets.fields import Limits, NumberField, choice, whole_number
from napari_reward_analysis.search.settings import Described, described_fields

#: Largest number that Qt's field for whole numbers takes.
_LARGEST = 2**31 - 1
#: Letters in a line of a tooltip.
_LINE = 72
#: Tick boxes in a row.
_ABREAST = 2


def tooltip_of(field: Described) -> str:
    """The help of a field, its unit and the meaning of an empty input, in short lines."""
    unit = f" Unit: {field.unit}." if field.unit else ""
    empty = f" Empty: {field.empty}." if field.empty else ""
    return textwrap.fill(f"{field.help}{unit}{empty}", _LINE)


def limits_of_field(field: Described) -> Limits:
    """Bounds of a number, read from the field."""
    low, high, above, below = -math.inf, math.inf, False, False
    for bound in field.info.metadata:
        if isinstance(bound, Ge | Gt):
            low, above = _number(bound.ge if isinstance(bound, Ge) else bound.gt), False
            above = isinstance(bound, Gt)
        elif isinstance(bound, Le | Lt):
            high = _number(bound.le if isinstance(bound, Le) else bound.lt)
            below = isinstance(bound, Lt)
    return Limits(low, high, above=above, below=below, whole=_type_of(field)[0] is int)


def field_named(model: type[BaseModel], name: str) -> Described:
    """The field of a settings model that has this name."""
    return next(field for field in described_fields(model) if field.name == name)


def has_input(field: Described) -> bool:
    """Whether there is an input for fields of this type."""
    return _kind_of_input(field) is not None


def make_input(field: Described, default: Any) -> SettingInput:
    """The input for a field of settings.

    Parameters
    ----------
    field : Described
        As from `described_fields`.
    default : object
        The value that an untouched input gives.

    Raises
    ------
    TypeError
        If there is no input for fields of this type.
    """
    kind = _kind_of_input(field)
    if kind is None:
        raise TypeError(f"There is no input for {field.name} of type {field.info.annotation}.")
    optional = _type_of(field)[1]
    made: SettingInput
    if kind is NumberInput:
        made = NumberInput(field, default, optional=optional)
    elif kind is ChoiceInput:
        made = ChoiceInput(field, optional=optional)
    else:
        made = kind(field)
    made.set_value(default)
    return made


def _kind_of_input(field: Described) -> Any:
    """The class of the input for a field; None where there is none."""
    kind, optional = _type_of(field)
    if get_origin(kind) is Literal:
        return ChoiceInput
    if optional:
        return NumberInput if kind in (int, float) else None
    if get_origin(kind) is dict:
        ranges = get_args(kind)[1] == tuple[float, float] and _is_literal(get_args(kind)[0])
        return RangesInput if ranges else None
    if get_origin(kind) is tuple and get_args(kind)[1:] == (Ellipsis,):
        return _kind_of_many(field, get_args(kind)[0])
    return {bool: TickInput, int: WholeInput, float: NumberInput}.get(kind)


def _kind_of_many(field: Described, one: Any) -> Any:
    if one is float:
        return NumbersInput
    return TicksInput if _is_literal(one) or (one is str and field.every) else None


class SettingInput(QWidget):
    """Base of the inputs: a control with the unit beside it.

    Parameters
    ----------
    field : Described
        The setting.
    control : QWidget
        The Qt widget that the user changes.

    Signals
    -------
    changed
        The user has changed the value.
    """

    changed = Signal()

    def __init__(self, field: Described, control: QWidget) -> None:
        super().__init__()
        self.field, self.control = field, control
        control.setToolTip(tooltip_of(field))
        control.setAccessibleName(field.title)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(5)
        line.addWidget(control, 1)
        if field.unit:
            line.addWidget(QLabel(field.unit))

    def value(self) -> Any:
        """The value, ready for the settings."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value. Emits nothing."""
        self.blockSignals(True)
        self._show(value)
        self.blockSignals(False)

    def fault(self) -> str:
        """A sentence when the input holds no value of its type; else empty."""
        return ""

    def _show(self, value: Any) -> None:
        raise NotImplementedError


class TickInput(SettingInput):
    """A box to tick, with the title beside it."""

    def __init__(self, field: Described) -> None:
        self.box = QCheckBox(field.title)
        super().__init__(field, self.box)
        self.box.toggled.connect(lambda _: self.changed.emit())

    def value(self) -> bool:
        """Whether the box is ticked."""
        return bool(self.box.isChecked())

    def _show(self, value: Any) -> None:
        self.box.setChecked(bool(value))


class ChoiceInput(SettingInput):
    """A list of the allowed names; the first entry is None where the setting is optional."""

    def __init__(self, field: Described, *, optional: bool) -> None:
        words = {key: field.choices.get(key, key.replace("_", " ")) for key in _names(field)}
        entries = {"": field.empty or "automatic"} | words if optional else words
        self.box: QComboBox = choice(field.title, entries)
        super().__init__(field, self.box)
        self.box.currentIndexChanged.connect(lambda _: self.changed.emit())

    def value(self) -> str | None:
        """The chosen name."""
        return str(self.box.currentData()) or None

    def _show(self, value: Any) -> None:
        self.box.setCurrentIndex(self.box.findData("" if value is None else value))


class WholeInput(SettingInput):
    """A whole number with arrows to step it."""

    def __init__(self, field: Described) -> None:
        limits = limits_of_field(field)
        low = max(limits.low + limits.above, -_LARGEST)
        high = min(limits.high - limits.below, _LARGEST)
        self.box: QSpinBox = whole_number(field.title, int(low), int(high), int(low))
        super().__init__(field, self.box)
        self.box.valueChanged.connect(lambda _: self.changed.emit())

    def value(self) -> int:
        """The number."""
        return int(self.box.value())

    def _show(self, value: Any) -> None:
        self.box.setValue(int(value))


class NumberInput(SettingInput):
    """A number to type. An empty input stands for None or, where that is not allowed, the default.

    Parameters
    ----------
    field : Described
    default : float or None
        Shown in grey.
    optional : bool
        Whether the setting may be None.
    """

    def __init__(self, field: Described, default: float | None, *, optional: bool) -> None:
        self.box = NumberField(field.title, limits_of_field(field))
        super().__init__(field, self.box)
        self._default = None if optional else default
        self.box.set_default(self._default, missing=field.empty or "automatic")
        self.box.value_changed.connect(self.changed.emit)

    def value(self) -> float | None:
        """The number, or the value that an empty input stands for."""
        number = self.box.value()
        if number is None:
            return self._default
        return int(number) if self.box.limits.whole else number

    def fault(self) -> str:
        """A sentence when the text is no number within the limits."""
        return self.box.fault()

    def _show(self, value: Any) -> None:
        self.box.set_value(None if value == self._default else value)


class TicksInput(SettingInput):
    """Names to tick, two in a row."""

    def __init__(self, field: Described) -> None:
        holder = QWidget()
        super().__init__(field, holder)
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        for place, name in enumerate(_names(field)):
            box = QCheckBox(field.choices.get(name, name.replace("_", " ")))
            box.setToolTip(tooltip_of(field))
            box.toggled.connect(lambda _: self.changed.emit())
            grid.addWidget(box, *divmod(place, _ABREAST))
            self.boxes[name] = box

    def value(self) -> tuple[str, ...]:
        """Ticked names, in the order of the settings."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def _show(self, value: Any) -> None:
        for name, box in self.boxes.items():
            box.setChecked(name in value)


class NumbersInput(SettingInput):
    """Several numbers with commas between them."""

    def __init__(self, field: Described) -> None:
        self.box = QLineEdit()
        super().__init__(field, self.box)
        self.box.textEdited.connect(lambda _: self.changed.emit())

    def value(self) -> tuple[float, ...]:
        """The numbers; none where the text holds anything else."""
        return _numbers(self.box.text()) or ()

    def fault(self) -> str:
        """A sentence when the text is no list of numbers."""
        text = self.box.text().strip()
        if _numbers(text) is not None:
            return ""
        example = "write numbers with commas between them, such as 0, 0.2, 0.4"
        return f"{self.field.title}: {text!r} is no list of numbers; {example}."

    def _show(self, value: Any) -> None:
        self.box.setText(", ".join(f"{number:g}" for number in value))


class RangesInput(SettingInput):
    """Lowest and highest value by name; both ends are empty where the range is automatic."""

    def __init__(self, field: Described) -> None:
        holder = QWidget()
        super().__init__(field, holder)
        self.ends: dict[str, tuple[NumberField, NumberField]] = {}
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        for place, name in enumerate(_names(field)):
            words = field.choices.get(name, name.replace("_", " "))
            grid.addWidget(QLabel(words), place, 0)
            low, high = (NumberField(f"{words}, {end}", Limits()) for end in ("lowest", "highest"))
            for column, box in enumerate((low, high), start=1):
                box.setToolTip(tooltip_of(field))
                box.set_default(None, missing=field.empty or "automatic")
                box.value_changed.connect(self.changed.emit)
                grid.addWidget(box, place, column)
            self.ends[name] = (low, high)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)

    def value(self) -> dict[str, tuple[float, float]]:
        """Ranges of which both ends are typed."""
        typed = {name: (low.value(), high.value()) for name, (low, high) in self.ends.items()}
        return {n: (a, b) for n, (a, b) in typed.items() if a is not None and b is not None}

    def fault(self) -> str:
        """A sentence when an end is no number or is missing, or a range is empty."""
        return next(filter(None, (fault_of_range(*ends) for ends in self.ends.values())), "")

    def _show(self, value: Mapping[str, tuple[float, float]]) -> None:
        for name, ends in self.ends.items():
            for box, end in zip(ends, value.get(name, (None, None)), strict=True):
                box.set_value(end)


def fault_of_range(low: NumberField, high: NumberField) -> str:
    """A sentence when the ends of a range make no range; else empty.

    Parameters
    ----------
    low, high : NumberField
        Named 'NAME, lowest' and 'NAME, highest'.
    """
    if fault := low.fault() or high.fault():
        return fault
    name, first, last = low.name.rpartition(",")[0], low.value(), high.value()
    if (first is None) != (last is None):
        return f"{name}: type both ends of its range, or neither."
    if first is not None and last is not None and first > last:
        return f"{name}: the range {first:g} to {last:g} is empty: give the lower end first."
    return ""


# ---- types


def _type_of(field: Described) -> tuple[Any, bool]:
    """The type of a field without None, and whether None is allowed."""
    kind: Any = field.info.annotation
    if get_origin(kind) not in (Union, UnionType):
        return kind, False
    parts = [part for part in get_args(kind) if part is not NoneType]
    return (parts[0] if len(parts) == 1 else kind), len(parts) < len(get_args(kind))


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _names(field: Described) -> tuple[str, ...]:
    """The names that a field allows: of its innermost `Literal`, or of its registry."""
    if field.every is not None:
        return field.every()
    kind = _type_of(field)[0]
    while not _is_literal(kind):
        kind = get_args(kind)[0]
    return tuple(str(name) for name in get_args(kind))


def _number(bound: Any) -> float:
    return float(bound)


def _numbers(text: str) -> tuple[float, ...] | None:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return found if all(map(math.isfinite, found)) else None
