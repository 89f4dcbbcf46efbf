"""Tests of the workflow in the form: presets, stages and rewards, and patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QCheckBox

from napari_reward_analysis.analyses.atoms.as_published import is_as_published
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings, ThresholdRule
from napari_reward_analysis.gui.atoms import search_section, workflow_inputs
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.atoms.search_section import SearchSection
from napari_reward_analysis.gui.inputs.form_values import FormValues
from napari_reward_analysis.preprocessing import all_stages, register_stage
from napari_reward_analysis.preprocessing import stage as stages_registry
from napari_reward_analysis.rewards import protocol as rewards_registry
from napari_reward_analysis.rewards.protocol import Detection, all_rewards, register_reward
from napari_reward_analysis.search.settings import option

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]

DEFAULTS = AtomsSettings()
FULL = ("highpass", "flatten", "gaussian", "tv", "wiener", "bragg")


@pytest.fixture(autouse=True)
def _registries_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore the registries after a test."""
    all_stages()
    all_rewards()
    for registry in (stages_registry._STAGES, rewards_registry._REWARDS):
        monkeypatch.setattr(registry, "_known", dict(registry._known))


def used(widget: FindAtoms) -> AtomsSettings:
    return widget.form.values().to_settings()


@pytest.mark.parametrize(
    ("preset", "stages", "published"),
    [
        ("full: all quick stages", FULL, False),
        ("LoG alone", (), False),
        ("as published", (), True),
    ],
)
def test_preset_sets_the_stages(
    make_widget: Make, preset: str, stages: tuple[str, ...], published: bool
) -> None:
    widget = make_widget()
    workflow = widget.form.search.workflow
    assert workflow.preset.currentText() == "Wiener filter, LoG (default)"
    workflow.preset.setCurrentText(preset)
    settings = used(widget)
    assert (settings.stages, is_as_published(settings)) == (stages, published)
    assert settings.rewards == (() if published else DEFAULTS.rewards)
    ticked = {name for name, box in workflow.stages.items() if box.isChecked()}
    assert ticked == set(settings.stages)
    workflow.preset.setCurrentText("Wiener filter, LoG (default)")
    assert (used(widget).stages, is_as_published(used(widget))) == (DEFAULTS.stages, False)


def test_as_published_has_no_further_rewards_and_gives_them_back(make_widget: Make) -> None:
    widget = make_widget()
    workflow = widget.form.search.workflow
    workflow.rewards["gaps"].setChecked(True)
    workflow.preset.setCurrentText("as published")
    thresholds = workflow.settings.control("thresholds")
    assert thresholds.currentText() == "searched"
    for box in (*workflow.rewards.values(), *workflow.stages.values(), thresholds):
        assert not box.isEnabled()
    assert not any(box.isChecked() for box in workflow.rewards.values())
    assert used(widget).rewards == ()
    assert "as published" in widget.form.search.summary()
    workflow.preset.setCurrentText("LoG alone")
    assert used(widget).rewards == ("incoherence", "unsupported", "gaps")
    assert workflow.rewards["gaps"].isEnabled()


def test_own_choice_unfolds_every_stage_and_reward(make_widget: Make) -> None:
    widget = make_widget()
    workflow = widget.form.search.workflow
    assert not workflow.section.is_open
    workflow.preset.setCurrentText("own choice")
    assert workflow.section.is_open
    assert tuple(workflow.stages) == all_stages()
    assert tuple(workflow.rewards) == all_rewards()
    assert workflow.stages["tv"].text() == "total variation"
    assert workflow.stages["tv"].toolTip() == "tv"
    assert "a lattice seen in the image" in workflow.stages["bragg"].toolTip()
    # ticks alone choose the workflow too, in whatever order they are set
    workflow.stages["nlm"].setChecked(True)
    workflow.stages["flatten"].setChecked(True)
    assert used(widget).stages == ("flatten", "nlm", "wiener")
    assert workflow.preset.currentText() == "own choice"
    assert "flatten or non-local means or Wiener" in widget.form.search.summary()
    for name in ("nlm", "flatten"):
        workflow.stages[name].setChecked(False)
    assert workflow.preset.currentText() == "Wiener filter, LoG (default)"


def test_qc_and_er_are_always_there(make_widget: Make) -> None:
    section = make_widget().form.search.workflow.section
    boxes = {box.text(): box for box in section.findChildren(QCheckBox)}
    for label in ("QC, count mismatch", "ER, columns too close"):
        assert boxes[label].isChecked()
        assert not boxes[label].isEnabled()


