"""Turn a Shapes or Labels layer into a mask on the image's pixels.

The layer may have another scale, unit, shift or rotation than the image. The region is
read as the viewer shows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels, Layer, Shapes
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.layers.shown_image import ShownImage, unit_factors

#: Areas in which columns are expected while no region is drawn, in the order of the list.
AREAS: dict[AreaRule, str] = {
    "crystal": "crystal, where it is seen",
    "field": "whole field",
}

#: Shapes that enclose an area.
_AREAS = frozenset({"rectangle", "ellipse", "polygon"})


def is_region(layer: Layer) -> bool:
    """Whether a layer can hold a region."""
    return isinstance(layer, Shapes | Labels)


def region_mask(layer: Layer, frame: ShownImage, viewer: Any) -> BoolArray:
    """Pixels of an image that a layer covers.

    Parameters
    ----------
    layer : Shapes or Labels
        Every closed shape, or every label but 0, counts.
    frame : ShownImage
        The image.
    viewer : napari.components.ViewerModel
        Its sliders say which frame of a stack is shown.

    Returns
    -------
    ndarray of bool, shape (H, W)

    Raises
    ------
    BadInput
        If nothing is drawn on this image.
    """
    image = frame.place.layer()
    if image is None:
        raise BadInput("The image layer was deleted: choose another image.")
    if isinstance(layer, Shapes):
        mask = _mask_of_shapes(layer, image, frame)
    elif isinstance(layer, Labels):
        mask = _mask_of_labels(layer, image, frame, viewer)
    else:
        raise BadInput(f"{layer.name!r} is not a region: choose a Shapes or Labels layer.")
    if not mask.any():
        raise BadInput(
            f"Nothing is drawn in {layer.name!r} on this image: draw the outline of the crystal, "
            "or choose the whole field."
        )
    return mask


def _mask_of_shapes(layer: Shapes, image: Layer, frame: ShownImage) -> BoolArray:
    outlines, kinds = [], []
    for vertices, kind in zip(layer.data, layer.shape_type, strict=True):
        if kind in _AREAS:
            outlines.append(_to_frame(np.asarray(vertices), layer, image, frame))
            kinds.append(kind)
    if not outlines:
        return np.zeros(frame.shape, dtype=bool)
    drawn = Shapes(outlines, shape_type=kinds)
    masks = np.asarray(drawn.to_masks(frame.shape), dtype=bool)
    return np.asarray(masks.any(axis=0))


def _to_frame(
    points: npt.NDArray[Any], layer: Layer, image: Layer, frame: ShownImage
) -> npt.NDArray[np.float64]:
    """Positions (y, x) in the frame, of points in the data of another layer."""
    factors = unit_factors(layer.units, image)
    return np.array(
        [project_point(layer, image, factors, p)[list(frame.place.axes)] for p in points]
    )


def project_point(
    source: Layer, target: Layer, factors: npt.NDArray[np.float64], point: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """A point of one layer in the data coordinates of another, padded or cut to its dimensions."""
    world = np.asarray(source.data_to_world(point), dtype=float)
    padded = np.zeros(target.ndim)
    shared = min(len(world), target.ndim)
    padded[-shared:] = world[-shared:]
    return np.asarray(target.world_to_data(padded * factors), dtype=float)


def _mask_of_labels(layer: Labels, image: Layer, frame: ShownImage, viewer: Any) -> BoolArray:
    data = layer.data[0] if layer.multiscale else layer.data
    missing = image.ndim - layer.ndim
    axes = [axis - missing for axis in frame.place.axes]
    if axes[0] < 0:
        raise BadInput(f"{layer.name!r} is not drawn in the plane of the image: draw it there.")
    factors = unit_factors(viewer.layers.units, layer)
    point = np.asarray(viewer.dims.point, dtype=float)[-layer.ndim :]
    shown = np.round(layer.world_to_data(point * factors)).astype(int)
    inside = [
        0 <= shown[i] < size for i, size in enumerate(np.shape(data)[: layer.ndim]) if i not in axes
    ]
    if not all(inside):
        return np.zeros(frame.shape, dtype=bool)
    plane = tuple(slice(None) if i in axes else int(shown[i]) for i in range(layer.ndim))
    drawn = np.asarray(data[plane]) != 0
    matrix, offset = _pixels_to(layer, image, frame, axes)
    if drawn.shape == frame.shape and np.allclose(matrix, np.eye(2)) and np.allclose(offset, 0):
        return np.array(drawn)
    return np.asarray(
        ndimage.affine_transform(
            drawn.astype(np.uint8), matrix, offset, frame.shape, order=0, mode="constant"
        ),
        dtype=bool,
    )


def _pixels_to(
    layer: Layer, image: Layer, frame: ShownImage, axes: list[int]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The affine map from the image's pixels to those of a layer, in the shown plane."""
    factors = unit_factors(image.units, layer)
    corners = frame.place.to_data(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    start, down, right = (project_point(image, layer, factors, corner)[axes] for corner in corners)
    return np.column_stack([down - start, right - start]), start
