"""The crystal: a unit cell and all atoms in it."""

from __future__ import annotations

import math

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.elements import ATOMIC_NUMBERS
from napari_reward_analysis.errors import BadInput

#: Lengths a, b, c in angstrom and angles alpha, beta, gamma in degrees.
CellParameters = tuple[float, float, float, float, float, float]


class Site(BaseModel):
    """One atom of the unit cell.

    Attributes
    ----------
    label : str
        Name of the site, e.g. 'Cu2'; symmetry-equivalent atoms share it.
    element : str
        Symbol of the element.
    x, y, z : float
        Fractional coordinates.
    occupancy : float
        Fraction of the unit cells that contain the atom.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    element: str
    x: float = Field(allow_inf_nan=False)
    y: float = Field(allow_inf_nan=False)
    z: float = Field(allow_inf_nan=False)
    occupancy: float = Field(default=1.0, gt=0, allow_inf_nan=False)

    @field_validator("element")
    @classmethod
    def _is_element(cls, symbol: str) -> str:
        if symbol not in ATOMIC_NUMBERS:
            raise ValueError(f"there is no element {symbol!r}")
        return symbol


class Crystal(BaseModel):
    """A unit cell with all of its atoms, after all symmetry operations.

    Attributes
    ----------
    name : str
        Name, e.g. 'SrTiO3'.
    cell : tuple of float
        a, b, c in angstrom, alpha, beta, gamma in degrees.
    sites : tuple of Site
        Every atom of the cell, each once.
    layer : bool
        Whether this is a single layer. Then c is only the height of a box, and [001] is
        the only zone axis.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cell: CellParameters
    sites: tuple[Site, ...] = Field(min_length=1)
    layer: bool = False

    @field_validator("cell")
    @classmethod
    def _is_possible(cls, cell: CellParameters) -> CellParameters:
        check_cell(cell)
        return cell

    @property
    def vectors(self) -> FloatArray:
        """Cell vectors as rows in angstrom, shape (3, 3)."""
        return cell_vectors(self.cell)


def check_cell(cell: CellParameters) -> None:
    """Raise BadInput for an impossible unit cell.

    Raises
    ------
    BadInput
        If a length is not positive or the three angles do not span a volume.
    """
    lengths, angles = cell[:3], cell[3:]
    possible = all(0 < length < math.inf for length in lengths)
    possible = possible and all(0 < angle < 180 for angle in angles)
    if not possible or not _volume_squared(angles) > 1e-6:
        written = ", ".join(f"{value:g}" for value in cell)
        raise BadInput(
            f"A unit cell of a, b, c, alpha, beta, gamma = {written} is impossible: give "
            "positive lengths and angles that span a volume."
        )


def cell_vectors(cell: CellParameters) -> FloatArray:
    """Cell vectors as rows in angstrom, a along x and b in the x-y plane, shape (3, 3)."""
    a, b, c = cell[:3]
    cosines = [_cosine(angle) for angle in cell[3:]]
    cos_alpha, cos_beta, cos_gamma = cosines
    sin_gamma = math.sqrt(1 - cos_gamma**2)
    height = math.sqrt(_volume_squared(cell[3:])) / sin_gamma
    return np.array(
        [
            [a, 0.0, 0.0],
            [b * cos_gamma, b * sin_gamma, 0.0],
            [c * cos_beta, c * (cos_alpha - cos_beta * cos_gamma) / sin_gamma, c * height],
        ]
    )


def _volume_squared(angles: tuple[float, ...]) -> float:
    """Square of the volume of a cell with edges of length 1."""
    alpha, beta, gamma = (_cosine(angle) for angle in angles)
    return 1 - alpha**2 - beta**2 - gamma**2 + 2 * alpha * beta * gamma


def _cosine(degrees: float) -> float:
    # The cosine of 90 degrees is 6e-17 in floating point, but a cubic cell must stay cubic.
    return 0.0 if degrees == 90 else math.cos(math.radians(degrees))