def test_stopping_and_thresholds_reach_the_settings(make_widget: Make, qtbot: QtBot) -> None:
    widget = make_widget()
    search = widget.form.search
    patience, seconds = (search.settings.control(name) for name in ("patience", "seconds"))
    assert (patience.placeholderText(), seconds.placeholderText()) == ("never", "no limit")
    qtbot.keyClicks(patience, "20")
    qtbot.keyClicks(seconds, "2.5")
    search.workflow.settings.control("thresholds").setCurrentIndex(1)
    settings = used(widget)
    assert (settings.patience, settings.seconds, settings.thresholds) == (20, 2.5, "searched")
    for words in ("patience 20 trials", "time budget 2.5 s", "thresholds searched"):
        assert words in search.summary()
    seconds.clear()
    qtbot.keyClicks(seconds, "0")
    assert widget.form.values().invalid == ("Time budget must be larger than 0.",)
    search.reset.click()
    assert used(widget) == DEFAULTS


def test_defaults_and_limits_are_those_of_the_settings(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Changed(AtomsSettings):
        trials: int = option(7, title="Trials", help="How many.", ge=2, le=9)
        patience: int | None = option(3, title="Patience", help="How long.", ge=1)
        thresholds: ThresholdRule = option("searched", title="Thresholds", help="How.")

    for module in (search_section, workflow_inputs):
        monkeypatch.setattr(module, "AtomsSettings", Changed)
    section = SearchSection()
    qtbot.addWidget(section)
    trials = section.settings.control("trials")
    assert (trials.value(), trials.minimum(), trials.maximum()) == (7, 2, 9)
    values = section.values()
    assert (values["patience"], values["thresholds"]) == (3, "searched")


def test_edit_this_run_brings_the_workflow_back(
    make_widget: Make, add_crystal: Add, run: Go
) -> None:
    add_crystal()
    widget = make_widget()
    search = widget.form.search
    search.workflow.stages["highpass"].setChecked(True)
    search.workflow.rewards["too_close"].setChecked(True)
    search.workflow.rewards["incoherence"].setChecked(False)
    search.settings.set_values({"patience": 300})
    found = run(widget)
    assert found.settings.stages == ("highpass", "wiener")
    widget.form.reset()
    assert search.settings.values()["patience"] is None
    widget.results.run_menu.edit.trigger()
    assert used(widget) == found.settings
    assert search.workflow.preset.currentText() == "own choice"
    assert not search.workflow.rewards["incoherence"].isChecked()


def test_reward_and_stage_of_the_user_are_offered_and_used(
    make_widget: Make, add_crystal: Add, run: Go
) -> None:
    add_crystal()
    widget = make_widget()
    workflow = widget.form.search.workflow

    @register_reward("few_bright", label="few bright columns")
    def few_bright(detection: Detection) -> float:
        return 1 / len(detection.points)

    @register_stage("halve", label="half the contrast")
    def halve(image: Any) -> Any:
        return image / 2

    workflow.preset.setCurrentText("own choice")
    assert workflow.rewards["few_bright"].text() == "few bright columns"
    for name in ("wiener", "halve"):
        workflow.stages[name].setChecked(name == "halve")
    workflow.rewards["few_bright"].setChecked(True)
    found = run(widget)
    assert {trial.parameters["denoise"] for trial in found.trials} <= {"none", "halve"}
    assert all(
        trial.extra_rewards["few_bright"] == pytest.approx(1 / trial.score.count)
        for trial in found.trials
        if trial.feasible
    )
    assert widget.results.axes.horizontal.findData("few_bright") == 4


def test_stage_that_is_not_loaded_is_told_and_can_be_unticked(
    make_widget: Make, add_crystal: Add
) -> None:
    add_crystal()
    widget = make_widget()
    widget.form.set_values(FormValues(fields={"stages": ("wiener", "lost")}))
    workflow = widget.form.search.workflow
    assert "There is no stage 'lost'" in widget.run_box.fault.text()
    assert workflow.stages["lost"].text() == "lost (not loaded)"
    workflow.stages["lost"].setChecked(False)
    assert widget.run_box.fault.text() == ""


def test_reason_of_an_early_end_is_a_remark_and_no_warning(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    seconds = widget.form.search.settings.control("seconds")
    qtbot.keyClicks(seconds, "0.000001")
    found = run(widget)
    assert 1 <= len(found.trials) < 8
    assert found.status == "done"
    said = widget.run_box.status.text()
    assert said.endswith("trials: time budget of 1e-06 s spent.")
    assert "on the front" in said
    assert not widget.run_box.warns
    # the next run has nothing to do with it
    seconds.clear()
    widget.form.refresh()
    assert len(run(widget).trials) == 8
    assert "budget" not in widget.run_box.status.text()
