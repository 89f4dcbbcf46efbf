"""Tests of the dock "Amorphous regions" with a clumsy user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot

from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.gui.amorphous.dock import AmorphousRegions
from napari_reward_analysis.io.simulate import Pocket, Simulated, simulate

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
    assert widget.run_box.status.text() == "The run was cancelled before its first result."


def test_classes_found_after_a_run_are_said_to_be(qtbot: QtBot, widget: AmorphousRegions) -> None:
    finish(qtbot, widget)
    widget.form.classes.find_button.click()
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert widget.run_box.status.text() == "The classes are found."


def test_likelihood_asked_for_and_another_point_clicked_at_once(
    qtbot: QtBot, widget: AmorphousRegions
) -> None:
    run = finish(qtbot, widget)
    problem = widget.session.problems[run.identifier]
    maps = [problem.level_map(trial.parameters) for trial in run.trials]
    first = run.proposed()
    other = next(i for i in range(len(maps)) if not np.allclose(maps[i], maps[first]))
    widget.results.likelihood.click()
    widget.session.select(other)
    qtbot.waitUntil(lambda: widget.overlay.layers.likelihood is not None, timeout=PATIENCE)
    np.testing.assert_allclose(widget.overlay.layers.likelihood.data, maps[other], atol=1e-5)


def test_likelihood_lies_on_the_image_of_the_run_that_is_shown(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, image: Any
) -> None:
    first = finish(qtbot, widget)
    twin = viewer.add_image(
        image.data[::-1].copy(), scale=(0.02, 0.02), units=("nm", "nm"), translate=(0, 5)
    )
    widget.form.image.image.choose(twin)
    atoms = viewer.layers["atoms"]
    atoms.data = np.column_stack([SIDE - 1 - atoms.data[:, 0], atoms.data[:, 1]])
    atoms.translate = (0, 5)
    second = finish(qtbot, widget)
    assert second is not first
    widget.results.likelihood.click()
    layers = widget.overlay.layers
    qtbot.waitUntil(lambda: layers.likelihood is not None, timeout=PATIENCE)
    np.testing.assert_allclose(layers.likelihood.translate, (0, 5))
    widget.session.show(first)
    qtbot.waitUntil(
        lambda: np.allclose(layers.likelihood.translate, image.translate), timeout=PATIENCE
    )


def test_a_drawn_region_counts_for_every_map_of_a_loaded_run(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, image: Any
) -> None:
    run = finish(qtbot, widget)
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    drawn[20:180, 20:180] = 1
    labels = viewer.add_labels(drawn, scale=image.scale, units=image.units, name="judged")
    widget.form.image.regions.choose(labels)
    assert widget.form.image.region is not None
    # as if it had been loaded
    widget.session.problems.clear()
    asked: list[Any] = []
    widget.overlay.layers.show_likelihood(widget.overlay.place, np.zeros((SIDE, SIDE)))

    def note(_run: Any, _trial: Any, _problem: Any, _frame: Any, region: Any) -> Any:
        asked.append(region)
        return np.zeros((SIDE, SIDE))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari_reward_analysis.gui.amorphous.overlay.likelihood_map", note)
        widget.session.select(1 if run.proposed() != 1 else 2)
        qtbot.waitUntil(lambda: bool(asked), timeout=PATIENCE)
    np.testing.assert_array_equal(asked[0], drawn > 0)


def test_columns_that_were_renamed_stay_out_of_the_list_of_atoms(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions
) -> None:
    finish(qtbot, widget)
    widget.overlay.layers.columns.name = "mine"
    viewer.add_points(np.zeros((1, 2)), name="other")
    combo = widget.form.atoms
    assert "mine" not in [combo.itemText(i) for i in range(combo.count())]


def test_image_deleted_during_a_run_and_mask_after_it(
    qtbot: QtBot, viewer: ViewerModel, widget: AmorphousRegions, image: Any
) -> None:
    widget.form.search.trials.setValue(60)
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: widget.session.growing is not None, timeout=PATIENCE)
    viewer.layers.remove(image)
    viewer.layers.remove("atoms")
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    assert widget.session.current.status == "done"
    qtbot.waitUntil(lambda: "not open" in widget.results.notice.text(), timeout=PATIENCE)
    widget.results.keep.click()
    assert widget.run_box.warns
    widget.results.likelihood.click()
    assert "is not open" in widget.run_box.status.text()


def test_a_frame_of_a_stack_is_judged_and_shown_alone(
    qtbot: QtBot, viewer: ViewerModel, made: Simulated, runs_folder: Path
) -> None:
    pixels = np.array(made.image.data)
    stack = viewer.add_image(np.stack([pixels[::-1], pixels]), scale=(1, 0.02, 0.02), name="stack")
    stack.units = ("pixel", "nm", "nm")
    viewer.dims.set_current_step(0, 1)
    widget = AmorphousRegions(viewer, runs_folder)
    qtbot.addWidget(widget)
    widget.form.lattice.choice.setCurrentText(LATTICE)
    widget.form.search.trials.setValue(3)
    run = finish(qtbot, widget)
    mask = np.asarray(widget.overlay.layers.mask.data)
    assert mask.shape == stack.data.shape
    assert not mask[0].any()
    np.testing.assert_array_equal(mask[1] > 0, run.trials[run.proposed()].mask)
    assert set(widget.overlay.layers.columns.data[:, 0]) == {1}
    widget.unbind()
