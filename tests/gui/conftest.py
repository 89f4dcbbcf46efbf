"""Fixtures of the tests of the window: a viewer model, a small crystal, a widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QCheckBox, QScrollArea, QWidget

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.analysis import dock as dock_module
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.simulate import simulate

#: Angstrom; SrTiO3 [001] on a field of 160 x 160 px holds 134.3 columns.
PIXEL_SIZE = 0.2
LATTICE = "SrTiO3[001]"

#: Long enough for a run of a few trials on a busy machine.
PATIENCE = 30_000


@cache
def crystal(seed: int = 3) -> Image:
    """SrTiO3 [001], 160 px square; another seed, another image."""
    return simulate(
        lattice_preset(LATTICE), pixel_size=PIXEL_SIZE, shape=(160, 160), dose=200, seed=seed
    ).image


@pytest.fixture
def viewer() -> ViewerModel:
    """A viewer without a window."""
    return ViewerModel()


@pytest.fixture
def add_crystal(viewer: ViewerModel) -> Callable[..., Any]:
    """Adds a calibrated image of the crystal to the viewer."""

    def add(name: str = "crystal", seed: int = 3, **changes: Any) -> Any:
        given: dict[str, Any] = dict(
            scale=(PIXEL_SIZE / 10,) * 2, units=("nm", "nm"), axis_labels=("y", "x"), name=name
        )
        return viewer.add_image(np.array(crystal(seed).data), **(given | changes))

    return add


@pytest.fixture
def runs_folder(tmp_path: Path) -> Path:
    """Return the folder in which the widget of a test saves its runs."""
    return tmp_path / "runs"


@pytest.fixture(autouse=True)
def _runs_elsewhere(runs_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test saves a run among those of whoever runs the tests."""
    monkeypatch.setattr(dock_module, "autosave_folder", lambda analysis: runs_folder / analysis)


@pytest.fixture
def make_widget(
    qtbot: QtBot, viewer: ViewerModel, runs_folder: Path
) -> Iterator[Callable[[], FindAtoms]]:
    """Opens the widget on the viewer; its search is over when the test is."""
    made: list[FindAtoms] = []

    def make() -> FindAtoms:
        widget = FindAtoms(viewer, runs_folder)
        qtbot.addWidget(widget)
        widget.form.lattice.lattice.setCurrentText(LATTICE)
        widget.form.search.trials.setValue(8)
        widget.form.search.sampler.setCurrentIndex(widget.form.search.sampler.findData("sobol"))
        made.append(widget)
        return widget

    yield make
    for widget in made:
        widget.unbind()
        session = widget.session
        qtbot.waitUntil(lambda s=session: not s.searching, timeout=PATIENCE)


@pytest.fixture
def run(qtbot: QtBot) -> Callable[[FindAtoms], Any]:
    """Presses Run and waits for the end; returns the run."""

    def go(widget: FindAtoms) -> Any:
        assert widget.run_box.button.isEnabled(), widget.form.fault
        widget.run_box.button.click()
        assert widget.session.searching
        qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
        return widget.session.current

    return go


@pytest.fixture
def settings() -> AtomsSettings:
    """A short search."""
    return AtomsSettings(trials=8, sampler="sobol")


@pytest.fixture
def other_trial() -> Callable[[FindAtoms], int]:
    """Finds a trial of the shown run that has columns and is not the one shown."""

    def find(widget: FindAtoms) -> int:
        run, shown = widget.session.current, widget.session.selected
        assert run is not None
        return next(
            i for i, t in enumerate(run.trials) if i != shown and t.feasible and t.score.count > 20
        )

    return find


def press(qtbot: QtBot, button: QWidget) -> None:
    """Press a button with the mouse where it is on the screen; the form is scrolled to it."""
    area: Any = button
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parent()

    if area is not None:
        area.ensureWidgetVisible(button)
    qtbot.waitUntil(lambda: button.isVisible() and not button.visibleRegion().isEmpty())
    assert button.isEnabled()
    # of a box to tick only the box itself and its text take a click
    at = QPoint(8, button.height() // 2) if isinstance(button, QCheckBox) else QPoint()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=at)
