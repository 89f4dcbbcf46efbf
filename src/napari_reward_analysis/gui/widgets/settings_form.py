"""A form made from a settings model, with its titles, help, units, limits and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.widgets.fields import form_layout
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.setting_inputs import (
    SettingInput,
    TickInput,
    has_input,
    make_input,
    tooltip_of,
)
from napari_reward_analysis.search.nested import Make, build, by_path, merged, places_of
from napari_reward_analysis.search.settings import Described

Model = TypeVar("Model", bound=BaseModel)


class SettingsForm(QWidget, Generic[Model]):
    """An input for each field of a settings model; advanced ones in a part that folds away.

    Fields of settings within the settings are named like all others: 'trials', and not
    'atoms.trials'. A field of the outer model hides one of the same name inside.

    Parameters
    ----------
    model : type or settings
        The settings' class. Settings themselves stand for their class, and their values
        are the defaults.
    names : sequence of str, optional
        Fields that are shown, in this order; by default all that have a kind of input.
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
        # the outer model comes last, so that its fields hide those inside
        self._places = {p.field.name: p for p in reversed(list(places_of(self._model)))}
        self._places |= {p.field.name: p for p in places_of(self._model) if len(p.path) == 1}
        if names is None:
            names = [p.field.name for p in places_of(self._model) if has_input(p.field)]
        fields = [self._places[name].field for name in dict.fromkeys(names)]
        self.inputs: dict[str, SettingInput] = {
            field.name: make_input(field, self._default(field.name)) for field in fields
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
        for label in self._labels:
            label.setMinimumWidth(0)
        width = max((label.sizeHint().width() for label in self._labels), default=0)
        for label in self._labels:
            label.setMinimumWidth(width)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Align the inputs in the font of the window, which is known only now."""
        super().showEvent(event)
        self._align()

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
        """Show these values. Emits nothing.

        Parameters
        ----------
        values : settings or mapping
            Settings of this model, or values by name; missing ones stay as they are.
        """
        for name, one in self.inputs.items():
            if isinstance(values, BaseModel):
                one.set_value(_value_at(values, self._places[name].path))
            elif name in values:
                one.set_value(values[name])
        self._show_summary()

    def reset(self) -> None:
        """Go back to the defaults."""
        self.set_values(self._start)

    @property
    def fault(self) -> str:
        """Why the settings are impossible, in one sentence; empty if they are not."""
        if typed := next(filter(None, (one.fault() for one in self.inputs.values())), ""):
            return typed
        try:
            self.settings()
        except BadInput as error:
            return str(error)
        return ""

    def settings(self, make: Mapping[type[BaseModel], Make] | None = None, **more: Any) -> Model:
        """The settings with these values. Fields that are not shown keep the default.

        Parameters
        ----------
        make : mapping, optional
            Functions that make settings instead of the models, such as `as_published`.
        **more
            Values of fields that have inputs elsewhere, by name.

        Raises
        ------
        BadInput
            If a value is impossible.
        """
        given = by_path(self._model, self.values() | more)
        base = self._start.model_dump(exclude_unset=True)
        found: Model = build(self._model, merged(base, given), make, lambda field: field.title)
        return found

    def _default(self, name: str) -> Any:
        return _value_at(self._start, self._places[name].path)

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
            if wanted and value != self._default(name):
                parts.append(_in_words(one.field, value))
        return ", ".join(parts)

    def _show_summary(self) -> None:
        if self.advanced is not None:
            self.advanced.set_summary(self.changes_in_words(only_advanced=True))


def _value_at(settings: BaseModel, path: Sequence[str]) -> Any:
    found: Any = settings
    for name in path:
        found = getattr(found, name)
    return found


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
