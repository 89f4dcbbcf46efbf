"""Tests of the dock of a registered analysis: form, runs, plot, table, autosave, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QInputDialog
from tests.gui.analysis.toy_dock import ToyDock
from tests.gui.conftest import PATIENCE
from tests.toy_analysis import TOY

from napari_reward_analysis.gui.analysis.autosave import autosave_folder
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.runs.analysis import register_analysis

LEFT = Qt.MouseButton.LeftButton
Add = Callable[..., Any]


@pytest.fixture
def dock(qtbot: QtBot, viewer: ViewerModel, runs_folder: Path) -> Iterator[ToyDock]:
    register_analysis(TOY)
    made = ToyDock(viewer, runs_folder)
    qtbot.addWidget(made)
    made.resize(420, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.unbind()
    qtbot.waitUntil(lambda: not made.session.searching, timeout=PATIENCE)


def search(qtbot: QtBot, dock: AnalysisDock, trials: int = 12) -> Any:
    dock.form.settings.set_values({"trials": trials, "sampler": "sobol"})
    assert dock.run_box.button.isEnabled(), dock.form.fault
    qtbot.mouseClick(dock.run_box.button, LEFT)
    qtbot.waitUntil(lambda: not dock.session.searching, timeout=PATIENCE)
    return dock.session.current


def test_the_form_is_made_of_the_settings_and_says_what_is_missing(
    qtbot: QtBot, dock: ToyDock, add_crystal: Add
) -> None:
    assert dock.run_box.fault.text().startswith("Open an image")
    assert not dock.run_box.button.isEnabled()
    add_crystal()
    assert dock.run_box.button.isEnabled()
    share = dock.form.settings.control("share")
    share.clear()
    qtbot.keyClicks(share, "7")
    assert "Bright share" in dock.run_box.fault.text()
    assert not dock.run_box.button.isEnabled()


def test_it_runs_is_listed_and_its_trials_are_picked(
    qtbot: QtBot, viewer: ViewerModel, dock: ToyDock, add_crystal: Add
) -> None:
    image = add_crystal()
    run = search(qtbot, dock)
    assert (run.status, len(run.trials)) == ("done", 12)
    assert run.settings.share == 0.1
    results = dock.results
    assert results.runs.itemText(0) == "crystal #1: no lattice, 12 trials"
    assert dock.run_box.status.text() == f"12 trials, {len(run.front)} on the front"
    assert not any(section.is_open for section in dock.form.sections)
    assert results.plot.frame.x_title.text() == "objective 1"
    assert len(results.table.shown_ids()) == len(run.front)
    # a click on the plot and a row of the table show a trial on the image
    layer = viewer.layers["bright"]
    np.testing.assert_array_equal(layer.scale, image.scale)
    wanted = next(k for k in run.front if k != dock.session.selected)
    dock.scroll_area.ensureWidgetVisible(results.plot)
    qtbot.mouseClick(results.plot.canvas.viewport(), LEFT, pos=results.plot.locate(wanted))
    assert run.choice == wanted
    assert results.shown.text().startswith(f"#{wanted}: objective 1 ")
    bright = np.asarray(image.data)
    bright = (bright - bright.min()) / (bright.max() - bright.min())
    share = (bright > run.trials[wanted].threshold).mean()
    assert np.asarray(layer.data).mean() == pytest.approx(share, abs=1e-3)
    results.keep.click()
    np.testing.assert_array_equal(viewer.layers["bright, kept"].scale, image.scale)
    results.table.row_selected.emit(run.front[0])
    assert dock.session.selected == run.front[0]


def test_it_saves_itself_and_comes_back_from_the_list_of_recent_runs(
    qtbot: QtBot, dock: ToyDock, add_crystal: Add, runs_folder: Path
) -> None:
    assert autosave_folder("toy").name == "toy-runs"
    add_crystal()
    run = search(qtbot, dock)
    (folder,) = runs_folder.iterdir()
    assert {path.name for path in folder.iterdir()} == {"toy.json", "about.json"}
    dock.session.remove(run)
    assert dock.results.runs.count() == 0
    recent = dock.results.run_menu.recent
    recent.aboutToShow.emit()
    (action,) = recent.actions()
    assert action.text().endswith("crystal #1")
    action.trigger()
    qtbot.waitUntil(lambda: dock.session.current is not None, timeout=PATIENCE)
    again = dock.session.current
    assert again.identifier == run.identifier
    assert again.trials == run.trials
    qtbot.waitUntil(lambda: dock.overlay.shows_run, timeout=PATIENCE)


def test_a_run_that_is_loaded_during_a_search_takes_none_of_its_trials(
    qtbot: QtBot, dock: ToyDock, add_crystal: Add, tmp_path: Path
) -> None:
    add_crystal()
    first = search(qtbot, dock)
    TOY.format.save(first, tmp_path / "kept")
    dock.session.remove(first)
    dock.form.settings.set_values({"trials": 100_000})
    qtbot.mouseClick(dock.run_box.button, LEFT)
    qtbot.waitUntil(lambda: dock.session.growing is not None, timeout=PATIENCE)
    growing = dock.session.growing
    dock.load(tmp_path / "kept")
    qtbot.waitUntil(lambda: dock.session.current is not growing, timeout=PATIENCE)
    loaded = dock.session.current
    assert dock.session.searching
    assert dock.results.runs.count() == 2
    before = len(growing.trials)
    qtbot.waitUntil(lambda: len(growing.trials) > before, timeout=PATIENCE)
    qtbot.mouseClick(dock.run_box.button, LEFT)
    qtbot.waitUntil(lambda: not dock.session.searching, timeout=PATIENCE)
    assert loaded.trials == first.trials
    assert growing.status == "cancelled"


def test_edit_rename_export_and_remove(
    qtbot: QtBot,
    dock: ToyDock,
    add_crystal: Add,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    dock.form.settings.set_values({"share": 0.3})
    run = search(qtbot, dock)
    menu = dock.results.run_menu
    dock.form.settings.reset()
    menu.edit.trigger()
    assert dock.form.settings.settings() == run.settings
    assert all(section.is_open for section in dock.form.sections)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("mine", True))
    menu.rename.trigger()
    assert dock.results.runs.currentText().startswith("mine: ")
    folder = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    dock.results.export.folder.trigger()
    qtbot.waitUntil(lambda: "saved" in dock.run_box.status.text(), timeout=PATIENCE)
    assert {path.name for path in folder.iterdir()} == {"toy.json", "toy.csv"}
    assert TOY.format.load(folder).name == "mine"
    menu.remove.trigger()
    assert dock.session.runs == ()


def test_run_stays_in_sight_and_in_its_place(qtbot: QtBot, dock: ToyDock, add_crystal: Add) -> None:
    add_crystal()
    dock.resize(420, 420)
    place = dock.run_box.button.mapTo(dock, dock.run_box.button.rect().topLeft())
    search(qtbot, dock)
    qtbot.waitUntil(lambda: dock.results.plot.isVisible(), timeout=PATIENCE)
    assert dock.run_box.button.mapTo(dock, dock.run_box.button.rect().topLeft()) == place
    assert not dock.run_box.button.visibleRegion().isEmpty()
    bar = dock.scroll_area.verticalScrollBar()
    assert bar is not None
    bar.setValue(bar.maximum())
    assert not dock.run_box.button.visibleRegion().isEmpty()
