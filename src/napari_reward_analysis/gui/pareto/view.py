"""Which part of the plane the Pareto plot shows: the front, all, or what the user chose."""

from __future__ import annotations

from typing import Any, Literal

from napari_reward_analysis.gui.pareto.geometry import Window, with_margin

#: px that stay free around the data.
MARGIN = 15.0

Kind = Literal["front", "all", "manual"]


class ParetoView:
    """The view of one plot, from 0 to an extent on both axes.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
        Whose ranges are set.
    """

    def __init__(self, box: Any) -> None:
        self._box = box
        #: What it follows; "manual" once the user has zoomed.
        self.kind: Kind = "front"
        self._extent = (1.0, 1.0)

    def fit(self, kind: Kind, wanted: tuple[float, float]) -> None:
        """Show an extent, larger or smaller than before."""
        self.kind, self._extent = kind, wanted
        self.place()

    def follow(self, wanted: tuple[float, float], *, shrink: bool) -> None:
        """Grow where the data need it, so that points stay where they are.

        Parameters
        ----------
        wanted : tuple of float
            Extent of the data, across and up.
        shrink : bool
            Become smaller as well.
        """
        known = self._extent
        extent = wanted if shrink else (max(known[0], wanted[0]), max(known[1], wanted[1]))
        if self.kind != "manual" and extent != known:
            self._extent = extent
            self.place()

    def place(self) -> None:
        """Show 0 to the extent on both axes, with a margin in px around it."""
        if self.kind == "manual":
            return
        box = self._box.boundingRect()
        ranges = [
            with_margin(extent, length, MARGIN)
            for extent, length in zip(self._extent, (box.width(), box.height()), strict=True)
        ]
        self._box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)

    def take_over(self) -> None:
        """The user has zoomed: leave the view alone from now on."""
        self.kind = "manual"

    def window(self) -> Window:
        """Data and scene coordinates of what is shown."""
        (x, y), box = self._box.viewRange(), self._box.sceneBoundingRect()
        width, height = max(box.width(), 1.0), max(box.height(), 1.0)
        return Window((x[0], x[1]), (y[0], y[1]), box.left(), box.top(), width, height)
