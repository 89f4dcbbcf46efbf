"""Find analyses by name.

Names and help texts are known without the import of an analysis.
"""

from __future__ import annotations

import importlib
from typing import Any

from napari_reward_analysis.registry import Registry

_PACKAGE = "napari_reward_analysis.analyses"
#: Names of the analyses of this package, in the order of lists.
BUILT_IN = ("atoms", "amorphous", "oracle", "windows", "noise")

#: Registered analyses by name.
ANALYSES: Registry[Any] = Registry("analysis", _PACKAGE, BUILT_IN)


def all_analyses() -> tuple[str, ...]:
    """Return the names of all analyses, the built-in ones first."""
    return (*BUILT_IN, *(name for name in ANALYSES if name not in BUILT_IN))


def find_analysis(name: str) -> Any:
    """Return the `Analysis` of a name. A built-in one is imported.

    Raises
    ------
    BadInput
        If there is none.
    """
    if name in BUILT_IN:
        importlib.import_module(f"{_PACKAGE}.{name}.analysis")
    return ANALYSES[name]


def help_of(name: str) -> str:
    """Return the help of an analysis for the list of commands."""
    if name in BUILT_IN:
        # the package holds the help, since the analysis itself is slow to import
        text: str = importlib.import_module(f"{_PACKAGE}.{name}").HELP
        return text
    return str(ANALYSES[name].help)
