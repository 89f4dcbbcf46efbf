"""Show amorphous regions in layers: mask, columns and likelihood.

A viewer has one layer of each kind, which is updated in place. The user's own layers are
only read.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Points

from napari_reward_analysis.analyses.amorphous.overlay import REGION_COLOUR
from napari_reward_analysis.analyses.atoms.overlay import ERROR_COLOUR
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.gui.layers.region_layer import CrystalLayer
from napari_reward_analysis.gui.layers.result_layers import RESULT, placement
from napari_reward_analysis.gui.layers.shown_image import Place

#: Magenta, unlike the green of the crystal and the colours of the classes.
MASK_COLOUR, MASK_OPACITY = REGION_COLOUR, 0.4
MASK, COLUMNS, LIKELIHOOD = "amorphous", "columns by class", "likelihood"

_NO_CLASS = "#9a9a9a"
_FEATURES = ("class", "contrast_lost", "is_amorphous")


class RegionLayers:
    """Mask, columns and likelihood of one viewer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The layers are added to it when first needed, and again after the user deleted them.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = weakref.ref(viewer)
        self._mask = CrystalLayer(viewer, MASK, MASK_COLOUR, MASK_OPACITY)
        self._columns: weakref.ReferenceType[Layer] | None = None
        self._likelihood: weakref.ReferenceType[Layer] | None = None

    @property
    def mask(self) -> Labels | None:
        """The Labels layer; None before the first result and after the user deleted it."""
        return self._mask.layer

    @property
    def columns(self) -> Points | None:
        """The Points layer with the columns; None before the first result or after its deletion."""
        layer = self._alive(self._columns)
        return layer if isinstance(layer, Points) else None

    @property
    def likelihood(self) -> ImageLayer | None:
        """The Image layer with the likelihood; None until the user asks for it."""
        layer = self._alive(self._likelihood)
        return layer if isinstance(layer, ImageLayer) else None

    def show_mask(self, place: Place, regions: npt.NDArray[np.uint8]) -> None:
        """Show regions, 0 for crystal, instead of the former ones."""
        with _same_active(self._viewer()):
            self._mask.show(place, regions)

    def show_columns(
        self,
        place: Place,
        yx: npt.NDArray[np.float64],
        features: Mapping[str, npt.NDArray[Any]],
        colours: Mapping[str, str],
        size: float,
    ) -> None:
        """Show columns in the colours of their classes, and mark those in the regions.

        Parameters
        ----------
        place : Place
            Image and frame of the columns.
        yx : ndarray, shape (n, 2)
            Positions in px.
        features : dict of ndarray
            class, contrast_lost, is_amorphous, each of shape (n,).
        colours : dict
            Colour of each class.
        size : float
            Diameter of a point in px.
        """
        viewer, image = self._viewer(), place.layer()
        if viewer is None or image is None or image not in viewer.layers:
            return
        layer = self.columns
        if layer is not None and layer.ndim != image.ndim:
            viewer.layers.remove(layer)
            layer = None
        if layer is None:
            layer = self._add_columns(viewer, image)
        for name, value in placement(image).items():
            setattr(layer, name, value)
        flagged = np.asarray(features["is_amorphous"], bool)
        # the selected indices belong to the old points
        layer.selected_data = set()
        layer.data = place.to_data(yx)
        layer.features = {name: np.asarray(features[name]) for name in _FEATURES}
        layer.size = size
        if len(yx):
            layer.face_color = [colours.get(str(name), _NO_CLASS) for name in features["class"]]
            layer.border_color = np.where(flagged, ERROR_COLOUR, "#00000000").tolist()
            layer.symbol = np.where(flagged, "diamond", "disc").tolist()

    def show_likelihood(self, place: Place, height: Float32Array) -> None:
        """Show the map that the threshold is applied to: 0 is crystal; shape (H, W)."""
        viewer, image = self._viewer(), place.layer()
        if viewer is None or image is None or image not in viewer.layers:
            return
        layer = self.likelihood
        pixels = image.data[0] if image.multiscale else image.data
        data = np.zeros(pixels.shape, np.float32)
        plane = tuple(slice(None) if i in place.axes else n for i, n in enumerate(place.index))
        data[plane] = height
        if layer is not None and layer.data.shape == data.shape:
            for name, value in placement(image).items():
                setattr(layer, name, value)
            layer.data = data
            return
        if layer is not None:
            viewer.layers.remove(layer)
        layer = ImageLayer(
            data,
            name=LIKELIHOOD,
            colormap="inferno",
            contrast_limits=(0, 1),
            opacity=0.6,
            metadata={RESULT: LIKELIHOOD},
            **placement(image),
        )
        with _same_active(viewer):
            viewer.layers.insert(_below(viewer, (MASK, COLUMNS)), layer)
        self._likelihood = weakref.ref(layer)

    def keep(self, name: str) -> Labels | None:
        """Copy the mask. Later results do not change the copy.

        Returns
        -------
        Labels or None
            None where no mask is shown.
        """
        viewer, layer = self._viewer(), self.mask
        if viewer is None or layer is None:
            return None
        state = {**layer.as_layer_data_tuple()[1], "name": name}
        copy = Labels(np.array(layer.data), **state)
        with _same_active(viewer):
            viewer.layers.insert(viewer.layers.index(layer), copy)
        return copy

    def _add_columns(self, viewer: Any, image: Layer) -> Points:
        layer = Points(
            np.empty((0, image.ndim)),
            ndim=image.ndim,
            name=COLUMNS,
            border_width=0.2,
            border_width_is_relative=True,
            opacity=0.9,
            features={
                "class": np.empty(0, object),
                "contrast_lost": np.empty(0),
                "is_amorphous": np.empty(0, bool),
            },
            metadata={RESULT: COLUMNS},
            **placement(image),
        )
        with _same_active(viewer):
            viewer.layers.append(layer)
        self._columns = weakref.ref(layer)
        return layer

    def _alive(self, reference: weakref.ReferenceType[Layer] | None) -> Layer | None:
        viewer = self._viewer()
        layer = None if reference is None else reference()
        return layer if viewer is not None and layer in viewer.layers else None


class _same_active:  # noqa: N801 - a context manager reads like a verb
    """Keep the selected layer selected while another is added."""

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer

    def __enter__(self) -> None:
        if self._viewer is not None:
            self._active = self._viewer.layers.selection.active

    def __exit__(self, *_error: object) -> None:
        if self._viewer is not None and self._active is not None:
            self._viewer.layers.selection.active = self._active


def _below(viewer: Any, names: tuple[str, ...]) -> int:
    above = [place for place, layer in enumerate(viewer.layers) if layer.name in names]
    return above[0] if above else len(viewer.layers)
