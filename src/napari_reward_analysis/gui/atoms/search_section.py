"""Section 3 of the form: how long, over which parameters, and how the search goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, get_args

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.settings import PARAMETERS, ParameterName
from napari_reward_analysis.analyses.atoms.space import FIXED
from napari_reward_analysis.gui.atoms.workflow_inputs import WorkflowInputs
from napari_reward_analysis.gui.inputs.form_values import DEFAULTS, FormValues
from napari_reward_analysis.gui.widgets.fields import (
    NOT_NEGATIVE,
    NumberField,
    choice,
    form_layout,
    row,
    whole_number,
)
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.optimize.sampler_names import SamplerName

_SAMPLERS: dict[SamplerName, str] = {
    "skopt": "Bayesian optimisation",
    "tpe": "Parzen estimators (Optuna)",
    "nsga2": "genetic, NSGA-II (Optuna)",
    "sobol": "Sobol (even coverage)",
    "random": "random",
    "grid": "grid (at most three numbers)",
}
_TWO: tuple[ParameterName, ...] = ("threshold", "overlap")
_SEARCHES = {"all": "all five", "two": "threshold and overlap", "own": "as ticked below"}
_UNITS = {"min_sigma": "px", "max_sigma": "px"}


@dataclass
class _Row:
    """The inputs of one parameter."""

    searched: QCheckBox
    low: NumberField
    high: NumberField


class SearchSection(QWidget):
    """Workflow, number of trials, searched parameters, sampler, seed and ranges.

    Signals
    -------
    changed
        Anything.
    reset_asked
        The user wants the defaults back.
    """

    changed = Signal()
    reset_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._build()
        self.set_values(FormValues())
        self.trials.valueChanged.connect(self.changed.emit)
        self.seed.valueChanged.connect(self.changed.emit)
        self.sampler.currentIndexChanged.connect(self.changed.emit)
        self.workflow.changed.connect(self.changed.emit)
        self.patience.valueChanged.connect(self.changed.emit)
        self.seconds.value_changed.connect(self.changed.emit)
        self.refine.toggled.connect(self.changed.emit)
        self.search.currentIndexChanged.connect(self._on_search)
        self.reset.clicked.connect(lambda: self.reset_asked.emit())

    def _build(self) -> None:
        self.trials = whole_number("Trials", 1, 100_000, DEFAULTS.trials)
        self.search = choice("Parameters", _SEARCHES)
        self.workflow = WorkflowInputs(self)
        self.patience = whole_number("Patience", 0, 100_000, 0)
        self.patience.setSpecialValueText("never")
        self.patience.setPrefix("after ")
        self.patience.setSuffix(" idle")
        self.patience.setToolTip(
            "End the search when so many trials in a row have gained nothing; 0 for never"
        )
        self.seconds = NumberField("Time budget", NOT_NEGATIVE)
        self.seconds.set_default(None, missing="no limit")
        self.seconds.setToolTip("No trial is begun after so many seconds; empty or 0 for no limit")
        names = get_args(SamplerName)
        self.sampler = choice("Sampler", {name: _SAMPLERS[name] for name in names})
        self.seed = whole_number("Seed", 0, 999_999, DEFAULTS.seed)
        self.seed.setToolTip("The same seed repeats the run")
        self.refine = QCheckBox("sub-pixel")
        self.refine.setToolTip("Fit the position of every column; its score stays that of its blob")
        self.reset = QPushButton("Reset to defaults")
        self.ranges = Section("Ranges of the parameters", self._build_ranges())
        self.ranges.set_open(False)
        form = QWidget()
        layout = form_layout(form)
        layout.addRow("Workflow", self.workflow.preset)
        layout.addRow("Trials", row(self.trials, "seed", self.seed))
        layout.addRow("Stop", row(self.patience, "time", self.seconds, "s", stretch=2))
        layout.addRow("Search over", self.search)
        layout.addRow("Sampler", self.sampler)
        layout.addRow("Positions", self.refine)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(form)
        column.addWidget(self.workflow.section)
        column.addWidget(self.ranges)
        foot = row(self.reset)
        foot.setContentsMargins(4, 0, 4, 2)
        column.addWidget(foot)

    def _build_ranges(self) -> QWidget:
        content = QWidget()
        grid = QGridLayout(content)
        grid.setContentsMargins(4, 0, 4, 4)
        grid.setVerticalSpacing(3)
        for column, title in enumerate(("search", "lowest", "highest"), start=0):
            grid.addWidget(QLabel(title), 0, column)
        self._rows: dict[ParameterName, _Row] = {}
        for place, name in enumerate(PARAMETERS, start=1):
            unit = f" ({_UNITS[name]})" if name in _UNITS else ""
            inputs = _Row(
                QCheckBox(f"{name}{unit}"),
                NumberField(f"{name}, lowest", NOT_NEGATIVE),
                NumberField(f"{name}, highest", NOT_NEGATIVE),
            )
            grid.addWidget(inputs.searched, place, 0)
            grid.addWidget(inputs.low, place, 1)
            grid.addWidget(inputs.high, place, 2)
            inputs.searched.toggled.connect(self._on_ticked)
            inputs.low.value_changed.connect(self.changed.emit)
            inputs.high.value_changed.connect(self.changed.emit)
            self._rows[name] = inputs
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        return content

    # ---- values

    def set_values(self, values: FormValues) -> None:
        """Show the search. Emits nothing."""
        self.blockSignals(True)
        self.trials.setValue(values.trials)
        self.seed.setValue(values.seed)
        self.sampler.setCurrentIndex(self.sampler.findData(values.sampler))
        self.patience.setValue(values.patience or 0)
        self.seconds.set_value(values.seconds)
        self.workflow.set_values(values)
        self.refine.setChecked(values.refine)
        for name, inputs in self._rows.items():
            inputs.searched.setChecked(name in values.search)
            low, high = values.ranges.get(name, (None, None))
            fixed = values.fixed.get(name, low)
            inputs.low.set_value(None if fixed is None else float(fixed))
            inputs.high.set_value(high)
        self._show_search()
        self.blockSignals(False)

    @property
    def searched(self) -> tuple[ParameterName, ...]:
        """Ticked parameters."""
        return tuple(name for name, inputs in self._rows.items() if inputs.searched.isChecked())

    @property
    def typed_ranges(self) -> dict[ParameterName, tuple[float, float]]:
        """Ranges of searched parameters of which both ends are typed."""
        found = {}
        for name in self.searched:
            low, high = self._rows[name].low.value(), self._rows[name].high.value()
            if low is not None and high is not None:
                found[name] = (low, high)
        return found

    @property
    def typed_values(self) -> dict[ParameterName, float]:
        """Values of parameters that are not searched."""
        found = {}
        for name, inputs in self._rows.items():
            value = inputs.low.value()
            if name not in self.searched and value is not None:
                found[name] = value
        return found

    @property
    def sampler_name(self) -> SamplerName:
        """The chosen sampler."""
        return cast(SamplerName, self.sampler.currentData())

    @property
    def as_published(self) -> bool:
        """Whether the search is the paper's."""
        return self.workflow.as_published

    def faults(self) -> tuple[str, ...]:
        """A sentence for every field that is no number, and every half-typed range."""
        found = [fault for fault in (self.seconds.fault(), *self.workflow.faults()) if fault]
        for name, inputs in self._rows.items():
            found += [f for f in (inputs.low.fault(), inputs.high.fault()) if f]
            if name in self.searched:
                found += _fault_of_range(name, inputs)
        return tuple(found)

    def summary(self) -> str:
        """The section in one line."""
        parts = [f"{self.trials.value()} trials", _words(self.searched)]
        parts += self.workflow.summary()
        parts += [f"at most {self.patience.value()} idle"] if self.patience.value() else []
        parts += [f"at most {self.seconds.value():g} s"] if self.seconds.value() else []
        parts += [] if self.refine.isChecked() else ["whole pixels"]
        parts.append(f"seed {self.seed.value()}")
        return ", ".join(parts)

    # ---- what the user does

    def _on_search(self) -> None:
        wanted = {"all": PARAMETERS, "two": _TWO}.get(str(self.search.currentData()))
        if wanted is not None:
            self.blockSignals(True)
            for name, inputs in self._rows.items():
                inputs.searched.setChecked(name in wanted)
            self.blockSignals(False)
        else:
            self.ranges.set_open(True)
        self._show_inputs()
        self.changed.emit()

    def _on_ticked(self) -> None:
        self._show_search()
        self.changed.emit()

    def _show_search(self) -> None:
        key = {PARAMETERS: "all", _TWO: "two"}.get(self.searched, "own")
        self.search.blockSignals(True)
        self.search.setCurrentIndex(self.search.findData(key))
        self.search.blockSignals(False)
        self._show_inputs()

    def _show_inputs(self) -> None:
        for name, inputs in self._rows.items():
            searched = inputs.searched.isChecked()
            inputs.high.setEnabled(searched)
            default = None if searched else FIXED.get(name)
            inputs.low.set_default(default, missing="auto")
            inputs.high.set_default(None, missing="auto" if searched else "fixed")


def _fault_of_range(name: str, inputs: _Row) -> list[str]:
    low, high = inputs.low.value(), inputs.high.value()
    if (low is None) != (high is None) and not (inputs.low.fault() or inputs.high.fault()):
        return [f"{name}: type both ends of its range, or neither."]
    if low is not None and high is not None and low > high:
        return [f"{name}: the range {low:g} to {high:g} is empty: give the lower end first."]
    return []


def _words(searched: tuple[ParameterName, ...]) -> str:
    if not searched:
        return "one setting"
    return "all five" if searched == PARAMETERS else ", ".join(searched)
