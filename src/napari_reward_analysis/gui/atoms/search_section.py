"""Section 3 of the form: the workflow, the length of the search, and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.settings import (
    PARAMETERS,
    AtomsSettings,
    ParameterName,
)
from napari_reward_analysis.gui.atoms.parameter_ranges import ParameterRanges
from napari_reward_analysis.gui.atoms.workflow_inputs import WorkflowInputs
from napari_reward_analysis.gui.widgets.fields import choice, row
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.setting_inputs import field_named, tooltip_of
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm

_TWO: tuple[ParameterName, ...] = ("threshold", "overlap")
_SEARCHES = {"all": "all", "two": "threshold and overlap", "own": "as ticked below"}
#: Fields that need no input of their own kind.
_PLAIN = ("trials", "seed", "refine", "sampler", "seconds", "patience")


class SearchSection(QWidget):
    """Workflow, number of trials, searched parameters, and advanced settings of the search.

    Attributes
    ----------
    settings : SettingsForm
        Settings that have a plain input.
    trials, seed, sampler, refine : QWidget
        Inputs of these settings.
    workflow : WorkflowInputs
        Stages, rewards and thresholds.
    parameters : ParameterRanges
        Searched parameters and their ranges.
    searches : QComboBox
        The searched parameters by a short name.

    Signals
    -------
    changed
        The user has changed a value.
    reset_asked
        The user wants the defaults back.
    """

    changed = Signal()
    reset_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._build()
        self._show_search()
        for part in (self.settings, self.workflow, self.parameters):
            part.changed.connect(self.changed.emit)
        self.parameters.ticked.connect(self._on_ticked)
        self.searches.currentIndexChanged.connect(self._on_search)
        self.reset.clicked.connect(lambda: self.reset_asked.emit())

    def _build(self) -> None:
        searched = field_named(AtomsSettings, "search")
        self.searches = choice(searched.title, _SEARCHES)
        self.searches.setToolTip(tooltip_of(searched))
        self.workflow = WorkflowInputs(self)
        self.parameters = ParameterRanges()
        self.parameters.set_values(dict(AtomsSettings()))
        self.settings = SettingsForm(AtomsSettings, _PLAIN, advanced="Advanced search settings")
        self.trials, self.seed = (self.settings.control(name) for name in ("trials", "seed"))
        self.sampler, self.refine = (self.settings.control(n) for n in ("sampler", "refine"))
        self.settings.insert_row(
            0, "Workflow", self.workflow.preset, self.workflow.preset.toolTip()
        )
        self.settings.insert_row(-1, "Search over", self.searches, self.searches.toolTip())
        self.reset = QPushButton("Reset to defaults")
        self.ranges = Section("Ranges of the parameters", self.parameters)
        self.ranges.set_open(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        foot = row(self.reset)
        foot.setContentsMargins(4, 0, 4, 2)
        for widget in (self.settings, self.workflow.section, self.ranges, foot):
            column.addWidget(widget)

    # ---- values

    def values(self) -> dict[str, Any]:
        """Fields of the settings that have an input here."""
        return {**self.settings.values(), **self.workflow.values(), **self.parameters.values()}

    def set_values(self, values: Mapping[str, Any], *, as_published: bool = False) -> None:
        """Show fields of settings; missing ones take the default. Emits nothing."""
        whole = {**dict(AtomsSettings()), **values}
        self.settings.set_values(whole)
        self.workflow.set_values(whole, as_published=as_published)
        self.parameters.set_values(whole)
        self._show_search()

    @property
    def as_published(self) -> bool:
        """Whether the search is the published one."""
        return self.workflow.as_published

    def faults(self) -> tuple[str, ...]:
        """A sentence for every impossible value."""
        found = (self.settings.fault, *self.workflow.faults(), *self.parameters.faults())
        return tuple(fault for fault in found if fault)

    def summary(self) -> str:
        """The section in one line."""
        parts = [f"{self.settings.values()['trials']} trials", _words(self.parameters.searched)]
        parts += [*self.workflow.summary(), self.settings.changes_in_words(without=("trials",))]
        return ", ".join(filter(None, parts))

    # ---- reactions to the user

    def _on_search(self) -> None:
        wanted = {"all": PARAMETERS, "two": _TWO}.get(str(self.searches.currentData()))
        if wanted is not None:
            self.parameters.tick(wanted)
        else:
            self.ranges.set_open(True)
        self.changed.emit()

    def _on_ticked(self) -> None:
        self._show_search()
        self.changed.emit()

    def _show_search(self) -> None:
        key = {PARAMETERS: "all", _TWO: "two"}.get(self.parameters.searched, "own")
        self.searches.blockSignals(True)
        self.searches.setCurrentIndex(self.searches.findData(key))
        self.searches.blockSignals(False)
        self.parameters.show_meaning()


def _words(searched: tuple[ParameterName, ...]) -> str:
    if not searched:
        return "no parameter searched"
    return "all parameters" if searched == PARAMETERS else ", ".join(searched)
