"""Tests of several images and runs, with saved and loaded runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QFileDialog, QInputDialog

from napari_reward_analysis.analyses.atoms.run import save_run
from napari_reward_analysis.gui.atoms.dock import FindAtoms

PATIENCE = 30_000

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


def test_runs_stay_with_their_images(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go
) -> None:
    first, second = add_crystal("first"), add_crystal("second", seed=5)
    second.translate = (3, 3)
    widget = make_widget()
    widget.form.image.image.choose(first)
    run_a = run(widget)
    widget.form.search.seed.setValue(7)
    run_b = run(widget)
    widget.form.image.image.choose(second)
    run_c = run(widget)
    session, layer = widget.session, widget.overlay.atoms.layer
    assert session.runs == (run_a, run_b, run_c)
    np.testing.assert_array_equal(layer.translate, (3, 3))
    # another run brings its own front, its image and its points
    session.show(run_a)
    assert session.front == run_a.front
    assert widget.form.image.image.layer is first
    np.testing.assert_array_equal(layer.translate, (0, 0))
    # another image brings its latest run
    widget.form.image.image.choose(second)
    assert session.current is run_c
    widget.form.image.image.choose(first)
    assert session.current is run_b
    assert len(viewer.layers) == 3


def test_run_list_selects_by_hand(make_widget: Make, add_crystal: Add, run: Go) -> None:
    add_crystal()
    widget = make_widget()
    first = run(widget)
    second = run(widget)
    runs = widget.results.runs
    assert runs.count() == 2
    assert runs.itemText(0).startswith("crystal #2: SrTiO3[001], 8 trials")
    assert widget.session.current is second
    runs.setCurrentIndex(1)
    runs.activated.emit(1)
    assert widget.session.current is first


def test_rename_and_remove(
    make_widget: Make, add_crystal: Add, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("mine", True))
    menu = widget.results.run_menu
    menu.rename.trigger()
    assert widget.results.runs.currentText().startswith("mine: ")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("no", False))
    menu.rename.trigger()
    assert widget.session.runs[0].name == "mine"
    menu.remove.trigger()
    assert widget.session.runs == ()
    assert widget.results.runs.count() == 0
    assert not widget.results.export.isEnabled()


def test_edit_this_run_brings_its_settings_back(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    qtbot.keyClicks(widget.form.image.pixel_size, "0.21")
    widget.form.search.searches.setCurrentIndex(1)
    widget.form.search.seed.setValue(42)
    found = run(widget)
    widget.form.reset()
    assert widget.form.search.seed.value() == 0
    assert widget.form.image.typed_pixel_size is None
    widget.results.run_menu.edit.trigger()
    assert widget.form.values().to_settings() == found.settings
    assert widget.form.search.parameters.searched == ("threshold", "overlap")
    assert widget.form.image.effective_pixel_size == pytest.approx(0.21)
    assert all(section.is_open for section in widget.form.sections)


def test_saved_run_loads_with_its_front_clickable(
    make_widget: Make, add_crystal: Add, run: Go, tmp_path: Path, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    save_run(found, tmp_path / "saved")
    widget.session.remove(found)
    widget.load(tmp_path / "saved")
    qtbot.waitUntil(lambda: widget.session.current is not None, timeout=PATIENCE)
    loaded = widget.session.current
    assert loaded is not None
    assert loaded is not found
    assert widget.session.front == found.front
    qtbot.waitUntil(lambda: widget.overlay.shows_run, timeout=PATIENCE)
    layer = widget.overlay.atoms.layer
    for position in loaded.front:
        widget.results.plot.point_clicked.emit(position)
        trial = found.trials[position]
        assert trial.refined is not None
        np.testing.assert_allclose(layer.data, trial.points[trial.inside], rtol=1e-6)


def test_run_loaded_beside_another_image_says_so_and_draws_nothing(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, tmp_path: Path, qtbot: QtBot
) -> None:
    image = add_crystal("mine")
    widget = make_widget()
    found = run(widget)
    save_run(found, tmp_path / "saved")
    widget.session.remove(found)
    viewer.layers.clear()
    # of the same size: only the pixels tell
    add_crystal("another", seed=5)
    widget.load(tmp_path / "saved")
    qtbot.waitUntil(lambda: widget.results.notice.text() != "", timeout=PATIENCE)
    assert "belongs to the image 'mine' of 160 × 160 px" in widget.results.notice.text()
    widget.session.select(widget.session.front[0])
    assert [layer.name for layer in viewer.layers] == ["another"]
    viewer.add_layer(image)
    qtbot.waitUntil(lambda: widget.overlay.atoms.layer is not None, timeout=PATIENCE)
    assert widget.results.notice.text() == ""
    assert widget.form.image.image.layer is image


def test_damaged_file_gets_a_sentence(make_widget: Make, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "run.json").write_text('{"format": 1')
    widget = make_widget()
    widget.load(tmp_path / "run.json")
    qtbot.waitUntil(lambda: "damaged" in widget.run_box.status.text(), timeout=PATIENCE)
    assert widget.session.runs == ()


def test_recent_runs_can_be_loaded_from_the_menu(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    menu = widget.results.run_menu.recent
    menu.aboutToShow.emit()
    assert [a.text() for a in menu.actions()] == ["none saved yet"]
    found = run(widget)
    widget.session.remove(found)
    menu.aboutToShow.emit()
    (action,) = menu.actions()
    assert "crystal #1" in action.text()
    menu.triggered.emit(action)
    qtbot.waitUntil(lambda: widget.session.current is not None, timeout=PATIENCE)
    assert widget.session.current is not None
    assert widget.session.current.identifier == found.identifier


def test_load_asks_for_a_file(
    make_widget: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    widget = make_widget()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "no.json"), ""))
    widget.results.run_menu.load.trigger()
    qtbot.waitUntil(lambda: "cannot be read" in widget.run_box.status.text(), timeout=PATIENCE)
