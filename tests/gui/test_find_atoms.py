"""The dock widget on a viewer without a window: what a person does, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils._proxies import PublicOnlyProxy
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QInputDialog, QMainWindow, QMessageBox

from napari_reward_analysis.gui import find_atoms, worker
from napari_reward_analysis.gui.find_atoms import FindAtoms
from napari_reward_analysis.rewards.atoms import neighbour_sums
from napari_reward_analysis.runs import load_run, save_run

PATIENCE = 30_000
LEFT = Qt.MouseButton.LeftButton

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


def other_trial(widget: FindAtoms) -> int:
    """A trial of the shown run that has columns and is not the one shown."""
    run = widget.session.current
    assert run is not None
    shown = widget.session.selected
    return next(
        i for i, t in enumerate(run.trials) if i != shown and t.feasible and t.score.count > 20
    )


# ---- what is missing


def test_without_an_image_run_is_disabled_and_says_why(make_widget: Make) -> None:
    widget = make_widget()
    assert not widget.run_box.button.isEnabled()
    assert "Open an image" in widget.run_box.fault.text()


def test_missing_pixel_size_is_asked_for_and_typing_it_is_enough(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, qtbot: QtBot
) -> None:
    add_crystal(scale=(1, 1), units=("pixel", "pixel"))
    widget = make_widget()
    assert not widget.run_box.button.isEnabled()
    assert "The pixel size is not known" in widget.run_box.fault.text()
    qtbot.keyClicks(widget.form.image.pixel_size, "0.2")
    assert widget.run_box.button.isEnabled()
    assert widget.form.image.note.text() == "typed"


@pytest.mark.parametrize("text", ["abc", "-1", "0"])
def test_impossible_pixel_size_gets_a_sentence(
    make_widget: Make, add_crystal: Add, qtbot: QtBot, text: str
) -> None:
    add_crystal()
    widget = make_widget()
    qtbot.keyClicks(widget.form.image.pixel_size, text)
    assert not widget.run_box.button.isEnabled()
    assert widget.run_box.fault.text().startswith("Pixel size")


def test_comma_is_a_decimal_point_too(make_widget: Make, add_crystal: Add, qtbot: QtBot) -> None:
    add_crystal()
    widget = make_widget()
    qtbot.keyClicks(widget.form.image.pixel_size, "0,21")
    assert widget.form.image.effective_pixel_size == pytest.approx(0.21)


def test_rgb_layer_is_refused_in_the_form(make_widget: Make, viewer: ViewerModel) -> None:
    viewer.add_image(np.zeros((8, 8, 3), np.uint8), rgb=True)
    widget = make_widget()
    assert "RGB" in widget.run_box.fault.text()


def test_region_without_a_shape_is_told(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add
) -> None:
    add_crystal()
    viewer.add_shapes(None, name="outline")
    widget = make_widget()
    widget.form.image.regions.choose(viewer.layers["outline"])
    assert "Nothing is drawn in 'outline'" in widget.run_box.fault.text()
    widget.form.image.regions.choose(None)
    assert widget.run_box.button.isEnabled()


def test_drawn_region_lowers_n_and_only_its_columns_are_shown(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    image = add_crystal()
    whole = np.array([[0, 0], [0, 80], [160, 80], [160, 0]])
    viewer.add_shapes([whole], shape_type="polygon", scale=image.scale, units=image.units)
    widget = make_widget()
    before = widget.form.preview.physics
    widget.form.image.regions.choose(viewer.layers[-1])
    after = widget.form.preview.physics
    assert before is not None
    assert after is not None
    assert after.expected == pytest.approx(before.expected / 2, rel=0.03)
    found = run(widget)
    assert found.physics == after
    assert widget.overlay.atoms.layer.data[:, 1].max() < 81
    # moving the outline is seen without choosing the layer again
    viewer.layers[1].data = [whole * [1, 0.5]]
    qtbot.waitUntil(
        lambda: widget.form.preview.physics.expected == pytest.approx(after.expected / 2, rel=0.06)
    )


# ---- the image


def test_active_image_is_chosen_and_followed_until_the_user_chooses(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add
) -> None:
    first, second = add_crystal("first"), add_crystal("second", seed=5)
    viewer.layers.selection.active = first
    widget = make_widget()
    combo = widget.form.image.image
    assert combo.layer is first
    viewer.layers.selection.active = second
    assert combo.layer is second
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    assert combo.layer is first
    viewer.layers.selection.active = second
    assert combo.layer is first


def test_combobox_follows_renaming_and_removal(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add
) -> None:
    first, second = add_crystal("first"), add_crystal("second", seed=5)
    widget = make_widget()
    combo = widget.form.image.image
    combo.choose(first)
    first.name = "renamed"
    assert combo.currentText() == "renamed"
    assert combo.layer is first
    viewer.layers.remove(first)
    assert combo.layer is second
    viewer.layers.clear()
    assert combo.layer is None
    assert "Open an image" in widget.run_box.fault.text()


def test_typed_pixel_size_belongs_to_its_image(
    make_widget: Make, add_crystal: Add, qtbot: QtBot
) -> None:
    first, second = add_crystal("first"), add_crystal("second", seed=5)
    widget = make_widget()
    combo, field = widget.form.image.image, widget.form.image.pixel_size
    combo.choose(first)
    qtbot.keyClicks(field, "0.25")
    combo.choose(second)
    assert field.text() == ""
    assert widget.form.image.effective_pixel_size == pytest.approx(0.2)
    combo.choose(first)
    assert field.value() == 0.25


def test_changed_scale_of_the_layer_is_seen(make_widget: Make, add_crystal: Add) -> None:
    layer = add_crystal()
    widget = make_widget()
    layer.scale = (0.03, 0.03)
    assert widget.form.image.effective_pixel_size == pytest.approx(0.3)


def test_run_on_the_frame_of_a_stack(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go
) -> None:
    image = add_crystal()
    stack = np.stack([np.array(image.data) * k for k in (1, 2, 3)])
    viewer.layers.clear()
    viewer.add_image(stack, scale=(1, 0.02, 0.02), units=("s", "nm", "nm"), name="movie")
    viewer.dims.set_current_step(0, 2)
    widget = make_widget()
    found = run(widget)
    assert found.image.name == "movie [2]"
    assert set(widget.overlay.atoms.layer.data[:, 0]) == {2.0}


# ---- a run


def test_run_shows_its_euclidean_choice_on_the_image(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go
) -> None:
    image = add_crystal()
    widget = make_widget()
    found = run(widget)
    assert [layer.name for layer in viewer.layers] == ["crystal", "atoms"]
    chosen = found.trials[found.proposed("euclidean")]
    points = widget.overlay.atoms.layer
    np.testing.assert_array_equal(points.data, chosen.blobs[chosen.inside, :2])
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
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
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
    assert widget.run_box.status.text().startswith("Cancelled; kept: ")
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
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    def broken(*_: Any) -> Any:
        raise error

    add_crystal()
    widget = make_widget()
    with monkeypatch.context() as patched:
        patched.setattr(worker, "run_trials", broken)
        run(widget)
    assert type(error).__name__ in widget.run_box.status.text()
    assert (widget.run_box.button.text(), widget.run_box.button.isEnabled()) == ("Run", True)
    assert len(run(widget).trials) == 8


def test_layer_renamed_and_deleted_during_the_run(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, qtbot: QtBot
) -> None:
    image = add_crystal()
    widget = make_widget()
    widget.form.search.trials.setValue(60)
    widget.run_box.button.click()
    qtbot.waitUntil(lambda: len(widget.session.front) > 0, timeout=PATIENCE)
    image.name = "renamed"
    viewer.layers.remove(image)
    qtbot.waitUntil(lambda: not widget.session.searching, timeout=PATIENCE)
    found = widget.session.current
    assert found is not None
    assert (found.status, len(found.trials)) == ("done", 60)
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
    assert "not saved on its own" in widget.run_box.status.text()
    widget.unbind()


# ---- N and DS


def test_moving_ds_below_the_plot_redraws_front_and_points_at_once(
    make_widget: Make, add_crystal: Add, run: Go
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
    assert found.physics.ds_px == pytest.approx(before * 1.01, rel=1e-4)


# ---- edits by hand, copies


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
    beyond = trial.blobs[~trial.inside, :2]
    sums = neighbour_sums(np.concatenate([layer.data, beyond]))[: count + 2]
    assert score.er == pytest.approx(np.sum(sums < found.physics.ds_px) / found.physics.expected)
    assert layer.features["is_error"].to_numpy()[-2:].all()
    np.testing.assert_allclose(layer.features["neighbour_sum_A"], sums * 0.2, rtol=1e-5)
    assert "Edited by hand" in widget.run_box.status.text()
    assert widget.results.shown.text().startswith("edited: ")
    table = widget.overlay.table()
    assert table is not None
    assert len(table["id"]) == count + 2


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
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
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
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
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
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, qtbot: QtBot
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


# ---- several images, several runs


def test_runs_stay_with_their_images(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go
) -> None:
    first, second = add_crystal("first"), add_crystal("second", seed=5)
    second.translate = (3, 3)
    widget = make_widget()
    widget.form.image.image.choose(first)
    run_a = run(widget)
    widget.form.search.seed.setValue(7)
    run_b = run(widget)
    widget.form.image.image.choose(second)
    run_c = run(widget)
    session, layer = widget.session, widget.overlay.atoms.layer
    assert session.runs == (run_a, run_b, run_c)
    np.testing.assert_array_equal(layer.translate, (3, 3))
    # another run brings its own front, its image and its points
    session.show(run_a)
    assert session.front == run_a.front
    assert widget.form.image.image.layer is first
    np.testing.assert_array_equal(layer.translate, (0, 0))
    # another image brings its latest run
    widget.form.image.image.choose(second)
    assert session.current is run_c
    widget.form.image.image.choose(first)
    assert session.current is run_b
    assert len(viewer.layers) == 3


def test_run_list_selects_by_hand(make_widget: Make, add_crystal: Add, run: Go) -> None:
    add_crystal()
    widget = make_widget()
    first = run(widget)
    second = run(widget)
    runs = widget.results.runs
    assert runs.count() == 2
    assert runs.itemText(0).startswith("crystal #2: SrTiO3[001], 8 trials")
    assert widget.session.current is second
    runs.setCurrentIndex(1)
    runs.activated.emit(1)
    assert widget.session.current is first


def test_rename_and_remove(
    make_widget: Make, add_crystal: Add, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("mine", True))
    menu = widget.results.run_menu
    menu.rename.trigger()
    assert widget.results.runs.currentText().startswith("mine: ")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("no", False))
    menu.rename.trigger()
    assert widget.session.runs[0].name == "mine"
    menu.remove.trigger()
    assert widget.session.runs == ()
    assert widget.results.runs.count() == 0
    assert not widget.results.export.isEnabled()


def test_edit_this_run_brings_its_settings_back(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    qtbot.keyClicks(widget.form.image.pixel_size, "0.21")
    widget.form.search.search.setCurrentIndex(1)
    widget.form.search.seed.setValue(42)
    found = run(widget)
    widget.form.reset()
    assert widget.form.search.seed.value() == 0
    assert widget.form.image.typed_pixel_size is None
    widget.results.run_menu.edit.trigger()
    assert widget.form.values().to_settings() == found.settings
    assert widget.form.search.searched == ("threshold", "overlap")
    assert widget.form.image.effective_pixel_size == pytest.approx(0.21)
    assert all(section.is_open for section in widget.form.sections)


# ---- saving and loading


def test_saved_run_loads_with_its_front_clickable(
    make_widget: Make, add_crystal: Add, run: Go, tmp_path: Path, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    save_run(found, tmp_path / "saved")
    widget.session.remove(found)
    widget.load(tmp_path / "saved")
    qtbot.waitUntil(lambda: widget.session.current is not None, timeout=PATIENCE)
    loaded = widget.session.current
    assert loaded is not None
    assert loaded is not found
    assert widget.session.front == found.front
    qtbot.waitUntil(lambda: widget.overlay.shows_run, timeout=PATIENCE)
    layer = widget.overlay.atoms.layer
    for position in loaded.front:
        widget.results.plot.point_clicked.emit(position)
        np.testing.assert_allclose(
            layer.data, found.trials[position].blobs[found.trials[position].inside, :2], rtol=1e-6
        )


def test_run_loaded_beside_another_image_says_so_and_draws_nothing(
    make_widget: Make, viewer: ViewerModel, add_crystal: Add, run: Go, tmp_path: Path, qtbot: QtBot
) -> None:
    image = add_crystal("mine")
    widget = make_widget()
    found = run(widget)
    save_run(found, tmp_path / "saved")
    widget.session.remove(found)
    viewer.layers.clear()
    # of the same size: only the pixels tell
    add_crystal("another", seed=5)
    widget.load(tmp_path / "saved")
    qtbot.waitUntil(lambda: widget.results.notice.text() != "", timeout=PATIENCE)
    assert "another image, 'mine' of 160 × 160 px" in widget.results.notice.text()
    widget.session.select(widget.session.front[0])
    assert [layer.name for layer in viewer.layers] == ["another"]
    viewer.add_layer(image)
    qtbot.waitUntil(lambda: widget.overlay.atoms.layer is not None, timeout=PATIENCE)
    assert widget.results.notice.text() == ""
    assert widget.form.image.image.layer is image


def test_damaged_file_gets_a_sentence(make_widget: Make, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "run.json").write_text('{"format": 1')
    widget = make_widget()
    widget.load(tmp_path / "run.json")
    qtbot.waitUntil(lambda: "damaged" in widget.run_box.status.text(), timeout=PATIENCE)
    assert widget.session.runs == ()


def test_recent_runs_can_be_loaded_from_the_menu(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    menu = widget.results.run_menu.recent
    menu.aboutToShow.emit()
    assert [a.text() for a in menu.actions()] == ["none saved yet"]
    found = run(widget)
    widget.session.remove(found)
    menu.aboutToShow.emit()
    (action,) = menu.actions()
    assert "crystal #1" in action.text()
    menu.triggered.emit(action)
    qtbot.waitUntil(lambda: widget.session.current is not None, timeout=PATIENCE)
    assert widget.session.current is not None
    assert widget.session.current.identifier == found.identifier


def test_load_asks_for_a_file(
    make_widget: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    widget = make_widget()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "no.json"), ""))
    widget.results.run_menu.load.trigger()
    qtbot.waitUntil(lambda: "cannot be read" in widget.run_box.status.text(), timeout=PATIENCE)


# ---- export


def saves_to(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str = "CSV (*.csv)") -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))


def test_export_csv_has_pixel_and_physical_columns(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    saves_to(monkeypatch, tmp_path / "points")
    widget.results.export.csv.trigger()
    qtbot.waitUntil(lambda: "saved" in widget.run_box.status.text(), timeout=PATIENCE)
    lines = (tmp_path / "points.csv").read_text().splitlines()
    assert lines[0].startswith("id,y_px,x_px,y_A,x_A,sigma_px,response")
    assert len(lines) == 1 + found.trials[widget.session.selected].score.count
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert float(first["y_A"]) == pytest.approx(float(first["y_px"]) * 0.2, rel=1e-6)


def test_export_xyz_plot_and_everything(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    export = widget.results.export
    for action, name in ((export.xyz, "a.xyz"), (export.figure, "a.svg"), (export.figure, "b.png")):
        saves_to(monkeypatch, tmp_path / name)
        action.trigger()
        qtbot.waitUntil(lambda n=name: n in widget.run_box.status.text(), timeout=PATIENCE)
        assert (tmp_path / name).stat().st_size > 500
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    folder = tmp_path / "all"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    export.folder.trigger()
    qtbot.waitUntil(
        lambda: "Run, points and plot" in widget.run_box.status.text(), timeout=PATIENCE
    )
    assert {p.name for p in folder.iterdir()} == {"run.json", "atoms.csv", "front.png"}
    assert load_run(folder).identifier == found.identifier
    # a run that is there is replaced only when the user says so
    stamp = (folder / "run.json").stat().st_mtime_ns
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    widget.results.run_menu.save.trigger()
    assert (folder / "run.json").stat().st_mtime_ns == stamp


def test_export_that_fails_says_why(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    saves_to(monkeypatch, tmp_path / "missing" / "a.csv")
    widget.results.export.csv.trigger()
    qtbot.waitUntil(lambda: "does not exist" in widget.run_box.status.text(), timeout=PATIENCE)


def test_dialog_dismissed_does_nothing(
    make_widget: Make, add_crystal: Add, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    before = widget.run_box.status.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    export, menu = widget.results.export, widget.results.run_menu
    for action in (export.csv, export.xyz, export.figure, export.folder, menu.save, menu.load):
        action.trigger()
    assert widget.run_box.status.text() == before


def test_uncalibrated_run_offers_no_xyz(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal(scale=(1, 1), units=("pixel", "pixel"))
    widget = make_widget()
    qtbot.keyClicks(widget.form.lattice.count, "134")
    found = run(widget)
    assert found.image.pixel_size is None
    assert not widget.results.export.xyz.isEnabled()
    assert widget.results.ds_unit.text() == "px"
    assert widget.overlay.atoms.layer.features["neighbour_sum_A"].isna().all()


def test_copy_as_python_is_a_script_that_compiles(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    qtbot.mouseClick(widget.results.copy, LEFT)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    text = clipboard.text()
    compile(text, "script", "exec")
    assert "AtomsSettings" in text
    assert "clipboard" in widget.run_box.status.text()


# ---- proxies, themes, defaults


def test_widget_works_on_the_proxy_that_plugins_get(
    qtbot: QtBot, viewer: ViewerModel, add_crystal: Add, run: Go, runs_folder: Path
) -> None:
    add_crystal()
    widgets = [FindAtoms(PublicOnlyProxy(viewer), runs_folder) for _ in range(2)]
    for widget in widgets:
        qtbot.addWidget(widget)
    assert widgets[0].session is widgets[1].session
    widgets[0].form.lattice.lattice.setCurrentText("SrTiO3[001]")
    widgets[0].form.search.trials.setValue(4)
    run(widgets[0])
    assert widgets[1].results.runs.count() == 1
    for widget in widgets:
        widget.unbind()


def test_theme_is_followed(make_widget: Make, viewer: ViewerModel) -> None:
    widget = make_widget()
    viewer.theme = "light"
    light = widget.run_box.fault.styleSheet()
    viewer.theme = "dark"
    assert widget.run_box.fault.styleSheet() != light


def test_reset_brings_the_defaults_back(make_widget: Make, add_crystal: Add, qtbot: QtBot) -> None:
    add_crystal()
    widget = make_widget()
    form = widget.form
    qtbot.keyClicks(form.lattice.count, "100")
    qtbot.keyClicks(form.image.pixel_size, "0.3")
    form.search.preset.setCurrentIndex(1)
    form.search.reset.click()
    values = form.values()
    assert (values.count, values.pixel_size, values.as_published) == (None, None, False)
    assert values.lattice == "SrTiO3[001]"
    assert values.trials == 60


def test_own_parameters_and_ranges_reach_the_run(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    search = widget.form.search
    for name in ("min_sigma", "max_sigma", "num_sigma"):
        search._rows[name].searched.setChecked(False)
    assert search.search.currentData() == "two"
    search._rows["overlap"].searched.setChecked(False)
    assert search.search.currentData() == "own"
    qtbot.keyClicks(search._rows["overlap"].low, "0.4")
    qtbot.keyClicks(search._rows["threshold"].low, "0.02")
    assert "threshold: type both ends" in widget.run_box.fault.text()
    qtbot.keyClicks(search._rows["threshold"].high, "0.1")
    found = run(widget)
    assert found.settings.search == ("threshold",)
    assert {t.parameters["overlap"] for t in found.trials} == {0.4}
    assert all(0.02 <= t.parameters["threshold"] <= 0.1 for t in found.trials)


def test_free_cell_and_species(make_widget: Make, add_crystal: Add, qtbot: QtBot) -> None:
    add_crystal()
    widget = make_widget()
    lattice = widget.form.lattice
    whole = widget.form.preview.physics
    lattice._species["Ti"].setChecked(False)
    half = widget.form.preview.physics
    assert whole is not None
    assert half is not None
    assert half.expected == pytest.approx(whole.expected / 2)
    lattice._species["Sr"].setChecked(False)
    assert "no columns" in widget.run_box.fault.text()
    lattice.lattice.setCurrentText("free cell")
    free = widget.form.preview.physics
    assert free is not None
    assert free.expected == pytest.approx(whole.expected)


def test_find_atoms_is_the_manifest_s_widget() -> None:
    assert find_atoms.FindAtoms.__init__.__annotations__["napari_viewer"]
