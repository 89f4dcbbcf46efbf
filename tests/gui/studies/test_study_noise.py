"""Tests of the tab "Noise" through the manifest: curves, cancel, files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog
from tests.gui.conftest import LATTICE, PATIENCE, PIXEL_SIZE, crystal, press

from napari_reward_analysis.analyses.noise.result import KEPT, ORACLE, TUNED
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.layers.drawn_region import AREAS
from napari_reward_analysis.gui.studies.dock import Studies
from napari_reward_analysis.gui.studies.noise import NoiseStudy
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.points.matching import points_within

Add = Callable[..., Any]


def fill(tab: NoiseStudy, levels: str = "0, 0.4", seeds: int = 1) -> None:
    tab.form.inputs.lattice.choice.setCurrentText(LATTICE)
    tab.form.options.levels.setText(levels)
    tab.form.options.seeds.setValue(seeds)
    tab.form.options.trials.setValue(4)


def known_columns() -> Any:
    made = simulate(
        lattice_preset(LATTICE), pixel_size=PIXEL_SIZE, shape=(160, 160), dose=200, seed=3
    )
    return np.column_stack([made.truth["y"], made.truth["x"]])


def test_noise_from_one_click_to_files_and_back(
    make_napari_viewer: Callable[..., Any],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(800, 560)
    given: dict[str, Any] = {"scale": (PIXEL_SIZE / 10,) * 2, "units": ("nm", "nm")}
    viewer.add_image(np.array(crystal().data), name="crystal", **given)
    viewer.add_points(known_columns(), name="truth", **given)
    dock, widget = viewer.window.add_plugin_dock_widget("napari-reward-analysis", "Studies")
    assert isinstance(widget, Studies)
    widget.tabs.setCurrentIndex(1)
    tab = widget.tabs.currentWidget()
    assert isinstance(tab, NoiseStudy)
    fill(tab, seeds=2)
    qtbot.keyClicks(tab.form.options.known, "truth")
    assert tab.form.options.known.layer is viewer.layers["truth"]
    assert tab.run_box.button.isEnabled(), tab.form.fault
    press(qtbot, tab.run_box.button)
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=2 * PATIENCE)
    run = tab.session.current
    assert run.status == "done", tab.run_box.status.text()
    assert len(run.trials) == tab.run_box.bar.value() == 8

    plot = tab.results.plot
    np.testing.assert_array_equal(plot.curves[TUNED], run.means(TUNED, "n"))
    assert set(plot.curves) == {TUNED, KEPT}
    assert [entry.text for entry in plot.legend.entries] == [TUNED, KEPT, "lattice"]
    drawn = [item.getData() for item in plot.canvas.getPlotItem().listDataItems()]
    assert any(np.array_equal(y, run.means(KEPT, "n")[:, 1]) for _, y in drawn)
    # the mismatch is that of each search, so that opposite signs do not cancel
    tab.results.quantity.setCurrentIndex(tab.results.quantity.findData("qc"))
    kept = [abs(r.qc) for r in run.trials if (r.method, r.level) == (KEPT, 0.4)]
    assert plot.curves[KEPT][-1, 1:] == pytest.approx([np.mean(kept), min(kept), max(kept)])
    for name in ("er", "threshold", "f1"):
        tab.results.quantity.setCurrentIndex(tab.results.quantity.findData(name))
        np.testing.assert_array_equal(plot.curves[TUNED], run.means(TUNED, name))
    assert plot.curves[TUNED][0, 1] > 0.9
    viewer.theme = "light"
    assert set(plot.curves) == {TUNED, KEPT}

    for action, name in ((tab.results.csv, "table.csv"), (tab.results.picture, "figure.png")):
        file = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, f=file: (str(f), ""))
        action.trigger()
        qtbot.waitUntil(lambda n=name: n in tab.run_box.status.text(), timeout=PATIENCE)
    with (tmp_path / "table.csv").open(newline="") as opened:
        assert len(list(csv.DictReader(opened))) == 8
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"
    folder = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    tab.results.export.folder.trigger()
    qtbot.waitUntil(lambda: "out" in tab.run_box.status.text(), timeout=PATIENCE)
    assert {path.name for path in folder.iterdir()} == {"noise.json", "noise.csv", "noise.png"}

    before = plot.curves[TUNED]
    tab.session.remove(run)
    tab.load(folder)
    qtbot.waitUntil(lambda: tab.session.current is not None, timeout=PATIENCE)
    np.testing.assert_allclose(plot.curves[TUNED], before)
    viewer.window.remove_dock_widget(dock)
    widget.deleteLater()


def test_a_drawn_region_by_mouse_saved_and_opened_again(
    viewer: ViewerModel,
    studies: Studies,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[str, Any] = {"scale": (PIXEL_SIZE / 10,) * 2, "units": ("nm", "nm")}
    viewer.add_image(np.array(crystal().data), name="crystal", **given)
    viewer.add_points(known_columns(), name="truth", **given)
    # halfway between rows of columns
    top, bottom, left, right = 24.4, 141.6, 34.2, 102.5
    outline = [[top, left], [top, right], [bottom, right], [bottom, left]]
    viewer.add_shapes([outline], name="outline", **given)
    studies.tabs.setCurrentIndex(1)
    tab: Any = studies.tabs.currentWidget()
    fill(tab)
    qtbot.keyClicks(tab.form.inputs.image.regions, "outline")
    qtbot.keyClicks(tab.form.options.known, "truth")
    assert tab.form.fault == ""
    button = tab.run_box.button
    tab.findChild(VerticalScrollArea).ensureWidgetVisible(button)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert tab.session.searching
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=2 * PATIENCE)
    run = tab.session.current
    assert run.status == "done", tab.run_box.status.text()
    assert run.region.mean() == pytest.approx((bottom - top) * (right - left) / 160**2, rel=0.03)
    assert run.trials[0].count == np.count_nonzero(points_within(run.trials[0].points, run.region))
    # SrTiO3 of 160 x 160 px holds 134.3 columns
    assert run.trials[0].expected == pytest.approx(134.3 * run.region.mean(), rel=0.03)
    assert run.trials[0].score.f1 > 0.9
    told = f"Columns are counted in the drawn region ({run.region.mean():.0%} of the field)."
    assert told in tab.run_box.status.text()

    folder = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    tab.results.export.folder.trigger()
    qtbot.waitUntil(lambda: "saved" in tab.run_box.status.text(), timeout=PATIENCE)
    tab.session.remove(run)
    tab.load(folder)
    qtbot.waitUntil(lambda: tab.session.current is not None, timeout=PATIENCE)
    np.testing.assert_array_equal(tab.session.current.region, run.region)
    assert told in tab.run_box.status.text()

    # an emptied outline is a fault; another choice removes it
    viewer.layers["outline"].data = []
    qtbot.waitUntil(lambda: "Nothing is drawn" in tab.run_box.fault.text(), timeout=PATIENCE)
    assert not button.isEnabled()
    tab.form.inputs.image.regions.choose(AREAS["field"])
    assert button.isEnabled()


def test_a_study_is_cancelled_and_bad_levels_are_refused(
    qtbot: QtBot, studies: Studies, add_crystal: Add
) -> None:
    add_crystal()
    studies.tabs.setCurrentIndex(1)
    tab: Any = studies.tabs.widget(1)
    for levels in ("0, 0.5, 0.2", "none", ""):
        fill(tab, levels)
        tab.form.options.changed.emit()
        assert tab.run_box.fault.text().startswith("Levels: ")
        assert not tab.run_box.button.isEnabled()
    fill(tab, "0, 0.1, 0.2, 0.3, 0.4, 0.5", seeds=20)
    tab.form.options.changed.emit()
    press(qtbot, tab.run_box.button)
    qtbot.waitUntil(
        lambda: tab.session.current is not None and len(tab.session.current.trials) > 1,
        timeout=PATIENCE,
    )
    assert len(tab.results.plot.curves) == 2
    press(qtbot, tab.run_box.button)
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    assert tab.session.current.status == "cancelled"
    assert len(tab.session.current.trials) < 240
    assert "The run was cancelled. LoG* finds " in tab.run_box.status.text()


def test_a_network_is_asked_beside(
    qtbot: QtBot, add_crystal: Add, studies: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    add_crystal()
    studies.tabs.setCurrentIndex(1)
    tab: Any = studies.tabs.widget(1)
    fill(tab, levels="0")
    press(qtbot, tab.form.options.network)
    assert tab.run_box.button.isEnabled(), tab.form.fault
    press(qtbot, tab.run_box.button)
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=2 * PATIENCE)
    assert [result.method for result in tab.session.current.trials] == [TUNED, KEPT, ORACLE]
    assert tab.run_box.bar.value() == tab.run_box.bar.maximum() == 3
    assert set(tab.results.plot.curves) == {TUNED, KEPT, ORACLE}
    plot = tab.results.plot
    assert "Gaussian noise, in parts of the image's range" in plot.below.text()
    # an empty plot says why it is empty
    for name, title in (("f1", "F1: no known positions were given"), ("n", "columns")):
        tab.results.quantity.setCurrentIndex(tab.results.quantity.findData(name))
        assert plot.title.text() == title
        assert bool(plot.curves) == (name == "n")

    # without the extra the form says what to install
    qtbot.mouseClick(tab.form.sections[1].header, Qt.MouseButton.LeftButton)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    press(qtbot, tab.form.options.network)
    press(qtbot, tab.form.options.network)
    assert "napari-reward-analysis[oracle]" in tab.form.fault
    assert not tab.run_box.button.isEnabled()


def test_known_positions_of_another_image_are_refused(
    qtbot: QtBot, viewer: ViewerModel, add_crystal: Add, studies: Studies
) -> None:
    image = add_crystal()
    viewer.add_points(known_columns() + 500, name="truth", scale=image.scale, units=image.units)
    studies.tabs.setCurrentIndex(1)
    tab: Any = studies.tabs.widget(1)
    fill(tab, levels="0")
    tab.form.options.known.choose(viewer.layers["truth"])
    tab.run_box.button.click()
    qtbot.waitUntil(lambda: not tab.session.searching, timeout=PATIENCE)
    assert "Most points of 'truth' lie outside the image" in tab.run_box.status.text()
    assert tab.session.current is None
