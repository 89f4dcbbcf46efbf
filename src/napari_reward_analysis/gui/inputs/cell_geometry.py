"""Compute the positions of columns in the drawing of a projected cell.

Plain numpy. Positions are (x, y) in angstrom with y pointing down, as on the screen.
Vector a points right unless the drawing is turned.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import FloatArray

_SHELLS = 3


@dataclass(frozen=True)
class DrawnCell:
    """A projected cell as two vectors and the columns in it.

    Attributes
    ----------
    vectors : ndarray, shape (2, 2)
        Vectors a and b as rows, in angstrom.
    fractions : ndarray, shape (n, 2)
        Positions of the columns along a and b.
    species : tuple of str, length n
    weights : ndarray, shape (n,)
        Brightness of each column; only ratios matter.
    """

    vectors: FloatArray
    fractions: FloatArray
    species: tuple[str, ...]
    weights: FloatArray

    @classmethod
    def from_columns(
        cls,
        a: float,
        b: float,
        angle_deg: float,
        columns: Sequence[tuple[str, float, float, float]],
    ) -> DrawnCell:
        """Build a cell from lengths in angstrom, an angle and (species, fx, fy, weight) columns."""
        angle = math.radians(angle_deg)
        vectors = np.array([[a, 0.0], [b * math.cos(angle), b * math.sin(angle)]])
        numbers = np.array([column[1:] for column in columns], dtype=float).reshape(-1, 3)
        return cls(vectors, numbers[:, :2] % 1.0, tuple(str(c[0]) for c in columns), numbers[:, 2])

    @property
    def kinds(self) -> tuple[str, ...]:
        """Species in order of first appearance, each once."""
        return tuple(dict.fromkeys(self.species))

    @property
    def corners(self) -> FloatArray:
        """The four corners in order, shape (4, 2)."""
        a, b = self.vectors
        return np.array([0 * a, a, a + b, b])

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of the cell in angstrom."""
        width, height = np.ptp(self.corners, axis=0)
        return float(width), float(height)

    def turned(self) -> DrawnCell:
        """The same cell with x and y exchanged."""
        return DrawnCell(self.vectors[:, ::-1], self.fractions, self.species, self.weights)

    def images(self, low: FloatArray, high: FloatArray) -> tuple[FloatArray, npt.NDArray[np.int64]]:
        """All columns in a rectangle, with their periodic images.

        Parameters
        ----------
        low, high : ndarray, shape (2,)
            Opposite corners (x, y) of the rectangle in angstrom.

        Returns
        -------
        positions : ndarray, shape (m, 2)
        which : ndarray of int, shape (m,)
            Index of the column in the cell.
        """
        box = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
        cells = box @ np.linalg.inv(self.vectors)
        first, last = np.floor(cells.min(axis=0)) - 1, np.ceil(cells.max(axis=0)) + 1
        steps = np.stack(
            np.meshgrid(*(np.arange(*ends) for ends in zip(first, last, strict=True))), axis=-1
        ).reshape(-1, 1, 2)
        positions = ((self.fractions + steps) @ self.vectors).reshape(-1, 2)
        which = np.tile(np.arange(len(self.species)), len(steps))
        inside = ((positions >= low) & (positions <= high)).all(axis=1)
        return positions[inside], which[inside]

    def closest_four(self, counted: Collection[str]) -> tuple[int, FloatArray, FloatArray] | None:
        """The column with the smallest sum of its four nearest distances.

        Parameters
        ----------
        counted : collection of str
            Species that are considered; all where it is empty.

        Returns
        -------
        column : int
        steps : ndarray, shape (4, 2)
            Vectors from that column to its four nearest neighbours, in angstrom.
        distances : ndarray, shape (4,)
            Their lengths, ascending.

        None where no column is considered.
        """
        taking_part = [i for i, s in enumerate(self.species) if not counted or s in counted]
        if not taking_part:
            return None
        around = np.arange(-_SHELLS, _SHELLS + 1)
        cells = np.stack(np.meshgrid(around, around), axis=-1).reshape(-1, 1, 2)
        images = ((self.fractions[taking_part] + cells) @ self.vectors).reshape(-1, 2)
        best: tuple[int, FloatArray, FloatArray] | None = None
        # among equals, the column nearest to the middle of the cell
        eccentric = np.hypot(*(self.fractions - 0.5).T)
        for column in sorted(taking_part, key=lambda i: float(eccentric[i])):
            steps = images - self.fractions[column] @ self.vectors
            lengths = np.hypot(steps[:, 0], steps[:, 1])
            # the nearest is the column itself
            order = np.argsort(lengths, kind="stable")[1:5]
            if best is None or lengths[order].sum() < best[2].sum() - 1e-9:
                best = column, steps[order], lengths[order]
        return best

    def smallest_spacing(self) -> float:
        """Smallest distance between two columns in angstrom."""
        a, b = self.vectors
        lengths = [float(np.hypot(*v)) for v in (a, b, a + b, a - b)]
        for i in range(len(self.species)):
            steps = (self.fractions - self.fractions[i] + 0.5) % 1.0 - 0.5
            apart = np.hypot(*(steps @ self.vectors).T)
            lengths += [float(d) for d in apart if d > 1e-6]
        return min(lengths)
