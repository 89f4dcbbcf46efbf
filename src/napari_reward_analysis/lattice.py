"""The projected crystal: cell, columns, and the numbers that physics predicts from them.

A lattice says how many columns a field should show and how far apart they are;
these are the only facts that the rewards know about the sample.
"""

from __future__ import annotations

import math
import re
from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.spatial import cKDTree

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
        Columns with known places.
    unplaced : int
        Columns per cell whose places are not known (the free form: a cell and a
        number of columns).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    name: str
    a: float = Field(gt=0, allow_inf_nan=False)
    b: float = Field(gt=0, allow_inf_nan=False)
    angle: float = Field(default=90.0, gt=0, lt=180)
    columns: tuple[Column, ...] = ()
    unplaced: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _has_columns(self) -> Lattice:
        if not self.columns and not self.unplaced:
            raise ValueError("a lattice needs at least one column per cell")
        return self

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
        """Number of columns in the projected cell."""
        return len(self.columns) + self.unplaced

    @property
    def species(self) -> tuple[str, ...]:
        """Distinct species in the order in which they are listed."""
        return tuple(dict.fromkeys(column.species for column in self.columns))

    def choose(self, species: tuple[str, ...] | list[str]) -> Lattice:
        """The same cell with only the columns of the given species.

        Raises
        ------
        BadInput
            If none of the columns is of such a species.
        """
        unknown = sorted(set(species) - set(self.species))
        if unknown or not species:
            raise BadInput(
                f"{self.name} has no columns of {', '.join(unknown) or 'no species'}: "
                f"choose from {', '.join(self.species)}."
            )
        kept = tuple(column for column in self.columns if column.species in species)
        return self.model_copy(update={"columns": kept, "unplaced": 0})

    def expected_count(self, area: float) -> float:
        """Number of columns that an area of crystal holds (`Physics_blobs`).

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
            # the closest packing of as many columns in that area: an upper bound
            return math.sqrt(2 / math.sqrt(3) * self.area / self.columns_per_cell)
        return float(self._neighbour_distances()[:, 0].min())

    @cached_property
    def neighbour_sums(self) -> dict[str, float]:
        """Sum of the distances to the four nearest columns, per species, in angstrom.

        Where columns of one species differ, the smallest sum is given. The free
        form has no places: its sum is four times the mean spacing, under 'any'.
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
        fractional = np.array([(c.x, c.y) for c in self.columns])
        # An elongated cell needs many short steps to reach as far as one long one.
        reach = max(self.a, self.b) * 2
        heights = self.area / np.array([self.b, self.a])
        na, nb = (math.ceil(reach / h) for h in heights)
        shifts = np.array([(i, j) for i in range(-na, na + 1) for j in range(-nb, nb + 1)])
        crystal = (fractional[None] + shifts[:, None]).reshape(-1, 2) @ self.vectors
        distances, _ = cKDTree(crystal).query(fractional @ self.vectors, k=N_NEIGHBOURS + 1)
        return np.asarray(distances)[:, 1:]


def _ybco(zone: str, width: float) -> Lattice:
    return Lattice(
        name=f"YBCO[{zone}]",
        a=width,
        b=11.68,
        columns=(
            Column(species="Cu1", x=0, y=0, weight=0.29),
            Column(species="Cu2", x=0, y=0.355, weight=0.36),
            Column(species="Cu2", x=0, y=0.645, weight=0.36),
            Column(species="Ba", x=0.5, y=0.184, weight=1.0),
            Column(species="Ba", x=0.5, y=0.816, weight=1.0),
            Column(species="Y", x=0.5, y=0.5, weight=0.52),
        ),
    )


