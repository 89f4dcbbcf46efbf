"""What comes before the LoG and what judges it: one click, or each by itself."""

from __future__ import annotations

from typing import TypeVar

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QSpinBox, QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.fields import choice, form_layout
from napari_reward_analysis.gui.form import DEFAULTS, FormValues
from napari_reward_analysis.gui.section import Section
from napari_reward_analysis.rewards.registry import all_rewards, reward_named
from napari_reward_analysis.stages import all_stages, stage_named
from napari_reward_analysis.workflows.atoms_settings import QUICK_STAGES

_WORKFLOWS = {
    "default": "Wiener filter or none, LoG",
    "full": "all quick stages, LoG",
    "log": "LoG alone",
    "published": "as published",
    "own": "own choice",
}
_STAGES = {"default": DEFAULTS.stages, "full": QUICK_STAGES, "log": ()}
_THRESHOLDS = {"exact": "best of each trial", "searched": "searched, as published"}


_Spin = TypeVar("_Spin", QSpinBox, QDoubleSpinBox)


class WorkflowChoice(QWidget):
    """Preset of the workflow, and beneath it stages, rewards and when to stop.

    Signals
    -------
    changed
        Anything.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.preset = choice("Workflow", _WORKFLOWS)
        self.preset.setToolTip(
            "What may come before the LoG, chosen by the same rewards. As published: the LoG "
            "alone, QC and ER alone, the paper's ranges in px of 0.32 Å, a linear threshold and "
            "a DS of 9.6 Å"
        )
        self.stages: dict[str, QCheckBox] = {}
        self.rewards: dict[str, QCheckBox] = {}
        self._stage_box, self._reward_box = QVBoxLayout(), QVBoxLayout()
        self.thresholds = choice("Thresholds", _THRESHOLDS)
        self.patience = _limit(QSpinBox(), "Patience", 100_000, " trials without gain")
        self.seconds = _limit(QDoubleSpinBox(), "Time budget", 1_000_000, " s")
        self.details = Section("Stages, rewards, when to stop", self._build_details())
        self.details.set_open(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.details)
        self.set_values(FormValues())
        self.preset.currentIndexChanged.connect(self._on_preset)
        self.thresholds.currentIndexChanged.connect(self.changed.emit)
        self.patience.valueChanged.connect(self.changed.emit)
        self.seconds.valueChanged.connect(self.changed.emit)

    def _build_details(self) -> QWidget:
        content = QWidget()
        layout = form_layout(content)
        published = [QCheckBox("QC, count mismatch"), QCheckBox("ER, columns too close")]
        for box in published:
            box.setChecked(True)
            box.setEnabled(False)
            self._reward_box.addWidget(box)
        for box_layout in (self._stage_box, self._reward_box):
            box_layout.setContentsMargins(0, 0, 0, 0)
            box_layout.setSpacing(1)
        layout.addRow("Before the LoG", self._stage_box)
        layout.addRow("Judged by", self._reward_box)
        layout.addRow("Threshold", self.thresholds)
        layout.addRow("Stop after", self.patience)
        layout.addRow("or after", self.seconds)
        return content

    # ---- values

    def set_values(self, values: FormValues) -> None:
        """Show these values. Emits nothing."""
        self.blockSignals(True)
        self._offer(values.stages, values.rewards)
        for boxes, chosen in ((self.stages, values.stages), (self.rewards, values.rewards)):
            for name, box in boxes.items():
                box.setChecked(name in chosen)
        self.thresholds.setCurrentIndex(self.thresholds.findData(values.thresholds))
        self.patience.setValue(values.patience or 0)
        self.seconds.setValue(values.seconds or 0.0)
        self._show("published" if values.as_published else self._name_of_choice())
        self.blockSignals(False)

    @property
    def as_published(self) -> bool:
        """Whether ranges, rewards and DS are the paper's."""
        return bool(self.preset.currentData() == "published")

    @property
    def chosen_stages(self) -> tuple[str, ...]:
        """Ticked stages."""
        return tuple(name for name, box in self.stages.items() if box.isChecked())

    @property
    def chosen_rewards(self) -> tuple[str, ...]:
        """Ticked rewards beside QC and ER."""
        return tuple(name for name, box in self.rewards.items() if box.isChecked())

    @property
    def chosen_patience(self) -> int | None:
        """Trials without a gain after which the search ends."""
        return self.patience.value() or None

    @property
    def chosen_seconds(self) -> float | None:
        """Time budget of the search."""
        return self.seconds.value() or None

    def summary(self) -> str:
        """The workflow in a few words; empty for the default."""
        name = str(self.preset.currentData())
        return "" if name == "default" else _WORKFLOWS[name]

    # ---- within

    def _offer(self, *wanted: tuple[str, ...]) -> None:
        """A box for every stage and reward known by now, and for those that are wanted."""
        for boxes, layout, names, label in (
            (self.stages, self._stage_box, (*all_stages(), *wanted[0]), _stage_label),
            (self.rewards, self._reward_box, (*all_rewards(), *wanted[1]), _reward_label),
        ):
            for name in names:
                if name not in boxes:
                    box = QCheckBox(label(name))
                    box.setToolTip(name)
                    box.toggled.connect(self._on_ticked)
                    boxes[name] = box
                    layout.addWidget(box)

    def _on_preset(self) -> None:
        name = str(self.preset.currentData())
        self.blockSignals(True)
        if name in _STAGES:
            self._offer((), ())
            self._tick(_STAGES[name], DEFAULTS.rewards)
        self.blockSignals(False)
        if name == "own":
            self._offer((), ())
            self.details.set_open(True)
        self._enable()
        self.changed.emit()

    def _tick(self, stages: tuple[str, ...], rewards: tuple[str, ...]) -> None:
        for boxes, chosen in ((self.stages, stages), (self.rewards, rewards)):
            for name, box in boxes.items():
                box.blockSignals(True)
                box.setChecked(name in chosen)
                box.blockSignals(False)

    def _on_ticked(self) -> None:
        if not self.signalsBlocked():
            self._show(self._name_of_choice())
            self.changed.emit()

    def _name_of_choice(self) -> str:
        if set(self.chosen_rewards) != set(DEFAULTS.rewards):
            return "own"
        chosen = set(self.chosen_stages)
        return next((name for name, stages in _STAGES.items() if set(stages) == chosen), "own")

    def _show(self, name: str) -> None:
        self.preset.blockSignals(True)
        self.preset.setCurrentIndex(self.preset.findData(name))
        self.preset.blockSignals(False)
        self._enable()

    def _enable(self) -> None:
        for box in (*self.stages.values(), *self.rewards.values(), self.thresholds):
            box.setEnabled(not self.as_published)


def _limit(spin: _Spin, name: str, most: int, unit: str) -> _Spin:
    """A limit that 0 takes away."""
    spin.setAccessibleName(name)
    spin.setRange(0, most)
    spin.setSuffix(unit)
    spin.setSpecialValueText("never")
    spin.setKeyboardTracking(False)
    return spin


def _stage_label(name: str) -> str:
    try:
        return stage_named(name).label
    except BadInput:
        return f"{name} (not registered)"


def _reward_label(name: str) -> str:
    try:
        return reward_named(name).label
    except BadInput:
        return f"{name} (not registered)"
