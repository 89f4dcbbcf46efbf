"""Which workflow a search follows: a list of presets, and every stage and reward to tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from napari_reward_analysis.gui.atoms.workflow_presets import (
    LABELS,
    OWN,
    PUBLISHED,
    STAGES,
    preset_of,
    reward_label,
    short_reward,
    short_stage,
    unknown_names,
)
from napari_reward_analysis.gui.inputs.form_values import DEFAULTS, FormValues, Thresholds
from napari_reward_analysis.gui.widgets.fields import choice, form_layout
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.preprocessing import SLOTS, all_stages, stage_named
from napari_reward_analysis.rewards.protocol import NEEDS, all_rewards, reward_named

_HEADINGS = {
    "background": "Background: one of these, or none",
    "denoise": "Noise: one of these, or none",
}
_ALWAYS = {"QC, count mismatch": "|QC|", "ER, columns too close": "ER"}
_THRESHOLDS = {"exact": "exact: all at once", "searched": "searched like the others"}


class WorkflowInputs(QObject):
    """Stages, rewards and thresholds of a search.

    Attributes
    ----------
    preset : QComboBox
        The workflow by name.
    section : Section
        Folds away: every stage and reward that is registered, and the thresholds.
    stages, rewards : dict
        Check boxes by name.

    Signals
    -------
    changed
        Anything.
    """

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._stages: tuple[str, ...] = ()
        self._rewards: tuple[str, ...] = ()
        self._published = False
        self._thresholds: Thresholds = "exact"
        self.stages: dict[str, QCheckBox] = {}
        self.rewards: dict[str, QCheckBox] = {}
        self._build()
        self.set_values(FormValues())
        self.preset.currentIndexChanged.connect(self._on_preset)
        self.thresholds.currentIndexChanged.connect(self._on_thresholds)
        # what a script has registered meanwhile is there when somebody looks
        self.section.header.toggled.connect(self._show)

    def _build(self) -> None:
        self.preset = choice("Workflow", LABELS)
        self.preset.setToolTip(
            "What is done to the image before the LoG; the search decides with what strength.\n"
            "As published: the paper's ranges in px of 0.32 Å, a linear threshold, a DS of "
            "9.6 Å,\nno stages, and no rewards but QC and ER"
        )
        self.thresholds = choice("Thresholds", _THRESHOLDS)
        self.thresholds.setToolTip(
            "Exact: every trial takes the best threshold of its other parameters.\n"
            "A threshold whose range is typed is searched"
        )
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 0, 4, 4)
        column.setSpacing(2)
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(2)
        column.addLayout(self._boxes)
        form = QWidget()
        layout = form_layout(form)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addRow("Thresholds", self.thresholds)
        column.addWidget(form)
        self.section = Section("Stages and rewards", content)
        self.section.set_open(False)

    # ---- values

    def set_values(self, values: FormValues) -> None:
        """Show a workflow. Emits nothing."""
        self._stages, self._rewards = values.stages, values.rewards
        self._published, self._thresholds = values.as_published, values.thresholds
        self._show_preset()
        self._show()

    @property
    def used_stages(self) -> tuple[str, ...]:
        """Ticked stages; as published they are kept for later."""
        return self._stages

    @property
    def used_rewards(self) -> tuple[str, ...]:
        """Ticked rewards beside QC and ER; as published they are kept for later."""
        return self._rewards

    @property
    def used_thresholds(self) -> Thresholds:
        """How thresholds are found."""
        return self._thresholds

    @property
    def as_published(self) -> bool:
        """Whether the search is the paper's."""
        return self._published

    def faults(self) -> tuple[str, ...]:
        """A sentence for every ticked stage and reward that is not registered."""
        return () if self._published else unknown_names(self._stages, self._rewards)

    def summary(self) -> list[str]:
        """The workflow in a few words."""
        if self._published:
            return ["as published"]
        stages = " or ".join(short_stage(name) for name in self._stages)
        every = preset_of(self._stages, as_published=False) == "full"
        parts = ["all quick stages" if every else stages or "LoG alone"]
        if self._rewards != DEFAULTS.rewards:
            parts += [" + ".join(("QC, ER", *map(short_reward, self._rewards)))]
        return parts + (["thresholds searched"] if self._thresholds == "searched" else [])

    # ---- what the user does

    def _on_preset(self) -> None:
        key = str(self.preset.currentData())
        self._published = key == PUBLISHED
        self._stages = STAGES.get(key, self._stages)
        if key == OWN:
            self.section.set_open(True)
        self._show()
        self.changed.emit()

    def _on_thresholds(self) -> None:
        self._thresholds = "searched" if self.thresholds.currentData() == "searched" else "exact"
        self._show_summary()
        self.changed.emit()

    def _on_stage(self, name: str, ticked: bool) -> None:
        self._stages = _with(self._stages, name, ticked, all_stages())
        self._show_preset()
        self._show_summary()
        self.changed.emit()

    def _on_reward(self, name: str, ticked: bool) -> None:
        self._rewards = _with(self._rewards, name, ticked, all_rewards())
        self._show_summary()
        self.changed.emit()

    # ---- what is shown

    def _show_preset(self) -> None:
        key = preset_of(self._stages, as_published=self._published)
        self.preset.blockSignals(True)
        self.preset.setCurrentIndex(self.preset.findData(key))
        self.preset.blockSignals(False)

    def _show(self) -> None:
        stages = tuple(dict.fromkeys((*all_stages(), *self._stages)))
        rewards = tuple(dict.fromkeys((*all_rewards(), *self._rewards)))
        if (stages, rewards) != (tuple(self.stages), tuple(self.rewards)):
            self._build_boxes(stages, rewards)
        for boxes, ticked in ((self.stages, self._stages), (self.rewards, self._rewards)):
            for name, box in boxes.items():
                box.blockSignals(True)
                box.setChecked(name in ticked and not self._published)
                box.setEnabled(not self._published)
                box.blockSignals(False)
        self.thresholds.blockSignals(True)
        shown = "searched" if self._published else self._thresholds
        self.thresholds.setCurrentIndex(self.thresholds.findData(shown))
        self.thresholds.setEnabled(not self._published)
        self.thresholds.blockSignals(False)
        self._show_summary()

    def _show_summary(self) -> None:
        self.section.set_summary(", ".join(self.summary()))

    def _build_boxes(self, stages: Iterable[str], rewards: Iterable[str]) -> None:
        while (item := self._boxes.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.stages, self.rewards = {}, {}
        known = {name: stage_named(name) for name in all_stages()}
        for slot in SLOTS:
            self._boxes.addWidget(QLabel(_HEADINGS[slot]))
            for name in stages:
                if name in known and known[name].slot == slot:
                    needs = NEEDS["vectors"] if known[name].needs_lattice else ""
                    self._add(self.stages, name, known[name].label, needs, self._on_stage)
        for name in stages:
            if name not in known:
                self._add(self.stages, name, f"{name} (not loaded)", "", self._on_stage)
        self.stages = {name: self.stages[name] for name in stages}
        self._boxes.addWidget(QLabel("Rewards: what a good result is"))
        for label, name in _ALWAYS.items():
            self._boxes.addWidget(_always(label, name))
        for name in rewards:
            here = name in all_rewards()
            label = reward_label(name) if here else f"{name} (not loaded)"
            needs = " and ".join(NEEDS[n] for n in reward_named(name).needs) if here else ""
            self._add(self.rewards, name, label, needs, self._on_reward)

    def _add(
        self,
        boxes: dict[str, QCheckBox],
        name: str,
        label: str,
        needs: str,
        act: Callable[[str, bool], None],
    ) -> None:
        box = QCheckBox(label)
        box.setToolTip(f"{name}; needs {needs}" if needs else name)
        box.toggled.connect(lambda ticked: act(name, ticked))
        self._boxes.addWidget(box)
        boxes[name] = box


def _always(label: str, name: str) -> QCheckBox:
    box = QCheckBox(label)
    box.setChecked(True)
    box.setEnabled(False)
    box.setToolTip(f"{name} is always an objective")
    return box


def _with(
    names: tuple[str, ...], name: str, ticked: bool, order: tuple[str, ...]
) -> tuple[str, ...]:
    """The names with one more or less, in the order of the registry."""
    if not ticked:
        return tuple(kept for kept in names if kept != name)
    place = {known: number for number, known in enumerate(order)}
    return tuple(sorted({*names, name}, key=lambda n: (place.get(n, len(place)), n)))
