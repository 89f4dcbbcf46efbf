from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.utils.colormaps.standardize_color import transform_color

from napari_reward_analysis.analyses.atoms.overlay import UNDECIDED_COLOUR, VACANT_COLOUR
from napari_reward_analysis.gui.layers.shown_image import shown_image_of
from napari_reward_analysis.gui.layers.site_layer import VACANT_SITES, SiteLayer


def sites(*states: str) -> dict[str, Any]:
    n = len(states)
    numbers = ("domain", "site_u", "site_v", "sublattice", "amplitude", "amplitude_error")
    return {
        "id": np.arange(n),
        "y_px": np.arange(n) + 3.0,
        "x_px": np.arange(n) + 5.0,
        "state": np.array(states, dtype=object),
        "class": np.full(n, "Sr", dtype=object),
        "p_column": np.full(n, 0.01),
        **{name: np.ones(n) for name in numbers},
    }


def test_the_layer_comes_with_the_first_empty_site_and_is_updated(viewer: ViewerModel) -> None:
    image = viewer.add_image(np.random.default_rng(0).random((40, 60)), scale=(0.02, 0.02))
    place, layers = shown_image_of(image, viewer).place, SiteLayer(viewer)
    layers.show(place, sites(), 5.0)
    assert layers.layer is None
    viewer.layers.selection.active = image
    layers.show(place, sites("vacant", "undecided"), 5.0)
    layer = layers.layer
    assert layer is not None
    assert (layer.name, viewer.layers.selection.active) == (VACANT_SITES, image)
    np.testing.assert_array_equal(layer.data, [[3, 5], [4, 6]])
    np.testing.assert_allclose(layer.data_to_world((7, 9)), image.data_to_world((7, 9)))
    wanted = transform_color([VACANT_COLOUR, UNDECIDED_COLOUR])
    np.testing.assert_allclose(layer.face_color, wanted)
    assert list(layer.features["state"]) == ["vacant", "undecided"]
    layers.show(place, sites(), 5.0)
    assert layers.layer is layer
    assert len(layer.data) == 0


def test_a_released_layer_is_left_to_the_user(viewer: ViewerModel) -> None:
    image = viewer.add_image(np.random.default_rng(0).random((40, 60)))
    place, layers = shown_image_of(image, viewer).place, SiteLayer(viewer)
    layers.show(place, sites("vacant"), 5.0)
    first = layers.layer
    layers.release()
    layers.show(place, sites("vacant", "vacant"), 5.0)
    assert layers.layer is not first
    assert first is not None
    assert len(first.data) == 1
    viewer.layers.remove(image)
    layers.show(place, sites("vacant"), 5.0)
    assert len(layers.layer.data) == 2
