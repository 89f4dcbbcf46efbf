"""Choose the searched parameters of the LoG, with their ranges and fixed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_reward_analysis.analyses.atoms.settings import (
    PARAMETERS,
    AtomsSettings,
    ParameterName,
)
from napari_reward_analysis.analyses.atoms.space import FIXED
from napari_reward_analysis.gui.widgets.fields import NOT_NEGATIVE, NumberField
from napari_reward_analysis.gui.widgets.setting_inputs import (
    fault_of_range,
    field_named,
    tooltip_of,
)

_UNITS = {"min_sigma": "px", "max_sigma": "px"}


@dataclass(frozen=True)
class ParameterRow:
    """The inputs of one parameter.

    Attributes
    ----------
    searched : QCheckBox
        Ticked for a searched parameter.
    low, high : NumberField
        Ends of the range; `low` is the value of a parameter that is not searched.
    """

    searched: QCheckBox
    low: NumberField
    high: NumberField


class ParameterRanges(QWidget):
    """A row for each parameter: searched or not, lowest and highest value.

    Attributes
    ----------
    rows : dict of str to ParameterRow
        By the parameter's name.

    Signals
    -------
    changed
        The user has changed a value.
    ticked
        The user has changed which parameters are searched.
    """

    changed = Signal()
    ticked = Signal()

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 4, 4)
        grid.setVerticalSpacing(3)
        for column, title in enumerate(("search", "lowest", "highest")):
            grid.addWidget(QLabel(title), 0, column)
        self.rows: dict[ParameterName, ParameterRow] = {}
        #: Fixed values without an input: those of stages.
        self._of_stages: dict[str, Any] = {}
        for place, name in enumerate(PARAMETERS, start=1):
            self.rows[name] = self._add_row(grid, place, name)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)

    def _add_row(self, grid: QGridLayout, place: int, name: ParameterName) -> ParameterRow:
        unit = f" ({_UNITS[name]})" if name in _UNITS else ""
        inputs = ParameterRow(
            QCheckBox(f"{name}{unit}"),
            NumberField(f"{name}, lowest", NOT_NEGATIVE),
            NumberField(f"{name}, highest", NOT_NEGATIVE),
        )
        inputs.searched.setToolTip(tooltip_of(field_named(AtomsSettings, "search")))
        inputs.searched.toggled.connect(lambda _: self.ticked.emit())
        grid.addWidget(inputs.searched, place, 0)
        help_text = tooltip_of(field_named(AtomsSettings, "ranges"))
        for column, end in enumerate((inputs.low, inputs.high), start=1):
            end.setToolTip(help_text)
            end.value_changed.connect(self.changed.emit)
            grid.addWidget(end, place, column)
        return inputs

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show the fields `search`, `ranges` and `fixed` of settings. Emits nothing."""
        self.blockSignals(True)
        for name, inputs in self.rows.items():
            searched = name in values["search"]
            inputs.searched.setChecked(searched)
            low, high = values["ranges"].get(name, (None, None))
            fixed = values["fixed"].get(name)
            inputs.low.set_value(low if searched else fixed)
            inputs.high.set_value(high if searched else None)
        self._of_stages = {n: v for n, v in values["fixed"].items() if n not in self.rows}
        self.blockSignals(False)
        self.show_meaning()

    def tick(self, names: tuple[ParameterName, ...]) -> None:
        """Search these parameters. Emits nothing."""
        self.blockSignals(True)
        for name, inputs in self.rows.items():
            inputs.searched.setChecked(name in names)
        self.blockSignals(False)
        self.show_meaning()

    def values(self) -> dict[str, Any]:
        """The fields `search`, `ranges` and `fixed` of the settings."""
        ranges, fixed = {}, dict(self._of_stages)
        for name, inputs in self.rows.items():
            low, high = inputs.low.value(), inputs.high.value()
            if name not in self.searched:
                if low is not None:
                    fixed[name] = low
            elif low is not None and high is not None:
                ranges[name] = (low, high)
        return {"search": self.searched, "ranges": ranges, "fixed": fixed}

    @property
    def searched(self) -> tuple[ParameterName, ...]:
        """Ticked parameters."""
        return tuple(name for name, inputs in self.rows.items() if inputs.searched.isChecked())

    def faults(self) -> tuple[str, ...]:
        """A sentence for every row with impossible values."""
        found = []
        for name, inputs in self.rows.items():
            whole = name in self.searched
            found.append(fault_of_range(inputs.low, inputs.high) if whole else inputs.low.fault())
        return tuple(fault for fault in found if fault)

    def show_meaning(self) -> None:
        """Show in grey what the empty inputs stand for."""
        for name, inputs in self.rows.items():
            searched = inputs.searched.isChecked()
            inputs.high.setEnabled(searched)
            inputs.low.set_default(None if searched else FIXED.get(name), missing="auto")
            inputs.high.set_default(None, missing="auto" if searched else "fixed")
