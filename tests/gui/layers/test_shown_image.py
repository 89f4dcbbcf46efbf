from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.layers.shown_image import Place, shown_image_of
from napari_reward_analysis.image import Image

PIXELS = np.random.default_rng(0).random((12, 16))


@pytest.mark.parametrize(
    ("scale", "unit", "expected"),
    [
        (0.02, "nm", 0.2),
        (0.2, "angstrom", 0.2),
        (2e-5, "um", 0.2),
        (20.0, "pm", 0.2),
        (2e-11, "m", 0.2),
    ],
)
def test_pixel_size_is_in_angstrom_whatever_the_layer_s_unit(
    viewer: ViewerModel, scale: float, unit: str, expected: float
) -> None:
    layer = viewer.add_image(PIXELS, scale=(scale, scale), units=(unit, unit))
    frame = shown_image_of(layer, viewer)
    assert frame.pixel_size == pytest.approx(expected, rel=1e-12)
    assert frame.note == "from the layer"


def test_single_precision_scale_reads_as_the_number_that_was_meant(viewer: ViewerModel) -> None:
    layer = viewer.add_image(PIXELS, scale=np.full(2, np.float32(0.10013)), units="angstrom")
    assert shown_image_of(layer, viewer).pixel_size == pytest.approx(0.10013, rel=1e-7)


def test_units_of_another_layer_do_not_change_the_pixel_size(viewer: ViewerModel) -> None:
    viewer.add_image(PIXELS, scale=(1e-3, 1e-3), units=("um", "um"))
    layer = viewer.add_image(PIXELS, scale=(0.02, 0.02), units=("nm", "nm"))
    assert shown_image_of(layer, viewer).pixel_size == pytest.approx(0.2)


def test_scale_without_a_unit_is_no_pixel_size(viewer: ViewerModel) -> None:
    frame = shown_image_of(viewer.add_image(PIXELS, scale=(0.2, 0.2)), viewer)
    assert frame.pixel_size is None
    assert "type it" in frame.note
    assert frame.image().pixel_size is None
    assert frame.image(0.31).pixel_size == 0.31


def test_affine_and_rotation_count_as_the_viewer_shows_them(viewer: ViewerModel) -> None:
    turned = viewer.add_image(PIXELS, scale=(0.2, 0.2), rotate=30, units="angstrom")
    assert shown_image_of(turned, viewer).pixel_size == pytest.approx(0.2)
    doubled = viewer.add_image(
        PIXELS, scale=(0.2, 0.2), affine=np.diag([2, 2, 1]), units="angstrom"
    )
    assert shown_image_of(doubled, viewer).pixel_size == pytest.approx(0.4)


def test_typed_pixel_size_goes_before_the_layer_s(viewer: ViewerModel) -> None:
    layer = viewer.add_image(PIXELS, scale=(0.2, 0.2), units="angstrom")
    assert shown_image_of(layer, viewer).image(0.19).pixel_size == 0.19


def test_pixels_that_are_not_square_need_a_typed_size(viewer: ViewerModel) -> None:
    layer = viewer.add_image(PIXELS, scale=(0.2, 0.1), units=("nm", "nm"))
    frame = shown_image_of(layer, viewer)
    with pytest.raises(BadInput, match=r"not square \(2 angstrom along y, 1 along x\)"):
        frame.image()
    assert frame.image(1.5).pixel_size == 1.5


def test_reciprocal_units_are_refused(viewer: ViewerModel) -> None:
    layer = viewer.add_image(PIXELS, scale=(0.2, 0.2), units=("1/nm", "1/nm"))
    with pytest.raises(BadInput, match="reciprocal space"):
        shown_image_of(layer, viewer)


def test_rgb_and_other_layers_are_refused(viewer: ViewerModel) -> None:
    rgb = viewer.add_image(np.zeros((8, 8, 3), np.uint8), rgb=True)
    with pytest.raises(BadInput, match="RGB"):
        shown_image_of(rgb, viewer)
    with pytest.raises(BadInput, match="is a Labels layer: choose an Image layer"):
        shown_image_of(viewer.add_labels(np.zeros((8, 8), int)), viewer)


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [(np.ones((8, 8)), "same value"), (np.full((8, 8), np.nan), "NaN or infinite")],
)
def test_useless_pixels_get_their_sentence(viewer: ViewerModel, pixels: Any, sentence: str) -> None:
    layer = viewer.add_image(pixels, contrast_limits=(0, 1))
    with pytest.raises(BadInput, match=sentence):
        shown_image_of(layer, viewer).image()


