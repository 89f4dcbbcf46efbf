"""Load a user's script that registers rewards, stages or analyses."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from napari_reward_analysis.errors import BadInput


def load_plugin(path: Path) -> None:
    """Run a script that registers rewards, stages or analyses.

    Parameters
    ----------
    path : Path
        A Python file that uses `register_reward`, `register_stage` or `register_analysis`.

    Raises
    ------
    BadInput
        If the file does not exist, or the script fails.
    """
    if not path.is_file():
        raise BadInput(f"There is no script {path}: name the file that registers your functions.")
    try:
        _import_file(path)
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(
            f"The script {path} fails ({type(error).__name__}: {error}): correct it and try again."
        ) from error


def _import_file(path: Path) -> None:
    """Import a file as a module, so that its classes know where they come from."""
    name = f"napari_reward_analysis_plugin_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"The script {path} is not a Python file: choose a file that ends in .py.")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
