"""Make a lattice from a piece of text: a preset along a zone axis, or a free cell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from napari_reward_analysis.crystal import axis_name, parse_axis, project
from napari_reward_analysis.crystal.presets import CURATED, preset_crystals
from napari_reward_analysis.crystal.projected import DS_FRACTION, N_NEIGHBOURS, Column, Lattice
from napari_reward_analysis.crystal.zone_axis import Axis, primitive
from napari_reward_analysis.errors import BadInput

__all__ = [
    "DS_FRACTION",
    "N_NEIGHBOURS",
    "Column",
    "Lattice",
    "free_lattice",
    "lattice_names",
    "lattice_preset",
    "parse_lattice",
    "require_different",
]

_ALIASES = {
    "yba2cu3o7": "ybco",
    "sto": "srtio3",
    "dso": "dysco3",
}
#: The preset that a material's name without a zone axis means.
_USUAL = {
    "dysco3": "DyScO3[pc]",
    "mos2": "MoS2[001]",
    "graphene": "graphene[001]",
}
_PSEUDO_CUBIC = re.compile(r"\s*\[\s*(?:pc|pseudo-?cubic)\s*\]", re.IGNORECASE)


def lattice_names() -> tuple[str, ...]:
    """Names of the usual presets, in the order in which a form should list them."""
    return CURATED


def lattice_preset(name: str) -> Lattice:
    """A preset by its name.

    Parameters
    ----------
    name : str
        A material and a zone axis, e.g. 'YBCO[100]' or 'SrTiO3[1-10]': any axis, not
        only those of `lattice_names`. Case, spaces and the common short names (STO,
        DSO) are understood.

    Returns
    -------
    Lattice

    Raises
    ------
    BadInput
        If there is no such material, or it shows no separate columns along that axis.
    """
    pseudo_cubic = _PSEUDO_CUBIC.search(name)
    rest = _PSEUDO_CUBIC.sub("", name, count=1)
    material, bracket, zone = rest.partition("[")
    wanted = re.sub(r"[\s_-]", "", material).lower()
    wanted = _ALIASES.get(wanted, wanted)
    if not bracket and not pseudo_cubic and wanted in _USUAL:
        return lattice_preset(_USUAL[wanted])
    wanted += "[pc]" if pseudo_cubic else ""
    known = {crystal.lower(): crystal for crystal in preset_crystals()}
    if wanted in known and not (bracket or pseudo_cubic):
        raise BadInput(
            f"{known[wanted]} needs a zone axis: write it after the name, e.g. "
            f"{known[wanted]}[001]."
        )
    if wanted not in known:
        raise BadInput(
            f"There is no lattice {name!r}: choose from {', '.join(CURATED)}, or one of these "
            "materials with another zone axis."
        )
    return _projected(known[wanted], primitive(parse_axis(bracket + zone)) if bracket else None)


def free_lattice(a: float, b: float, angle: float = 90.0, columns: int = 1) -> Lattice:
    """A cell with a known number of columns but unknown column positions.

    Parameters
    ----------
    a, b : float
        Lengths of the cell vectors in angstrom.
    angle : float
        Angle between them in degrees.
    columns : int
        Columns per cell.

    Returns
    -------
    Lattice

    Raises
    ------
    BadInput
        If such a cell is impossible.
    """
    if not (0 < a < math.inf and 0 < b < math.inf and 0 < angle < 180 and columns >= 1):
        raise BadInput(
            f"A cell of {a} x {b} angstrom at {angle} degrees with {columns} columns is "
            "impossible: give positive lengths, an angle between 0 and 180, and at least one "
            "column."
        )
    name = f"cell:{a:g},{b:g},{angle:g},{columns}"
    return Lattice(name=name, a=a, b=b, angle=angle, unplaced=int(columns))


def parse_lattice(text: str) -> Lattice:
    """The lattice that a piece of text names: a preset or 'cell:a,b,angle,columns'.

    `napari_reward_analysis.crystal.cif.read_lattice` also reads CIF files.

    Raises
    ------
    BadInput
        If the text is neither of the two.
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


def require_different(lattices: Iterable[Lattice]) -> tuple[Lattice, ...]:
    """Return lattices that stand beside each other in one image.

    Raises
    ------
    BadInput
        If two of them have the same cell with the same columns.
    """
    found = tuple(lattices)
    for k, lattice in enumerate(found):
        for other in found[:k]:
            if lattice.model_copy(update={"name": other.name}) == other:
                raise BadInput(
                    f"{other.name} and {lattice.name} are the same lattice: give it once. Grains "
                    "of one crystal at several orientations are found with one lattice."
                )
    return found


# Forms ask for the same lattice again and again.
@lru_cache(maxsize=64)
def _projected(material: str, axis: Axis | None) -> Lattice:
    crystal = preset_crystals()[material]
    # The name of the pseudo-cubic cell without an axis means its [001].
    name = material if axis in (None, (0, 0, 1)) and "[pc]" in material else None
    axis = axis or (0, 0, 1)
    return project(crystal, axis, name=name or f"{material}{axis_name(axis)}")
