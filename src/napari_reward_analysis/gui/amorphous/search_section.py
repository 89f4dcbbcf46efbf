"""Section 4 of the form: the kind of search, its length, and its fixed parameters."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.analyses.amorphous.as_published import as_published, is_as_published
from napari_reward_analysis.analyses.amorphous.published_fields import FIELDS, FIXED
from napari_reward_analysis.analyses.amorphous.settings import (
    AmorphousSettings,
    ParameterName,
    Value,
)
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.widgets.fields import NumberField, choice, row
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm
from napari_reward_analysis.search.faults import fault_in_words

_WAYS = {"full": "full space", "published": "as published"}
_SEARCHED = "searched"
#: Fields that need no input of their own kind.
_PLAIN = ("trials", "seed", "sampler", "seconds", "patience", "atom_trials")
#: Fields of that kind that the published search sets.
_SET_AS_PUBLISHED = ("orientations", "significant", "start_at_defaults")
#: Parameters of `fixed` that have an input.
_OWN: tuple[ParameterName, ...] = ("class", "window")


class RegionSearchSection(QWidget):
    """Kind of search, trials, seed, class, window, and advanced settings.

    Attributes
    ----------
    plain : SettingsForm
        Settings that have a plain input.
    way : QComboBox
        The full search, or the published one.
    trials, seed, of_class, window_size : QWidget
        Inputs of these settings.

    Signals
    -------
    changed
        The user has changed a value.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        #: Fields of the shown run that have no input.
        self._other: dict[str, Any] = {}
        #: Fields that the published search sets, as chosen for the full one.
        self._full: dict[str, Any] = {}
        self._build()
        self.way.currentIndexChanged.connect(self._on_way)
        for signal in (
            self.plain.changed,
            self.of_class.currentIndexChanged,
            self.window_size.value_changed,
        ):
            signal.connect(lambda *_: self.changed.emit())

    def _build(self) -> None:
        self.way = choice("Search", _WAYS)
        self.way.setToolTip(
            "Full space: all parameters are searched, judged by compactness, perimeter and\n"
            "unexplained disorder.\n"
            "As published: threshold and covariance of the brightest class are searched, judged\n"
            "by compactness and perimeter."
        )
        self.of_class = choice("Class", {"": _SEARCHED})
        self.of_class.setToolTip("Columns in which order is measured")
        self.window_size = NumberField("Window")
        self.window_size.set_default(None, missing=_SEARCHED)
        self.window_size.setToolTip("Half the side of a patch, in mean spacings of the columns")
        self.plain = SettingsForm(AmorphousSettings, (*_PLAIN, *_SET_AS_PUBLISHED))
        self.trials, self.seed = (self.plain.control(name) for name in ("trials", "seed"))
        self.plain.insert_row(0, "Search", self.way, self.way.toolTip())
        self.plain.insert_row(-1, "Class", self.of_class, self.of_class.toolTip())
        window = row(self.window_size, "spacings", stretch=0)
        self.plain.insert_row(-1, "Window", window, self.window_size.toolTip())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plain)

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Offer these classes. A choice that is no longer there goes back to all."""
        chosen = self.of_class.currentData()
        self.of_class.blockSignals(True)
        self.of_class.clear()
        for key, text in {"": _SEARCHED, "all": "all", **{name: name for name in names}}.items():
            self.of_class.addItem(text, key)
        self.of_class.setCurrentIndex(max(0, self.of_class.findData(chosen)))
        self.of_class.blockSignals(False)

    @property
    def as_published(self) -> bool:
        """Whether the search is the published one."""
        return bool(self.way.currentData() == "published")

    def fault(self) -> str:
        """Why the search is impossible, in one sentence; empty if it is not."""
        return self.plain.fault or self.window_size.fault()

    def settings(self, kinds: int | None) -> AmorphousSettings:
        """Settings of the search, with a number of classes.

        Raises
        ------
        BadInput
            If a value is impossible.
        """
        fixed: dict[ParameterName, Value] = dict(self._other.get("fixed", {}))
        if self.of_class.currentData():
            fixed["class"] = str(self.of_class.currentData())
        if (window := self.window_size.value()) is not None:
            fixed["window"] = window
        fields = {**self._other, **self.plain.values(), "kinds": kinds, "fixed": fixed}
        try:
            if not self.as_published:
                return AmorphousSettings(**fields)
            return as_published(**{n: v for n, v in fields.items() if n not in FIELDS})
        except ValidationError as error:
            raise BadInput(fault_in_words(error, AmorphousSettings)) from error

    def show_settings(self, settings: AmorphousSettings) -> None:
        """Show the settings of a run. Emits nothing."""
        published = is_as_published(settings)
        self.blockSignals(True)
        self.way.blockSignals(True)
        self.way.setCurrentIndex(self.way.findData("published" if published else "full"))
        self.way.blockSignals(False)
        self.plain.set_values(settings)
        of_class, window = (settings.fixed.get(name) for name in _OWN)
        self.of_class.setCurrentIndex(max(0, self.of_class.findData(of_class or "")))
        if published and window == FIXED["window"]:
            window = None
        self.window_size.set_value(None if window is None else float(window))
        self._full = {} if published else self._chosen()
        shown = {*self.plain.inputs, "kinds"}
        self._other = {name: value for name, value in settings if name not in shown}
        self._other["fixed"] = {n: value for n, value in settings.fixed.items() if n not in _OWN}
        self._show_published()
        self.blockSignals(False)

    def summary(self) -> str:
        """The section in one line."""
        trials = f"{self.plain.values()['trials']} trials"
        changes = self.plain.changes_in_words(without=("trials",))
        return ", ".join(filter(None, (self.way.currentText(), trials, changes)))

    # ---- inside

    def _chosen(self) -> dict[str, Any]:
        values = self.plain.values()
        return {name: values[name] for name in _SET_AS_PUBLISHED}

    def _on_way(self) -> None:
        # the other fields belong to the former kind of search
        self._other = {}
        if self.as_published:
            self._full = self._chosen()
        self._show_published()
        self.changed.emit()

    def _show_published(self) -> None:
        """Show the values that the published search sets, or those chosen before."""
        published = self.as_published
        self.plain.set_values(FIELDS if published else self._full or _usual())
        for name in _SET_AS_PUBLISHED:
            self.plain.inputs[name].setEnabled(not published)


def _usual() -> dict[str, Any]:
    """The default of the fields that the published search sets."""
    return {name: getattr(AmorphousSettings(), name) for name in _SET_AS_PUBLISHED}
