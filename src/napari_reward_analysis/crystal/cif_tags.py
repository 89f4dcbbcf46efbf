"""Values of a CIF block by their tags, in the old spelling and in that of DDLm."""

from __future__ import annotations

from typing import Any

#: Categories that DDLm parts from the item by a dot: _cell_length_a, _cell.length_a.
_CATEGORIES = ("_space_group_symop", "_symmetry_equiv", "_space_group", "_atom_site", "_cell")

#: What stands for 'not known' and 'does not apply'.
UNKNOWN = frozenset({"?", "."})


def values(gemmi: Any, block: Any, tag: str) -> list[str]:
    """All values of a tag, from a loop or a single one, quotes taken off.

    Parameters
    ----------
    gemmi : module
    block : gemmi.cif.Block
    tag : str
        In the old spelling.

    Returns
    -------
    list of str
        Empty where the tag is not there; '?' and '.' as written.
    """
    for name in (tag, _dotted(tag)):
        column = block.find_values(name)
        if len(column):
            return [v if v in UNKNOWN else str(gemmi.cif.as_string(v)).strip() for v in column]
    return []


def first_known(gemmi: Any, block: Any, *tags: str) -> str | None:
    """The first value among these tags that says something."""
    for tag in tags:
        for value in values(gemmi, block, tag):
            if value and value not in UNKNOWN:
                return value
    return None


def number(gemmi: Any, text: str) -> float:
    """A number, its uncertainty left out; NaN where it is none."""
    return float(gemmi.cif.as_number(text))


def _dotted(tag: str) -> str:
    for category in _CATEGORIES:
        if tag.startswith(category + "_"):
            return f"{category}.{tag[len(category) + 1 :]}"
    return tag
