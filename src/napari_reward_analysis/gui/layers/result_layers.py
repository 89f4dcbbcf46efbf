"""Show found columns in the Points layer "atoms".

A viewer has one such layer. It is updated in place when another result is shown. Copies
made by `AtomsLayer.keep` do not change any more. The user's own layers are only read.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Points
from psygnal import Signal

from napari_reward_analysis.analyses.atoms.overlay import RIGHT_COLOUR
from napari_reward_analysis.analyses.atoms.table import SITE_COLUMNS
from napari_reward_analysis.gui.layers.point_colours import ColourRule, point_colours
from napari_reward_analysis.gui.layers.shown_image import Place

Table = Mapping[str, npt.NDArray[Any]]

#: Errors differ from right columns in their shape as well as in their colour.
RIGHT_SYMBOL, ERROR_SYMBOL = "disc", "diamond"

#: Width of a ring's line as a share of the diameter.
_LINE = 0.16
#: A blob ends where its Gaussian turns convex: a diameter of 2 sqrt(2) sigma.
_DIAMETER = 2 * np.sqrt(2)

#: Key in the metadata of an Image layer that shows a result and cannot be analysed.
RESULT = "reward_analysis_result"

_FEATURES = (
    "sigma_px",
    "response",
    "neighbour_sum_A",
    "is_error",
    "class",
    "uncertainty_px",
    "is_counted",
    *SITE_COLUMNS,
)
_SPATIAL = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def placement(layer: Layer) -> dict[str, Any]:
    """The attributes that put a layer in the same place as another of the same dimensions.

    A viewer ignores all units as soon as one layer has none. Each added layer therefore
    gets the whole set from its image.
    """
    return {name: getattr(layer, name) for name in _SPATIAL}


class AtomsLayer:
    """The Points layer that shows the found columns of one viewer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The layer is added to it when first needed, and again after the user deleted it.
    """

    #: The user has added, moved or removed points.
    edited = Signal()

    def __init__(self, viewer: Any) -> None:
        self._viewer = weakref.ref(viewer)
        self._layer: weakref.ReferenceType[Points] | None = None
        self._place: Place | None = None
        self._own_change = False
        #: Whether the user is dragging points.
        self._at_work = False
        self._rule: ColourRule = "errors"

    def colour_by(self, rule: ColourRule) -> None:
        """Colour the points by another quantity.

        Parameters
        ----------
        rule : {'errors', 'species', 'evidence', 'displacement'}
            Columns that are too close, the species, `p_column`, or the distance from the
            site.
        """
        self._rule = rule
        layer = self.layer
        if layer is not None:
            with self._changing():
                self._mark(layer)

    @property
    def layer(self) -> Points | None:
        """The layer, None before the first result and after the user deleted it."""
        viewer = self._viewer()
        layer = None if self._layer is None else self._layer()
        if viewer is None or layer is None or layer not in viewer.layers:
            return None
        return layer

    @property
    def place(self) -> Place | None:
        """Image and frame of the shown result."""
        return self._place

    def show(self, place: Place, table: Table, shape: tuple[int, int]) -> None:
        """Show a result instead of the former one.

        Parameters
        ----------
        place : Place
            Image and frame of the result. Nothing is shown when the image was deleted.
        table : dict of ndarray
            As from `atoms_table`.
        shape : tuple of int
            Height and width of the image, for writers.
        """
        viewer, image = self._viewer(), place.layer()
        if viewer is None or image is None or image not in viewer.layers:
            return
        layer = self.layer
        if layer is not None and layer.ndim != image.ndim:
            viewer.layers.remove(layer)
            layer = None
        data = place.to_data(np.column_stack([table["y_px"], table["x_px"]]))
        if layer is None:
            layer = self._add(viewer, image)
        with self._changing():
            if place != self._place:
                for name, value in placement(image).items():
                    setattr(layer, name, value)
            layer.metadata = {**layer.metadata, "image_shape": shape}
            self._at_work = False
            _fill(layer, data, table)
            self._mark(layer)
        self._place = place

    def move(self, table: Table) -> bool:
        """Give the shown points better positions and leave everything else as it is.

        Parameters
        ----------
        table : dict of ndarray
            As from `atoms_table`, of the shown result.

        Returns
        -------
        bool
            False where the user is changing the points. The points then stay.
        """
        layer, place = self.layer, self._place
        if layer is None or place is None or self._at_work or len(layer.data) != len(table["id"]):
            return False
        selected = set(layer.selected_data)
        with self._changing():
            layer.data = place.to_data(np.column_stack([table["y_px"], table["x_px"]]))
            features = layer.features.copy()
            for name in ("uncertainty_px", "dy_A", "dx_A"):
                features[name] = table[name]
            layer.features = features
            layer.selected_data = selected
            if self._rule == "displacement":
                self._mark(layer)
        return True

    def refresh(
        self,
        sums: npt.NDArray[Any],
        errors: npt.NDArray[np.bool_],
        moved: npt.NDArray[np.bool_],
        counted: npt.NDArray[np.bool_],
    ) -> None:
        """Give edited points their neighbour sums and mark the errors.

        Parameters
        ----------
        sums : ndarray, shape (n,)
            In angstrom, NaN where they are not known.
        errors : ndarray of bool, shape (n,)
        moved : ndarray of bool, shape (n,)
            Points that the user added or moved. Their uncertainty is not known.
        counted : ndarray of bool, shape (n,)
            Points inside the analysed area.
        """
        layer = self.layer
        if layer is None or len(layer.data) != len(sums):
            return
        with self._changing():
            features = layer.features.copy()
            for name in ("uncertainty_px", *SITE_COLUMNS):
                features.loc[moved, name] = np.nan
            features["neighbour_sum_A"], features["is_error"] = sums, errors
            features["is_counted"] = counted
            layer.features = features
            self._mark(layer)

    def points(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Positions (y, x) of all points, and whether each lies in the frame of the result."""
        layer = self.layer
        if layer is None or self._place is None:
            return np.empty((0, 2)), np.empty(0, dtype=bool)
        return self._place.from_data(np.asarray(layer.data))

    def features(self) -> dict[str, npt.NDArray[Any]]:
        """The features of the points, each of shape (n,)."""
        layer = self.layer
        if layer is None:
            return {name: np.empty(0) for name in _FEATURES}
        return {name: layer.features[name].to_numpy() for name in _FEATURES}

    def keep(self, name: str) -> Points | None:
        """Copy the layer. Later results do not change the copy.

        Parameters
        ----------
        name : str
            Name of the copy.

        Returns
        -------
        Points or None
            None where nothing is shown.
        """
        viewer, layer = self._viewer(), self.layer
        if viewer is None or layer is None:
            return None
        active = viewer.layers.selection.active
        state = {**layer.as_layer_data_tuple()[1], "name": name}
        copy = Points(np.array(layer.data), **state)
        viewer.layers.insert(viewer.layers.index(layer), copy)
        # the selected layer stays selected
        viewer.layers.selection.active = active
        return copy

    def release(self) -> None:
        """Stop updating the layer and leave it to the user."""
        layer = None if self._layer is None else self._layer()
        if layer is not None:
            layer.events.data.disconnect(self._on_data)
        self._layer = None

    def _add(self, viewer: Any, image: Layer) -> Points:
        self.release()
        layer = Points(
            np.empty((0, image.ndim)),
            ndim=image.ndim,
            name="atoms",
            face_color="transparent",
            border_color=RIGHT_COLOUR,
            border_width=_LINE,
            border_width_is_relative=True,
            symbol=RIGHT_SYMBOL,
            features={name: np.empty(0, dtype=_dtype(name)) for name in _FEATURES},
            **placement(image),
        )
        active = viewer.layers.selection.active
        viewer.layers.append(layer)
        if active is not None:
            viewer.layers.selection.active = active
        layer.events.data.connect(self._on_data)
        self._layer = weakref.ref(layer)
        self._place = None
        return layer

    def _mark(self, layer: Points) -> None:
        """Give the points their colours and symbols."""
        features = {name: layer.features[name].to_numpy() for name in _FEATURES}
        errors = features["is_error"].astype(bool)
        colours = point_colours(features, self._rule)
        if len(errors):
            uniform = (colours == colours[0]).all()
            layer.border_color = colours[0] if uniform else colours
            layer.symbol = (
                np.where(errors, ERROR_SYMBOL, RIGHT_SYMBOL) if errors.any() else RIGHT_SYMBOL
            )
        # appearance of points that the user adds
        layer.current_border_color, layer.current_symbol = RIGHT_COLOUR, RIGHT_SYMBOL

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Mark the changes made inside as our own, not the user's."""
        self._own_change = True
        try:
            yield
        finally:
            self._own_change = False

    def _on_data(self, event: Any) -> None:
        if self._own_change:
            return
        done = str(event.action) in ("added", "removed", "changed")
        self._at_work = not done
        if done:
            self.edited.emit()


def _fill(layer: Points, data: npt.NDArray[np.float64], table: Table) -> None:
    """Set the points with their features, sizes and marks."""
    # the selected indices belong to the old points
    layer.selected_data = set()
    sizes = np.asarray(table["sigma_px"], dtype=float) * _DIAMETER
    layer.data = data
    layer.features = {name: np.asarray(table[name]) for name in _FEATURES}
    layer.size = sizes
    if len(sizes):
        # a point that the user adds looks like the others
        layer.current_size = float(np.median(sizes))
        layer.feature_defaults = {
            "sigma_px": float(np.median(table["sigma_px"])),
            "response": np.nan,
            "neighbour_sum_A": np.nan,
            "is_error": False,
            "class": "",
            "uncertainty_px": np.nan,
            "is_counted": True,
            **dict.fromkeys(SITE_COLUMNS, np.nan),
        }


def _dtype(name: str) -> type:
    return {"is_error": bool, "is_counted": bool, "class": object}.get(name, float)
