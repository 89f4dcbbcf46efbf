"""Tests of the names of the scripting interface: complete, typed, imported when used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import napari_reward_analysis as nra

#: Packages that take long to import, and that no name, default or help text needs.
HEAVY = ("scipy", "skimage", "sklearn", "skopt", "matplotlib", "tifffile", "napari", "qtpy")


def imported_by(code: str) -> set[str]:
    """Top-level packages that a process of its own has imported after some code."""
    code += "\nimport sys\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_imports_nothing_heavy():
    found = imported_by("import napari_reward_analysis")
    assert found.isdisjoint((*HEAVY, "numpy", "pydantic"))


@pytest.mark.parametrize("arguments", [["--help"], ["atoms", "--help"], ["windows", "--help"]])
def test_the_help_of_the_command_line_imports_nothing_heavy(arguments):
    found = imported_by(
        "from napari_reward_analysis.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass"
    )
    assert found.isdisjoint(HEAVY)
    if arguments == ["--help"]:
        assert found.isdisjoint(("numpy", "pydantic"))


def imports_for_type_checkers() -> dict[str, str]:
    """Names and their modules in the block that only type checkers read."""
    tree = ast.parse(Path(str(nra.__file__)).read_text(encoding="utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    return {
        alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_name_is_the_one_that_type_checkers_see():
    typed = imports_for_type_checkers()
    assert set(typed) == set(nra.__all__) - {"__version__"}
    for name, module in typed.items():
        assert getattr(nra, name) is getattr(import_module(module), name)


def test_all_names_are_offered_to_completion():
    assert set(nra.__all__) <= set(dir(nra))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'find_molecules'"):
        nra.find_molecules  # noqa: B018
