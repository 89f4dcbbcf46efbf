"""Runs are saved as they grow, in a folder of the user's own.

Everything here is called from the search's thread, so that a slow disk does not hold
up the window. A disk that fails is reported once, and the run goes on without.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.runs.head import Status

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


class About(NamedTuple):
    """What a run is called: its folder, what a list of runs shows, when it began."""

    identifier: str
    name: str
    created: str


@dataclass(frozen=True)
class Keeping:
    """How the runs of an analysis are kept.

    Attributes
    ----------
    file : str
        The whole file; its log has one letter more.
    grows : str
        Attribute of the run that holds what is added one by one.
    log : callable
        Begins the log of a run in a folder.
    save : callable
        Writes a run into a folder.
    about : callable
        What a run is called.
    """

    file: str
    grows: str
    log: Callable[[Any, Path], Any]
    save: Callable[[Any, Path], object]
    about: Callable[[Any], About]


def about_study(run: Any) -> About:
    """A study has no name of its own: it is called by its image."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return About(uuid.uuid4().hex, run.image.name or "unnamed image", now)


class Autosave:
    """One run's log while it goes on, and its file when it is over.

    Parameters
    ----------
    run : Run, AmorphousRun or that of a study
        The run before its first result.
    root : Path
        Folder of all runs; the run gets one of its own in it.
    keeping : Keeping, optional
        How it is kept; as a search by default.
    """

    def __init__(self, run: Any, root: Path, keeping: Keeping) -> None:
        self._keeping = keeping
        self._grown: list[Any] = []
        self._run: Any = replace(run, **{self._keeping.grows: self._grown})
        self._about = self._keeping.about(run)
        self.folder = root / self._about.identifier
        self._log: Any = None
        self._failed = False

    def open(self) -> str:
        """Start the log; says why it cannot be, else ''."""
        try:
            self._log = self._keeping.log(self._run, self.folder)
            self._describe("cut off")
        except BadInput as error:
            return self._give_up(error)
        return ""

    def add(self, result: Any) -> str:
        """Save a trial or result; says once why it cannot be, else ''."""
        self._grown.append(result)
        if self._log is None:
            return ""
        try:
            self._log.add(result)
        except BadInput as error:
            return self._give_up(error)
        return ""

    def refine(self, positions: Mapping[int, Refined]) -> None:
        """Note sub-pixel positions of trials, by their index, to be saved at the end."""
        self._grown[:] = [
            replace(trial, refined=positions.get(trial.index)) for trial in self._grown
        ]

    def close(self, status: Status, message: str) -> str:
        """Turn the log into a finished file; says once why it cannot be, else ''.

        A run without a result leaves nothing behind.
        """
        self._run.status = status
        if hasattr(self._run, "message"):  # a study tells it in the window alone
            self._run.message = message
        if self._failed:
            return ""
        try:
            if self._grown:
                self._keeping.save(self._run, self.folder)
                self._describe(status)
            if self._log is not None:
                self._log.close()
        except (BadInput, OSError) as error:
            return self._give_up(error)
        if not self._grown:
            shutil.rmtree(self.folder, ignore_errors=True)
        return ""

    def _describe(self, status: str) -> None:
        """What a list of runs shows, without reading all their trials."""
        facts = {"name": self._about.name, "created": self._about.created, "status": status}
        write_text(self.folder / ABOUT_FILE, json.dumps(facts) + "\n")

    def _give_up(self, error: Exception) -> str:
        if self._log is not None:
            with suppress(OSError):  # what a full disk could not take is lost
                self._log.close(keep=True)
        self._failed, self._log = True, None
        return f"This run is not saved on its own: {error}"


def forget_old_runs(root: Path, file: str, kept: int = KEPT) -> None:
    """Delete the oldest saved runs beyond a number; runs that were cut off count too.

    Only folders that hold a run, its `file` or the log of it, are touched.
    """
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        files = [folder / name for name in (file, f"{file}l") if (folder / name).is_file()]
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
