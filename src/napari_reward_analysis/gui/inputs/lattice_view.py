"""Draw the chosen lattice: the projected cell, and the neighbour sums beside DS.

The widget knows neither the viewer nor an analysis. It takes a lattice as plain numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.cell_drawing import CellDrawing, species_colours
from napari_reward_analysis.gui.inputs.cell_geometry import DrawnCell
from napari_reward_analysis.gui.inputs.neighbour_strip import NeighbourStrip
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.legend import LegendEntry, LegendStrip
from napari_reward_analysis.gui.widgets.theme import ThemeColours, Themed, default_colours

_PLACEHOLDER = "Choose a lattice to see its cell\nand its neighbour distances."


class LatticeView(Themed, QWidget):
    """A drawing of the projected cell, above a scale with neighbour sums and DS."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell: DrawnCell | None = None
        self._nearest: list[tuple[str, float]] = []
        self.drawing = CellDrawing(_PLACEHOLDER)
        self.legend = LegendStrip()
        self.closest = ElidedLabel(small=True)
        self.strip = NeighbourStrip()
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(3)
        column.addWidget(self.drawing, 1)
        for widget in (self.legend, self.closest, self.strip):
            column.addWidget(widget)
        self.setAccessibleName("Projected cell")
        self.apply_colours(default_colours())

    def set_lattice(
        self,
        a: float,
        b: float,
        angle_deg: float,
        columns: Sequence[tuple[str, float, float, float]],
        nearest: Sequence[tuple[str, float]],
        ds_A: float | None,  # noqa: N803
    ) -> None:
        """Draw this lattice.

        Parameters
        ----------
        a, b : float
            Edges of the projected cell in angstrom.
        angle_deg : float
            Angle between them in degrees.
        columns : sequence of (species, fx, fy, weight)
            Columns in the cell: position along a and b, and brightness.
        nearest : sequence of (species, sum in angstrom)
            Ideal sum of the distances to the four nearest columns. Distances are drawn
            between these species, or between all where it is empty.
        ds_A : float or None
            DS in angstrom; None where it is not known yet.

        Raises
        ------
        BadInput
            If an edge is not positive, or the angle not between 0 and 180 degrees.
        """
        if not (math.isfinite(a) and math.isfinite(b) and a > 0 and b > 0):
            raise BadInput(f"A cell of {a} by {b} angstrom is impossible: give positive edges.")
        if not 0 < angle_deg < 180:
            raise BadInput(
                f"A cell angle of {angle_deg} degrees is impossible: give one between 0 and 180."
            )
        self._cell = DrawnCell.from_columns(a, b, angle_deg, columns)
        self._nearest = [(str(kind), float(total)) for kind, total in nearest]
        self._show()
        self.set_ds(ds_A)

    def set_ds(self, ds_A: float | None) -> None:  # noqa: N803
        """Show another DS in angstrom for the same lattice."""
        self.strip.set_ds(ds_A)

    def clear(self) -> None:
        """Show the placeholder instead of a lattice."""
        self._cell, self._nearest = None, []
        self._show()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self._colours = colours
        self.drawing.set_colours(colours)
        self.strip.set_colours(colours)
        self.closest.setStyleSheet(
            f"color: {colours.foreground}; background: {colours.background};"
        )
        self._show()

    def _show(self) -> None:
        """Update every part to the lattice and the colours."""
        cell, colours = self._cell, self._colours
        for widget in (self.legend, self.closest, self.strip):
            widget.setVisible(cell is not None)
        counted = frozenset(kind for kind, _ in self._nearest)
        self.drawing.set_cell(cell, counted)
        if cell is None:
            return
        dots = species_colours(cell, colours)
        weights = dict(zip(cell.species, cell.weights.tolist(), strict=True))
        entries = [
            LegendEntry("dot", colour, f"{kind} {weights[kind]:.2f}")
            for kind, colour in dots.items()
        ]
        entries.append(LegendEntry("line", colours.accent, "four nearest"))
        self.legend.set_entries(entries, colours)
        self.strip.set_sums(self._nearest, dots)
        self.strip.setVisible(bool(self._nearest))
        nearest = cell.closest_four(counted)
        if nearest is None:
            self.closest.setText("")
            return
        column, _, distances = nearest
        terms = " + ".join(f"{d:.2f}" for d in distances)
        self.closest.setText(f"Closest: {cell.species[column]}  {terms} = {distances.sum():.2f} Å")
