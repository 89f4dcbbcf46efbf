"""Show a region as a Labels layer: the crystal, which the user may edit, or amorphous regions."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.gui.layers.result_layers import placement
from napari_reward_analysis.gui.layers.shown_image import Place

#: Green, for every label. Points are blue and orange.
_COLOUR, _OPACITY = "#19c37d", 0.25


class CrystalLayer:
    """One Labels layer of a viewer, updated in place.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The layer is added to it when first shown, and again after the user deleted it.
    name, colour, opacity : str, str, float
        Appearance of the layer; by default that of the crystal. Without a colour, each label
        has a colour of its own.
    """

    def __init__(
        self,
        viewer: Any,
        name: str = "crystal",
        colour: str | None = _COLOUR,
        opacity: float = _OPACITY,
    ) -> None:
        self._viewer = weakref.ref(viewer)
        self._name, self._colour, self._opacity = name, colour, opacity
        self._layer: weakref.ReferenceType[Labels] | None = None

    @property
    def layer(self) -> Labels | None:
        """The layer, None before it is first shown and after the user deleted it."""
        viewer = self._viewer()
        layer = None if self._layer is None else self._layer()
        return layer if viewer is not None and layer in viewer.layers else None

    def show(self, place: Place, mask: BoolArray | npt.NDArray[np.uint8]) -> Labels | None:
        """Show a region instead of the former one.

        Parameters
        ----------
        place : Place
            Image and frame of the region.
        mask : ndarray of bool or uint8, shape (H, W)
            0 outside the region.

        Returns
        -------
        Labels or None
            None where the image was deleted.
        """
        viewer, image = self._viewer(), place.layer()
        if viewer is None or image is None or image not in viewer.layers:
            return None
        data = image.data[0] if image.multiscale else image.data
        layer = self.layer
        if layer is not None and layer.data.shape != tuple(data.shape):
            viewer.layers.remove(layer)
            layer = None
        labels = np.zeros(data.shape, np.uint8) if layer is None else np.array(layer.data)
        plane = tuple(slice(None) if i in place.axes else n for i, n in enumerate(place.index))
        labels[plane] = mask
        if layer is None:
            layer = self._add(viewer, labels, placement(image))
        else:
            for name, value in placement(image).items():
                setattr(layer, name, value)
            layer.data = labels
            layer.visible = True
        return layer

    def _add(self, viewer: Any, labels: Any, where: dict[str, Any]) -> Labels:
        layer = Labels(labels, name=self._name, opacity=self._opacity, **where)
        if self._colour is not None:
            colours = {None: self._colour, 0: "transparent", 1: self._colour}
            layer.colormap = DirectLabelColormap(color_dict=colours)
        # below the points, so that they stay visible
        above = [i for i, other in enumerate(viewer.layers) if other.name == "atoms"]
        viewer.layers.insert(above[0] if above else len(viewer.layers), layer)
        self._layer = weakref.ref(layer)
        return layer
