"""Look up values of a CIF block by their tags, in the old and in the DDLm spelling."""

from __future__ import annotations

from typing import Any

#: Categories that DDLm separates from the item by a dot: _cell.length_a.
_CATEGORIES = ("_space_group_symop", "_symmetry_equiv", "_space_group", "_atom_site", "_cell")

#: The values for 'not known' and 'does not apply'.
UNKNOWN = frozenset({"?", "."})


def values(gemmi: Any, block: Any, tag: str) -> list[str]:
    """All values of a tag, from a loop or a single item, without quotes.

    Parameters
    ----------
    gemmi : module
    block : gemmi.cif.Block
    tag : str
        In the old spelling.

    Returns
    -------
    list of str
        Empty if the block has no such tag; '?' and '.' as written.
    """
    for name in (tag, _dotted(tag)):
        column = block.find_values(name)
        if len(column):
            return [v if v in UNKNOWN else str(gemmi.cif.as_string(v)).strip() for v in column]
    return []


def first_known(gemmi: Any, block: Any, *tags: str) -> str | None:
    """The first known value among these tags; None if all are unknown."""
    for tag in tags:
        for value in values(gemmi, block, tag):
            if value and value not in UNKNOWN:
                return value
    return None


def number(gemmi: Any, text: str) -> float:
    """The number in a text, without its uncertainty; NaN if the text is not a number."""
    return float(gemmi.cif.as_number(text))


def _dotted(tag: str) -> str:
    for category in _CATEGORIES:
        if tag.startswith(category + "_"):
            return f"{category}.{tag[len(category) + 1 :]}"
    return tag
