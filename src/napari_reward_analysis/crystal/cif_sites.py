"""Read the asymmetric unit of a CIF block: elements, positions and occupancies."""

from __future__ import annotations

import math
import re
from itertools import takewhile
from typing import Any

from napari_reward_analysis.crystal import Site
from napari_reward_analysis.crystal.cif_tags import UNKNOWN, first_known, number, values
from napari_reward_analysis.crystal.elements import ATOMIC_NUMBERS, LAST_LIGHT
from napari_reward_analysis.errors import BadInput

#: An element that makes up at least this share of the heavy atoms must have a site.
_SHARE_OF_FORMULA = 0.1
_ISOTOPES = {"D": "H", "T": "H"}


def asymmetric_unit(gemmi: Any, block: Any) -> list[Site]:
    """The sites of a block as written.

    Left out are sites with an occupancy of 0, dummy atoms, and light atoms whose
    position is given as unknown, because HAADF would not show them.

    Raises
    ------
    BadInput
        If an element is not known, a position or an occupancy is not a number, or no
        site is left.
    """
    places = [values(gemmi, block, f"_atom_site_fract_{axis}") for axis in "xyz"]
    n_sites = len(places[0])

    def column(tag: str, missing: str) -> list[str]:
        found = values(gemmi, block, tag)
        return found if len(found) == n_sites else [missing] * n_sites

    if len(places[1]) != n_sites or len(places[2]) != n_sites:
        raise BadInput("Some atoms have no coordinates: check _atom_site_fract_x, _y and _z.")
    labels = column("_atom_site_label", "?")
    symbols = column("_atom_site_type_symbol", "?")
    occupancies = column("_atom_site_occupancy", "1")
    flags = column("_atom_site_calc_flag", ".")
    unit = []
    for label, symbol, occupancy, flag, x, y, z in zip(
        labels, symbols, occupancies, flags, *places, strict=True
    ):
        if flag.lower() in ("dum", "dummy"):
            continue
        name = label if label not in UNKNOWN else symbol
        element = _element(symbol, label)
        if {x, y, z} & UNKNOWN and ATOMIC_NUMBERS[element] <= LAST_LIGHT:
            continue
        filled = _occupancy(gemmi, occupancy, name)
        place = [_coordinate(gemmi, written, name) for written in (x, y, z)]
        if filled > 0:
            unit.append(
                Site(
                    label=name,
                    element=element,
                    x=place[0],
                    y=place[1],
                    z=place[2],
                    occupancy=filled,
                )
            )
    if not unit:
        raise BadInput("It has no atoms (_atom_site_fract_x): check whether it is complete.")
    return unit


def refuse_missing_elements(gemmi: Any, block: Any, unit: list[Site]) -> None:
    """Raise BadInput if a heavy element of the formula has no site.

    Elements that make up less than a tenth of the heavy atoms do not count: dopants
    often appear only in the formula.

    Raises
    ------
    BadInput
        If an element is missing, as in a file that was cut short.
    """
    formula = first_known(gemmi, block, "_chemical_formula_sum")
    if formula is None:
        return
    amounts = {
        element: float(amount or 1)
        for element, amount in re.findall(r"([A-Z][a-z]?)(\d+\.?\d*|\.\d+)?", formula)
        if ATOMIC_NUMBERS.get(element, 0) > LAST_LIGHT
    }
    held = {site.element for site in unit}
    total = sum(amounts.values())
    for element, amount in amounts.items():
        if element not in held and amount >= _SHARE_OF_FORMULA * total:
            raise BadInput(
                f"The formula names {element}, but no site holds it: check whether the file "
                "is complete."
            )


def _element(symbol: str, label: str) -> str:
    """Element of a type symbol such as 'Sr2+', or else of a label such as 'Sr1'."""
    if symbol not in UNKNOWN:
        found = _first_element([_letters(symbol)])
    else:
        # A label begins with the symbol, but more letters may follow: 'OW1' is oxygen.
        found = _first_element([_letters(label)[:2], _letters(label)[:1]])
    if found is None:
        raise BadInput(
            f"The element of site {label if label not in UNKNOWN else symbol} is not known "
            f"({(symbol if symbol not in UNKNOWN else label)!r}): write its symbol into "
            "_atom_site_type_symbol."
        )
    return found


def _letters(text: str) -> str:
    return "".join(takewhile(str.isalpha, text))


def _first_element(candidates: list[str]) -> str | None:
    for candidate in candidates:
        symbol = candidate.capitalize()
        symbol = _ISOTOPES.get(symbol, symbol)
        if symbol in ATOMIC_NUMBERS:
            return symbol
    return None


def _occupancy(gemmi: Any, text: str, name: str) -> float:
    value = 1.0 if text in UNKNOWN else number(gemmi, text)
    if not 0 <= value < math.inf:
        raise BadInput(f"The occupancy {text!r} of {name} is impossible: give one from 0 to 1.")
    return value


def _coordinate(gemmi: Any, text: str, name: str) -> float:
    value = number(gemmi, text)
    if not math.isfinite(value):
        raise BadInput(f"The coordinate {text!r} of site {name} is not a number: correct it.")
    return value
