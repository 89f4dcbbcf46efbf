"""Overlapping windows over an image: where they lie, and which of them owns a place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Side of a window without a wish, in cells (roots of the cell's area): some ten by ten
#: cells are enough to see the lattice and to count columns to a few per cent.
DEFAULT_CELLS = 10.0
#: A window of fewer cells shows no lattice.
MIN_CELLS = 2.0


@dataclass(frozen=True)
class Window:
    """One window.

    Attributes
    ----------
    index : int
        Place in the plan, row by row.
    row, column : int
        Place in the grid of windows.
    top, bottom, left, right : int
        Its pixels, the ends excluded.
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
        """Its part of an array of the image's shape."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def corner(self) -> tuple[int, int]:
        """Place of its first pixel, y and x."""
        return self.top, self.left

    def touches(self, other: Window) -> bool:
        """Whether the other is one of its eight neighbours in the grid."""
        return max(abs(self.row - other.row), abs(self.column - other.column)) == 1


@dataclass(frozen=True)
class Plan:
    """All windows of an image.

    Attributes
    ----------
    shape : tuple of int
        Of the image.
    grid : tuple of int
        Rows and columns of windows.
    windows : tuple of Window
        Row by row.
    """

    shape: tuple[int, int]
    grid: tuple[int, int]
    windows: tuple[Window, ...]

    @property
    def waves(self) -> list[list[Window]]:
        """Windows by the parity of row and column, in four rounds.

        No two of a wave are neighbours, and each wave after the first has neighbours in
        those before it: what a window may learn from others depends on the plan alone,
        not on which worker is quick.
        """
        rounds = [(0, 0), (1, 1), (0, 1), (1, 0)]
        waves = [[w for w in self.windows if (w.row % 2, w.column % 2) == key] for key in rounds]
        return [wave for wave in waves if wave]


def plan_windows(shape: tuple[int, int], side_px: float, overlap: float) -> Plan:
    """Windows of one size that cover an image, evenly spread.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    side_px : float
        Side of a window; one that is larger than the image covers all of it.
    overlap : float
        Part of a side that neighbours share at least, 0 to below 1.
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
    """Side of a window in pixels.

    Parameters
    ----------
    image : Image
        Gives the pixel size where a side is asked for.
    lattice : Lattice
        Names the crystal in a refusal.
    cell_px : float
        Side of the square that has the cell's area, in px.
    side : float or None
        In angstrom; None for the default.

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
    """How far points lie from the edges of windows, shape (points, windows), in px.

    A window's edge that is the image's own does not count: nothing lies beyond. Negative
    outside of a window.
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
    """First pixels of the windows along one axis, and their size."""
    size = min(length, max(1, round(side)))
    if size == length:
        return [0], length
    step = max(1.0, size * (1 - overlap))
    count = math.ceil((length - size) / step) + 1
    return [round(place) for place in np.linspace(0, length - size, count)], size
