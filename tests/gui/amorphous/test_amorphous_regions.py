"""Tests of the dock "Amorphous regions": from a click on Run to files, and cancelled."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_reward_analysis.analyses.amorphous.run import load_amorphous_run
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.amorphous.dock import AmorphousRegions
from napari_reward_analysis.gui.analysis import dock as dock_module
from napari_reward_analysis.io.simulate import Pocket, Simulated, simulate

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000
PIXEL_SIZE = 0.2
LATTICE = "SrTiO3[001]"

Make = Callable[[], AmorphousRegions]


@cache
def made(damaged: bool = True, seed: int = 2) -> Simulated:
    """SrTiO3 [001], 240 px square, with a molten pocket or without."""
    pockets = [Pocket((110, 130), (9, 8))] if damaged else []
    return simulate(
        lattice_preset(LATTICE), (240, 240), PIXEL_SIZE, dose=150, pockets=pockets, seed=seed
    )


def add_image(viewer: Any, damaged: bool = True, **changes: Any) -> Any:
    given: dict[str, Any] = dict(
        scale=(PIXEL_SIZE / 10,) * 2, units=("nm", "nm"), axis_labels=("y", "x"), name="crystal"
    )
    return viewer.add_image(np.array(made(damaged).image.data), **(given | changes))


def true_atoms(damaged: bool = True) -> np.ndarray:
    """Sites inside the field, y and x in px."""
    truth = made(damaged).truth
    points = np.column_stack([truth["y"], truth["x"]])
    return points[((points >= 0) & (points <= 239)).all(axis=1)]


def add_atoms(viewer: Any, image: Any, points: np.ndarray, name: str = "known") -> Any:
    return viewer.add_points(
        points, name=name, scale=image.scale, units=image.units, axis_labels=image.axis_labels
    )


@pytest.fixture
def make_widget(qtbot: QtBot, viewer: ViewerModel, runs_folder: Path) -> Iterator[Make]:
    """Opens the widget on the viewer; its search is over when the test is."""
    opened: list[AmorphousRegions] = []

    def make() -> AmorphousRegions:
        widget = AmorphousRegions(viewer, runs_folder)
        qtbot.addWidget(widget)
        widget.form.lattice.choice.setCurrentText(LATTICE)
        widget.form.search.trials.setValue(12)
        opened.append(widget)
        return widget

    yield make
    for widget in opened:
        widget.unbind()
        qtbot.waitUntil(lambda s=widget.session: not s.searching, timeout=PATIENCE)


def finish(qtbot: QtBot, widget: AmorphousRegions) -> Any:
    assert widget.run_box.button.isEnabled(), widget.form.fault
    widget.run_box.button.click()
    assert widget.session.searching
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    return widget.session.current


def test_from_one_click_to_files_and_back(
    make_napari_viewer: Callable[..., Any],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dock_module, "autosave_folder", lambda _: tmp_path / "runs")
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(800, 560)
    image = add_image(viewer)
    dock, widget = viewer.window.add_plugin_dock_widget(
        "napari-reward-analysis", "Amorphous regions"
    )
    assert isinstance(widget, AmorphousRegions)
    widget.preloading.join()
    qtbot.waitExposed(widget)
    qtbot.keyClicks(widget.form.lattice.choice, "SrTiO3")
    widget.form.search.trials.setValue(16)
    run = finish(qtbot, widget)

    # what was found, against what was made
    assert run.status == "done"
    assert run.verdict.exists
    assert widget.results.verdict.text().startswith("An amorphous region exists")
    assert len(run.trials) == 16
    mask = widget.overlay.layers.mask
    assert (mask.name, type(mask).__name__) == ("amorphous", "Labels")
    truth = made().mask
    found = np.asarray(mask.data) > 0
    assert (found & truth).sum() / (found | truth).sum() > 0.6
    np.testing.assert_allclose(mask.data_to_world((7, 9)), image.data_to_world((7, 9)))
    assert mask.units == image.units
    points = widget.overlay.layers.columns
    assert set(points.features["class"]) == {"Sr", "Ti"}
    assert 0 < points.features["is_amorphous"].sum() < len(points.data)
    assert len(np.unique(np.asarray(points.face_color), axis=0)) == 2
    assert set(widget.form.classes.names) == {"Sr", "Ti"}

    # three points of the front, one kept
    front = widget.session.front
    assert len(front) > 2
    plot = widget.results.plot
    widget.scroll_area.ensureWidgetVisible(plot)
    for wanted in (front[0], front[-1], run.proposed()):
        qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=plot.locate(wanted))
        shown = run.trials[run.choice]
        assert shown.objectives[:2] == run.trials[wanted].objectives[:2]
        np.testing.assert_array_equal(np.asarray(mask.data) > 0, shown.mask)
        assert widget.overlay.layers.mask is mask
        at = np.rint(run.columns.yx).astype(int)
        inside = shown.mask[at[:, 0], at[:, 1]]
        np.testing.assert_array_equal(points.features["is_amorphous"], inside)
    proposed = shown
    widget.results.keep.click()
    kept = next(layer for layer in viewer.layers if layer.name.startswith("crystal amorphous"))
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Home)
    assert run.choice == front[0]
    np.testing.assert_array_equal(np.asarray(kept.data) > 0, proposed.mask)
    assert not np.array_equal(np.asarray(kept.data), np.asarray(mask.data))

    widget.results.likelihood.click()
    qtbot.waitUntil(lambda: widget.overlay.layers.likelihood is not None, timeout=PATIENCE)
    # the map is no image to be analysed: the form stays with the image
    combo = widget.form.image.image
    assert [combo.itemText(i) for i in range(combo.count())] == ["crystal"]
    assert combo.layer is image
    height = np.asarray(widget.overlay.layers.likelihood.data)
    problem = widget.session.problems[run.identifier]
    np.testing.assert_allclose(height, problem.level_map(run.trials[front[0]].parameters))

    folder = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    widget.results.export.folder.trigger()
    qtbot.waitUntil(lambda: "saved" in widget.run_box.status.text(), timeout=PATIENCE)
    assert {p.name for p in folder.iterdir()} == {
        "run.json", "atoms.csv", "regions.csv", "mask.tif", "likelihood.tif",
        "front.png", "overlay.png",
    }  # fmt: skip
    check_files(folder, run, front[0])

    # the saved run, opened again, shows the same mask
    widget.session.remove(run)
    viewer.layers.remove(mask)
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_: (str(folder / "run.json"), "Runs")
    )
    widget.results.run_menu.load.trigger()
    qtbot.waitUntil(lambda: widget.overlay.layers.mask is not None, timeout=PATIENCE)
    again = widget.overlay.layers.mask
    np.testing.assert_array_equal(np.asarray(again.data) > 0, run.trials[front[0]].mask)
    assert widget.results.plot.selected == front[0]
    viewer.window.remove_dock_widget(dock)
    widget.deleteLater()


def check_files(folder: Path, run: Any, position: int) -> None:
    """The mask with its scale, the regions in angstrom, and the run itself."""
    trial = run.trials[position]
    with tifffile.TiffFile(folder / "mask.tif") as file:
        page = file.pages[0]
        np.testing.assert_array_equal(page.asarray() > 0, trial.mask)
        across = page.tags["XResolution"].value
        assert across[0] / across[1] == pytest.approx(10 / PIXEL_SIZE)
        assert file.imagej_metadata["unit"] == "nm"
    with (folder / "regions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == trial.score.n_regions
    assert float(rows[0]["area_A2"]) == pytest.approx(float(rows[0]["area_px"]) * PIXEL_SIZE**2)
    assert {"perimeter_A", "compactness", "y_A", "x_A"} <= rows[0].keys()
    loaded = load_amorphous_run(folder)
    assert (loaded.identifier, len(loaded.trials)) == (run.identifier, len(run.trials))


def test_undamaged_crystal_is_said_to_be_whole(
    make_widget: Make, viewer: ViewerModel, qtbot: QtBot
) -> None:
    image = add_image(viewer, damaged=False)
    add_atoms(viewer, image, true_atoms(damaged=False), "atoms")
    widget = make_widget()
    # the points of Find atoms are taken of themselves
    assert widget.form.atoms.layer is viewer.layers["atoms"]
    run = finish(qtbot, widget)
    assert not run.verdict.exists
    assert widget.results.verdict.text().startswith("Nothing is amorphous here")
    assert "0 %" in widget.results.shown.text()
    assert not np.asarray(widget.overlay.layers.mask.data).any()
    assert not widget.overlay.layers.columns.features["is_amorphous"].any()
    assert widget.run_box.bar.value() == widget.run_box.bar.maximum()


def test_cancel_keeps_what_was_found_and_the_form_works(
    make_widget: Make, viewer: ViewerModel, qtbot: QtBot, runs_folder: Path
) -> None:
    image = add_image(viewer)
    add_atoms(viewer, image, true_atoms(), "atoms")
    widget = make_widget()
    widget.form.search.trials.setValue(100_000)
    button = widget.run_box.button
    button.click()
    assert button.text() == "Cancel"
    qtbot.waitUntil(lambda: len(widget.session.front) > 0, timeout=PATIENCE)
    button.click()
    assert (button.text(), button.isEnabled()) == ("Canceling…", False)
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert (button.text(), button.isEnabled()) == ("Run", True)
    run = widget.session.current
    assert run.status == "cancelled"
    assert 0 < len(run.trials) < 100_000
    assert widget.run_box.status.text().startswith("The run was cancelled. ")
    assert widget.overlay.layers.mask is not None
    saved = load_amorphous_run(runs_folder / run.identifier)
    assert len(saved.trials) == len(run.trials)
    widget.form.search.trials.setValue(3)
    assert len(finish(qtbot, widget).trials) == 3


def test_cancel_while_atoms_are_looked_for(
    make_widget: Make, viewer: ViewerModel, qtbot: QtBot
) -> None:
    add_image(viewer)
    widget = make_widget()
    stages: list[str] = []
    widget.session.staged.connect(stages.append)
    widget.run_box.button.click()
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert widget.run_box.status.text() == "The run was cancelled before its first result."
    assert widget.run_box.button.text() == "Run"