_PRESETS = (
    _ybco("100", 3.89),
    _ybco("010", 3.82),
    Lattice(
        name="YBCO[001]",
        a=3.82,
        b=3.89,
        columns=(
            Column(species="Cu", x=0, y=0, weight=0.42),
            Column(species="Ba/Y", x=0.5, y=0.5, weight=1.0),
        ),
    ),
    Lattice(
        name="SrTiO3[001]",
        a=3.905,
        b=3.905,
        columns=(
            Column(species="Sr", x=0, y=0, weight=1.0),
            Column(species="Ti", x=0.5, y=0.5, weight=0.45),
        ),
    ),
    Lattice(
        name="DyScO3[pc]",
        a=3.95,
        b=3.95,
        columns=(
            Column(species="Dy", x=0, y=0, weight=1.0),
            Column(species="Sc", x=0.5, y=0.5, weight=0.18),
        ),
    ),
    Lattice(
        name="Si[110]",
        a=3.84,
        b=5.431,
        columns=(
            Column(species="Si", x=0, y=0),
            Column(species="Si", x=0, y=0.25),
            Column(species="Si", x=0.5, y=0.5),
            Column(species="Si", x=0.5, y=0.75),
        ),
    ),
    Lattice(
        name="graphene[001]",
        a=2.46,
        b=2.46,
        angle=120,
        columns=(
            Column(species="C", x=1 / 3, y=2 / 3),
            Column(species="C", x=2 / 3, y=1 / 3),
        ),
    ),
)

_ALIASES = {
    "yba2cu3o7": "ybco",
    "sto": "srtio3",
    "dso": "dysco3",
    "dysco3": "dysco3[pc]",
    "dso[pc]": "dysco3[pc]",
    "dysco3[pseudocubic]": "dysco3[pc]",
    "graphene": "graphene[001]",
}


def lattice_names() -> tuple[str, ...]:
    """Names of the presets, in the order in which a form should list them."""
    return tuple(lattice.name for lattice in _PRESETS)


def lattice_preset(name: str) -> Lattice:
    """A preset by its name.

    Parameters
    ----------
    name : str
        E.g. 'YBCO[100]'; case, spaces and the common short names (STO, DSO) are
        understood.

    Raises
    ------
    BadInput
        If there is no such preset.
    """
    wanted = re.sub(r"[\s_-]", "", name).lower()
    wanted = _ALIASES.get(wanted, wanted)
    material, bracket, zone = wanted.partition("[")
    wanted = _ALIASES.get(material, material).partition("[")[0] + bracket + zone
    for lattice in _PRESETS:
        if lattice.name.lower() == wanted:
            return lattice
    raise BadInput(f"There is no lattice {name!r}: choose from {', '.join(lattice_names())}.")


def free_lattice(a: float, b: float, angle: float = 90.0, columns: int = 1) -> Lattice:
    """A cell of which only the number of columns is known.

    Parameters
    ----------
    a, b : float
        Lengths of the cell vectors in angstrom.
    angle : float
        Angle between them in degrees.
    columns : int
        Columns per cell.

    Raises
    ------
    BadInput
        If such a cell cannot be.
    """
    if not (0 < a < math.inf and 0 < b < math.inf and 0 < angle < 180 and columns >= 1):
        raise BadInput(
            f"A cell of {a} x {b} angstrom at {angle} degrees with {columns} columns is "
            "impossible: lengths must be positive, the angle between 0 and 180 and the "
            "columns at least one."
        )
    name = f"cell:{a:g},{b:g},{angle:g},{columns}"
    return Lattice(name=name, a=a, b=b, angle=angle, unplaced=int(columns))


def parse_lattice(text: str) -> Lattice:
    """The lattice that a piece of text names: a preset or 'cell:a,b,angle,columns'.

    Raises
    ------
    BadInput
        If the text names neither.
    """
    if not text.lower().startswith("cell:"):
        return lattice_preset(text)
    try:
        a, b, angle, columns = (float(part) for part in text[5:].split(","))
    except ValueError:
        raise BadInput(
            f"{text!r} is not a cell: write cell:a,b,angle,columns, e.g. cell:3.905,3.905,90,2."
        ) from None
    return free_lattice(a, b, angle, int(columns))
