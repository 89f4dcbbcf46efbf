"""The form's values, apart from its widgets: what they mean and what is wrong with them.

`FormValues` is what a person has typed. It turns into lattice and settings for a run,
is made back from a run ("edit this run"), and tells before Run is pressed what N and DS
will be, or which sentence stands in the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import ValidationError

from napari_reward_analysis.analyses.atoms.as_published import FIELDS as PUBLISHED
from napari_reward_analysis.analyses.atoms.as_published import RANGES as PUBLISHED_RANGES
from napari_reward_analysis.analyses.atoms.as_published import as_published, is_as_published
from napari_reward_analysis.analyses.atoms.physics import derive_physics
from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.settings import ParameterName
from napari_reward_analysis.analyses.atoms.trials import AtomsSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.crystal.lattice import (
    Lattice,
    free_lattice,
    lattice_names,
    lattice_preset,
)
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.area import area_of
from napari_reward_analysis.image import Image, check_pixel_size
from napari_reward_analysis.optimize.sampler_names import SamplerName
from napari_reward_analysis.rewards.atoms import Physics

#: Entries of the lattice's list beside the presets.
FREE_CELL, NO_LATTICE = "free cell", "none (type N)"

#: DS of the paper in angstrom, which the preset "as published" takes.
PUBLISHED_DS: float = PUBLISHED["lattice_ds"]

DEFAULTS = AtomsSettings()


class Cell(NamedTuple):
    """A cell of which only the number of columns is known; lengths in angstrom."""

    a: float | None = 3.905
    b: float | None = 3.905
    angle: float | None = 90.0
    columns: int = 2


_A_CELL = Cell()

#: Settings that the form has a field for.
_FIELDS = {
    *("trials", "search", "fixed", "ranges", "sampler", "seed", "ds", "count", "species"),
    *("area", "tolerance", "refine"),
    *("stages", "rewards", "thresholds", "patience", "seconds"),
}

Thresholds = Literal["exact", "searched"]


@dataclass(frozen=True)
class FormValues:
    """What the form says; None stands for an empty field, which takes a default.

    Attributes
    ----------
    pixel_size : float or None
        In angstrom; None takes the layer's.
    lattice : str
        A preset's name, `FREE_CELL` or `NO_LATTICE`, or the name of the given one.
    given : Lattice or None
        A crystal that is no preset: from a CIF file, along another axis, or a run's.
    cell : Cell
        The free cell.
    species : tuple of str or None
        Expected species; None for all.
    count, ds : float or None
        N and DS (in angstrom, in px where there is no pixel size) as typed.
    tolerance : float
        Part of N by which a count may be off without being an error.
    area : {'crystal', 'field'}
        Where columns are expected if no region is drawn.
    trials, search, sampler, seed, as_published, refine, ranges, fixed
        As in `AtomsSettings`.
    stages, rewards, thresholds, patience, seconds
        As in `AtomsSettings`.
    other : dict
        Settings that the form has no field for; they stay as the run had them.
    invalid : tuple of str
        A sentence for every field whose text is no number.
    """

    pixel_size: float | None = None
    lattice: str = lattice_names()[0]
    cell: Cell = _A_CELL
    given: Lattice | None = None
    species: tuple[str, ...] | None = None
    count: float | None = None
    ds: float | None = None
    tolerance: float = DEFAULTS.tolerance
    area: AreaRule = "crystal"
    trials: int = DEFAULTS.trials
    search: tuple[ParameterName, ...] = DEFAULTS.search
    sampler: SamplerName = DEFAULTS.sampler
    seed: int = DEFAULTS.seed
    as_published: bool = False
    refine: bool = DEFAULTS.refine
    stages: tuple[str, ...] = DEFAULTS.stages
    rewards: tuple[str, ...] = DEFAULTS.rewards
    thresholds: Thresholds = DEFAULTS.thresholds
    patience: int | None = DEFAULTS.patience
    seconds: float | None = DEFAULTS.seconds
    ranges: dict[ParameterName, tuple[float, float]] = field(default_factory=dict)
    fixed: dict[str, float | str] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=dict)
    invalid: tuple[str, ...] = ()

    def to_lattice(self) -> Lattice | None:
        """The crystal.

        Raises
        ------
        BadInput
            If the free cell is incomplete or cannot be.
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
        """What a run is started with.

        Raises
        ------
        BadInput
            If a value is out of its bounds.
        """
        known = self.lattice not in (FREE_CELL, NO_LATTICE)
        make: Callable[..., AtomsSettings] = as_published if self.as_published else AtomsSettings
        workflow = {
            "area": self.area,
            "stages": self.stages,
            "rewards": self.rewards,
            "thresholds": self.thresholds,
        }
        try:
            return make(
                **({} if self.as_published else workflow),
                trials=self.trials,
                search=self.search,
                fixed=self.fixed,
                ranges=self.ranges,
                sampler=self.sampler,
                seed=self.seed,
                ds=self.ds,
                count=self.count,
                tolerance=self.tolerance,
                species=self.species if known else None,
                refine=self.refine,
                patience=self.patience,
                seconds=self.seconds,
                **self.other,
            )
        except ValidationError as error:
            raise BadInput(_first_fault(error)) from error

    @classmethod
    def of(cls, run: Run) -> FormValues:
        """The values that would start the same run again."""
        settings, lattice = run.settings, run.lattice
        published = is_as_published(settings)
        # the form keeps its own workflow for the time after a search as published
        workflow = DEFAULTS if published else settings
        usual = PUBLISHED_RANGES if published else {}
        shown = _FIELDS | (set(PUBLISHED) if published else set())
        name, cell, given = NO_LATTICE, Cell(), None
        if lattice is not None and not lattice.columns:
            name = FREE_CELL
            cell = Cell(lattice.a, lattice.b, lattice.angle, lattice.columns_per_cell)
        elif lattice is not None:
            name = lattice.name
            preset = name in lattice_names() and lattice == lattice_preset(name)
            given = None if preset else lattice
        return cls(
            pixel_size=run.image.pixel_size,
            lattice=name,
            cell=cell,
            given=given,
            species=settings.species,
            count=settings.count,
            ds=settings.ds,
            tolerance=settings.tolerance,
            area=workflow.area,
            trials=settings.trials,
            search=settings.search,
            sampler=settings.sampler,
            seed=settings.seed,
            as_published=published,
            refine=settings.refine,
            stages=workflow.stages,
            rewards=workflow.rewards,
            thresholds=workflow.thresholds,
            patience=settings.patience,
            seconds=settings.seconds,
            ranges={n: pair for n, pair in settings.ranges.items() if pair != usual.get(n)},
            fixed=dict(settings.fixed),
            other=settings.model_dump(exclude=shown, exclude_defaults=True),
        )


