"""Known positions in a Points layer: those of this image, all of them or one class."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Points

from napari_reward_analysis.gui.layers.drawn_region import project_point
from napari_reward_analysis.gui.layers.shown_image import Place, unit_factors
from napari_reward_analysis.points.known import are_classes

#: Columns of `features` that may hold a class, the first that is there counts.
_CLASS_COLUMNS = ("class", "species", "label")


def is_oracle(layer: Layer) -> bool:
    """Whether a layer may hold known positions; the result of a run is none."""
    return isinstance(layer, Points) and layer.name != "atoms"


def classes_of(layer: Points) -> list[str]:
    """Names of the classes among a layer's points, empty where they have none."""
    values = _classes(layer)
    return [] if values is None else sorted(set(values.tolist()) - {""})


def points_on(layer: Points, place: Place, of_class: str = "") -> npt.NDArray[np.float64]:
    """Positions (y, x) on an image of a layer's points, as the viewer shows them.

    Parameters
    ----------
    layer : Points
        With any scale, unit, shift or rotation.
    place : Place
        The image.
    of_class : str
        Only points of this class; all where it is empty.

    Returns
    -------
    ndarray, shape (n, 2)
        In px; none where the image is gone.
    """
    points, classes = known_on(layer, place)
    # a layer without classes is all of one
    return points[classes == of_class] if of_class and _classes(layer) is not None else points


def known_on(layer: Points, place: Place) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any]]:
    """Positions (y, x) on an image of a layer's points, and the class of each.

    Parameters
    ----------
    layer : Points
        With any scale, unit, shift or rotation.
    place : Place
        The image.

    Returns
    -------
    points : ndarray, shape (n, 2)
        In px; none where the image is gone.
    classes : ndarray of str, shape (n,)
        Empty words where the layer has none.
    """
    image = place.layer()
    data = np.asarray(layer.data, float)
    if image is None or not len(data):
        return np.empty((0, 2)), np.empty(0, str)
    values = _classes(layer)
    classes = np.full(len(data), "") if values is None else values
    # the map is affine: where the origin and one step along each axis go says it all
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
            # a point that was added by hand has none
            words = np.where(column.isna(), "", np.asarray(column.astype(str), str))
            return words if are_classes(words) else None
    return None
