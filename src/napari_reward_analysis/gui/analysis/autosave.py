"""Save runs as they grow, in a folder of the user's own.

Everything here is called from the thread of an analysis, so that a slow disk does not hold
up the window. A disk that fails is reported once, and the run goes on without.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.run import BaseRun

#: Beside each run: its name, time and status.
ABOUT_FILE = "about.json"

#: Saved runs that are kept; older ones make room.
KEPT = 50


def autosave_folder(analysis: str) -> Path:
    """Folder of an analysis in which runs save themselves, e.g. ``~/.local/share/...`` on Linux.

    Parameters
    ----------
    analysis : str
        Name of the analysis.
    """
    # the first analysis had no name in its folder
    name = "runs" if analysis == "atoms" else f"{analysis}-runs"
    return platformdirs.user_data_path("napari-reward-analysis", appauthor=False) / name


class Autosave:
    """The log of a run while it goes on, and its file when it is over.

    Parameters
    ----------
    run : BaseRun
        The run, which whoever iterates the analysis fills.
    root : Path
        Folder of all runs; the run gets one of its own in it.
    files : RunFormat
        How runs of this analysis are saved.
    """

    def __init__(self, run: BaseRun[Any], root: Path, files: RunFormat[Any]) -> None:
        self._run, self._files = run, files
        self.folder = root / run.identifier
        self._log: Any = None
        self._failed = False

    def open(self) -> str:
        """Start the log; returns why that is impossible, else ''."""
        try:
            self._log = self._files.log(self._run, self.folder)
            self._describe("cut off")
        except BadInput as error:
            return self._give_up(error)
        return ""

    def add(self, trial: Any) -> str:
        """Save a trial; returns why that is impossible, once, else ''."""
        if self._log is None:
            return ""
        try:
            self._log.add(trial)
        except BadInput as error:
            return self._give_up(error)
        return ""

    def close(self) -> str:
        """Turn the log into a whole file; returns why that is impossible, once, else ''.

        A run without a trial leaves nothing behind.
        """
        if self._failed:
            return ""
        found = bool(self._run.trials) or self._run.has_result()
        try:
            if found:
                self._files.save(self._run, self.folder)
                self._describe(self._run.status)
            if self._log is not None:
                self._log.close()
        except (BadInput, OSError) as error:
            return self._give_up(error)
        if not found:
            shutil.rmtree(self.folder, ignore_errors=True)
        return ""

    def _describe(self, status: str) -> None:
        """Write what a list of runs shows, so that it need not read all the trials."""
        run = self._run
        facts = {"name": run.name, "created": run.created, "status": status}
        write_text(self.folder / ABOUT_FILE, json.dumps(facts) + "\n")

    def _give_up(self, error: Exception) -> str:
        if self._log is not None:
            with suppress(OSError):  # what a full disk could not take is lost
                self._log.close(keep=True)
        self._failed, self._log = True, None
        return not_saved(str(error))


def not_saved(why: str) -> str:
    """The warning that a run is not saved."""
    return f"This run could not be saved: {why}"


def forget_old_runs(root: Path, file: str, kept: int = KEPT) -> None:
    """Delete the oldest saved runs beyond a number; runs that were cut off count too.

    Parameters
    ----------
    root : Path
        Folder of all runs of an analysis. Only folders in it that hold a run are deleted.
    file : str
        Name of a run's whole file; its log has one letter more.
    kept : int
        Number of runs that stay.
    """
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        files = [folder / name for name in (file, f"{file}l") if (folder / name).is_file()]
        if files:
            found.append((max(file.stat().st_mtime for file in files), folder))
    for _, folder in sorted(found, reverse=True)[kept:]:
        shutil.rmtree(folder, ignore_errors=True)


def recent_runs(root: Path, most: int = 12) -> list[tuple[Path, str]]:
    """Folder and label of the runs that saved themselves, the newest first."""
    found = []
    for about in root.glob(f"*/{ABOUT_FILE}"):
        try:
            facts = json.loads(about.read_text(encoding="utf-8"))
            label = f"{facts['created'][:16].replace('T', ' ')}  {facts['name']}"
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a folder that is just being written or deleted
        cut = "" if facts.get("status") == "done" else f" ({facts.get('status')})"
        found.append((str(facts["created"]), about.parent, label + cut))
    found.sort(key=lambda item: item[0], reverse=True)
    return [(folder, label) for _, folder, label in found[:most]]
