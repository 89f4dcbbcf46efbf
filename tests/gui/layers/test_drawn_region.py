from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.layers.drawn_region import region_mask
from napari_reward_analysis.gui.layers.shown_image import shown_image_of

PIXELS = np.random.default_rng(0).random((40, 60))
BOX = np.array([[9.6, 4.6], [9.6, 30.4], [25.4, 30.4], [25.4, 4.6]])


def boxed() -> np.ndarray:
    mask = np.zeros((40, 60), bool)
    mask[10:26, 5:31] = True
    return mask


def test_rectangle_on_the_image_s_own_pixels(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS)
    shapes = viewer.add_shapes([BOX], shape_type="polygon")
    np.testing.assert_array_equal(
        region_mask(shapes, shown_image_of(image, viewer), viewer), boxed()
    )


def test_shapes_in_another_unit_and_shifted_lie_where_they_are_seen(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS, scale=(0.02, 0.02), translate=(1, 2), units=("nm", "nm"))
    drawn = (BOX * 0.2 + [10, 20]) / 0.5
    shapes = viewer.add_shapes(
        [drawn], shape_type="polygon", scale=(0.5, 0.5), units=("angstrom", "angstrom")
    )
    np.testing.assert_array_equal(
        region_mask(shapes, shown_image_of(image, viewer), viewer), boxed()
    )


def test_shapes_on_a_rotated_image(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS, rotate=90)
    shapes = viewer.add_shapes([np.array([image.data_to_world(p) for p in BOX])])
    shapes.data, shapes.shape_type = [np.array([image.data_to_world(p) for p in BOX])], "polygon"
    np.testing.assert_array_equal(
        region_mask(shapes, shown_image_of(image, viewer), viewer), boxed()
    )


def test_lines_enclose_nothing(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS)
    shapes = viewer.add_shapes([np.array([[2, 2], [30, 30]])], shape_type="line", name="drawing")
    with pytest.raises(BadInput, match="Nothing is drawn in 'drawing'"):
        region_mask(shapes, shown_image_of(image, viewer), viewer)


def test_two_shapes_count_together(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS)
    shapes = viewer.add_shapes([BOX, BOX + np.array([0, 27])], shape_type=["polygon", "polygon"])
    mask = region_mask(shapes, shown_image_of(image, viewer), viewer)
    expected = boxed()
    expected[:, 32:58] |= boxed()[:, 5:31]
    np.testing.assert_array_equal(mask, expected)


def test_labels_on_the_same_pixels(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS, scale=(0.02, 0.02), units="nm")
    labels = viewer.add_labels(boxed() * 3, scale=(0.02, 0.02), units="nm")
    mask = region_mask(labels, shown_image_of(image, viewer), viewer)
    np.testing.assert_array_equal(mask, boxed())
    labels.data[:] = 0
    assert mask.any()  # a copy: later painting does not change it


def test_labels_on_coarser_pixels(viewer: ViewerModel) -> None:
    image = viewer.add_image(PIXELS)
    coarse = np.zeros((20, 30), int)
    coarse[5:13, 3:15] = 1
    labels = viewer.add_labels(coarse, scale=(2, 2), translate=(0.5, 0.5))
    expected = np.zeros((40, 60), bool)
    expected[10:26, 6:30] = True
    np.testing.assert_array_equal(
        region_mask(labels, shown_image_of(image, viewer), viewer), expected
    )


def test_labels_of_the_frame_on_show(viewer: ViewerModel) -> None:
    stack = np.random.default_rng(0).random((3, 40, 60))
    image = viewer.add_image(stack)
    drawn = np.zeros(stack.shape, int)
    drawn[1] = boxed()
    labels = viewer.add_labels(drawn, name="drawn")
    viewer.dims.set_current_step(0, 1)
    np.testing.assert_array_equal(
        region_mask(labels, shown_image_of(image, viewer), viewer), boxed()
    )
    viewer.dims.set_current_step(0, 2)
    with pytest.raises(BadInput, match="Nothing is drawn in 'drawn' on this image"):
        region_mask(labels, shown_image_of(image, viewer), viewer)


def test_image_that_was_deleted(viewer: ViewerModel) -> None:
    frame = shown_image_of(viewer.add_image(PIXELS), viewer)
    gone = replace(frame, place=replace(frame.place, layer=lambda: None))
    labels = viewer.add_labels(boxed().astype(int))
    with pytest.raises(BadInput, match="deleted"):
        region_mask(labels, gone, viewer)