def test_stack_gives_the_frame_on_show(viewer: ViewerModel) -> None:
    stack = np.random.default_rng(1).random((5, 12, 16))
    layer = viewer.add_image(stack, scale=(1, 0.02, 0.02), units=("s", "nm", "nm"), name="movie")
    viewer.dims.set_current_step(0, 3)
    frame = shown_image_of(layer, viewer)
    assert (frame.name, frame.shape) == ("movie [3]", (12, 16))
    assert frame.pixel_size == pytest.approx(0.2)
    np.testing.assert_array_equal(frame.image().data, stack[3])
    viewer.dims.set_current_step(0, 1)
    assert shown_image_of(layer, viewer).place != frame.place


def test_stack_with_its_own_step_and_start(viewer: ViewerModel) -> None:
    stack = np.random.default_rng(1).random((5, 12, 16))
    layer = viewer.add_image(stack, scale=(2.5, 1, 1), translate=(10, 0, 0))
    viewer.dims.set_point(0, 15.0)
    np.testing.assert_array_equal(shown_image_of(layer, viewer).image().data, stack[2])


def test_rolled_axes_give_the_plane_on_show(viewer: ViewerModel) -> None:
    volume = np.random.default_rng(1).random((5, 12, 16))
    layer = viewer.add_image(volume, scale=(0.2, 0.2, 0.2), units="angstrom")
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_current_step(1, 7)
    frame = shown_image_of(layer, viewer)
    np.testing.assert_array_equal(frame.image().data, volume[:, 7, :])
    assert frame.place.axes == (0, 2)


def test_image_below_a_stack_is_its_own_frame(viewer: ViewerModel) -> None:
    viewer.add_image(np.random.default_rng(1).random((5, 12, 16)))
    layer = viewer.add_image(PIXELS)
    np.testing.assert_array_equal(shown_image_of(layer, viewer).image().data, PIXELS)


def test_multiscale_gives_the_finest_level(viewer: ViewerModel) -> None:
    layer = viewer.add_image([PIXELS, PIXELS[::2, ::2]], multiscale=True, scale=(0.2, 0.2))
    np.testing.assert_array_equal(shown_image_of(layer, viewer).image().data, PIXELS)


def test_pixels_are_not_read_before_they_are_asked_for(viewer: ViewerModel) -> None:
    class Lazy:
        shape, dtype, ndim = (5, 12, 16), np.dtype(float), 3

        def __init__(self) -> None:
            self.read = 0

        def __getitem__(self, key: Any) -> Any:
            self.read += 1
            return np.random.default_rng(0).random(self.shape)[key]

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.asarray(self[:], dtype=dtype)

    data = Lazy()
    layer = viewer.add_image(data, contrast_limits=(0, 1))
    data.read = 0
    frame = shown_image_of(layer, viewer)
    assert data.read == 0
    assert frame.image().shape == (12, 16)


def test_fingerprint_does_not_depend_on_the_scale(viewer: ViewerModel) -> None:
    frame = shown_image_of(viewer.add_image(PIXELS), viewer)
    assert frame.image(0.1).fingerprint == Image(PIXELS).fingerprint


def test_points_go_into_a_stack_and_back(viewer: ViewerModel) -> None:
    layer = viewer.add_image(np.random.default_rng(1).random((5, 12, 16)))
    viewer.dims.set_current_step(0, 3)
    place = shown_image_of(layer, viewer).place
    assert isinstance(place, Place)
    points = np.array([[1.5, 2.0], [3.0, 4.25]])
    data = place.to_data(points)
    np.testing.assert_array_equal(data, [[3, 1.5, 2], [3, 3, 4.25]])
    data[1, 0] = 2
    back, here = place.from_data(data)
    np.testing.assert_array_equal(back, points)
    np.testing.assert_array_equal(here, [True, False])
