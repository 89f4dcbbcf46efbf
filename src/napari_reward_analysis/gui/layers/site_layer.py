"""Show the sites without a column in the Points layer "vacant sites".

A viewer has one such layer. It is updated in place when another result is shown.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Points

from napari_reward_analysis.analyses.atoms.overlay import UNDECIDED_COLOUR, VACANT_COLOUR
from napari_reward_analysis.gui.layers.result_layers import placement
from napari_reward_analysis.gui.layers.shown_image import Place

Table = Mapping[str, npt.NDArray[Any]]

#: Name and symbol of the layer.
VACANT_SITES, _SYMBOL = "vacant sites", "cross"
_FEATURES = (
    "state",
    "class",
    "domain",
    "site_u",
    "site_v",
    "sublattice",
    "amplitude",
    "amplitude_error",
    "p_column",
)


class SiteLayer:
    """The Points layer with the empty sites of one viewer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The layer is added to it when there is an empty site to show.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = weakref.ref(viewer)
        self._layer: weakref.ReferenceType[Points] | None = None

    @property
    def layer(self) -> Points | None:
        """The layer; None before the first empty site and after the user deleted it."""
        viewer = self._viewer()
        layer = None if self._layer is None else self._layer()
        return layer if viewer is not None and layer in viewer.layers else None

    def show(self, place: Place, table: Table, size: float) -> None:
        """Show the empty sites of a result instead of the former ones.

        Parameters
        ----------
        place : Place
            Image and frame of the result.
        table : dict of ndarray
            As from `vacancy_table`.
        size : float
            Diameter of a mark in px.
        """
        viewer, image = self._viewer(), place.layer()
        if viewer is None or image is None or image not in viewer.layers:
            return
        layer = self.layer
        if layer is not None and layer.ndim != image.ndim:
            viewer.layers.remove(layer)
            layer = None
        if layer is None:
            if not len(table["id"]):
                return
            layer = self._add(viewer, image)
        for name, value in placement(image).items():
            setattr(layer, name, value)
        # the selected indices belong to the old points
        layer.selected_data = set()
        layer.data = place.to_data(np.column_stack([table["y_px"], table["x_px"]]))
        layer.features = {name: np.asarray(table[name]) for name in _FEATURES}
        layer.size = size
        if len(table["id"]):
            vacant = np.asarray(table["state"]) == "vacant"
            layer.face_color = np.where(vacant, VACANT_COLOUR, UNDECIDED_COLOUR).tolist()

    def release(self) -> None:
        """Stop updating the layer and leave it to the user."""
        self._layer = None

    def _add(self, viewer: Any, image: Layer) -> Points:
        layer = Points(
            np.empty((0, image.ndim)),
            ndim=image.ndim,
            name=VACANT_SITES,
            symbol=_SYMBOL,
            border_width=0,
            **placement(image),
        )
        active = viewer.layers.selection.active
        viewer.layers.append(layer)
        if active is not None:
            viewer.layers.selection.active = active
        self._layer = weakref.ref(layer)
        return layer
