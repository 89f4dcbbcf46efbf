"""A form made from a settings model: titles, tooltips, units, limits and defaults are its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.widgets.fields import form_layout
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.setting_inputs import (
    SettingInput,
    TickInput,
    make_input,
    tooltip_of,
)
from napari_reward_analysis.search.faults import fault_in_words
from napari_reward_analysis.search.settings import Described, described_fields

Model = TypeVar("Model", bound=BaseModel)


class SettingsForm(QWidget, Generic[Model]):
    """An input for each field of a settings model; advanced ones in a part that folds away.

    Parameters
    ----------
    model : type or settings
        The settings' class. Settings themselves stand for their class, and their values
        are the defaults.
    names : sequence of str, optional
        Fields that are shown, in this order; all by default.
    advanced : str or None
        Title of the part that folds away; None shows advanced fields among the others.

    Attributes
    ----------
    inputs : dict of str to SettingInput
        By the field's name.
    advanced : Section or None
        The part that folds away, None where no field is advanced.

    Signals
    -------
    changed
        The user has changed a value.
    """

    changed = Signal()

    def __init__(
        self,
        model: type[Model] | Model,
        names: Sequence[str] | None = None,
        *,
        advanced: str | None = "Advanced",
    ) -> None:
        super().__init__()
        self._start: Model = model() if isinstance(model, type) else model
        self._model = type(self._start)
        known = {field.name: field for field in described_fields(self._model)}
        fields = [known[name] for name in (known if names is None else names)]
        self.inputs: dict[str, SettingInput] = {
            field.name: make_input(field, getattr(self._start, field.name)) for field in fields
        }
        for one in self.inputs.values():
            one.changed.connect(self.changed.emit)
        self._labels: list[QLabel] = []
        folded = [field for field in fields if field.advanced and advanced is not None]
        self._build([field for field in fields if field not in folded], folded, advanced or "")
        self.changed.connect(self._show_summary)

    def _build(self, plain: list[Described], folded: list[Described], title: str) -> None:
        content = QWidget()
        self._rows = form_layout(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(content)
        for field in plain:
            self._add_field(self._rows, field)
        self.advanced: Section | None = None
        if folded:
            holder = QWidget()
            layout = form_layout(holder)
            for field in folded:
                self._add_field(layout, field)
            self.advanced = Section(title, holder)
            self.advanced.set_open(False)
            column.addWidget(self.advanced)
            self._show_summary()
        self._align()

    def _add_field(self, layout: QFormLayout, field: Described) -> None:
        one = self.inputs[field.name]
        label = QLabel("" if isinstance(one, TickInput) else field.title)
        label.setToolTip(tooltip_of(field))
        layout.addRow(label, one)
        self._labels.append(label)

    def _align(self) -> None:
        """Let the inputs of both parts begin in one line."""
        width = max((label.sizeHint().width() for label in self._labels), default=0)
        for label in self._labels:
            label.setMinimumWidth(width)

    def insert_row(self, place: int, title: str, widget: QWidget, help_text: str = "") -> None:
        """Add a row with a widget of one's own to the part that does not fold away.

        Parameters
        ----------
        place : int
            Number of the row, from 0; -1 for the last.
        title : str
            The label.
        widget : QWidget
            The input.
        help_text : str
            Tooltip of the label.
        """
        label = QLabel(title)
        label.setToolTip(help_text)
        self._rows.insertRow(place, label, widget)
        self._labels.append(label)
        self._align()

    def control(self, name: str) -> Any:
        """The Qt widget in which a field is typed, ticked or chosen."""
        return self.inputs[name].control

    # ---- values

    def values(self) -> dict[str, Any]:
        """The value of every field that is shown, by its name."""
        return {name: one.value() for name, one in self.inputs.items()}

    def set_values(self, values: BaseModel | Mapping[str, Any]) -> None:
        """Show these values; fields that they lack stay as they are. Emits nothing."""
        given = dict(values)
        for name, one in self.inputs.items():
            if name in given:
                one.set_value(given[name])
        self._show_summary()

    def reset(self) -> None:
        """Back to the defaults."""
        self.set_values(self._start)

    @property
    def fault(self) -> str:
        """Why the settings are impossible, in one sentence; empty when they are not."""
        if typed := next(filter(None, (one.fault() for one in self.inputs.values())), ""):
            return typed
        try:
            self.settings()
        except BadInput as error:
            return str(error)
        return ""

    def settings(self, **more: Any) -> Model:
        """The settings with these values; what is not shown keeps the default.

        Parameters
        ----------
        **more
            Values of fields that have inputs elsewhere.

        Raises
        ------
        BadInput
            If a value is impossible.
        """
        try:
            return self._model(**{**dict(self._start), **self.values(), **more})
        except ValidationError as error:
            raise BadInput(fault_in_words(error, self._model)) from error

    def changes_in_words(self, *, only_advanced: bool = False, without: Sequence[str] = ()) -> str:
        """The values that differ from the defaults, in a few words.

        Parameters
        ----------
        only_advanced : bool
            Leave out fields that are not advanced.
        without : sequence of str
            Names of fields to leave out.
        """
        parts = []
        for name, one in self.inputs.items():
            value, advanced = one.value(), one.field.advanced
            wanted = name not in without and (advanced or not only_advanced)
            if wanted and value != getattr(self._start, name):
                parts.append(_in_words(one.field, value))
        return ", ".join(parts)

    def _show_summary(self) -> None:
        if self.advanced is not None:
            self.advanced.set_summary(self.changes_in_words(only_advanced=True))


def _in_words(field: Described, value: Any) -> str:
    title = field.title.lower()
    if isinstance(value, bool):
        return title if value else f"not {title}"
    if value is None:
        return f"{title} {field.empty or 'automatic'}"
    if isinstance(value, dict | tuple):
        return f"{title} chosen"
    text = field.choices.get(value, value) if isinstance(value, str) else f"{value:g}"
    return " ".join(filter(None, (title, text, field.unit)))
