"""Plan overlapping windows over an image, and compute depths of points in windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Default side of a window in cells (square roots of the cell's area). Ten by ten cells are
#: enough to measure the lattice and to count columns with an error of a few per cent.
DEFAULT_CELLS = 10.0
#: Smallest side of a window in cells. The lattice cannot be measured in fewer cells.
MIN_CELLS = 2.0


@dataclass(frozen=True)
class Window:
    """One window.

    Attributes
    ----------
    index : int
        Number of the window in the plan, row by row.
    row, column : int
        Position in the grid of windows.
    top, bottom, left, right : int
        Limits in pixels; bottom and right are excluded.
    """

    index: int
    row: int
    column: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Slices of the window in an array with the shape of the image."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def corner(self) -> tuple[int, int]:
        """Position of the first pixel, y and x."""
        return self.top, self.left

    def touches(self, other: Window) -> bool:
        """Return True if the other window is one of the eight neighbours in the grid."""
        return max(abs(self.row - other.row), abs(self.column - other.column)) == 1


@dataclass(frozen=True)
class Plan:
    """All windows of an image.

    Attributes
    ----------
    shape : tuple of int
        Shape of the image.
    grid : tuple of int
        Numbers of rows and columns of windows.
    windows : tuple of Window
        Windows row by row.
    """

    shape: tuple[int, int]
    grid: tuple[int, int]
    windows: tuple[Window, ...]

    @property
    def waves(self) -> list[list[Window]]:
        """Windows in four waves, by the parity of row and column.

        Windows of one wave are never neighbours. Each later wave has neighbours in earlier
        waves. What a window learns from its neighbours thus depends on the plan alone and
        not on the speed of the workers.
        """
        rounds = [(0, 0), (1, 1), (0, 1), (1, 0)]
        waves = [[w for w in self.windows if (w.row % 2, w.column % 2) == key] for key in rounds]
        return [wave for wave in waves if wave]


def plan_windows(shape: tuple[int, int], side_px: float, overlap: float) -> Plan:
    """Plan evenly spaced windows of one size that cover an image.

    Parameters
    ----------
    shape : tuple of int
        Shape of the image.
    side_px : float
        Side of a window. It is limited to the size of the image.
    overlap : float
        Smallest fraction of a side that neighbours share, from 0 to below 1.
    """
    rows, height = _starts(shape[0], side_px, overlap)
    columns, width = _starts(shape[1], side_px, overlap)
    windows = tuple(
        Window(i * len(columns) + j, i, j, top, top + height, left, left + width)
        for i, top in enumerate(rows)
        for j, left in enumerate(columns)
    )
    return Plan(shape, (len(rows), len(columns)), windows)


def side_in_px(image: Image, lattice: Lattice, cell_px: float, side: float | None) -> float:
    """Convert the side of a window to pixels.

    Parameters
    ----------
    image : Image
        The image. Its pixel size is needed if a side is given.
    lattice : Lattice
        The crystal, for error messages.
    cell_px : float
        Square root of the area of the cell, in px.
    side : float or None
        Side in angstrom, or None for the default.

    Raises
    ------
    BadInput
        If the window is smaller than two cells.
    """
    side_px = DEFAULT_CELLS * cell_px if side is None else side / image.require_pixel_size()
    if side_px < MIN_CELLS * cell_px:
        least = MIN_CELLS * math.sqrt(lattice.area)
        raise BadInput(
            f"A window of {side or 0:g} angstrom is smaller than two cells of {lattice.name}: "
            f"choose one of at least {least:.3g} angstrom."
        )
    return side_px


def depths(points: FloatArray, windows: Sequence[Window], shape: tuple[int, int]) -> FloatArray:
    """Return the distances of points from the edges of windows, shape (points, windows), in px.

    They are negative outside a window. Edges of a window on the border of the image do not
    count.
    """
    far = float(sum(shape))
    limits = np.array(
        [
            (
                w.top - 0.5 if w.top > 0 else -far,
                w.bottom - 0.5 if w.bottom < shape[0] else shape[0] + far,
                w.left - 0.5 if w.left > 0 else -far,
                w.right - 0.5 if w.right < shape[1] else shape[1] + far,
            )
            for w in windows
        ]
    ).reshape(-1, 4)
    y, x = np.asarray(points, float).reshape(-1, 2).T[..., None]
    top, bottom, left, right = limits.T
    found: FloatArray = np.minimum(np.minimum(y - top, bottom - y), np.minimum(x - left, right - x))
    return found


def _starts(length: int, side: float, overlap: float) -> tuple[list[int], int]:
    """Return the first pixels of the windows along one axis, and the size of the windows."""
    size = min(length, max(1, round(side)))
    if size == length:
        return [0], length
    step = max(1.0, size * (1 - overlap))
    count = math.ceil((length - size) / step) + 1
    return [round(place) for place in np.linspace(0, length - size, count)], size
