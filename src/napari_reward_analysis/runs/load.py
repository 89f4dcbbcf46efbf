"""Read a saved run of any analysis."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.runs.registered import find_analysis

#: Name of the analysis at the beginning of every run file.
_KIND = re.compile(r'"kind":\s*"(\w+)"')
_BEGINNING = 4096


def load_any(path: Path) -> Any:
    """Read a run of any analysis.

    Parameters
    ----------
    path : Path
        The folder of the run, its file, or the log of an interrupted run.

    Returns
    -------
    BaseRun
        The run, of the class that belongs to its analysis.

    Raises
    ------
    BadInput
        If there is no run, if the folder holds runs of several analyses, or if the file is
        damaged or was saved by a newer version.
    """
    if not path.exists():
        raise BadInput(f"There is no run {path}: check the name.")
    kinds = _kinds_in(path) if path.is_dir() else {kind_of(path)}
    known = sorted(filter(None, kinds))
    if not known and path.is_dir():
        raise BadInput(f"There is no run in {path}: choose a folder that holds one.")
    if not known:
        raise BadInput(f"{path} is not a run of this program, or is damaged: choose another file.")
    if len(known) > 1:
        raise BadInput(
            f"{path} holds runs of several analyses ({', '.join(known)}): name the file of one."
        )
    return find_analysis(known[0]).format.load(path)


def kind_of(file: Path) -> str | None:
    """Return the analysis of a run file; None if it is not a run file."""
    try:
        with file.open(encoding="utf-8") as opened:
            found = _KIND.search(opened.read(_BEGINNING))
    except (OSError, UnicodeDecodeError):
        return None
    return found[1] if found else None


def _kinds_in(folder: Path) -> set[str | None]:
    return {kind_of(file) for file in folder.iterdir() if file.suffix in (".json", ".jsonl")}
