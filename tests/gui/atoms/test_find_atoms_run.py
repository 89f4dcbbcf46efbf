"""Tests of a run of the dock "Find atoms": its trials, its end, and changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMainWindow

from napari_reward_analysis.gui.atoms.dock import FindAtoms

PATIENCE = 30_000
LEFT = Qt.MouseButton.LeftButton

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


def test_run_shows_its_euclidean_choice_on_the_image(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go
) -> None:
    image = add_crystal()
    widget = make_widget()
    found = run(widget)
    assert [layer.name for layer in viewer.layers] == ["crystal", "atoms"]
    chosen = found.trials[found.proposed("euclidean")]
    points = widget.overlay.atoms.layer
    assert chosen.refined is not None
    np.testing.assert_array_equal(points.data, chosen.points[chosen.inside])
    np.testing.assert_array_equal(points.scale, image.scale)
    assert points.units == image.units
    assert widget.results.plot.selected == found.proposed("euclidean")
    assert "8 trials" in widget.run_box.status.text()
    assert not any(section.is_open for section in widget.form.sections)
    assert "SrTiO3[001]" in widget.form.lattice.summary(None, None)


def test_click_arrow_key_and_table_row_show_a_trial(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    widget.resize(420, 900)
    widget.show()
    found = run(widget)
    # beyond the sum of half of the columns: now count and errors are at odds
    widget.results.ds.setValue(11.3)
    layer = widget.overlay.atoms.layer
    plot, session = widget.results.plot, widget.session
    assert len(session.front) > 1
    wanted = next(i for i in session.front if i != session.selected)
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=plot.locate(wanted))
    assert found.choice in session.front
    assert len(layer.data) == found.trials[found.choice].score.count
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(plot.canvas, key)
    assert found.choice == session.front[-1]
    assert widget.results.table.selected == found.choice
    widget.results.table.row_selected.emit(session.front[0])
    assert found.choice == session.front[0]
    assert len(layer.data) == found.trials[session.front[0]].score.count
    assert widget.overlay.atoms.layer is layer


def test_euclidean_and_chebyshev_buttons(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    qtbot: QtBot,
    other_trial: Callable[[FindAtoms], int],
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    widget.session.select(other_trial(widget))
    qtbot.mouseClick(widget.results.chebyshev, LEFT)
    assert widget.session.selected == found.proposed("chebyshev")
    qtbot.mouseClick(widget.results.euclidean, LEFT)
    assert widget.session.selected == found.proposed("euclidean")


def test_cancel_in_the_middle_keeps_the_front_and_the_form_works(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crystal()
    widget = make_widget()
    widget.form.search.trials.setValue(100_000)
    button = widget.run_box.button
    qtbot.mouseClick(button, LEFT)
    assert button.text() == "Cancel"
    qtbot.waitUntil(lambda: len(widget.session.front) > 0, timeout=PATIENCE)
    qtbot.mouseClick(button, LEFT)
    assert button.text() == "Canceling…"
    assert not button.isEnabled()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert (button.text(), button.isEnabled()) == ("Run", True)
    cancelled = widget.session.current
    assert cancelled is not None
    assert cancelled.status == "cancelled"
    assert 0 < len(cancelled.trials) < 100_000
    assert widget.run_box.status.text().startswith("The run was cancelled. ")
    assert widget.overlay.atoms.layer is not None
    widget.form.search.trials.setValue(4)
    second = run(widget)
    assert second is not cancelled
    assert len(second.trials) == 4


@pytest.mark.parametrize(
    "error", [RuntimeError("boom"), StopIteration(), MemoryError(), SystemExit(1)]
)
def test_exception_in_the_worker_ends_in_a_message_and_a_usable_form(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    error: BaseException,
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise error

    add_crystal()
    widget = make_widget()
    whole = widget.analysis
    widget.analysis = replace(whole, begin=broken)
    run(widget)
    assert type(error).__name__ in widget.run_box.status.text()
    assert (widget.run_box.button.text(), widget.run_box.button.isEnabled()) == ("Run", True)
    widget.analysis = whole
    assert len(run(widget).trials) == 8


def test_layer_renamed_and_deleted_during_the_run(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, qtbot: QtBot
) -> None:
    image = add_crystal()
    widget = make_widget()
    widget.form.search.trials.setValue(150)
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: len(widget.session.front) > 0, timeout=PATIENCE)
    image.name = "renamed"
    viewer.layers.remove(image)
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    found = widget.session.current
    assert found is not None
    assert (found.status, len(found.trials)) == ("done", 150)
    assert len(viewer.layers) == 0
    widget.session.select(widget.session.front[-1])
    assert len(viewer.layers) == 0
    assert "which is not open" in widget.results.notice.text()
    widget.results.keep.click()
    assert "no points on an open image" in widget.run_box.status.text()
    # the same pixels opened again are the run's image, whatever their name
    add_crystal("again")
    qtbot.waitUntil(lambda: widget.overlay.atoms.layer is not None, timeout=PATIENCE)
    assert widget.results.notice.text() == ""


def test_another_image_chosen_during_the_run(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, qtbot: QtBot
) -> None:
    first, second = add_crystal("first"), add_crystal("second", seed=5)
    second.translate = (3, 3)
    widget = make_widget()
    widget.form.image.image.choose(first)
    widget.form.search.trials.setValue(60)
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: len(widget.session.front) > 0, timeout=PATIENCE)
    widget.form.image.image.choose(second)
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    np.testing.assert_array_equal(widget.overlay.atoms.layer.translate, first.translate)


def test_window_closed_during_the_run(
    viewer: ViewerModel, add_crystal: Add, qtbot: QtBot, runs_folder: Path
) -> None:
    add_crystal()
    window = QMainWindow()
    widget = FindAtoms(viewer, runs_folder)
    window.setCentralWidget(widget)
    widget.form.lattice.lattice.setCurrentText("SrTiO3[001]")
    widget.form.search.trials.setValue(100_000)
    session = widget.session
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: len(session.front) > 0, timeout=PATIENCE)
    with qtbot.waitSignal(widget.destroyed):
        window.deleteLater()
    qtbot.waitUntil(lambda: not session.searching, timeout=PATIENCE)
    assert session.current is not None
    assert session.current.status == "cancelled"
    assert session.current.trials
    # nothing of the widget listens any more
    session.select(0)
    viewer.theme = "light"
    add_crystal("later")
    viewer.layers.clear()


def test_dock_closed_during_the_run_and_opened_again(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(widget)
    widget.form.search.trials.setValue(100_000)
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: len(widget.session.front) > 0, timeout=PATIENCE)
    window.takeCentralWidget()
    widget.setParent(None)
    assert widget.session.cancelling
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    again = FindAtoms(viewer, widget.runs_folder)
    qtbot.addWidget(again)
    assert again.session is widget.session
    assert again.results.runs.count() == 1
    assert again.overlay.atoms.layer is not None
    again.unbind()


def test_two_runs_at_once_are_not_started(make_widget: Make, add_crystal: Add, run: Go) -> None:
    add_crystal()
    widget = make_widget()
    widget.run_box.button.click()
    widget.run()
    run_count = len(widget.session.runs)
    assert run_count <= 1


def test_full_disk_is_said_and_the_run_goes_on(
    viewer: ViewerModel, add_crystal: Add, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    add_crystal()
    widget = FindAtoms(viewer, tmp_path / "file" / "runs")
    qtbot.addWidget(widget)
    widget.form.lattice.lattice.setCurrentText("SrTiO3[001]")
    widget.form.search.trials.setValue(4)
    said: list[str] = []
    widget.session.warned.connect(said.append)
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert len(said) == 1
    assert widget.session.current is not None
    assert len(widget.session.current.trials) == 4
    assert "could not be saved" in widget.run_box.status.text()
    widget.unbind()
