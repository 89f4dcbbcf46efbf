"""Stages, rewards and when to stop in the form; which objectives the plot shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_reward_analysis import AtomsSettings, find_atoms, lattice_preset, register_reward
from napari_reward_analysis.gui.axes_choice import AxesChoice
from napari_reward_analysis.gui.form import FormValues
from napari_reward_analysis.gui.results import ResultsPanel
from napari_reward_analysis.gui.search_section import SearchSection
from napari_reward_analysis.gui.session import Session
from napari_reward_analysis.gui.workflow_choice import WorkflowChoice
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.runs import ImageReference, Run
from napari_reward_analysis.workflows.atoms_settings import QUICK_STAGES


@pytest.fixture
def choice(qtbot: QtBot) -> WorkflowChoice:
    widget = WorkflowChoice()
    qtbot.addWidget(widget)
    qtbot.addWidget(widget.preset)
    return widget


def pick(widget: WorkflowChoice, name: str) -> None:
    widget.preset.setCurrentIndex(widget.preset.findData(name))


def test_one_click_sets_stages_and_rewards(qtbot: QtBot, choice: WorkflowChoice) -> None:
    assert (choice.chosen_stages, choice.chosen_rewards) == (("wiener",), ("incoherence",))
    for name, stages in (("full", set(QUICK_STAGES)), ("log", set()), ("default", {"wiener"})):
        with qtbot.waitSignal(choice.changed):
            pick(choice, name)
        assert set(choice.chosen_stages) == stages
        assert not choice.as_published
    with qtbot.waitSignal(choice.changed):
        pick(choice, "published")
    assert choice.as_published
    assert not choice.stages["wiener"].isEnabled()


def test_ticking_a_box_is_a_choice_of_one_s_own(qtbot: QtBot, choice: WorkflowChoice) -> None:
    with qtbot.waitSignal(choice.changed):
        choice.rewards["gaps"].setChecked(True)

    assert choice.preset.currentData() == "own"
    assert set(choice.chosen_rewards) == {"incoherence", "gaps"}
    with qtbot.waitSignal(choice.changed):
        choice.rewards["gaps"].setChecked(False)
    assert choice.preset.currentData() == "default"


def test_what_is_registered_later_is_offered_too(choice: WorkflowChoice) -> None:
    @register_reward("bent", label="bent rows")
    def bent(detection: Any) -> float:
        return 0.5

    pick(choice, "own")

    assert choice.rewards["bent"].text() == "bent rows"
    assert choice.details.is_open


@pytest.mark.parametrize(
    "values",
    [
        FormValues(),
        FormValues(stages=("tv", "highpass"), rewards=("gaps",), thresholds="searched"),
        FormValues(stages=(), patience=15, seconds=2.5),
        FormValues(stages=("theirs",), rewards=("gone",)),
    ],
)
def test_values_go_in_and_come_out(qtbot: QtBot, values: FormValues) -> None:
    section = SearchSection()
    qtbot.addWidget(section)

    section.set_values(values)

    workflow = section.workflow
    assert set(workflow.chosen_stages) == set(values.stages)
    assert set(workflow.chosen_rewards) == set(values.rewards)
    assert workflow.thresholds.currentData() == values.thresholds
    assert (workflow.chosen_patience, workflow.chosen_seconds) == (values.patience, values.seconds)
    settings = values.to_settings()
    assert (settings.stages, settings.rewards) == (values.stages, values.rewards)
    assert (settings.patience, settings.seconds) == (values.patience, values.seconds)


@pytest.fixture(scope="module")
def run() -> Run:
    lattice = lattice_preset("SrTiO3[001]")
    image = simulate(lattice, (160, 160), 0.15, noise=0.5, seed=1).image
    settings = AtomsSettings(trials=24)
    trials = list(find_atoms(image, lattice, settings))
    return Run(ImageReference.of(image), settings, Physics(60, 40), lattice, trials, status="done")


def test_the_plot_shows_any_two_objectives(qtbot: QtBot, run: Run) -> None:
    session = Session()
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.bind()
    session.add(run)

    assert not panel.axes.isHidden()
    assert panel.axes.along_x.itemText(2) == "incoherence"
    panel.plot.resize(500, 400)
    feasible = [t for t in run.trials if t.feasible]
    before = [panel.plot.locate(trial.index) for trial in feasible]
    panel.axes.along_y.setCurrentIndex(2)

    assert panel.axes.chosen == (0, 2)
    after = [panel.plot.locate(trial.index) for trial in feasible]
    assert None not in after
    assert [p.y() for p in after if p] != [p.y() for p in before if p]


def test_two_objectives_need_no_choice(qtbot: QtBot, run: Run) -> None:
    session = Session()
    panel = ResultsPanel(session)
    qtbot.addWidget(panel)
    panel.bind()

    session.add(replace(run, trials=[replace(t, further={}) for t in run.trials]))

    assert panel.axes.isHidden()
    assert panel.axes.chosen == (0, 1)


def test_the_choice_stays_while_a_run_grows(qtbot: QtBot) -> None:
    axes = AxesChoice()
    qtbot.addWidget(axes)
    axes.set_names({"a": "an a", "b": "a b", "c": "a c"})
    axes.along_x.setCurrentIndex(2)

    axes.set_names({"a": "an a", "b": "a b", "c": "a c"})

    assert axes.chosen == (2, 1)
    assert np.array_equal(axes.chosen_names, ("a c", "a b"))
