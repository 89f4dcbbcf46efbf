"""Show the columns and a map of sliding windows in two layers.

A viewer has one layer of each kind. They are updated in place. The user's own layers are
only read.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image as ImageLayer
from napari.layers import Layer, Points

from napari_reward_analysis.analyses.atoms.overlay import ERROR_COLOUR, RIGHT_COLOUR
from napari_reward_analysis.analyses.windows.plan import Plan
from napari_reward_analysis.analyses.windows.table import Table
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.gui.layers.result_layers import RESULT, placement
from napari_reward_analysis.gui.layers.shown_image import Place

ATOMS, MAP = "atoms, windows", "map by window"

_FEATURES = (
    "sigma_px",
    "response",
    "neighbour_sum_A",
    "is_error",
    "class",
    "uncertainty_px",
    "window",
)
#: A blob ends at the inflection of its Gaussian: its diameter is 2 sqrt(2) sigma.
_DIAMETER = 2 * np.sqrt(2)


class WindowLayers:
    """Columns and map of one viewer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The layers are added to it when first needed, and again after the user deleted them.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._atoms: weakref.ReferenceType[Layer] | None = None
        self._map: weakref.ReferenceType[Layer] | None = None

    @property
    def atoms(self) -> Points | None:
        """Layer of the columns; None before the first result and after the user deleted it."""
        layer = self._alive(self._atoms)
        return layer if isinstance(layer, Points) else None

    @property
    def map(self) -> ImageLayer | None:
        """Layer of the map; None before the first result and after the user deleted it."""
        layer = self._alive(self._map)
        return layer if isinstance(layer, ImageLayer) else None

    def show_atoms(self, place: Place, table: Table) -> None:
        """Show columns instead of the former ones, if the image still exists."""
        image, former = self._image(place), self.atoms
        if image is None:
            return
        errors = np.asarray(table["is_error"], bool)
        layer = Points(
            place.to_data(np.column_stack([table["y_px"], table["x_px"]])),
            ndim=image.ndim,
            name=ATOMS,
            features={name: np.asarray(table[name]) for name in _FEATURES},
            size=np.asarray(table["sigma_px"], float) * _DIAMETER,
            face_color="transparent",
            border_color=np.where(errors, ERROR_COLOUR, RIGHT_COLOUR) if len(errors) else "white",
            border_width=0.16,
            border_width_is_relative=True,
            symbol=np.where(errors, "diamond", "disc") if len(errors) else "disc",
            metadata={"image_shape": _shape(image, place)},
            **placement(image),
        )
        self._replace(former, layer, len(self._viewer.layers))
        self._atoms = weakref.ref(layer)

    def keep_atoms(self, name: str) -> Points | None:
        """Copy the columns into a new layer; None if no columns are shown."""
        layer = self.atoms
        if layer is None:
            return None
        copy = Points(np.array(layer.data), **{**layer.as_layer_data_tuple()[1], "name": name})
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(layer), copy)
        self._viewer.layers.selection.active = active
        return copy

    def show_map(self, place: Place, plan: Plan, name: str, values: FloatArray) -> None:
        """Show a value of each window over the image. Windows without a result are transparent.

        Parameters
        ----------
        place : Place
            Image and frame of the windows.
        plan : Plan
            The windows.
        name : str
            Name of the quantity.
        values : ndarray, shape (rows, columns)
            As from `window_maps`.
        """
        image, former = self._image(place), self.map
        if image is None:
            return
        shown = np.expand_dims(spread(values, plan), _others(image, place))
        given = placement(image)
        steps = np.asarray(image.scale) * np.asarray(place.index, float)
        given["translate"] = np.asarray(image.translate) + steps
        layer = ImageLayer(
            shown,
            name=f"{MAP}: {name}",
            colormap="viridis",
            contrast_limits=_limits(values),
            opacity=0.5,
            metadata={RESULT: MAP},
            **given,
        )
        self._replace(former, layer, self._viewer.layers.index(image) + 1)
        self._map = weakref.ref(layer)

    def _image(self, place: Place) -> Layer | None:
        image = place.layer()
        return image if image is not None and image in self._viewer.layers else None

    def _alive(self, reference: weakref.ReferenceType[Layer] | None) -> Layer | None:
        layer = None if reference is None else reference()
        return layer if layer is not None and layer in self._viewer.layers else None

    def _replace(self, former: Layer | None, layer: Layer, position: int) -> None:
        """Put a layer in the place of the former one, and keep the selection."""
        layers = self._viewer.layers
        active = layers.selection.active
        if former is not None:
            layer.visible, layer.opacity = former.visible, former.opacity
            position = layers.index(former)
            layers.remove(former)
        layers.insert(position, layer)
        layers.selection.active = layer if active is former else active


def spread(values: FloatArray, plan: Plan) -> npt.NDArray[np.float32]:
    """Return an array of the image's shape with the value of the window at each pixel.

    The seam of overlapping windows is halfway between their centres, as for the stitched
    columns.
    """
    rows = [(w.top + w.bottom - 1) / 2 for w in plan.windows if w.column == 0]
    columns = [(w.left + w.right - 1) / 2 for w in plan.windows if w.row == 0]
    nearest = np.ix_(_nearest(plan.shape[0], rows), _nearest(plan.shape[1], columns))
    return np.asarray(values[nearest], np.float32)


def _nearest(length: int, middles: list[float]) -> npt.NDArray[np.intp]:
    seams = (np.asarray(middles[1:]) + np.asarray(middles[:-1])) / 2
    return np.searchsorted(seams, np.arange(length)).astype(np.intp)


def _others(image: Layer, place: Place) -> tuple[int, ...]:
    return tuple(axis for axis in range(image.ndim) if axis not in place.axes)


def _shape(image: Layer, place: Place) -> tuple[int, int]:
    pixels = image.data[0] if getattr(image, "multiscale", False) else image.data
    return int(pixels.shape[place.axes[0]]), int(pixels.shape[place.axes[1]])


def _limits(values: FloatArray) -> tuple[float, float]:
    """Return the smallest and the largest value. They differ even for a map with one value."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
