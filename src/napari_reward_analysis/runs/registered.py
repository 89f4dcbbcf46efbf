"""The analyses by name. Names and lines of help are known without importing an analysis."""

from __future__ import annotations

import importlib
from typing import Any

from napari_reward_analysis.registry import Registry

_PACKAGE = "napari_reward_analysis.analyses"
_BUILT_IN = ("atoms", "amorphous", "oracle", "windows", "noise")

#: What `register_analysis` was given, by name.
ANALYSES: Registry[Any] = Registry("analysis", _PACKAGE, _BUILT_IN)


def all_analyses() -> tuple[str, ...]:
    """Names of all analyses, the built-in ones first."""
    return (*_BUILT_IN, *(name for name in ANALYSES if name not in _BUILT_IN))


def find_analysis(name: str) -> Any:
    """The `Analysis` of a name; a built-in one is imported for it.

    Raises
    ------
    BadInput
        If there is none.
    """
    if name in _BUILT_IN:
        importlib.import_module(f"{_PACKAGE}.{name}.analysis")
    return ANALYSES[name]


def help_of(name: str) -> str:
    """A line on an analysis, for the list of commands."""
    if name in _BUILT_IN:
        # its package says so, since the analysis itself takes long to import
        text: str = importlib.import_module(f"{_PACKAGE}.{name}").HELP
        return text
    return str(ANALYSES[name].help)
