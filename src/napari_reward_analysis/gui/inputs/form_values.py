"""The values of the form apart from its widgets, with their meaning and their faults.

`FormValues` holds the values that a user has typed. It makes the lattice and the settings of
a run, and is made back from a run ("Edit this run"). `preview` tells N and DS before Run is
pressed, or what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError

from napari_reward_analysis.analyses.atoms.as_published import as_published, is_as_published
from napari_reward_analysis.analyses.atoms.physics import derive_physics
from napari_reward_analysis.analyses.atoms.published_fields import FIELDS as PUBLISHED
from napari_reward_analysis.analyses.atoms.published_fields import RANGES as PUBLISHED_RANGES
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.preflight import Preflight
from napari_reward_analysis.crystal.lattice import (
    Lattice,
    free_lattice,
    lattice_names,
    lattice_preset,
)
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.area import area_of
from napari_reward_analysis.image import Image, check_pixel_size
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.search.faults import fault_in_words

#: Entries below the presets in the list of lattices.
FREE_CELL, NO_LATTICE = "free cell", "none (type N)"

#: DS of the published search in angstrom.
PUBLISHED_DS: float = PUBLISHED["lattice_ds"]


class Cell(NamedTuple):
    """A cell with a known number of columns in unknown positions; lengths in angstrom."""

    a: float | None = 3.905
    b: float | None = 3.905
    angle: float | None = 90.0
    columns: int = 2


_A_CELL = Cell()


@dataclass(frozen=True)
class FormValues:
    """The values of the form.

    Attributes
    ----------
    pixel_size : float or None
        In angstrom; None takes that of the layer.
    lattice : str
        Name of a preset or of the given lattice, or `FREE_CELL` or `NO_LATTICE`.
    given : Lattice or None
        A lattice that is no preset: from a CIF file, along another axis, or of a run.
    cell : Cell
        The free cell.
    as_published : bool
        Whether the search is the published one. Fields that it sets do not count then.
    fields : mapping
        Fields of `AtomsSettings`. Missing ones have the default.
    invalid : tuple of str
        A sentence for every input with an impossible value.
    """

    pixel_size: float | None = None
    lattice: str = lattice_names()[0]
    cell: Cell = _A_CELL
    given: Lattice | None = None
    as_published: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    invalid: tuple[str, ...] = ()

    def value(self, name: str) -> Any:
        """The value of a field of the settings: typed, or else the default."""
        default = AtomsSettings.model_fields[name].get_default(call_default_factory=True)
        return self.fields.get(name, default)

    @property
    def count(self) -> float | None:
        """N as typed; None for that of the lattice."""
        found: float | None = self.value("count")
        return found

    @property
    def ds(self) -> float | None:
        """DS as typed, in angstrom, or in px without a pixel size; None for the default."""
        found: float | None = self.value("ds")
        return found

    @property
    def species(self) -> tuple[str, ...] | None:
        """Expected species; None for the default of the lattice."""
        found: tuple[str, ...] | None = self.value("species")
        return found

    @property
    def tolerance(self) -> float:
        """Relative error of N within which a count is no error."""
        return float(self.value("tolerance"))

    def to_lattice(self) -> Lattice | None:
        """The lattice.

        Raises
        ------
        BadInput
            If the free cell is incomplete or impossible.
        """
        if self.given is not None:
            return self.given
        if self.lattice == NO_LATTICE:
            return None
        if self.lattice != FREE_CELL:
            return lattice_preset(self.lattice)
        a, b, angle, columns = self.cell
        if a is None or b is None or angle is None:
            raise BadInput("The free cell is incomplete: type a, b and the angle.")
        return free_lattice(a, b, angle, columns)

    def to_settings(self) -> AtomsSettings:
        """The settings of the run.

        Raises
        ------
        BadInput
            If a value is impossible.
        """
        fields = dict(self.fields)
        if self.lattice in (FREE_CELL, NO_LATTICE):
            fields.pop("species", None)
        make: Callable[..., AtomsSettings] = AtomsSettings
        if self.as_published:
            make = as_published
            fields = {name: value for name, value in fields.items() if name not in PUBLISHED}
        try:
            return make(**fields)
        except ValidationError as error:
            raise BadInput(fault_in_words(error, AtomsSettings)) from error

    @classmethod
    def of(cls, run: Run) -> FormValues:
        """The values that start the same run again."""
        settings, lattice = run.settings, run.lattice
        name, cell, given = NO_LATTICE, Cell(), None
        if lattice is not None and not lattice.columns:
            name = FREE_CELL
            cell = Cell(lattice.a, lattice.b, lattice.angle, lattice.columns_per_cell)
        elif lattice is not None:
            name = lattice.name
            preset = name in lattice_names() and lattice == lattice_preset(name)
            given = None if preset else lattice
        fields, published = dict(settings), is_as_published(settings)
        if published:
            # the form keeps the defaults for the time after the published search
            fields = {name: value for name, value in fields.items() if name not in PUBLISHED}
            usual = PUBLISHED_RANGES.items()
            fields["ranges"] = dict(pair for pair in settings.ranges.items() if pair not in usual)
        return cls(
            pixel_size=run.image.pixel_size,
            lattice=name,
            cell=cell,
            given=given,
            as_published=published,
            fields=fields,
        )


class Preview(NamedTuple):
    """The facts that are known before a run.

    Attributes
    ----------
    physics : Physics or None
        N and DS in px; None while lattice or pixel size are missing.
    fault : str
        The first thing that is wrong or missing; empty if a run can start.
    """

    physics: Physics | None
    fault: str


def preview(
    values: FormValues,
    shape: tuple[int, int],
    pixel_size: float | None,
    region: BoolArray | None = None,
    found: Preflight | None = None,
) -> Preview:
    """N and DS of the next run, or the reason why it cannot start.

    Pixels are not read. The run itself finds faults of the image, such as noise alone.

    Parameters
    ----------
    values : FormValues
        Values of the form.
    shape : tuple of int
        Shape of the image.
    pixel_size : float or None
        Pixel size of the image in angstrom, typed or from the layer.
    region : ndarray of bool, optional
        The analysed pixels.
    found : Preflight, optional
        The lattice and its domains as seen in the image.
    """
    physics = None
    measured = None if found is None else found.measured
    try:
        _refuse_invalid(values)
        check_pixel_size(pixel_size)
        lattice, settings = values.to_lattice(), values.to_settings()
        _refuse_incomplete(values, lattice, pixel_size, measured)
        if lattice is not None and pixel_size is not None:
            ds = settings.lattice_ds if settings.ds is None else settings.ds
            physics, _ = derive_physics(
                Image(_SCALE_ONLY, pixel_size),
                lattice,
                area_of(shape, region),
                count=settings.count,
                ds=ds,
                species=settings.species,
                measured=measured,
                domains=() if found is None else found.domains,
            )
            physics = replace(physics, tolerance=settings.tolerance)
    except BadInput as error:
        return Preview(physics, str(error))
    return Preview(physics, "")


#: Meaningless pixels: N and DS depend on the pixel size alone.
_SCALE_ONLY = np.array([[0.0, 1.0], [1.0, 0.0]])


def _refuse_invalid(values: FormValues) -> None:
    if values.invalid:
        raise BadInput(values.invalid[0])


def _refuse_incomplete(
    values: FormValues,
    lattice: Lattice | None,
    pixel_size: float | None,
    measured: MeasuredLattice | None,
) -> None:
    if lattice is None and values.count is None:
        if values.as_published:
            raise BadInput("Choose a lattice, or type the expected number of columns N.")
        return  # the crystal is taken from the image itself
    if pixel_size is None and values.count is None:
        if measured is not None and measured.found:
            raise BadInput(
                "The pixel size is not known: press “Use the pixel size of the lattice” "
                f"({measured.pixel_size:.4g} Å), type it, or type the expected number of columns N."
            )
        raise BadInput(
            "The pixel size is not known: type it in Å, or type the expected number of columns N."
        )
