"""Show an oracle in two Points layers: its columns, and the agreement with them."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Points

from napari_reward_analysis.analyses.oracle.figures import KIND_COLOURS, ORACLE_COLOUR
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.analyses.oracle.table import points_by_kind
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.layers.result_layers import RESULT, placement
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.legend import Symbol
from napari_reward_analysis.points.agreement import half_spacing

#: Colour of each kind, with the symbols of napari and of the legend.
KINDS: dict[str, tuple[str, str, Symbol]] = {
    "matched": (KIND_COLOURS["matched"], "disc", "ring"),
    "missed": (KIND_COLOURS["missed"], "square", "square"),
    "spurious": (KIND_COLOURS["spurious"], "diamond", "diamond"),
}

#: Sizes of the symbols relative to those of the oracle.
_AGREED, _APART = 1.4, 2.4

#: Width of a symbol's line as a share of its size.
_LINE = 0.1


def is_shown_oracle(layer: Any) -> bool:
    """Return True if a layer shows a result, which cannot be an input of a comparison."""
    return RESULT in layer.metadata


class OracleLayers:
    """Layers "oracle" and "agreement" of one viewer, updated in place.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The layers are added to it when first needed, and again after the user deleted them.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = weakref.ref(viewer)
        self._layers: dict[str, weakref.ReferenceType[Points]] = {}

    def layer(self, name: str) -> Points | None:
        """Return one of the two layers; None if it is not in the viewer."""
        viewer, known = self._viewer(), self._layers.get(name)
        layer = None if known is None else known()
        return layer if viewer is not None and layer in viewer.layers else None

    def show(self, place: Place, comparison: OracleRun) -> None:
        """Show a comparison instead of the former one.

        Parameters
        ----------
        place : Place
            Image and frame of the comparison. Nothing is shown if the image was deleted.
        comparison : OracleRun
            If nothing was compared, the former layer "agreement" is removed.
        """
        oracle = comparison.oracle
        size = _size(oracle.points)
        features = {"confidence": oracle.confidence, "class": oracle.classes.astype(object)}
        self._show("oracle", place, oracle.points, features, (ORACLE_COLOUR, "disc"), size)
        if comparison.found is None or comparison.result is None:
            self._drop("agreement")
            return
        points, kinds = points_by_kind(comparison.found, oracle, comparison.result)
        features = {"agreement": kinds.astype(object)}
        looks = (
            np.array([KINDS[kind][0] for kind in kinds]),
            np.array([KINDS[kind][1] for kind in kinds]),
        )
        # the few points that differ are larger, so that they stand out among many that agree
        sizes = size * np.where(kinds == "matched", _AGREED, _APART)
        self._show("agreement", place, points, features, looks, sizes)

    def _show(
        self,
        name: str,
        place: Place,
        points: npt.NDArray[np.float64],
        features: dict[str, npt.NDArray[Any]],
        looks: tuple[Any, Any],
        size: float | npt.NDArray[np.float64],
    ) -> None:
        viewer, image = self._viewer(), place.layer()
        if viewer is None or image is None or image not in viewer.layers:
            return
        layer = self.layer(name)
        if layer is not None and layer.ndim != image.ndim:
            viewer.layers.remove(layer)
            layer = None
        if layer is None:
            layer = self._add(viewer, image, name)
        for key, value in placement(image).items():
            setattr(layer, key, value)
        layer.selected_data = set()
        layer.data = place.to_data(points)
        layer.features = features
        layer.size = size
        if len(points):
            layer.border_color, layer.symbol = looks

    def _add(self, viewer: Any, image: Any, name: str) -> Points:
        layer = Points(
            np.empty((0, image.ndim)),
            ndim=image.ndim,
            name=name,
            face_color="transparent",
            border_width=_LINE,
            border_width_is_relative=True,
            metadata={RESULT: True},
            **placement(image),
        )
        active = viewer.layers.selection.active
        viewer.layers.append(layer)
        if active is not None:
            viewer.layers.selection.active = active
        self._layers[name] = weakref.ref(layer)
        return layer

    def _drop(self, name: str) -> None:
        viewer, layer = self._viewer(), self.layer(name)
        if viewer is not None and layer is not None:
            viewer.layers.remove(layer)


def _size(points: npt.NDArray[np.float64]) -> float:
    """Return the diameter in px at which symbols of neighbours do not touch."""
    try:
        return half_spacing(points)
    except BadInput:
        return 4.0
