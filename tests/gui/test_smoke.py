"""Tests of the plugin in a real window, docked through its manifest."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_reward_analysis.gui.analysis import dock as dock_module
from napari_reward_analysis.gui.atoms.dock import FindAtoms

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 120_000

#: Sr and Ti columns on the image, counted by hand, and its lattice's pixel size in angstrom.
COLUMNS, PIXEL_SIZE = 1281, 0.0965


def click(qtbot: QtBot, widget: FindAtoms, button: QWidget) -> None:
    """Press a button where it is on the screen; the form is scrolled as far as needed."""
    widget.scroll_area.ensureWidgetVisible(button)
    qtbot.waitUntil(button.isVisible)
    assert not button.visibleRegion().isEmpty()
    qtbot.mouseClick(button, LEFT)


def click_point(qtbot: QtBot, widget: FindAtoms, trial: int) -> None:
    """Press a point of the Pareto plot."""
    plot = widget.results.plot
    widget.scroll_area.ensureWidgetVisible(plot)
    position = plot.locate(trial)
    assert isinstance(position, QPoint)
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=position)


def click_in_menu(qtbot: QtBot, button: QPushButton, action: Any) -> None:
    """Press a button with a menu, and an entry of the menu when it is open."""
    menu = button.menu()
    assert menu is not None
    timer = QTimer()

    def choose() -> None:
        if menu.isVisible():
            timer.stop()
            qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())

    timer.timeout.connect(choose)
    timer.start(20)
    qtbot.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: not timer.isActive() and not menu.isVisible())


def test_from_a_microscope_s_file_to_exported_points_by_mouse(
    make_napari_viewer: Callable[..., Any],
    qtbot: QtBot,
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dock_module, "autosave_folder", lambda _: tmp_path / "runs")
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(800, 560)
    (image,) = viewer.open(
        shared_data / "real" / "sto001_80kV_titan.ser", plugin="napari-reward-analysis"
    )
    dock, widget = viewer.window.add_plugin_dock_widget(
        "napari-reward-analysis", "Find atoms (LoG*)"
    )
    assert isinstance(widget, FindAtoms)
    widget.preloading.join()
    qtbot.waitExposed(widget)
    assert widget.form.image.image.layer is image
    assert widget.form.image.effective_pixel_size == pytest.approx(0.10013, rel=1e-4)

    # the crystal, and the pixel size that its lattice has in the image
    qtbot.keyClicks(widget.form.lattice.lattice, "SrTiO3")
    qtbot.keyClicks(widget.form.image.pixel_size, str(PIXEL_SIZE))
    widget.form.search.trials.setValue(20)
    click(qtbot, widget, widget.run_box.button)
    assert widget.session.searching
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    run = widget.session.current
    assert run is not None
    assert run.status == "done"

    # two points of the front: the best count, and the tool's own proposal
    proposed = run.proposed("euclidean")
    points = widget.overlay.atoms.layer
    assert points is not None
    assert points in viewer.layers
    for wanted in (widget.session.front[0], proposed):
        click_point(qtbot, widget, wanted)
        assert run.choice is not None
        assert run.trials[run.choice].objectives == run.trials[wanted].objectives
        assert len(points.data) == run.trials[run.choice].score.count
    check_on_columns(np.asarray(image.data, float), np.asarray(points.data))
    np.testing.assert_allclose(points.data_to_world((7, 9)), image.data_to_world((7, 9)))

    click(qtbot, widget, widget.results.keep)
    assert [type(layer).__name__ for layer in viewer.layers] == ["Image", "Points", "Points"]

    target = tmp_path / "atoms.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "CSV (*.csv)"))
    click_in_menu(qtbot, widget.results.export, widget.results.csv)
    qtbot.waitUntil(lambda: "saved" in widget.run_box.status.text(), timeout=PATIENCE)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(points.data)
    assert float(rows[0]["x_A"]) == pytest.approx(float(rows[0]["x_px"]) * PIXEL_SIZE, rel=1e-6)
    viewer.window.remove_dock_widget(dock)
    widget.deleteLater()


def check_on_columns(image: np.ndarray, points: np.ndarray) -> None:
    """Check the points: one for each column, each on a bright spot, none twice."""
    assert len(points) == pytest.approx(COLUMNS, rel=0.03)
    smooth = ndimage.gaussian_filter(image, 4)
    here = ndimage.map_coordinates(smooth, points.T, order=1, mode="nearest")
    around = ndimage.median_filter(smooth[::4, ::4], 15)
    background = ndimage.map_coordinates(around, points.T / 4, order=1, mode="nearest")
    assert np.mean(here > background) > 0.98
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    spacing = 3.905 / np.sqrt(2) / PIXEL_SIZE
    assert np.median(nearest) == pytest.approx(spacing, rel=0.1)
    assert np.mean(nearest < 0.6 * spacing) < 0.02
