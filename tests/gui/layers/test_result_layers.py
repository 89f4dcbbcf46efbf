from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.colormaps.standardize_color import transform_color

from napari_reward_analysis.analyses.atoms.overlay import (
    ERROR_COLOUR,
    OUTSIDE_COLOUR,
    RIGHT_COLOUR,
)
from napari_reward_analysis.analyses.atoms.table import SITE_COLUMNS
from napari_reward_analysis.gui.layers.result_layers import AtomsLayer, placement
from napari_reward_analysis.gui.layers.shown_image import shown_image_of

SPATIAL = dict(
    scale=(0.02, 0.02),
    translate=(3.0, 4.0),
    rotate=[[0.8, -0.6], [0.6, 0.8]],
    units=("nm", "nm"),
    axis_labels=("y", "x"),
)


def table(n: int, errors: tuple[int, ...] = (), sigma: float = 2.0) -> dict[str, Any]:
    rng = np.random.default_rng(n)
    is_error = np.zeros(n, bool)
    is_error[list(errors)] = True
    return {
        "y_px": rng.random(n) * 40,
        "x_px": rng.random(n) * 60,
        "sigma_px": np.full(n, sigma),
        "response": rng.random(n),
        "neighbour_sum_A": rng.random(n) * 10,
        "is_error": is_error,
        "class": np.full(n, "", dtype=object),
        "uncertainty_px": np.full(n, np.nan),
        "is_counted": np.ones(n, bool),
        **{name: rng.random(n) for name in SITE_COLUMNS},
    }


@pytest.fixture
def image(viewer: ViewerModel) -> Any:
    return viewer.add_image(np.random.default_rng(0).random((40, 60)), **SPATIAL)


def shown(viewer: ViewerModel, image: Any, found: dict[str, Any]) -> AtomsLayer:
    atoms = AtomsLayer(viewer)
    atoms.show(shown_image_of(image, viewer).place, found, (40, 60))
    return atoms


def test_points_lie_where_the_image_lies(viewer: ViewerModel, image: Any) -> None:
    layer = shown(viewer, image, table(30)).layer
    assert layer is not None
    for name, value in placement(image).items():
        given = getattr(layer, name)
        np.testing.assert_array_equal(np.asarray(given), np.asarray(value), err_msg=name)
    np.testing.assert_allclose(layer.data_to_world((7, 9)), image.data_to_world((7, 9)))


def test_one_layer_is_updated_in_place(viewer: ViewerModel, image: Any) -> None:
    atoms = shown(viewer, image, table(30))
    layer = atoms.layer
    for n in (50, 12, 0, 40):
        found = table(n, errors=(0,) if n else ())
        atoms.show(shown_image_of(image, viewer).place, found, (40, 60))
        assert atoms.layer is layer
        assert len(viewer.layers) == 2
        np.testing.assert_array_equal(layer.data, np.column_stack([found["y_px"], found["x_px"]]))
        assert list(layer.features["is_error"]) == list(found["is_error"])
        assert len(layer.size) == n


def test_size_shows_sigma(viewer: ViewerModel, image: Any) -> None:
    layer = shown(viewer, image, table(30, sigma=3.0)).layer
    np.testing.assert_allclose(layer.size, 2 * np.sqrt(2) * 3.0)


def test_errors_differ_in_colour_and_symbol(viewer: ViewerModel, image: Any) -> None:
    layer = shown(viewer, image, table(30, errors=(4, 5))).layer
    assert {str(s) for s in layer.symbol[[4, 5]]} == {"diamond"}
    assert {str(s) for s in np.delete(layer.symbol, [4, 5])} == {"disc"}
    assert (layer.border_color[4] != layer.border_color[0]).any()
    # rings: the column inside is seen
    assert (layer.face_color[:, 3] == 0).all()


def test_active_layer_stays(viewer: ViewerModel, image: Any) -> None:
    viewer.layers.selection.active = image
    shown(viewer, image, table(30))
    assert viewer.layers.selection.active is image


def test_renamed_layer_is_still_the_one(viewer: ViewerModel, image: Any) -> None:
    atoms = shown(viewer, image, table(30))
    atoms.layer.name = "mine"
    atoms.show(shown_image_of(image, viewer).place, table(20), (40, 60))
    assert [layer.name for layer in viewer.layers] == [image.name, "mine"]


def test_other_layer_of_that_name_is_left_alone(viewer: ViewerModel, image: Any) -> None:
    own = viewer.add_points(np.zeros((3, 2)), name="atoms")
    atoms = shown(viewer, image, table(30))
    assert len(own.data) == 3
    assert atoms.layer is not own


def test_deleted_layer_comes_back(viewer: ViewerModel, image: Any) -> None:
    atoms = shown(viewer, image, table(30))
    viewer.layers.remove(atoms.layer)
    assert atoms.layer is None
    atoms.show(shown_image_of(image, viewer).place, table(20), (40, 60))
    assert len(atoms.layer.data) == 20


def test_kept_copy_is_unaffected_by_what_comes_later(viewer: ViewerModel, image: Any) -> None:
    atoms = shown(viewer, image, table(30, errors=(3,)))
    before = atoms.layer.data.copy()
    copy = atoms.keep("kept")
    atoms.show(shown_image_of(image, viewer).place, table(12), (40, 60))
    atoms.layer.data[:] = -1
    assert copy in viewer.layers
    np.testing.assert_array_equal(copy.data, before)
    assert len(copy.features) == 30
    assert copy.metadata["image_shape"] == (40, 60)
    assert str(copy.symbol[3]) == "diamond"
    np.testing.assert_array_equal(copy.scale, image.scale)
    assert viewer.layers.index(copy) < viewer.layers.index(atoms.layer)


