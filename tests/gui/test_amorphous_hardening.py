"""What a clumsy user does to the widget for amorphous regions, and what it says then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_reward_analysis.gui.amorphous_dock import AmorphousRegions
from napari_reward_analysis.io.simulate import Pocket, Simulated, simulate
from napari_reward_analysis.lattice import lattice_preset

PATIENCE = 60_000
PIXEL_SIZE = 0.2
LATTICE = "SrTiO3[001]"
SIDE = 200


@pytest.fixture(scope="module")
def made() -> Simulated:
    """SrTiO3 [001] with a molten pocket."""
    return simulate(
        lattice_preset(LATTICE),
        (SIDE, SIDE),
        PIXEL_SIZE,
        dose=150,
        pockets=[Pocket((95, 110), (9, 8))],
        seed=2,
    )


@pytest.fixture
def image(viewer: ViewerModel, made: Simulated) -> Any:
    """The crystal on show."""
    return viewer.add_image(
        np.array(made.image.data), scale=(0.02, 0.02), units=("nm", "nm"), name="crystal"
    )


@pytest.fixture
def widget(
    qtbot: QtBot, viewer: ViewerModel, image: Any, made: Simulated, runs_folder: Path
) -> Iterator[AmorphousRegions]:
    """The widget on the crystal with its atoms; its search is over when the test is."""
    points = np.column_stack([made.truth["y"], made.truth["x"]])
    points = points[((points >= 0) & (points <= SIDE - 1)).all(axis=1)]
    viewer.add_points(points, scale=image.scale, units=image.units, name="atoms")
    opened = AmorphousRegions(viewer, runs_folder)
    qtbot.addWidget(opened)
    opened.form.lattice.choice.setCurrentText(LATTICE)
    opened.form.search.trials.setValue(8)
    yield opened
    opened.unbind()
    qtbot.waitUntil(lambda: not opened.session.searching, timeout=PATIENCE)


def finish(qtbot: QtBot, widget: AmorphousRegions) -> Any:
    """Press Run and wait for the end."""
    assert widget.run_box.button.isEnabled(), widget.form.fault
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    return widget.session.current


def test_cancelled_at_once_keeps_nothing_of_an_earlier_run(
    qtbot: QtBot, widget: AmorphousRegions
) -> None:
    run = finish(qtbot, widget)
    widget.run_box.button.click()
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert widget.session.runs == (run,)
    assert widget.run_box.status.text() == "Cancelled before the first trial."


def test_classes_found_after_a_run_are_said_to_be(qtbot: QtBot, widget: AmorphousRegions) -> None:
    finish(qtbot, widget)
    widget.form.classes.find_button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert widget.run_box.status.text() == "The classes are found."
