"""Define a dock for the toy analysis."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels

from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.analysis.overlay import Overlay
from napari_reward_analysis.gui.layers.result_layers import placement


class ToyOverlay(Overlay):
    """The bright pixels of the selected trial as one Labels layer."""

    layer: Labels | None = None

    def bind(self) -> None:
        """Follow the session from now on."""
        for signal in (self.session.selection_changed, self.session.run_changed):
            self.bindings.connect(signal, self.draw)
        super().bind()

    def draw(self) -> None:
        """Show the bright pixels, if the image is open."""
        run: Any = self.session.current
        shown, position = self.shown_image, self.session.selected
        if shown is None or position is None:
            return
        bright = shown.image(1.0).normalised > run.trials[position].threshold
        image: Any = shown.place.layer()
        if self.layer is None or self.layer not in self.viewer.layers:
            self.layer = self.viewer.add_labels(
                bright.astype(np.uint8), name="bright", **placement(image)
            )
        self.layer.data = bright.astype(np.uint8)

    def keep(self) -> str:
        """Copy the layer; returns its name."""
        if self.layer is None:
            return ""
        kept = np.array(self.layer.data)
        return str(self.viewer.add_labels(kept, name="bright, kept", **placement(self.layer)).name)


class ToyDock(AnalysisDock):
    """The toy in a dock."""

    name = "toy"

    def make_overlay(self) -> ToyOverlay:
        """The bright pixels."""
        return ToyOverlay(self.viewer, self.session, self)
