"""Tests of the dock "Studies" through the manifest: run, cancel, map, save, reopen."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QFileDialog, QMessageBox
from tests.gui.conftest import LATTICE, PATIENCE, PIXEL_SIZE, crystal, press

from napari_reward_analysis.analyses.windows.plan import plan_windows
from napari_reward_analysis.gui.studies.dock import Studies
from napari_reward_analysis.gui.studies.layers import spread
from napari_reward_analysis.gui.studies.windows import WindowsStudy
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea

Add = Callable[..., Any]


def fill(tab: WindowsStudy, side: float | None = 20.0, trials: int = 6) -> None:
    tab.form.inputs.lattice.choice.setCurrentText(LATTICE)
    tab.form.options.side.set_value(side)
    tab.form.options.trials.setValue(trials)


def finish(qtbot: QtBot, tab: Any) -> Any:
    assert tab.run_box.button.isEnabled(), tab.form.fault
    press(qtbot, tab.run_box.button)
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=2 * PATIENCE)
    return tab.session.current


def test_windows_from_one_click_to_files_and_back(
    make_napari_viewer: Callable[..., Any],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(800, 560)
    # the right half holds no crystal
    pixels = np.array(crystal().data, float)
    pixels[:, 90:] = pixels.mean() + np.random.default_rng(1).normal(0, 1e-3, (160, 70))
    image = viewer.add_image(
        pixels, name="half", scale=(PIXEL_SIZE / 10,) * 2, units=("nm", "nm"), translate=(1, 2)
    )
    dock, widget = viewer.window.add_plugin_dock_widget("napari-reward-analysis", "Studies")
    assert isinstance(widget, Studies)
    widget.tabs.setCurrentIndex(0)
    tab = widget.tabs.widget(0)
    assert isinstance(tab, WindowsStudy)
    fill(tab, side=16.0)
    run = finish(qtbot, tab)

    assert run.status == "done"
    # the form made room for what was found
    assert not any(section.is_open for section in (tab.form.inputs.section, tab.form.sections[1]))
    atoms = tab.overlay.layers.atoms
    assert [layer.name for layer in viewer.layers].count("atoms, windows") == 1
    assert len(atoms.data) == len(run.atoms()) > 20
    np.testing.assert_allclose(
        atoms.data_to_world(atoms.data[0]),
        image.data_to_world((run.stitched["y_px"][0], run.stitched["x_px"][0])),
    )
    # the map lies over the image; windows without crystal are transparent and listed
    shown = tab.overlay.layers.map
    np.testing.assert_allclose(shown.data_to_world((7, 9)), image.data_to_world((7, 9)))
    assert shown.data.shape == pixels.shape
    assert np.isfinite(shown.data[80, 20])
    assert np.isnan(shown.data[80, 155])
    assert run.left_out
    assert run.left_out[0].reason in tab.results.left_out.text()
    sigma = tab.results.quantity.findData("min_sigma")
    assert tab.results.quantity.itemText(sigma) == "min sigma, px"
    tab.results.quantity.setCurrentIndex(tab.results.quantity.findData("threshold"))
    assert tab.overlay.layers.map.name == "map by window: threshold"
    np.testing.assert_allclose(
        np.unique(tab.overlay.layers.map.data[np.isfinite(tab.overlay.layers.map.data)]),
        np.unique(run.maps["threshold"][np.isfinite(run.maps["threshold"])]),
        rtol=1e-6,
    )
    lowest, highest = np.nanmin(run.maps["threshold"]), np.nanmax(run.maps["threshold"])
    assert tab.results.range.text() == f"{lowest:.3g} (dark) to {highest:.3g} (bright)"
    # a map is no image to be analysed
    assert tab.form.inputs.image.image.layer is image

    status = tab.run_box.status
    said = status.text()
    assert f"{len(atoms.data)} columns in" in said
    file = tmp_path / "columns.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), "CSV (*.csv)"))
    tab.results.csv.trigger()
    qtbot.waitUntil(lambda: "saved" in tab.run_box.status.text(), timeout=PATIENCE)
    with file.open(newline="") as opened:
        assert len(list(csv.DictReader(opened))) == len(atoms.data)
    folder = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    tab.results.export.folder.trigger()
    qtbot.waitUntil(lambda: "tables and figures saved" in status.text(), timeout=PATIENCE)
    assert {"windows.json", "atoms.csv", "maps.tif", "maps.png"} == {
        path.name for path in folder.iterdir()
    }
    # result and time of the run are still shown
    assert status.text() == f"{said}\nRun, tables and figures saved: {folder}"
    assert tab.run_box.elapsed.text() != ""
    # a folder that holds such files already is not written over unasked
    asked: list[str] = []

    def refuse(_parent: object, _title: str, text: str) -> Any:
        asked.append(text)
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", refuse)
    before_saving = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    tab.results.export.folder.trigger()
    assert len(asked) == 1
    assert f"{folder} already holds windows.json and atoms.csv" in asked[0]
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before_saving

    viewer.layers.remove(atoms)
    before = np.array(atoms.data)
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_: (str(folder / "windows.json"), "")
    )
    tab.results.run_menu.load.trigger()
    qtbot.waitUntil(lambda: tab.overlay.layers.atoms is not None, timeout=PATIENCE)
    np.testing.assert_allclose(tab.overlay.layers.atoms.data, before)
    assert [layer.name for layer in viewer.layers].count("atoms, windows") == 1
    # what stood there of the former run does not stand beside the opened one
    assert (tab.run_box.elapsed.text(), tab.run_box.bar.value()) == ("", 0)

    # a notice appears if the run's image is not the shown one
    viewer.layers.remove(image)
    viewer.add_image(pixels[::-1], name="other", scale=image.scale, units=("nm", "nm"))
    tab.results.run_menu.load.trigger()
    qtbot.waitUntil(lambda: "belongs to the image" in tab.results.notice.text(), timeout=PATIENCE)
    viewer.window.remove_dock_widget(dock)
    widget.deleteLater()


def test_windows_are_cancelled_and_what_was_found_stays(
    qtbot: QtBot, add_crystal: Add, studies: Studies
) -> None:
    add_crystal()
    studies.tabs.setCurrentIndex(0)
    tab: Any = studies.tabs.widget(0)
    fill(tab, side=10.0, trials=10)
    press(qtbot, tab.run_box.button)
    assert tab.session.searching
    qtbot.waitUntil(
        lambda: tab.session.current is not None and len(tab.session.current.trials) > 0,
        timeout=PATIENCE,
    )
    press(qtbot, tab.run_box.button)
    assert tab.run_box.state == "cancelling"
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    assert tab.session.current.status == "cancelled"
    assert 0 < len(tab.session.current.trials) < len(tab.session.current.plan.windows)
    assert "The run was cancelled." in tab.run_box.status.text()
    assert "were not searched" in tab.run_box.status.text()
    assert tab.results.export.isEnabled()


@pytest.mark.parametrize("index", [0, 1])
def test_cancel_does_not_wait_for_a_search_of_10_000_trials(
    qtbot: QtBot, add_crystal: Add, studies: Studies, index: int
) -> None:
    add_crystal()
    studies.tabs.setCurrentIndex(index)
    tab: Any = studies.tabs.widget(index)
    tab.form.inputs.lattice.choice.setCurrentText(LATTICE)
    tab.form.options.trials.setValue(10_000)
    press(qtbot, tab.run_box.button)
    qtbot.waitUntil(lambda: tab.session.current is not None, timeout=PATIENCE)
    press(qtbot, tab.run_box.button)
    # the whole of one such search takes hours
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    assert (tab.session.outcome, tab.session.runs) == (("cancelled", ""), ())
    assert tab.run_box.status.text() == "The run was cancelled before its first result."
    left = [thread.name for thread in threading.enumerate()]
    assert not [name for name in left if name.startswith(("window", "reward-analysis"))]


def test_a_window_smaller_than_two_cells_is_refused_in_a_sentence(
    qtbot: QtBot, add_crystal: Add, studies: Studies
) -> None:
    add_crystal()
    studies.tabs.setCurrentIndex(0)
    tab: Any = studies.tabs.widget(0)
    fill(tab, side=3.0)
    finish(qtbot, tab)
    assert tab.session.current is None
    assert tab.run_box.warns
    assert "smaller than two cells" in tab.run_box.status.text()
    # mended, it runs
    assert tab.run_box.button.text() == "Run"
    assert tab.run_box.button.isEnabled()
    tab.form.options.side.set_value(None)
    tab.form.options.side.setText("wide")
    tab.form.options.side.value_changed.emit()
    assert "not a number" in tab.run_box.fault.text()


def test_each_study_has_a_tab_and_a_dock_that_is_closed_lets_go(
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(800, 560)
    dock, widget = viewer.window.add_plugin_dock_widget("napari-reward-analysis", "Studies")
    titles = [widget.tabs.tabText(index) for index in range(widget.tabs.count())]
    assert titles == ["Sliding windows", "Noise", "Oracle"]
    widget.tabs.setCurrentIndex(0)
    tab: Any = widget.tabs.widget(0)
    viewer.window.remove_dock_widget(dock)
    # what happens in the viewer from now on is no business of the tabs
    viewer.add_image(np.eye(9), name="late")
    assert tab.form.inputs.image.image.layer is None
    widget.bind()
    assert tab.form.inputs.image.image.layer is viewer.layers["late"]
    widget.unbind()
    widget.deleteLater()


def test_without_image_the_form_says_what_to_do(studies: Studies) -> None:
    studies.tabs.setCurrentIndex(0)
    tab: Any = studies.tabs.widget(0)
    assert "Open an image" in tab.run_box.fault.text()
    assert not tab.run_box.button.isEnabled()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_long_path_leaves_the_form_within_the_dock(
    qtbot: QtBot, add_crystal: Add, studies: Studies, index: int
) -> None:
    add_crystal()
    studies.tabs.setCurrentIndex(index)
    tab: Any = studies.tabs.widget(index)
    area = tab.findChild(VerticalScrollArea)
    long = "Saved: /" + "_".join(["a_session_of_last_winter"] * 8)
    status = tab.run_box.status
    tab.run_box.set_status(f"{'word ' * 100}\n{long}")
    # words are wrapped, and a tooltip shows the complete text
    lines = status.fontMetrics().lineSpacing()
    qtbot.waitUntil(lambda: status.height() > 4 * lines, timeout=PATIENCE)
    assert area.widget().width() == area.viewport().width()
    assert long in status.toolTip()


@pytest.mark.parametrize("index", [0, 1])
def test_without_a_pixel_size_no_study_begins_and_the_lattice_s_is_one_click_away(
    qtbot: QtBot, viewer: ViewerModel, studies: Studies, index: int
) -> None:
    viewer.add_image(np.array(crystal().data), name="bare")
    studies.tabs.setCurrentIndex(index)
    tab: Any = studies.tabs.widget(index)
    # what cannot be typed here is not offered
    lattices = tab.form.inputs.lattice.choice
    names = [lattices.itemText(k) for k in range(lattices.count())]
    assert LATTICE in names
    assert not [name for name in names if "none" in name or "free" in name]
    lattices.setCurrentText(LATTICE)
    box = tab.run_box
    assert box.fault.text() == "The pixel size is not known: type it in Å."
    assert not box.button.isEnabled()
    qtbot.waitUntil(
        lambda: "press “Use the pixel size of the lattice”" in box.fault.text(), timeout=PATIENCE
    )
    assert not box.button.isEnabled()
    press(qtbot, tab.form.inputs.image.preflight.use)
    assert box.fault.text() == ""
    if index == 0:  # ten roots of the cell's area, 3.905 angstrom squared
        assert float(tab.form.options.side.placeholderText()) == pytest.approx(39.05, rel=0.01)
        assert tab.form.options.summary().startswith(
            f"{tab.form.options.side.placeholderText()} Å, "
        )
    assert box.button.isEnabled()
    assert tab.form.inputs.image.effective_pixel_size == pytest.approx(PIXEL_SIZE, rel=0.01)


def test_a_map_changes_halfway_between_the_middles_of_windows() -> None:
    plan = plan_windows((100, 40), 40, 0.25)
    values = np.arange(plan.grid[0] * plan.grid[1], dtype=float).reshape(plan.grid)
    shown = spread(values, plan)
    assert shown.shape == (100, 40)
    first, second = plan.windows[0], plan.windows[1]
    seam = (first.bottom + second.top) / 2
    assert shown[int(seam) - 1, 0] == 0
    assert shown[int(seam) + 1, 0] == 1
