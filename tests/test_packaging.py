"""Tests of the package: import without Qt, manifest, version, entry points."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.resources
import subprocess
import sys
from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_reward_analysis

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = importlib.resources.files("napari_reward_analysis") / "napari.yaml"

LIST_HEAVY = """
import sys
import napari_reward_analysis
heavy = {"napari", "vispy", "qtpy", "pyqtgraph", "magicgui", "superqt",
         "PyQt5", "PyQt6", "PySide2", "PySide6"}
print(*sorted(heavy & set(sys.modules)))
"""


def test_import_brings_neither_qt_nor_napari() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIST_HEAVY], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_version_is_the_one_of_the_metadata() -> None:
    assert napari_reward_analysis.__version__ == importlib.metadata.version(
        "napari-reward-analysis"
    )


def test_entry_point_finds_the_manifest() -> None:
    manifest = PluginManifest.from_distribution("napari-reward-analysis")
    assert manifest.name == "napari-reward-analysis"
    assert MANIFEST.is_file()


def test_every_command_of_the_manifest_can_be_imported() -> None:
    manifest = PluginManifest.from_distribution("napari-reward-analysis")
    manifest.validate_imports()


def test_command_line_entry_point_can_be_called() -> None:
    (entry,) = importlib.metadata.entry_points(
        group="console_scripts", name="napari-reward-analysis"
    )
    assert callable(entry.load())


def test_every_folder_with_modules_is_a_package() -> None:
    # import-linter passes over a folder without __init__.py, and so over all that is in it
    package = Path(napari_reward_analysis.__file__).parent
    folders = {module.parent for module in package.rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_package_says_that_it_is_typed() -> None:
    assert (importlib.resources.files("napari_reward_analysis") / "py.typed").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="a checkout on Windows may hold no links")
def test_manifest_at_the_top_level_is_a_link_to_the_package_s_own() -> None:
    link = ROOT / "napari.yaml"
    assert link.is_symlink()
    assert not Path(link.readlink()).is_absolute()
    assert link.read_bytes() == MANIFEST.read_bytes()
