"""Choose the workflow of a search: a preset, or stages and rewards one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.published_fields import FIELDS as PUBLISHED_FIELDS
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
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
from napari_reward_analysis.gui.widgets.fields import choice
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.setting_inputs import field_named, tooltip_of
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm
from napari_reward_analysis.preprocessing import SLOTS, all_stages, stage_named
from napari_reward_analysis.rewards.protocol import NEEDS, all_rewards, reward_named

_HEADINGS = {
    "background": "Background: one of these, or none",
    "denoise": "Noise: one of these, or none",
}
#: Labels of the two rewards that every search has.
_ALWAYS = ("QC, count mismatch", "ER, columns too close")
#: Fields of the threshold and the sigmas, which the published search sets too.
_SEARCH_OF_LOG = ("thresholds", "threshold_scale", "sigma_grid")


class WorkflowInputs(QObject):
    """Stages, rewards and thresholds of a search.

    Attributes
    ----------
    preset : QComboBox
        The workflow by name.
    section : Section
        All registered stages and rewards, and the settings of the LoG; folds away.
    stages, rewards : dict
        Check boxes by name.
    settings : SettingsForm
        Settings of the threshold and the sigmas.

    Signals
    -------
    changed
        The user has changed a value.
    """

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._stages: tuple[str, ...] = ()
        self._rewards: tuple[str, ...] = ()
        self._published = False
        self.stages: dict[str, QCheckBox] = {}
        self.rewards: dict[str, QCheckBox] = {}
        self._build()
        self.set_values(dict(AtomsSettings()))
        self.preset.currentIndexChanged.connect(self._on_preset)
        self.settings.changed.connect(self._on_settings)
        # opening the section shows what a script has registered in the meantime
        self.section.header.toggled.connect(self._show)

    def _build(self) -> None:
        self.preset = choice("Workflow", LABELS)
        self.preset.setToolTip(
            f"{tooltip_of(field_named(AtomsSettings, 'stages'))}\n"
            "As published: the settings of the paper, with QC and ER as the only rewards."
        )
        self.settings = SettingsForm(AtomsSettings, _SEARCH_OF_LOG, advanced=None)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 0, 4, 4)
        column.setSpacing(2)
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(2)
        column.addLayout(self._boxes)
        column.addWidget(self.settings)
        self.section = Section("Stages and rewards", content)
        self.section.set_open(False)

    # ---- values

    def set_values(self, values: Mapping[str, Any], *, as_published: bool = False) -> None:
        """Show fields of settings. Emits nothing."""
        self._stages, self._rewards = tuple(values["stages"]), tuple(values["rewards"])
        self._published, self._own = as_published, {n: values[n] for n in _SEARCH_OF_LOG}
        self._show_preset()
        self._show()

    def values(self) -> dict[str, Any]:
        """Chosen stages, rewards and settings, kept while the search is the published one."""
        return {"stages": self._stages, "rewards": self._rewards, **self._own}

    @property
    def as_published(self) -> bool:
        """Whether the search is the published one."""
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
        if self._rewards != AtomsSettings().rewards:
            parts += [" + ".join(("QC, ER", *map(short_reward, self._rewards)))]
        return [*parts, *filter(None, [self.settings.changes_in_words()])]

    # ---- reactions to the user

    def _on_preset(self) -> None:
        key = str(self.preset.currentData())
        self._published = key == PUBLISHED
        self._stages = STAGES.get(key, self._stages)
        if key == OWN:
            self.section.set_open(True)
        self._show()
        self.changed.emit()

    def _on_settings(self) -> None:
        self._own = self.settings.values()
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

    # ---- display

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
        self.settings.set_values(PUBLISHED_FIELDS if self._published else self._own)
        self.settings.setEnabled(not self._published)
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
        self._boxes.addWidget(QLabel("Rewards: the objectives of the search"))
        for label in _ALWAYS:
            self._boxes.addWidget(_always(label))
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
        facts = f"{name}; needs {needs}" if needs else name
        box.setToolTip("\n".join(filter(None, (explain(label), facts))))
        box.toggled.connect(lambda ticked: act(name, ticked))
        self._boxes.addWidget(box)
        boxes[name] = box


def _always(label: str) -> QCheckBox:
    box = QCheckBox(label)
    box.setChecked(True)
    box.setEnabled(False)
    box.setToolTip(f"{explain(label)}\nIt is always an objective.")
    return box


def _with(
    names: tuple[str, ...], name: str, ticked: bool, order: tuple[str, ...]
) -> tuple[str, ...]:
    """The names with one added or removed, in the order of the registry."""
    if not ticked:
        return tuple(kept for kept in names if kept != name)
    place = {known: number for number, known in enumerate(order)}
    return tuple(sorted({*names, name}, key=lambda n: (place.get(n, len(place)), n)))
