"""Tests of the dock "Amorphous regions" with input that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QFileDialog

from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.amorphous.dock import AmorphousRegions
from napari_reward_analysis.io.simulate import Simulated, simulate

PATIENCE = 60_000
PIXEL_SIZE = 0.2
LATTICE = "SrTiO3[001]"
SIDE = 200

Make = Callable[[], AmorphousRegions]


@pytest.fixture(scope="module")
def made() -> Simulated:
    """SrTiO3 [001], undamaged."""
    return simulate(lattice_preset(LATTICE), (SIDE, SIDE), PIXEL_SIZE, dose=150, seed=4)


@pytest.fixture
def sites(made: Simulated) -> np.ndarray:
    """Sites inside the field, y and x in px."""
    points = np.column_stack([made.truth["y"], made.truth["x"]])
    return points[((points >= 0) & (points <= SIDE - 1)).all(axis=1)]


@pytest.fixture
def image(viewer: ViewerModel, made: Simulated) -> Any:
    """The crystal on show."""
    return viewer.add_image(
        np.array(made.image.data), scale=(0.02, 0.02), units=("nm", "nm"), name="crystal"
    )


@pytest.fixture
def widget(
    qtbot: QtBot, viewer: ViewerModel, image: Any, runs_folder: Path
) -> Iterator[AmorphousRegions]:
    """The widget on the crystal; its search is over when the test is."""
    opened = AmorphousRegions(viewer, runs_folder)
    qtbot.addWidget(opened)
    opened.form.lattice.choice.setCurrentText(LATTICE)
    opened.form.search.trials.setValue(4)
    yield opened
    opened.unbind()
    qtbot.waitUntil(lambda: not opened.session.searching, timeout=PATIENCE)


def give(viewer: ViewerModel, widget: AmorphousRegions, points: np.ndarray) -> None:
    """Choose these points as the atoms."""
    layer = viewer.add_points(points, scale=(0.02, 0.02), units=("nm", "nm"), name="given")
    widget.form.atoms.choose(layer)
    assert widget.form.atoms.layer is layer


def told(qtbot: QtBot, widget: AmorphousRegions) -> str:
    """Press Run and read what is said at its end."""
    assert widget.run_box.button.isEnabled(), widget.form.fault
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert (widget.run_box.button.text(), widget.run_box.button.isEnabled()) == ("Run", True)
    return str(widget.run_box.status.text())


def find_classes(qtbot: QtBot, widget: AmorphousRegions) -> None:
    """Press Find classes and wait for them."""
    widget.form.classes.find_button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert widget.session.classes is not None, widget.run_box.status.text()


def test_no_image(qtbot: QtBot, viewer: ViewerModel, runs_folder: Path) -> None:
    widget = AmorphousRegions(viewer, runs_folder)
    qtbot.addWidget(widget)
    assert not widget.run_box.button.isEnabled()
    assert widget.run_box.fault.text().startswith("Open an image")
    widget.unbind()


def test_too_few_atoms(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, sites: np.ndarray
) -> None:
    give(viewer, widget, sites[:20])
    assert "20 atoms are too few" in told(qtbot, widget)
    assert widget.run_box.warns
    assert "amorphous" not in viewer.layers


def test_points_of_another_image(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, sites: np.ndarray
) -> None:
    give(viewer, widget, sites + 120)
    said = told(qtbot, widget)
    assert "are outside this image" in said
    assert "choose the points of this image" in said


def test_points_that_lie_on_nothing(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions
) -> None:
    give(viewer, widget, np.random.default_rng(0).uniform(0, SIDE - 1, (200, 2)))
    assert "choose the points of this image" in told(qtbot, widget)


@pytest.mark.parametrize(
    ("window", "sentence"),
    [("40", "larger than the image"), ("0", "must be larger than 0"), ("a", "is not a number")],
)
def test_window_that_cannot_be(
    qtbot: QtBot,
    viewer: ViewerModel,
    widget: AmorphousRegions,
    sites: np.ndarray,
    window: str,
    sentence: str,
) -> None:
    give(viewer, widget, sites)
    qtbot.keyClicks(widget.form.search.window_size, window)
    fault = widget.run_box.fault.text()
    assert sentence in (fault or told(qtbot, widget))


def test_atoms_at_the_border_are_taken(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, sites: np.ndarray
) -> None:
    border = np.array([[0.0, 0.0], [SIDE - 1.0, SIDE - 1.0], [SIDE - 0.6, 90.0], [-0.4, 60.0]])
    give(viewer, widget, np.vstack([sites, border]))
    told(qtbot, widget)
    run = widget.session.current
    assert run is not None
    assert len(run.blobs) == len(sites) + 4
    assert run.status == "done"


def test_class_without_a_name_is_refused_until_it_has_one(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, sites: np.ndarray
) -> None:
    give(viewer, widget, sites)
    find_classes(qtbot, widget)
    assert widget.session.current is None
    box = widget.form.classes.names["Ti"]
    box.clear()
    assert "Class 'Ti' has no name" in widget.run_box.fault.text()
    assert not widget.run_box.button.isEnabled()
    assert "has no name" in widget.form.classes.remark.text()
    qtbot.keyClicks(box, "all")
    assert "cannot be called 'all'" in widget.run_box.fault.text()
    box.clear()
    qtbot.keyClicks(box, "titanium")
    assert widget.run_box.button.isEnabled()
    told(qtbot, widget)
    run = widget.session.current
    assert run is not None
    assert {"Sr", "titanium"} <= set(run.columns.labels)
    features = widget.overlay.layers.columns.features
    assert {"Sr", "titanium"} <= set(features["class"])
    # the next run keeps the name, and Find classes goes back to the image's own
    told(qtbot, widget)
    assert widget.session.current is not run
    assert set(widget.form.classes.names) == {"Sr", "titanium"}
    find_classes(qtbot, widget)
    assert set(widget.form.classes.names) == {"Sr", "Ti"}


def test_class_emptied_by_a_merge_cannot_be_asked_for(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, sites: np.ndarray
) -> None:
    give(viewer, widget, sites)
    find_classes(qtbot, widget)
    widget.form.search.of_class.setCurrentText("Ti")
    widget.form.classes.names["Ti"].setText("Sr")
    assert "All atoms are in one class" in widget.form.classes.remark.text()
    assert "Class 'Ti'" in told(qtbot, widget)
    assert "choose one of" in widget.run_box.status.text()


def test_all_atoms_in_one_class_are_judged_as_one(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, sites: np.ndarray
) -> None:
    give(viewer, widget, sites)
    widget.form.lattice.show_lattice("none (type N)", None)
    widget.form.refresh()
    widget.form.classes.kinds.setValue(1)
    told(qtbot, widget)
    run = widget.session.current
    assert run is not None
    assert set(run.columns.labels) - {""} == {"kind 1"}


def test_file_that_is_no_run(
    qtbot: QtBot, widget: AmorphousRegions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.json").write_text("{}")
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "run.json"), "Runs")
    )
    widget.results.run_menu.load.trigger()
    qtbot.waitUntil(lambda: widget.run_box.warns, timeout=PATIENCE)
    assert "is not a run of this program" in widget.run_box.status.text()