class Preview(NamedTuple):
    """What is known before a run.

    Attributes
    ----------
    physics : Physics or None
        N and DS in px, None while lattice or pixel size are missing.
    fault : str
        The first thing that is wrong or missing; empty when a run can start.
    """

    physics: Physics | None
    fault: str


def preview(
    values: FormValues,
    shape: tuple[int, int],
    pixel_size: float | None,
    region: BoolArray | None = None,
    measured: MeasuredLattice | None = None,
) -> Preview:
    """N and DS of the run that the form would start, or what stands in its way.

    No pixel is looked at: what only the image can tell (noise, masked pixels) is left
    to the run.

    Parameters
    ----------
    values : FormValues
        The form.
    shape : tuple of int
        Of the image.
    pixel_size : float or None
        Of the image in angstrom, typed or from the layer.
    region : ndarray of bool, optional
        The analysed pixels.
    measured : MeasuredLattice, optional
        The lattice as seen in the image.
    """
    physics = None
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
            )
            physics = replace(physics, tolerance=settings.tolerance)
    except BadInput as error:
        return Preview(physics, str(error))
    return Preview(physics, "")


#: Pixels of no meaning: where N and DS are derived, only their size counts.
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
        raise BadInput("Choose a lattice, or type the expected number of columns N.")
    if pixel_size is None and values.count is None:
        if measured is not None and measured.found:
            raise BadInput(
                f"The pixel size is not known: use the lattice's of {measured.pixel_size:.4g} "
                "angstrom, or type it, or type the expected number of columns N."
            )
        raise BadInput(
            "The pixel size is not known: type it in angstrom, or type the expected number "
            "of columns N."
        )


def _first_fault(error: ValidationError) -> str:
    first: dict[str, Any] = dict(error.errors()[0])
    name = " ".join(str(part) for part in first["loc"]) or "setting"
    # what the settings say themselves comes with a prefix of pydantic's
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{name}: {message[:1].lower()}{message[1:]}."
