"""Control the shown part of the Pareto plot: the front, all points, or a part chosen by hand."""

from __future__ import annotations

from typing import Any, Literal

from napari_reward_analysis.gui.pareto.geometry import Window, with_margin

#: Free px around the data.
MARGIN = 15.0

Kind = Literal["front", "all", "manual"]


class ParetoView:
    """The view of one plot, from 0 to an extent on both axes.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
        Its ranges are set.
    """

    def __init__(self, box: Any) -> None:
        self._box = box
        #: The part that is shown; "manual" after the user has zoomed.
        self.kind: Kind = "front"
        self._extent = (1.0, 1.0)

    def fit(self, kind: Kind, wanted: tuple[float, float]) -> None:
        """Show an extent, which may be smaller than before."""
        self.kind, self._extent = kind, wanted
        self.place()

    def follow(self, wanted: tuple[float, float], *, shrink: bool) -> None:
        """Grow with the data, so that points keep their places.

        Parameters
        ----------
        wanted : tuple of float
            Extent of the data along x and y.
        shrink : bool
            Whether the view may become smaller, too.
        """
        known = self._extent
        extent = wanted if shrink else (max(known[0], wanted[0]), max(known[1], wanted[1]))
        if self.kind != "manual" and extent != known:
            self._extent = extent
            self.place()

    def place(self) -> None:
        """Show 0 to the extent on both axes, with a margin around it."""
        if self.kind == "manual":
            return
        box = self._box.boundingRect()
        ranges = [
            with_margin(extent, length, MARGIN)
            for extent, length in zip(self._extent, (box.width(), box.height()), strict=True)
        ]
        self._box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)

    def take_over(self) -> None:
        """Keep the view that the user has zoomed to."""
        self.kind = "manual"

    def window(self) -> Window:
        """Data and scene coordinates of the shown part."""
        (x, y), box = self._box.viewRange(), self._box.sceneBoundingRect()
        width, height = max(box.width(), 1.0), max(box.height(), 1.0)
        return Window((x[0], x[1]), (y[0], y[1]), box.left(), box.top(), width, height)
