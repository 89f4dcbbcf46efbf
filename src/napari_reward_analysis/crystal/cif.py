"""Read crystals from CIF files; gemmi parses the syntax and the space groups.

The reader understands core CIF of small structures with fractional coordinates. The
symmetry may be a list of operators, a Hall symbol, a Hermann-Mauguin symbol or a number.
Special positions and partial or mixed occupancy are understood as well.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari_reward_analysis.crystal import Crystal, Site, axis_name, expand, parse_axis, project
from napari_reward_analysis.crystal.cif_sites import asymmetric_unit, refuse_missing_elements
from napari_reward_analysis.crystal.cif_symmetry import operator_lists
from napari_reward_analysis.crystal.cif_tags import first_known, number, values
from napari_reward_analysis.crystal.lattice import Lattice, parse_lattice
from napari_reward_analysis.crystal.structure import CellParameters, check_cell
from napari_reward_analysis.crystal.zone_axis import primitive
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.extras import require

_CELL_TAGS = (
    "_cell_length_a",
    "_cell_length_b",
    "_cell_length_c",
    "_cell_angle_alpha",
    "_cell_angle_beta",
    "_cell_angle_gamma",
)
#: A file name, then a zone axis. The name itself may contain colons and brackets.
_FILE_AND_AXIS = re.compile(r"\s*(?P<path>.+\.cif)\s*:?(?P<axis>.*)", re.IGNORECASE | re.DOTALL)


def read_lattice(text: str) -> Lattice:
    """The lattice that a piece of text names: a preset, a free cell, or a CIF file's.

    Parameters
    ----------
    text : str
        'FILE.cif:[110]' for a file and a zone axis; otherwise as in `parse_lattice`.

    Returns
    -------
    Lattice

    Raises
    ------
    BadInput
        If the text names no lattice, or the file cannot be read.
    """
    found = _FILE_AND_AXIS.fullmatch(text)
    if found is None or text.lower().startswith("cell:"):
        return parse_lattice(text)
    # Path.expanduser raises for an unknown user; this does not.
    path = Path(os.path.expanduser(found["path"]))  # noqa: PTH111
    if not found["axis"].strip():
        raise BadInput(
            f"{path.name} needs a zone axis: write it after the file, e.g. {path.name}:[001]."
        )
    return cif_lattice(read_crystal(path), parse_axis(found["axis"]))


def cif_lattice(crystal: Crystal, axis: tuple[int, int, int]) -> Lattice:
    """The crystal of a file along a zone axis, named after both: 'FILE.cif:[110]'.

    Raises
    ------
    BadInput
        If the columns along that axis are too close to separate.
    """
    return project(crystal, axis, name=f"{crystal.name}:{axis_name(primitive(axis))}")


def read_crystal(path: str | os.PathLike[str]) -> Crystal:
    """The crystal of a CIF file: its first data block with a cell and atoms.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Crystal
        All atoms of the unit cell, named after the file.

    Raises
    ------
    BadInput
        If the file does not exist, is not a CIF file, is damaged, or holds no crystal;
        or if gemmi is not installed.
    """
    path = Path(path)
    gemmi = require("gemmi", "cif", ".cif files")
    # A block is valid only as long as its document is kept.
    document = _document(gemmi, path)
    block = _block(gemmi, document, path)
    try:
        cell = _cell(gemmi, block)
        unit = asymmetric_unit(gemmi, block)
        refuse_missing_elements(gemmi, block, unit)
        sites = _fewest(cell, unit, operator_lists(gemmi, block, cell))
    except BadInput as error:
        raise BadInput(f"{path.name} cannot be used: {_lowered(str(error))}") from error
    return Crystal(name=path.name, cell=cell, sites=sites)


def _document(gemmi: Any, path: Path) -> Any:
    """The parsed file."""
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}: check the path.") from None
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name a CIF file.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if not re.search(r"^\s*data_", text, re.IGNORECASE | re.MULTILINE):
        raise BadInput(f"{path.name} is not a CIF file: it has no data block.")
    try:
        return gemmi.cif.read_string(text)
    # the parser raises ValueError or RuntimeError on bad syntax
    except (ValueError, RuntimeError) as error:
        raise BadInput(
            f"{path.name} cannot be read: it is damaged or cut short ({_where(str(error))})."
        ) from error


def _block(gemmi: Any, document: Any, path: Path) -> Any:
    """The data block with the crystal."""
    with_cell = [block for block in document if values(gemmi, block, _CELL_TAGS[0])]
    if not with_cell:
        raise BadInput(
            f"{path.name} has no unit cell (_cell_length_a): choose a complete file that holds a "
            "crystal."
        )
    for block in with_cell:
        if values(gemmi, block, "_atom_site_fract_x"):
            return block
    raise BadInput(
        f"{path.name} has no atoms (_atom_site_fract_x): choose a complete file that holds a "
        "crystal."
    )


def _cell(gemmi: Any, block: Any) -> CellParameters:
    read = []
    for tag in _CELL_TAGS:
        written = first_known(gemmi, block, tag)
        if written is None:
            raise BadInput(f"The unit cell has no {tag}: check whether the file is complete.")
        read.append(number(gemmi, written))
    cell = (read[0], read[1], read[2], read[3], read[4], read[5])
    check_cell(cell)
    return cell


def _fewest(
    cell: CellParameters, unit: list[Site], candidates: list[list[str]]
) -> tuple[Site, ...]:
    """The atoms of the unit cell, for the choice of origin that gives the fewest atoms.

    A symbol alone may allow two origins. With the wrong one, atoms miss their special
    positions, and the cell gets more atoms than it has.
    """
    if len(candidates) == 1:
        return expand(cell, unit, candidates[0])
    found = []
    for operators in candidates:
        # With the wrong origin, atoms may lie on top of each other.
        with suppress(BadInput):
            found.append(expand(cell, unit, operators))
    found.sort(key=len)
    if not found:
        return expand(cell, unit, candidates[0])
    if len(found) > 1 and len(found[0]) == len(found[1]):
        raise BadInput(
            "Its space group has two choices of origin, and the file does not say which: add "
            "':1' or ':2' to the symbol, or list the symmetry operators."
        )
    return found[0]


def _where(message: str) -> str:
    """Line number and complaint from a message of the parser."""
    found = re.match(r"string:(\d+)\S*\s*(.*)", message, re.DOTALL)
    text = " ".join((found[2] if found else message).split()).rstrip(".")
    return f"line {found[1]}: {text[:120]}" if found else text[:120]


def _lowered(sentence: str) -> str:
    """The sentence as it reads after a colon: without its capital letter."""
    first, _, rest = sentence.partition(" ")
    words = {"A", "It", "Its", "Some", "The", "There"}
    return f"{first.lower()} {rest}" if first in words else sentence
