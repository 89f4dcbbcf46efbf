"""Load a user's script that registers rewards or stages."""

from __future__ import annotations

import runpy
from pathlib import Path

from napari_reward_analysis.errors import BadInput


def load_plugin(path: Path) -> None:
    """Run a script that registers rewards or stages.

    Parameters
    ----------
    path : Path
        A Python file that uses `register_reward` or `register_stage`.

    Raises
    ------
    BadInput
        If the file does not exist, or the script fails.
    """
    if not path.is_file():
        raise BadInput(f"There is no script {path}: name the file that registers your functions.")
    try:
        runpy.run_path(str(path))
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(
            f"The script {path} fails ({type(error).__name__}: {error}): correct it and try again."
        ) from error
