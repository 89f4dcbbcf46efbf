"""Tests of sub-pixel positions in the window: refined on the front, or when shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers.base import ActionType
from pytestqt.qtbot import QtBot

from napari_reward_analysis.analyses.atoms.positions import Refiner
from napari_reward_analysis.analyses.atoms.run import load_run
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.gui.atoms import work
from napari_reward_analysis.gui.atoms.dock import FindAtoms

PATIENCE = 30_000

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]
Find = Callable[[FindAtoms], int]


@pytest.fixture(autouse=True)
def only_the_proposed_trial_is_refined_by_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "REFINING_SECONDS", 0.0)


class Gate:
    """Holds fits back until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.threads: list[threading.Thread] = []
        self.trials: list[int] = []

    def close(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def pass_through(self, trial: AtomTrial) -> None:
        self.threads.append(threading.current_thread())
        self.trials.append(trial.index)
        assert self._open.wait(60)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    held = Gate()
    fit = Refiner.refined

    def refined(self: Refiner, trial: AtomTrial) -> Refined:
        held.pass_through(trial)
        return fit(self, trial)

    monkeypatch.setattr(Refiner, "refined", refined)
    yield held
    held.open()


@pytest.fixture
def selected(make_widget: Make, add_crystal: Add, run: Go, gate: Gate) -> tuple[FindAtoms, int]:
    """A finished run, and a trial of it selected whose fit waits at the closed gate."""
    add_crystal()
    widget = make_widget()
    run(widget)
    wanted = unrefined(widget)
    gate.close()
    widget.session.select(wanted)
    return widget, wanted


def blobs_of(trial: AtomTrial) -> Any:
    return trial.blobs[trial.inside, :2]


def points_of(trial: AtomTrial) -> Any:
    assert trial.refined is not None
    return trial.refined.points[trial.inside]


def unrefined(widget: FindAtoms) -> int:
    run, shown = widget.session.current, widget.session.selected
    assert run is not None
    return next(
        i
        for i, t in enumerate(run.trials)
        if i != shown and t.refined is None and t.feasible and t.score.count > 20
    )


def test_clicking_a_trial_shows_it_at_once_and_refines_it_in_place(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot, gate: Gate
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    layer = widget.overlay.atoms.layer
    wanted = unrefined(widget)
    before = found.trials[wanted].score
    gate.close()

    widget.results.plot.point_clicked.emit(wanted)
    np.testing.assert_array_equal(layer.data, blobs_of(found.trials[wanted]))
    assert layer.features["uncertainty_px"].isna().all()
    layer.selected_data = {1, 4}
    gate.open()
    qtbot.waitUntil(lambda: found.trials[wanted].refined is not None, timeout=PATIENCE)

    assert widget.overlay.atoms.layer is layer
    assert len(viewer.layers) == 2
    trial = found.trials[wanted]
    np.testing.assert_array_equal(layer.data, points_of(trial))
    assert not np.array_equal(layer.data, blobs_of(trial))
    known = trial.uncertainty[trial.inside]
    np.testing.assert_array_equal(layer.features["uncertainty_px"], known)
    assert np.isfinite(known).mean() > 0.8
    assert set(layer.selected_data) == {1, 4}
    assert trial.score == before
    assert widget.session.edited is None
    table = widget.overlay.table()
    assert table is not None
    np.testing.assert_array_equal(table["y_px"], layer.data[:, 0])
    assert threading.main_thread() not in gate.threads


def test_the_run_refines_the_proposed_trial_first_and_saves_it(
    make_widget: Make, add_crystal: Add, run: Go, runs_folder: Path, gate: Gate
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    proposed = widget.session.proposed("euclidean")
    assert proposed is not None
    assert gate.trials == [found.trials[proposed].index]
    (folder,) = runs_folder.iterdir()
    saved = load_run(folder)
    assert [t.refined is not None for t in saved.trials] == [
        t.refined is not None for t in found.trials
    ]
    np.testing.assert_array_equal(saved.trials[proposed].points, found.trials[proposed].points)


def test_the_run_refines_its_whole_front_where_that_is_quick(
    make_widget: Make, add_crystal: Add, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "REFINING_SECONDS", 60.0)
    add_crystal()
    widget = make_widget()
    found = run(widget)
    assert {i for i, t in enumerate(found.trials) if t.refined is not None} == set(found.front)


def test_a_trial_deselected_meanwhile_disturbs_nothing(
    selected: tuple[FindAtoms, int], qtbot: QtBot, gate: Gate
) -> None:
    widget, wanted = selected
    found, layer = widget.session.current, widget.overlay.atoms.layer
    assert found is not None
    widget.session.select(None)
    gate.open()
    # its positions are kept for the next time
    qtbot.waitUntil(lambda: found.trials[wanted].refined is not None, timeout=PATIENCE)
    proposed = widget.session.selected
    assert proposed is not None
    assert proposed != wanted
    np.testing.assert_array_equal(layer.data, points_of(found.trials[proposed]))
    widget.session.select(wanted)
    np.testing.assert_array_equal(layer.data, points_of(found.trials[wanted]))
    assert not widget.refining.busy


def test_trials_passed_over_quickly_are_not_fitted(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot, gate: Gate
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    rest = [i for i, t in enumerate(found.trials) if t.refined is None and len(t.blobs)]
    assert len(rest) > 3
    gate.trials.clear()
    gate.close()
    for position in rest:
        widget.session.select(position)
    gate.open()
    qtbot.waitUntil(lambda: found.trials[rest[-1]].refined is not None, timeout=PATIENCE)
    assert gate.trials == [found.trials[rest[0]].index, found.trials[rest[-1]].index]


def test_edits_by_hand_are_not_overwritten(
    selected: tuple[FindAtoms, int], qtbot: QtBot, gate: Gate
) -> None:
    widget, wanted = selected
    found, layer = widget.session.current, widget.overlay.atoms.layer
    assert found is not None
    layer.remove([0, 1])
    edited = np.array(layer.data)
    gate.open()
    qtbot.waitUntil(lambda: found.trials[wanted].refined is not None, timeout=PATIENCE)
    np.testing.assert_array_equal(layer.data, edited)
    qtbot.waitUntil(lambda: widget.session.edited is not None)
    assert widget.session.edited is not None
    assert widget.session.edited.count == len(edited)


def test_a_point_that_is_being_dragged_stays_under_the_mouse(
    selected: tuple[FindAtoms, int], qtbot: QtBot, gate: Gate
) -> None:
    widget, wanted = selected
    found, layer = widget.session.current, widget.overlay.atoms.layer
    assert found is not None
    told = dict(data_indices=(0,), vertex_indices=((),))
    layer.events.data(value=layer.data, action=ActionType.CHANGING, **told)
    gate.open()
    qtbot.waitUntil(lambda: found.trials[wanted].refined is not None, timeout=PATIENCE)
    np.testing.assert_array_equal(layer.data, blobs_of(found.trials[wanted]))


def test_moving_n_or_ds_meanwhile_keeps_both(
    selected: tuple[FindAtoms, int], qtbot: QtBot, gate: Gate
) -> None:
    widget, wanted = selected
    found, layer = widget.session.current, widget.overlay.atoms.layer
    assert found is not None
    widget.results.ds.setValue(widget.results.ds.value() * 1.3)
    errors = np.array(layer.features["is_error"])
    gate.open()
    qtbot.waitUntil(lambda: found.trials[wanted].refined is not None, timeout=PATIENCE)
    np.testing.assert_array_equal(layer.data, points_of(found.trials[wanted]))
    np.testing.assert_array_equal(layer.features["is_error"], errors)
    widget.results.original.click()
    np.testing.assert_array_equal(layer.data, points_of(found.trials[wanted]))


def test_a_run_without_refinement_stays_on_whole_pixels(
    make_widget: Make, add_crystal: Add, run: Go, gate: Gate
) -> None:
    add_crystal()
    widget = make_widget()
    widget.form.search.refine.setChecked(False)
    found = run(widget)
    assert not found.settings.refine
    widget.session.select(unrefined(widget))
    assert not widget.refining.busy
    assert gate.trials == []
    layer = widget.overlay.atoms.layer
    np.testing.assert_array_equal(layer.data, np.round(layer.data))
    # the form takes it over from the run
    widget.form.reset()
    assert widget.form.search.refine.isChecked()
    widget.results.run_menu.edit.trigger()
    assert widget.form.values().to_settings() == found.settings


def test_an_image_changed_since_the_run_refines_nothing(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    image = add_crystal()
    widget = make_widget()
    found = run(widget)
    image.data = image.data[::-1].copy()
    wanted = unrefined(widget)
    widget.session.select(wanted)
    assert widget.refining.busy
    qtbot.waitUntil(lambda: not widget.refining.busy, timeout=PATIENCE)
    assert found.trials[wanted].refined is None
    layer = widget.overlay.atoms.layer
    np.testing.assert_array_equal(layer.data, blobs_of(found.trials[wanted]))


def test_a_fit_that_fails_leaves_the_run_as_it_is(
    make_widget: Make, add_crystal: Add, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refined(self: Refiner, trial: AtomTrial) -> Refined:
        raise MemoryError

    monkeypatch.setattr(Refiner, "refined", refined)
    add_crystal()
    widget = make_widget()
    found = run(widget)
    assert found.status == "done"
    assert "stay on whole pixels" in widget.run_box.status.text()
    assert len(widget.overlay.atoms.layer.data) > 20


def test_a_widget_closed_meanwhile_is_not_missed(
    make_widget: Make, add_crystal: Add, run: Go, gate: Gate
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    wanted = unrefined(widget)
    gate.close()
    widget.session.select(wanted)
    assert widget.refining.busy
    widget.unbind()
    gate.open()
    for thread in gate.threads:
        thread.join(60)
    assert found.trials[wanted].refined is None
    widget.bind()
    assert widget.refining.busy


def test_an_image_closed_by_the_user_is_let_go(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    image = add_crystal()
    widget = make_widget()
    found = run(widget)
    first = unrefined(widget)
    widget.session.select(first)
    qtbot.waitUntil(lambda: found.trials[first].refined is not None, timeout=PATIENCE)
    viewer.layers.remove(image)
    widget.session.select(unrefined(widget))
    assert not widget.refining.busy


def test_a_frame_of_a_stack_is_refined_by_itself(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    image = add_crystal()
    stack = np.stack([image.data[::-1], image.data, image.data.T])
    spatial = dict(scale=(1, 0.02, 0.02), units=("pixel", "nm", "nm"))
    viewer.layers.clear()
    viewer.add_image(stack, name="stack", **spatial)
    widget = make_widget()
    viewer.dims.set_point(0, 1)
    found = run(widget)
    wanted = unrefined(widget)
    # another frame is on show by now
    viewer.dims.set_point(0, 2)
    widget.session.select(wanted)
    qtbot.waitUntil(lambda: found.trials[wanted].refined is not None, timeout=PATIENCE)
    layer = widget.overlay.atoms.layer
    np.testing.assert_array_equal(layer.data[:, 1:], points_of(found.trials[wanted]))
    assert (layer.data[:, 0] == 1).all()
