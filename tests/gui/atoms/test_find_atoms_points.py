"""Tests of the points on the image: N and DS, manual edits, copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.rewards.atoms import neighbour_sums

LEFT = Qt.MouseButton.LeftButton

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


def test_moving_ds_below_the_plot_redraws_front_and_points_at_once(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    other_trial: Callable[[FindAtoms], int],
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    widget.session.select(other_trial(widget))
    layer = widget.overlay.atoms.layer
    before = [t.score.er for t in found.trials]
    widget.results.ds.setValue(widget.results.ds.value() * 1.3)
    after = [t.score.er for t in found.trials]
    assert sum(after) > sum(before)
    shown = found.trials[widget.session.selected]
    assert layer.features["is_error"].sum() == round(shown.score.er * found.physics.expected)
    # the form follows, and the search was not repeated
    assert widget.form.lattice.ds.value() == pytest.approx(widget.results.ds.value(), rel=1e-3)
    assert len(found.trials) == 8
    widget.results.original.click()
    assert [t.score.er for t in found.trials] == before


def test_typing_n_and_ds_into_the_form_scores_the_shown_run_anew(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    start = found.physics
    qtbot.keyClicks(widget.form.lattice.count, "100")
    assert found.physics.expected == 100
    assert found.physics.ds_px == pytest.approx(start.ds_px)
    assert widget.results.count.value() == 100
    qtbot.keyClicks(widget.form.lattice.ds, "8")
    assert found.physics.ds_px == pytest.approx(8 / 0.2)
    widget.form.lattice.count.clear()
    widget.form.lattice.count.value_changed.emit()
    assert found.physics.expected == pytest.approx(start.expected)


def test_form_prepared_for_another_lattice_leaves_the_shown_run_alone(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    before = found.physics
    widget.form.lattice.lattice.setCurrentText("Si[110]")
    qtbot.keyClicks(widget.form.lattice.count, "100")
    assert found.physics == before


def test_arrow_keys_step_ds(make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    before = found.physics.ds_px
    qtbot.keyClick(widget.form.lattice.ds, Qt.Key.Key_Up)
    assert found.physics.ds_px == pytest.approx(before * 1.01, rel=5e-3)


def test_edits_by_hand_are_scored(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    layer = widget.overlay.atoms.layer
    count = len(layer.data)
    layer.add(layer.data[:2] + 1.0)
    qtbot.waitUntil(lambda: widget.session.edited is not None)
    score = widget.session.edited
    assert score is not None
    assert score.count == count + 2
    trial = found.trials[widget.session.selected]
    # columns left alone are judged by their blobs, as before
    judged = [trial.blobs[trial.inside, :2], layer.data[-2:], trial.blobs[~trial.inside, :2]]
    sums = neighbour_sums(np.concatenate(judged))[: count + 2]
    assert score.er == pytest.approx(np.sum(sums < found.physics.ds_px) / found.physics.expected)
    assert layer.features["is_error"].to_numpy()[-2:].all()
    np.testing.assert_allclose(layer.features["neighbour_sum_A"], sums * 0.2, rtol=1e-5)
    assert "Edited by hand" in widget.run_box.status.text()
    assert widget.results.shown.text().startswith("edited: ")
    table = widget.overlay.table()
    assert table is not None
    assert len(table["id"]) == count + 2
    assert np.isnan(table["uncertainty_px"][-2:]).all()
    known = trial.uncertainty[trial.inside]
    np.testing.assert_array_equal(table["uncertainty_px"][:count], known)
    np.testing.assert_allclose(table["uncertainty_A"][:count], known * 0.2, rtol=1e-6)


def test_a_moved_point_is_no_longer_known_to_a_part_of_a_pixel(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    layer = widget.overlay.atoms.layer
    before = found.trials[widget.session.selected].score
    moved = np.array(layer.data)
    moved[3] += 0.4
    layer.data = moved
    qtbot.waitUntil(lambda: widget.session.edited is not None)
    unknown = np.isnan(layer.features["uncertainty_px"].to_numpy())
    assert unknown[3]
    assert not unknown[[0, 1, 2, 4, 5]].any()
    assert widget.session.edited is not None
    assert widget.session.edited.count == before.count


def test_points_outside_the_image_do_not_count(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    layer = widget.overlay.atoms.layer
    count = len(layer.data)
    layer.add([[-20.0, 30.0], [30.0, 400.0]])
    qtbot.waitUntil(lambda: widget.session.edited is not None)
    assert widget.session.edited is not None
    assert widget.session.edited.count == count


def test_edited_points_are_kept_before_another_trial_is_shown(
    make_widget: Make,
    viewer: ViewerModel,
    add_crystal: Add,
    run: Go,
    qtbot: QtBot,
    other_trial: Callable[[FindAtoms], int],
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    layer = widget.overlay.atoms.layer
    layer.remove([0, 1, 2])
    edited = np.array(layer.data)
    wanted = other_trial(widget)
    widget.session.select(wanted)
    (kept,) = (x for x in viewer.layers if x.name.startswith("atoms, edited"))
    np.testing.assert_array_equal(kept.data, edited)
    assert len(layer.data) == found.trials[wanted].score.count
    assert widget.session.edited is None
    assert "kept as layer" in widget.run_box.status.text()
    # once: the next click has nothing to keep
    widget.session.select(None)
    assert len(viewer.layers) == 3


def test_rescoring_keeps_the_edits(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    layer = widget.overlay.atoms.layer
    layer.remove([0, 1, 2])
    count = len(layer.data)
    qtbot.waitUntil(lambda: widget.session.edited is not None)
    before = widget.session.edited
    widget.results.count.setValue(50)
    qtbot.waitUntil(lambda: widget.session.edited != before)
    assert len(layer.data) == count
    assert widget.session.edited is not None
    assert widget.session.edited.qc == pytest.approx((count - 50) / 50)
    assert len(viewer.layers) == 2


def test_edited_layer_thrown_away_is_not_kept(
    make_widget: Make,
    viewer: ViewerModel,
    add_crystal: Add,
    run: Go,
    qtbot: QtBot,
    other_trial: Callable[[FindAtoms], int],
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    widget.overlay.atoms.layer.remove([0])
    qtbot.waitUntil(lambda: widget.session.edited is not None)
    viewer.layers.remove(widget.overlay.atoms.layer)
    assert widget.session.edited is None
    widget.session.select(other_trial(widget))
    assert [layer.name for layer in viewer.layers] == ["crystal", "atoms"]


def test_keep_makes_a_copy_that_later_clicks_leave_alone(
    make_widget: Make,
    viewer: ViewerModel,
    add_crystal: Add,
    run: Go,
    qtbot: QtBot,
    other_trial: Callable[[FindAtoms], int],
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    points = np.array(widget.overlay.atoms.layer.data)
    qtbot.mouseClick(widget.results.keep, LEFT)
    assert len(viewer.layers) == 3
    kept = viewer.layers[1]
    assert "crystal #1, trial" in kept.name
    widget.session.select(other_trial(widget))
    np.testing.assert_array_equal(kept.data, points)
    kept.data = kept.data[:3]
    assert widget.session.edited is None
