"""Tests of the measured lattice in the form, and of its use in a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from tests.gui.conftest import PATIENCE, PIXEL_SIZE, crystal

from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.inputs.form_values import NO_LATTICE
from napari_reward_analysis.gui.inputs.preflight_thread import PreflightWatch, SharedPreflight
from napari_reward_analysis.gui.layers.drawn_region import AREAS
from napari_reward_analysis.notices import sentence

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


@cache
def half_crystal() -> np.ndarray:
    """The crystal in the left half, noise as bright as its ground in the right."""
    pixels = np.array(crystal().data, float)
    noise = np.random.default_rng(0).normal(pixels.mean(), 0.1 * pixels.std(), pixels.shape)
    pixels[:, 80:] = noise[:, 80:]
    return pixels


@pytest.fixture
def wait(qtbot: QtBot) -> Callable[[FindAtoms], None]:
    """Waits until the lattice was looked for."""

    def until_seen(widget: FindAtoms) -> None:
        qtbot.waitUntil(lambda: not widget.form.watch.waiting, timeout=PATIENCE)

    return until_seen


def add_half(viewer: ViewerModel) -> Any:
    scale = (PIXEL_SIZE / 10,) * 2
    return viewer.add_image(half_crystal(), scale=scale, units=("nm", "nm"), name="half")


def test_cell_pixel_size_rotation_and_confidence_are_told(
    make_widget: Make, add_crystal: Add, wait: Any
) -> None:
    add_crystal()
    widget = make_widget()
    assert "Looking for" in widget.form.image.preflight.text.text()
    wait(widget)
    measured = widget.form.watch.preflight.measured
    text = widget.form.image.preflight.text.text().replace("\N{NO-BREAK SPACE}", " ")
    a, b = measured.lengths_px
    assert a == pytest.approx(3.905 / PIXEL_SIZE, rel=5e-3)
    for part in (
        f"cell {a:.2f} × {b:.2f} px",
        "Å/px",
        "header",
        "rotated",
        "confidence 1.00",
    ):
        assert part in text
    assert widget.form.image.preflight.notice.isHidden()
    assert widget.form.image.preflight.use.isHidden()


def test_wrong_header_is_told_and_mended_with_one_click_which_can_be_undone(
    make_widget: Make, add_crystal: Add, wait: Any, qtbot: QtBot
) -> None:
    add_crystal(scale=(1.08 * PIXEL_SIZE / 10,) * 2)
    widget = make_widget()
    wait(widget)
    panel, image = widget.form.image.preflight, widget.form.image
    assert "larger than that of the lattice" in panel.notice.text()
    assert not panel.use.isHidden()
    right = widget.form.preview.physics
    qtbot.mouseClick(panel.use, Qt.MouseButton.LeftButton)
    assert image.typed_pixel_size == pytest.approx(PIXEL_SIZE, rel=5e-3)
    wait(widget)
    assert panel.notice.isHidden()
    # N rests on what is seen, whatever the header says
    assert widget.form.preview.physics.expected == pytest.approx(right.expected, rel=1e-3)
    image.pixel_size.clear()
    image.pixel_size.textEdited.emit("")
    wait(widget)
    assert image.effective_pixel_size == pytest.approx(1.08 * PIXEL_SIZE)
    assert not panel.notice.isHidden()


def test_without_a_pixel_size_the_lattice_s_is_offered(
    make_widget: Make, add_crystal: Add, wait: Any, run: Go
) -> None:
    add_crystal(scale=(1, 1), units=("pixel", "pixel"))
    widget = make_widget()
    wait(widget)
    assert "press “Use the pixel size of the lattice” (0.200" in widget.form.fault
    widget.form.image.preflight.use.click()
    assert widget.form.fault == ""
    found = run(widget)
    assert found.image.pixel_size == pytest.approx(PIXEL_SIZE, rel=5e-3)
    assert found.physics.expected == pytest.approx(130, rel=0.03)


def test_no_such_lattice_is_said_and_the_run_works(
    make_widget: Make, viewer: ViewerModel, wait: Any, run: Go
) -> None:
    pixels = np.random.default_rng(0).random((160, 160))
    viewer.add_image(pixels, scale=(0.02, 0.02), units=("nm", "nm"))
    widget = make_widget()
    wait(widget)
    assert "The lattice is not seen in the image" in widget.form.image.preflight.text.text()
    assert not widget.form.image.show_region.isEnabled()
    found = run(widget)
    assert (found.region, found.found_nothing, found.trials) == (None, True, [])
    assert "shows no atomic column" in widget.run_box.status.text()
    assert len(viewer.layers["atoms"].data) == 0


def test_n_is_that_of_the_crystal_and_the_run_s_own(
    make_widget: Make, viewer: ViewerModel, wait: Any, run: Go
) -> None:
    add_half(viewer)
    widget = make_widget()
    wait(widget)
    shown = widget.form.preview.physics
    assert shown.expected == pytest.approx(67, rel=0.12)
    assert "% crystal" in widget.form.image.preflight.text.text().replace("\N{NO-BREAK SPACE}", " ")
    found = run(widget)
    assert found.physics == shown
    assert found.settings.area == "crystal"
    assert not found.drawn
    assert found.region[:, :70].mean() > 0.9
    assert found.region[:, 95:].mean() < 0.05
    assert found.measured["found"]
    assert "of the field is crystal" in " ".join(map(sentence, found.notices))


def test_run_started_at_once_waits_for_the_same_preflight(
    make_widget: Make, viewer: ViewerModel, wait: Any, run: Go
) -> None:
    add_half(viewer)
    widget = make_widget()
    assert widget.form.watch.waiting
    found = run(widget)
    wait(widget)
    assert found.physics == widget.form.preview.physics


def test_whole_field_is_a_choice(
    make_widget: Make, viewer: ViewerModel, wait: Any, run: Go
) -> None:
    add_half(viewer)
    widget = make_widget()
    widget.form.image.regions.choose(AREAS["field"])
    wait(widget)
    found = run(widget)
    assert found.settings.area == "field"
    assert found.region is None
    assert found.physics == widget.form.preview.physics
    assert found.physics.expected == pytest.approx(131, rel=0.02)


def test_show_draws_one_layer_that_is_then_the_region_and_may_be_edited(
    make_widget: Make, viewer: ViewerModel, wait: Any, run: Go, qtbot: QtBot
) -> None:
    image = add_half(viewer)
    widget = make_widget()
    wait(widget)
    seen = widget.form.watch.preflight.region
    before = widget.form.preview.physics
    qtbot.mouseClick(widget.form.image.show_region, Qt.MouseButton.LeftButton)
    layer = viewer.layers["crystal"]
    assert isinstance(layer, Labels)
    np.testing.assert_array_equal(layer.data != 0, seen)
    np.testing.assert_allclose(layer.scale, image.scale)
    assert layer.units == image.units
    assert widget.form.image.regions.layer is layer
    wait(widget)
    assert widget.form.preview.physics.expected == pytest.approx(before.expected, rel=0.03)
    layer.data[:80] = 0
    layer.refresh()
    qtbot.waitUntil(lambda: not widget.form.image.region[:80].any(), timeout=PATIENCE)
    wait(widget)
    found = run(widget)
    assert found.drawn
    np.testing.assert_array_equal(found.region, layer.data != 0)
    assert found.physics.expected == pytest.approx(before.expected / 2, rel=0.1)
    widget.form.image.regions.choose(AREAS["crystal"])
    wait(widget)
    widget.form.image.show_region.click()
    assert [other.name for other in viewer.layers if isinstance(other, Labels)] == ["crystal"]
    np.testing.assert_array_equal(layer.data != 0, seen)


def test_region_in_a_frame_of_a_stack(make_widget: Make, viewer: ViewerModel, wait: Any) -> None:
    stack = np.stack([half_crystal(), half_crystal()[:, ::-1]])
    viewer.add_image(stack, scale=(1, 0.02, 0.02), units=("pixel", "nm", "nm"))
    widget = make_widget()
    viewer.dims.set_current_step(0, 1)
    wait(widget)
    widget.form.image.show_region.click()
    layer = viewer.layers["crystal"]
    assert not layer.data[0].any()
    assert layer.data[1][:, 90:].mean() > 0.9


def test_outdated_preflight_is_dropped(make_widget: Make, add_crystal: Add, wait: Any) -> None:
    layer = add_crystal()
    widget = make_widget()
    wait(widget)
    first = widget.form.watch.preflight
    layer.data = half_crystal()
    assert widget.form.watch.preflight is None
    wait(widget)
    assert first.region is None
    assert widget.form.watch.preflight.region is not None
    widget.form.lattice.lattice.setCurrentText(NO_LATTICE)
    assert widget.form.watch.shared_preflight is None
    assert "Choose a lattice" in widget.form.image.preflight.text.text()


def test_layer_removed_while_it_is_looked_at(
    make_widget: Make, add_crystal: Add, viewer: ViewerModel, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    watch = widget.form.watch
    qtbot.waitUntil(lambda: watch.busy, timeout=PATIENCE)
    viewer.layers.clear()
    assert watch.shared_preflight is None
    # the preflights of two images are made one after the other, and one is asked for
    answers: list[Any] = []
    watch.changed.connect(lambda: answers.append(watch.preflight))
    second = add_crystal(seed=4)
    qtbot.waitUntil(lambda: bool(answers), timeout=PATIENCE)
    assert [answer.image.name for answer in answers] == [second.name]
    np.testing.assert_array_equal(answers[0].image.data, second.data)


def test_pixels_changed_in_place_get_a_new_preflight_by_the_run(
    make_widget: Make, add_crystal: Add, wait: Any, run: Go
) -> None:
    layer = add_crystal()
    widget = make_widget()
    wait(widget)
    layer.data[:] = half_crystal()
    found = run(widget)
    assert found.region is not None
    assert found.region[:, 95:].mean() < 0.05


def test_questions_in_quick_succession_are_answered_once(
    qtbot: QtBot, make_widget: Make, add_crystal: Add
) -> None:
    add_crystal()
    widget = make_widget()
    asked: list[str] = []

    class Counted(SharedPreflight):
        def result(self) -> Any:
            asked.append("asked")
            return super().result()

    frame, lattice = widget.form.image.frame, widget.form.crystal()
    watch = PreflightWatch(widget)
    for number in range(5):
        watch.ask((number,), Counted(frame, None, lattice, None, "crystal"))
    qtbot.waitUntil(lambda: watch.preflight is not None, timeout=PATIENCE)
    assert asked == ["asked"]


def test_uncalibrated_notice_follows_the_theme(make_widget: Make, viewer: ViewerModel) -> None:
    widget = make_widget()
    dark = widget.form.image.preflight.notice.styleSheet()
    viewer.theme = "light"
    assert widget.form.image.preflight.notice.styleSheet() != dark
