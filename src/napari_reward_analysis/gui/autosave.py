"""Runs are saved as they grow, in a folder of the user's own.

Everything here is called from the search's thread, so that a slow disk does not hold
up the window. A disk that fails is reported once, and the run goes on without.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from napari_reward_analysis.amorphous_runs import AmorphousLog, AmorphousRun, save_amorphous_run
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.runs import LOG_FILE, RUN_FILE, Run, RunLog, Status, save_run

#: Beside each run: its name, time and status.
ABOUT_FILE = "about.json"

#: Saved runs that are kept; older ones make room.
KEPT = 50


def autosave_folder(analysis: str = "runs") -> Path:
    """Where runs are saved on their own, e.g. ``~/.local/share/...`` on Linux.

    Parameters
    ----------
    analysis : str
        Each analysis has a folder of its own.
    """
    return platformdirs.user_data_path("napari-reward-analysis", appauthor=False) / analysis


class Autosave:
    """One run's log while it goes on, and its file when it is over.

    Parameters
    ----------
    run : Run or AmorphousRun
        The run before its first trial.
    root : Path
        Folder of all runs; the run gets one of its own in it.
    """

    def __init__(self, run: Any, root: Path) -> None:
        self._run: Any = replace(run, trials=[])
        self.folder = root / run.identifier
        self._log: Any = None
        self._failed = False

    def open(self) -> str:
        """Start the log; says why it cannot be, else ''."""
        try:
            self._log = _log_of(self._run, self.folder)
            self._describe("cut off")
        except BadInput as error:
            return self._give_up(error)
        return ""

    def add(self, trial: Any) -> str:
        """Save a trial; says once why it cannot be, else ''."""
        self._run.trials.append(trial)
        if self._log is None:
            return ""
        try:
            self._log.add(trial)
        except BadInput as error:
            return self._give_up(error)
        return ""

    def refine(self, positions: Mapping[int, Refined]) -> None:
        """Note sub-pixel positions of trials, by their index, to be saved at the end."""
        self._run.trials = [
            replace(trial, refined=positions.get(trial.index)) for trial in self._run.trials
        ]

    def close(self, status: Status, message: str) -> str:
        """Turn the log into a finished file; says once why it cannot be, else ''.

        A run without a trial leaves nothing behind.
        """
        self._run.status, self._run.message = status, message
        if self._failed:
            return ""
        try:
            if self._run.trials:
                save_any_run(self._run, self.folder)
                self._describe(status)
            if self._log is not None:
                self._log.close()
        except (BadInput, OSError) as error:
            return self._give_up(error)
        if not self._run.trials:
            shutil.rmtree(self.folder, ignore_errors=True)
        return ""

    def _describe(self, status: str) -> None:
        """What a list of runs shows, without reading all their trials."""
        facts = {"name": self._run.name, "created": self._run.created, "status": status}
        write_text(self.folder / ABOUT_FILE, json.dumps(facts) + "\n")

    def _give_up(self, error: Exception) -> str:
        if self._log is not None:
            with suppress(OSError):  # what a full disk could not take is lost
                self._log.close(keep=True)
        self._failed, self._log = True, None
        return f"This run is not saved on its own: {error}"


def save_any_run(run: Run | AmorphousRun, folder: Path) -> Path:
    """Write a run of whichever analysis into a folder."""
    if isinstance(run, AmorphousRun):
        return save_amorphous_run(run, folder)
    return save_run(run, folder)


def _log_of(run: Run | AmorphousRun, folder: Path) -> RunLog | AmorphousLog:
    return AmorphousLog(run, folder) if isinstance(run, AmorphousRun) else RunLog(run, folder)


def forget_old_runs(root: Path, kept: int = KEPT) -> None:
    """Delete the oldest saved runs beyond a number; runs that were cut off count too.

    Only folders that hold a run are touched.
    """
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        files = [folder / name for name in (RUN_FILE, LOG_FILE) if (folder / name).is_file()]
        if files:
            found.append((max(file.stat().st_mtime for file in files), folder))
    for _, folder in sorted(found, reverse=True)[kept:]:
        shutil.rmtree(folder, ignore_errors=True)


def recent_runs(root: Path, most: int = 12) -> list[tuple[Path, str]]:
    """Runs that were saved on their own, the newest first: folder and what to call it."""
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
