"""The projected crystal: its cell, its columns, and the expected counts and distances.

A lattice predicts how many columns a field should show and how far apart they are.
These are the only facts that the rewards know about the sample.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_reward_analysis.errors import BadInput

#: Default DS as a fraction of the smallest ideal sum of the four nearest distances.
#: The paper's 30 px is 0.94 of it (9.6 A of 10.2 A for Y in YBa2Cu3O7); 0.90 leaves
#: room for a pixel size that is a few per cent too small.
DS_FRACTION = 0.90

#: Neighbours summed for ER (Eq. 2 of arXiv 2404.14146).
N_NEIGHBOURS = 4


class Column(BaseModel):
    """One atomic column of the projected cell.

    Attributes
    ----------
    species : str
        Name of the column, e.g. 'Ba' or 'Cu2'.
    x, y : float
        Fractional position along the cell's first and second vector.
    weight : float
        Expected HAADF intensity relative to the brightest column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    species: str
    x: float
    y: float
    weight: float = Field(default=1.0, gt=0)


class Lattice(BaseModel):
    """A projected cell with its columns.

    Attributes
    ----------
    name : str
        Name with zone axis, e.g. 'YBCO[100]'.
    a, b : float
        Lengths of the two cell vectors in angstrom.
    angle : float
        Angle between them in degrees.
    columns : tuple of Column
        Columns that should appear in the image.
    unplaced : int
        Columns per cell without a known position, for a free cell that is given by its
        vectors and a number of columns.
    faint : tuple of Column
        Columns of light elements that HAADF hardly shows. They are not expected unless
        `choose` names them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    name: str
    a: float = Field(gt=0, allow_inf_nan=False)
    b: float = Field(gt=0, allow_inf_nan=False)
    angle: float = Field(default=90.0, gt=0, lt=180)
    columns: tuple[Column, ...] = ()
    unplaced: int = Field(default=0, ge=0)
    faint: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _has_columns(self) -> Lattice:
        if not self.columns and not self.unplaced:
            raise ValueError("a lattice needs at least one column per cell")
        return self

    def __repr__(self) -> str:
        """A line on the cell and its columns; `columns` holds their positions."""
        return (
            f"<Lattice {self.name}: {self.a:g} x {self.b:g} angstrom at {self.angle:g} degrees, "
            f"{self.columns_per_cell} columns{_species_words(self.columns)}>"
        )

    @property
    def vectors(self) -> np.ndarray:
        """Cell vectors as rows of (x, y) in angstrom, shape (2, 2)."""
        gamma = math.radians(self.angle)
        return np.array([[self.a, 0.0], [self.b * math.cos(gamma), self.b * math.sin(gamma)]])

    @property
    def area(self) -> float:
        """Area of the projected cell in square angstrom."""
        return self.a * self.b * math.sin(math.radians(self.angle))

    @property
    def columns_per_cell(self) -> int:
        """Number of expected columns in the projected cell."""
        return len(self.columns) + self.unplaced

    @property
    def species(self) -> tuple[str, ...]:
        """Distinct expected species, in the order of the columns."""
        return _distinct(self.columns)

    @property
    def faint_species(self) -> tuple[str, ...]:
        """Distinct species of the faint columns."""
        return _distinct(self.faint)

    def choose(self, species: tuple[str, ...] | list[str]) -> Lattice:
        """The same cell with only columns of the given species expected.

        Parameters
        ----------
        species : sequence of str
            Names from `species` and `faint_species`.

        Returns
        -------
        Lattice
            Faint columns that are not named stay faint. Other columns that are not
            named are left out.

        Raises
        ------
        BadInput
            If a name is not known, or no name is given.
        """
        unknown = sorted(set(species) - {*self.species, *self.faint_species})
        if unknown or not species:
            names = ", ".join((*self.species, *self.faint_species))
            problem = f"has no columns of {', '.join(unknown)}" if unknown else "needs columns"
            raise BadInput(f"{self.name} {problem}: choose from {names}.")
        # A copy would keep the cached distances of the other choice.
        return Lattice(
            name=self.name,
            a=self.a,
            b=self.b,
            angle=self.angle,
            columns=tuple(c for c in (*self.columns, *self.faint) if c.species in species),
            faint=tuple(c for c in self.faint if c.species not in species),
        )

    def expected_count(self, area: float) -> float:
        """Number of columns in an area of crystal (`Physics_blobs` in the paper).

        Parameters
        ----------
        area : float
            Crystal area in square angstrom.

        Returns
        -------
        float
            Area over the area of the cell, times the columns per cell.
        """
        return area / self.area * self.columns_per_cell

    @cached_property
    def spacing(self) -> float:
        """Smallest distance between two columns in angstrom."""
        if not self.columns:
            # The closest packing of these columns gives an upper bound.
            return math.sqrt(2 / math.sqrt(3) * self.area / self.columns_per_cell)
        return float(self._neighbour_distances()[:, 0].min())

    @cached_property
    def neighbour_sums(self) -> dict[str, float]:
        """Sum of the distances to the four nearest columns, per species, in angstrom.

        If columns of one species differ, the smallest sum is given. A free cell has no
        column positions: its sum is four times the mean spacing, under the name 'any'.
        """
        if not self.columns:
            mean_spacing = math.sqrt(self.area / self.columns_per_cell)
            return {"any": N_NEIGHBOURS * mean_spacing}
        sums: dict[str, float] = {}
        for column, distances in zip(self.columns, self._neighbour_distances(), strict=True):
            total = float(distances[:N_NEIGHBOURS].sum())
            sums[column.species] = min(total, sums.get(column.species, math.inf))
        return sums

    @property
    def default_ds(self) -> float:
        """DS in angstrom: `DS_FRACTION` of the smallest ideal neighbour sum."""
        return DS_FRACTION * min(self.neighbour_sums.values())

    def _neighbour_distances(self) -> np.ndarray:
        """Distances of every column to its nearest ones, shape (columns, 4)."""
        # imported here: who only names a lattice need not wait for scipy
        from scipy.spatial import cKDTree

        fractional = np.array([(c.x, c.y) for c in self.columns])
        # An elongated cell needs many short steps to reach as far as one long step.
        reach = max(self.a, self.b) * 2
        heights = self.area / np.array([self.b, self.a])
        na, nb = (math.ceil(reach / h) for h in heights)
        shifts = np.array([(i, j) for i in range(-na, na + 1) for j in range(-nb, nb + 1)])
        crystal = (fractional[None] + shifts[:, None]).reshape(-1, 2) @ self.vectors
        distances, _ = cKDTree(crystal).query(fractional @ self.vectors, k=N_NEIGHBOURS + 1)
        return np.asarray(distances)[:, 1:]


def _distinct(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column.species for column in columns))


def _species_words(columns: tuple[Column, ...]) -> str:
    names = [column.species for column in columns]
    counts = [f"{names.count(name)} {name}" for name in _distinct(columns)]
    return f": {', '.join(counts)}" if counts else ""
