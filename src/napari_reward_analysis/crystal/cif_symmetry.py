"""Read the symmetry of a CIF block as lists of operators."""

from __future__ import annotations

import re
from typing import Any

from napari_reward_analysis.crystal.cif_tags import UNKNOWN, first_known, values
from napari_reward_analysis.crystal.structure import CellParameters
from napari_reward_analysis.errors import BadInput


def operator_lists(gemmi: Any, block: Any, cell: CellParameters) -> list[list[str]]:
    """The operators of the space group, centring included.

    They come from the first of these that the file has: the list of operators, the Hall
    symbol, the Hermann-Mauguin symbol, the number. Without any of them, the file is
    assumed to list all atoms.

    Parameters
    ----------
    gemmi : module
    block : gemmi.cif.Block
    cell : tuple of float
        Distinguishes hexagonal from rhombohedral axes.

    Returns
    -------
    list of lists of str
        One list, or two if the symbol or number leaves the choice of origin open.

    Raises
    ------
    BadInput
        If an operator, symbol or number is invalid.
    """
    for tag in ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"):
        listed = [text for text in values(gemmi, block, tag) if text not in UNKNOWN]
        if listed:
            return [listed]
    hall = first_known(gemmi, block, "_space_group_name_Hall", "_symmetry_space_group_name_Hall")
    if hall is not None:
        return [_of_hall(gemmi, hall)]
    symbol = first_known(
        gemmi,
        block,
        "_space_group_name_H-M_alt",
        "_symmetry_space_group_name_H-M",
        "_space_group_name_H-M_full",
    )
    if symbol is not None:
        return _of_symbol(gemmi, symbol, cell)
    written = first_known(gemmi, block, "_space_group_IT_number", "_symmetry_Int_Tables_number")
    if written is None:
        return [["x,y,z"]]
    if not written.isdecimal() or not 1 <= int(written) <= 230:
        raise BadInput(f"There is no space group {written}: choose a number from 1 to 230.")
    return _of_symbol(gemmi, gemmi.find_spacegroup_by_number(int(written)).hm, cell)


def _of_hall(gemmi: Any, hall: str) -> list[str]:
    try:
        return _triplets(gemmi.symops_from_hall(hall))
    # gemmi raises these on a symbol that it cannot parse.
    except (ValueError, RuntimeError) as error:
        raise BadInput(
            f"The Hall symbol {hall!r} is not valid: list the symmetry operators "
            "(_space_group_symop_operation_xyz)."
        ) from error


def _of_symbol(gemmi: Any, symbol: str, cell: CellParameters) -> list[list[str]]:
    # some databases write S and Z for the first and the second choice of origin
    name = re.sub(r"\s*:?\s*S$", ":1", re.sub(r"\s*:?\s*Z$", ":2", symbol.strip()))
    group = gemmi.find_spacegroup_by_name(name, cell[3], cell[5])
    if group is None:
        raise BadInput(
            f"The space group {symbol!r} is not known: list the symmetry operators "
            "(_space_group_symop_operation_xyz)."
        )
    if group.ext not in ("1", "2") or re.search(r":\s*[12]$", name):
        return [_triplets(group.operations())]
    both = (gemmi.find_spacegroup_by_name(f"{group.hm}:{origin}") for origin in (1, 2))
    return [_triplets(one.operations()) for one in both]


def _triplets(operations: Any) -> list[str]:
    return [operation.triplet() for operation in operations]
