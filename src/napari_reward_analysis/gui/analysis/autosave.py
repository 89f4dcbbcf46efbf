"""Save runs while they grow, in a folder of the user.

The thread of an analysis calls all of this, so that a slow disk does not delay the window. A
disk error is reported once. The run then goes on without being saved.
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

#: File beside each run, with its name, time and status.
ABOUT_FILE = "about.json"

#: Number of saved runs that are kept. Older ones are deleted.
KEPT = 50


def autosave_folder(analysis: str) -> Path:
    """Return the folder for automatically saved runs, e.g. ``~/.local/share/...`` on Linux.

    Parameters
    ----------
    analysis : str
        Name of the analysis.
    """
    # the folder of the first analysis never contained its name
    name = "runs" if analysis == "atoms" else f"{analysis}-runs"
    return platformdirs.user_data_path("napari-reward-analysis", appauthor=False) / name


class Autosave:
    """Saves a run: as a log during the run, and as a file at its end.

    Parameters
    ----------
    run : BaseRun
        The run. The caller adds its trials.
    root : Path
        Folder of all runs. The run gets its own folder in it.
    files : RunFormat
        File format of this analysis.
    """

    def __init__(self, run: BaseRun[Any], root: Path, files: RunFormat[Any]) -> None:
        self._run, self._files = run, files
        self.folder = root / run.identifier
        self._log: Any = None
        self._failed = False

    def open(self) -> str:
        """Start the log. Return the reason of a failure, else ''."""
        try:
            self._log = self._files.log(self._run, self.folder)
            self._describe("cut off")
        except BadInput as error:
            return self._give_up(error)
        return ""

    def add(self, trial: Any) -> str:
        """Save a trial. Return the reason of the first failure, else ''."""
        if self._log is None:
            return ""
        try:
            self._log.add(trial)
        except BadInput as error:
            return self._give_up(error)
        return ""

    def close(self) -> str:
        """Replace the log by a file. Return the reason of the first failure, else ''.

        A run without a result leaves no files.
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
        """Write the facts for the list of runs, which then need not read all trials."""
        run = self._run
        facts = {"name": run.name, "created": run.created, "status": status}
        write_text(self.folder / ABOUT_FILE, json.dumps(facts) + "\n")

    def _give_up(self, error: Exception) -> str:
        if self._log is not None:
            with suppress(OSError):  # the log cannot write its last lines to a full disk
                self._log.close(keep=True)
        self._failed, self._log = True, None
        return not_saved(str(error))


def not_saved(why: str) -> str:
    """Return the warning that a run could not be saved."""
    return f"This run could not be saved: {why}"


def forget_old_runs(root: Path, file: str, kept: int = KEPT) -> None:
    """Delete the oldest saved runs beyond a number. Interrupted runs count too.

    Parameters
    ----------
    root : Path
        Folder of all runs of an analysis. Only folders in it that hold a run are deleted.
    file : str
        Name of a run's file. The name of the log has one letter more.
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
    """Return folder and label of the automatically saved runs, the newest first."""
    found = []
    for about in root.glob(f"*/{ABOUT_FILE}"):
        try:
            facts = json.loads(about.read_text(encoding="utf-8"))
            label = f"{facts['created'][:16].replace('T', ' ')}  {facts['name']}"
        except (OSError, ValueError, KeyError, TypeError):
            continue  # the folder is being written or deleted
        cut = "" if facts.get("status") == "done" else f" ({facts.get('status')})"
        found.append((str(facts["created"]), about.parent, label + cut))
    found.sort(key=lambda item: item[0], reverse=True)
    return [(folder, label) for _, folder, label in found[:most]]
