"""Write the tables of options in the documentation from the settings models."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from napari_reward_analysis.cli.options import Option, options_of

_BLOCK = re.compile(r"(<!-- settings: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def option_table(
    model: type[BaseModel], without: Collection[str] = (), only: Collection[str] | None = None
) -> str:
    """Return a Markdown table of the options of a settings model.

    Parameters
    ----------
    model, without, only
        See `options_of`.
    """
    rows = ["| option | meaning | default |", "|---|---|---|"]
    rows += [_row(option) for option in options_of(model, without, only)]
    return "\n".join(rows) + "\n"


def tables_of_all() -> dict[str, str]:
    """Return the tables of all built-in analyses, by name.

    The table of a study holds its own settings and the number of trials. Its other settings
    are those of `atoms`.
    """
    from napari_reward_analysis.runs.analysis import analysis_named
    from napari_reward_analysis.runs.registered import BUILT_IN

    tables = {}
    for name in BUILT_IN:
        model = analysis_named(name).settings
        study = "atoms" in model.model_fields
        only = (*model.model_fields, "atoms.trials") if study else None
        tables[name] = option_table(model, only=only)
    return tables


def with_tables(page: str, tables: dict[str, str]) -> str:
    """Return a page with updated tables.

    Parameters
    ----------
    page : str
        Markdown. The lines `<!-- settings: NAME -->` and `<!-- end -->` enclose each table.
    tables : dict
        Tables by name.

    Raises
    ------
    KeyError
        If the page asks for a table that does not exist.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{tables[found[2]]}{found[3]}", page)


def _row(option: Option) -> str:
    unit = option.shown_unit
    meaning = f"{option.field.help} In {unit}." if unit in _MEASURES else option.field.help
    cells = (f"`{_form(option)}`", meaning, option.shown_default)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


_MEASURES = ("angstrom", "px", "seconds")


def _form(option: Option) -> str:
    """Return the option as a user types it."""
    kind: Any = option.plain_type
    flag = option.field.flag
    if kind is bool:
        return f"{flag}, --no-{flag.removeprefix('--')}"
    if get_origin(kind) is Literal:
        return f"{flag} {'|'.join(get_args(kind))}"
    return f"{flag} {option.metavar}"
