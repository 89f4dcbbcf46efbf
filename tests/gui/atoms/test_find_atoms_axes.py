"""Tests of more than two objectives: axes of the plot, and texts of the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.atoms.objectives import objectives_of
from napari_reward_analysis.gui.atoms.trial_columns import trial_columns
from napari_reward_analysis.gui.atoms.words import trial_tooltip, workflow_in_words
from napari_reward_analysis.gui.pareto.values import ValueBar

TIP = Qt.ItemDataRole.ToolTipRole

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


@pytest.fixture
def finished(make_widget: Make, add_crystal: Add, run: Go) -> FindAtoms:
    """A widget after a run of four objectives."""
    add_crystal()
    widget = make_widget()
    widget.form.search.workflow.rewards["too_close"].setChecked(True)
    widget.form.search.workflow.settings.control("thresholds").setCurrentIndex(1)
    widget.form.search.trials.setValue(24)
    run(widget)
    return widget


def choose(widget: FindAtoms, x: str, y: str) -> None:
    for box, name in ((widget.results.axes.horizontal, x), (widget.results.axes.vertical, y)):
        box.setCurrentIndex(box.findData(name))


def drawn(widget: FindAtoms) -> np.ndarray:
    """Objectives of all dots of the plot, sorted."""
    items = widget.results.plot.items
    dots = [np.stack(item.getData(), axis=-1) for item in (items.front, items.others)]
    return np.unique(np.concatenate(dots), axis=0)


def test_other_axes_redraw_the_points_and_their_titles(finished: FindAtoms) -> None:
    results, run = finished.results, finished.session.current
    assert run is not None
    assert not results.axes.isHidden()
    assert results.axes.shown == ("qc", "er")
    before = finished.session.selected
    choose(finished, "incoherence", "too_close")
    trials = [trial for trial in run.trials if trial.feasible]
    wanted = np.array(
        [(t.extra_rewards["incoherence"], t.extra_rewards["too_close"]) for t in trials]
    )
    np.testing.assert_allclose(drawn(finished), np.unique(wanted, axis=0))
    assert results.plot.frame.x_title.text() == "incoherence with the lattice"
    assert results.plot.frame.y_title.text().endswith("pairs too close")
    assert finished.session.selected == before


def test_an_axis_is_never_shown_against_itself(finished: FindAtoms) -> None:
    axes = finished.results.axes
    choose(finished, "er", "qc")
    assert axes.shown == ("er", "qc")
    axes.vertical.setCurrentIndex(axes.vertical.findData("er"))
    assert axes.shown == ("qc", "er")


def test_arrow_keys_walk_all_of_the_front_and_the_line_goes_down(
    finished: FindAtoms, qtbot: QtBot
) -> None:
    session, plot = finished.session, finished.results.plot
    choose(finished, "qc", "incoherence")
    x, y = plot.items.steps.getData()
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) <= 0).all()
    assert len(plot.items.front.data) == len(session.front)
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Home)
    walked = {session.selected}
    for _ in session.front:
        qtbot.keyClick(plot.canvas, Qt.Key.Key_Right)
        walked.add(session.selected)
    assert walked == set(session.front)


def test_choice_of_axes_stays_with_the_next_run_and_falls_back(
    finished: FindAtoms, run: Go
) -> None:
    axes = finished.results.axes
    choose(finished, "qc", "too_close")
    run(finished)
    assert axes.shown == ("qc", "too_close")
    finished.form.search.workflow.rewards["too_close"].setChecked(False)
    run(finished)
    assert axes.shown == ("qc", "er")
    for name in ("incoherence", "unsupported"):
        finished.form.search.workflow.rewards[name].setChecked(False)
    run(finished)
    assert axes.isHidden()
    # an earlier run is shown as it was left
    finished.session.show(finished.session.runs[0])
    assert axes.shown == ("qc", "too_close")


def test_fronts_of_oracles_are_drawn_where_their_objectives_are(finished: FindAtoms) -> None:
    plot = finished.results.plot
    finished.session.set_oracle("network", 120.0)
    assert len(plot.items.series) == 1
    x, y = plot.items.series[0][1].getData()
    choose(finished, "er", "qc")
    flipped = plot.items.series[0][1].getData()
    np.testing.assert_allclose(flipped[0], y)
    np.testing.assert_allclose(flipped[1], x)
    choose(finished, "qc", "incoherence")
    assert plot.items.series == []


def test_moving_ds_redraws_the_chosen_axes(finished: FindAtoms) -> None:
    run = finished.session.current
    assert run is not None
    choose(finished, "incoherence", "er")
    before = drawn(finished)
    finished.results.ds.setValue(11.3)
    assert drawn(finished)[:, 1].max() > before[:, 1].max()
    np.testing.assert_allclose(
        drawn(finished)[:, 1].max(),
        max(t.score.er for t in run.trials if t.feasible),
    )


def test_table_and_words_name_rewards_and_stages(finished: FindAtoms) -> None:
    run, results = finished.session.current, finished.results
    assert run is not None
    columns = trial_columns(run)
    assert columns["incoherence with\nthe lattice"] == [
        t.extra_rewards["incoherence"] for t in run.trials
    ]
    assert set(map(str, columns["denoise"])) == {"none", "Wiener filter"}
    assert "Wiener filter\nwindow" in columns
    place = next(
        i for i, t in enumerate(run.trials) if t.feasible and t.parameters["denoise"] == "wiener"
    )
    trial = run.trials[place]
    words = f"after Wiener filter (window {trial.parameters['wiener.window']:.3g})"
    assert workflow_in_words(dict(trial.parameters)) == words
    finished.session.select(place)
    reward = f"incoherence {trial.extra_rewards['incoherence']:.3g}"
    for text in (trial_tooltip(trial), results.shown_too.text()):
        assert words in text
        assert reward in text
    assert not results.shown_too.isHidden()
    view = results.table.view
    header = view.horizontalHeader()
    assert header is not None
    for column in range(len(columns) + 1):
        assert view.columnWidth(column) >= header.sectionSizeHint(column)


def test_objective_that_a_trial_lacks_is_nan(finished: FindAtoms) -> None:
    run = finished.session.current
    assert run is not None
    reward = objectives_of(run)[2]
    lacking = [replace(trial, extra_rewards={}) for trial in run.trials]
    assert np.isnan(reward.values(lacking)).all()
    assert np.isfinite(reward.values(run.trials)).any()


def test_the_objective_off_the_axes_is_the_colour(finished: FindAtoms, qtbot: QtBot) -> None:
    results, run = finished.results, finished.session.current
    assert run is not None
    bar = results.plot.findChild(ValueBar)
    assert results.axes.coloured is not None
    assert results.axes.coloured.name == "incoherence"
    assert bar.texts[0] == "incoherence with the lattice"
    # the colour goes on to what is off the axes then, unless the user has chosen one
    choose(finished, "qc", "incoherence")
    assert results.axes.coloured.name == "er"
    box = results.axes.colour
    box.setCurrentIndex(box.findData("too_close"))
    assert bar.texts[0] == "pairs too close"
    choose(finished, "qc", "er")
    assert results.axes.coloured.name == "too_close"
    box.setCurrentIndex(box.findData(""))
    assert results.axes.coloured is None
    assert bar.isHidden()
    # no axis is offered as a colour
    assert box.findData("qc") == -1
    # each explains itself where it stands
    assert "expected number N" in results.axes.horizontal.toolTip()
    head = results.table.view.model().headerData(2, Qt.Orientation.Horizontal, TIP)
    assert "expected number N" in str(head)
