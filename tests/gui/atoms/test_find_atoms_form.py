"""Tests of the form of the dock "Find atoms": missing inputs, images, values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils._proxies import PublicOnlyProxy
from pytestqt.qtbot import QtBot

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.gui.atoms.dock import FindAtoms

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


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
    qtbot.waitUntil(lambda: not widget.form.watch.waiting, timeout=30_000)
    after = widget.form.preview.physics
    assert before is not None
    assert after is not None
    assert after.expected == pytest.approx(before.expected / 2, rel=0.03)
    found = run(widget)
    assert found.physics.expected == pytest.approx(after.expected, rel=0.02)
    assert widget.overlay.atoms.layer.data[:, 1].max() < 81
    # moving the outline is seen without choosing the layer again
    viewer.layers[1].data = [whole * [1, 0.5]]
    qtbot.waitUntil(
        lambda: widget.form.preview.physics.expected == pytest.approx(after.expected / 2, rel=0.06)
    )


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
    form.search.workflow.preset.setCurrentText("as published")
    form.search.reset.click()
    values = form.values()
    assert (values.count, values.pixel_size, values.as_published) == (None, None, False)
    assert values.lattice == "SrTiO3[001]"
    assert values.to_settings() == AtomsSettings()


def test_own_parameters_and_ranges_reach_the_run(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    search = widget.form.search
    for name in ("min_sigma", "max_sigma", "num_sigma"):
        search.parameters.rows[name].searched.setChecked(False)
    assert search.searches.currentData() == "two"
    search.parameters.rows["overlap"].searched.setChecked(False)
    assert search.searches.currentData() == "own"
    qtbot.keyClicks(search.parameters.rows["overlap"].low, "0.4")
    qtbot.keyClicks(search.parameters.rows["threshold"].low, "0.02")
    assert "threshold: type both ends" in widget.run_box.fault.text()
    qtbot.keyClicks(search.parameters.rows["threshold"].high, "0.1")
    found = run(widget)
    assert found.settings.search == ("threshold",)
    assert {t.parameters["overlap"] for t in found.trials} == {0.4}
    assert all(0.02 <= t.parameters["threshold"] <= 0.1 for t in found.trials)


def test_free_cell_and_species(make_widget: Make, add_crystal: Add, qtbot: QtBot) -> None:
    add_crystal()
    widget = make_widget()
    lattice = widget.form.lattice
    whole = widget.form.preview.physics
    lattice.species_boxes["Ti"].setChecked(False)
    half = widget.form.preview.physics
    assert whole is not None
    assert half is not None
    assert half.expected == pytest.approx(whole.expected / 2)
    lattice.species_boxes["Sr"].setChecked(False)
    assert "needs columns" in widget.run_box.fault.text()
    lattice.lattice.setCurrentText("free cell")
    free = widget.form.preview.physics
    assert free is not None
    assert free.expected == pytest.approx(whole.expected)
