"""Read known positions from a Points layer: all points on an image, or one class of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Points

from napari_reward_analysis.gui.layers.drawn_region import project_point
from napari_reward_analysis.gui.layers.shown_image import Place, unit_factors
from napari_reward_analysis.points.known import are_classes

#: Columns of `features` that may hold a class. The first one that exists is used.
_CLASS_COLUMNS = ("class", "species", "label")


def is_oracle(layer: Layer) -> bool:
    """Whether a layer may hold known positions. The result of a run does not."""
    return isinstance(layer, Points) and layer.name != "atoms"


def classes_of(layer: Points) -> list[str]:
    """Names of the classes of a layer's points; none where the points have no classes."""
    values = _classes(layer)
    return [] if values is None else sorted(set(values.tolist()) - {""})


def points_on(layer: Points, place: Place, of_class: str = "") -> npt.NDArray[np.float64]:
    """Positions (y, x) of a layer's points on an image, as the viewer shows them.

    Parameters
    ----------
    layer : Points
        It may have any scale, unit, shift or rotation.
    place : Place
        The image.
    of_class : str
        Take only points of this class; all where it is empty.

    Returns
    -------
    ndarray, shape (n, 2)
        In px; none where the image was deleted.
    """
    points, classes = known_on(layer, place)
    # without classes all points are of the same kind
    return points[classes == of_class] if of_class and _classes(layer) is not None else points


def known_on(layer: Points, place: Place) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Positions (y, x) of a layer's points on an image, and the class of each.

    Parameters
    ----------
    layer : Points
        It may have any scale, unit, shift or rotation.
    place : Place
        The image.

    Returns
    -------
    points : ndarray, shape (n, 2)
        In px; none where the image was deleted.
    classes : ndarray of str, shape (n,)
        Empty strings where the layer has no classes.
    """
    image = place.layer()
    data = np.asarray(layer.data, float)
    if image is None or not len(data):
        return np.empty((0, 2)), np.empty(0, str)
    values = _classes(layer)
    classes = np.full(len(data), "") if values is None else values
    # the map is affine: the origin and one step along each axis define it
    factors = unit_factors(layer.units, image)
    corners = np.vstack([np.zeros(layer.ndim), np.eye(layer.ndim)])
    mapped = np.array([project_point(layer, image, factors, corner) for corner in corners])
    moved = mapped[0] + data @ (mapped[1:] - mapped[0])
    points, here = place.from_data(moved)
    # flat positions belong to every frame of a stack
    here = np.ones(len(data), bool) if layer.ndim == 2 else here
    return np.asarray(points[here], float), classes[here]


def _classes(layer: Points) -> npt.NDArray[Any] | None:
    for name in _CLASS_COLUMNS:
        if name in layer.features:
            column = layer.features[name]
            # a point that was added by hand has no class
            words = np.where(column.isna(), "", np.asarray(column.astype(str), str))
            return words if are_classes(words) else None
    return None