def test_edits_by_hand_are_told_and_our_own_changes_are_not(
    viewer: ViewerModel, image: Any
) -> None:
    atoms = AtomsLayer(viewer)
    told: list[int] = []
    atoms.edited.connect(lambda: told.append(1))
    place = shown_image_of(image, viewer).place
    for n in (30, 12, 0, 25):
        atoms.show(place, table(n), (40, 60))
    atoms.refresh(np.ones(25), np.zeros(25, bool), np.zeros(25, bool), np.ones(25, bool))
    assert atoms.move(table(25) | {"id": np.arange(25)})
    assert told == []
    atoms.layer.add([[5.0, 6.0]])
    assert len(told) == 1
    atoms.layer.remove([0, 1])
    assert len(told) == 2
    atoms.layer.data = atoms.layer.data + 1
    assert len(told) == 3


def test_added_point_has_the_usual_size_and_no_response(viewer: ViewerModel, image: Any) -> None:
    atoms = shown(viewer, image, table(30, errors=(29,), sigma=2.5))
    atoms.layer.add([[5.0, 6.0]])
    features = atoms.features()
    assert features["sigma_px"][-1] == 2.5
    assert np.isnan(features["response"][-1])
    assert not features["is_error"][-1]
    assert str(atoms.layer.symbol[-1]) == "disc"


def test_stack_shows_points_in_their_frame(viewer: ViewerModel) -> None:
    stack = viewer.add_image(np.random.default_rng(0).random((4, 40, 60)), scale=(1, 2, 2))
    viewer.dims.set_current_step(0, 2)
    atoms = shown(viewer, stack, table(30))
    assert atoms.layer.ndim == 3
    assert set(atoms.layer.data[:, 0]) == {2.0}
    np.testing.assert_array_equal(atoms.layer.scale, stack.scale)
    points, here = atoms.points()
    assert here.all()
    np.testing.assert_array_equal(points[:, 0], table(30)["y_px"])


def test_from_a_stack_to_an_image_and_back(viewer: ViewerModel, image: Any) -> None:
    stack = viewer.add_image(np.random.default_rng(0).random((4, 40, 60)))
    atoms = shown(viewer, stack, table(30))
    atoms.show(shown_image_of(image, viewer).place, table(20), (40, 60))
    assert atoms.layer.ndim == 2
    assert len(viewer.layers) == 3
    np.testing.assert_array_equal(atoms.layer.scale, image.scale)


def test_image_that_was_removed_gets_no_points(viewer: ViewerModel, image: Any) -> None:
    place = shown_image_of(image, viewer).place
    viewer.layers.remove(image)
    atoms = AtomsLayer(viewer)
    atoms.show(place, table(30), (40, 60))
    assert atoms.layer is None
    assert len(viewer.layers) == 0
    assert atoms.keep("kept") is None


def test_nothing_of_the_user_s_image_changes(viewer: ViewerModel, image: Any) -> None:
    data, state = image.data.copy(), image.as_layer_data_tuple()[1]
    atoms = shown(viewer, image, table(30))
    atoms.keep("kept")
    np.testing.assert_array_equal(image.data, data)
    after = image.as_layer_data_tuple()[1]
    assert {k: str(v) for k, v in after.items()} == {k: str(v) for k, v in state.items()}


def test_columns_that_are_not_counted_are_paler(viewer: ViewerModel, image: Any) -> None:
    found = table(6, errors=(1,))
    found["is_counted"][4] = False
    layer = shown(viewer, image, found).layer
    assert layer is not None
    wanted = [RIGHT_COLOUR] * 6
    wanted[1], wanted[4] = ERROR_COLOUR, OUTSIDE_COLOUR
    np.testing.assert_allclose(layer.border_color, transform_color(wanted))


def colours_of(layer: Any) -> list[tuple[float, ...]]:
    return [tuple(np.round(colour, 3)) for colour in layer.border_color]


def test_points_can_be_coloured_by_species_evidence_or_displacement(
    viewer: ViewerModel, image: Any
) -> None:
    found = table(5, errors=(2,))
    found["class"] = np.array(["Sr", "Ti", "Sr", "", "Ti"], dtype=object)
    found["p_column"] = np.array([1.0, 0.6, 1.0, np.nan, 0.6])
    found["dy_A"], found["dx_A"] = np.zeros(5), np.array([0.0, 0.1, 0.0, np.nan, 0.1])
    atoms = shown(viewer, image, found)
    layer = atoms.layer
    assert layer is not None
    for rule in ("species", "evidence", "displacement"):
        atoms.colour_by(rule)
        first, second, third, unknown, fifth = colours_of(layer)
        assert first == third
        assert second == fifth
        assert len({first, second, unknown}) == 3
        # an error keeps its symbol
        assert [str(symbol) for symbol in layer.symbol].count("diamond") == 1
    # the rule stays for the next result
    atoms.show(shown_image_of(image, viewer).place, found, (40, 60))
    assert colours_of(layer)[0] == first
    atoms.colour_by("errors")
    np.testing.assert_allclose(layer.border_color[2], transform_color([ERROR_COLOUR])[0])
    np.testing.assert_allclose(layer.border_color[0], transform_color([RIGHT_COLOUR])[0])
