"""Save and load runs of any kind: a log during the run, then one file.

An analysis defines a `RunFormat`: a head, a record for each trial, and a reader of both. The
module `head` defines the common part of all heads.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.runs.head import refuse_newer
from napari_reward_analysis.runs.journal import Journal, Record, make_folder, read_records

R = TypeVar("R")
T = TypeVar("T")

#: Errors that a reader raises for a damaged file. TypeError and AttributeError are not among
#: them, since they would be bugs of the reader.
_DAMAGE = (KeyError, ValueError, zlib.error)


class RunLog:
    """The log file of a run. It stays open during the run, see `Journal`.

    Parameters
    ----------
    path : Path
        The log file. Its folder is made if missing.
    head : dict
        Head of the run, written at once.
    record : callable
        Turns a trial into plain values.

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    """

    def __init__(self, path: Path, head: Record, record: Callable[[Any], Record]) -> None:
        self._journal = Journal(path.parent, head, path.name)
        self._record = record
        self.path = path

    def add(self, trial: Any) -> None:
        """Append one trial and flush it."""
        self._journal.write(self._record(trial))

    def close(self, *, keep: bool = False) -> None:
        """Close the log. Remove it unless `keep` is set."""
        self._journal.close(keep=keep)


@dataclass(frozen=True)
class RunFormat(Generic[R]):
    """The file format of one analysis' runs.

    Attributes
    ----------
    name : str
        Name of the analysis, stored in the files as 'kind'.
    file : str
        Name of the run's file. The name of the log has one letter more.
    head : callable
        Returns as plain values the facts that are known before the first trial.
    record : callable
        Returns a trial as plain values.
    read : callable
        Makes the run from a head and records, which are dicts with text as keys. It raises
        KeyError or ValueError if a value is missing or of the wrong type.
    closing : callable
        Returns further values of a finished file, such as the front and the proposed trial.
    """

    name: str
    file: str
    head: Callable[[R], Record]
    record: Callable[[Any], Record]
    read: Callable[[Record, list[Record]], R]
    closing: Callable[[R], Record] = lambda _run: {}

    def log(self, run: R, folder: str | Path) -> RunLog:
        """Begin the log of a run in a folder. The folder is made if missing.

        Raises
        ------
        BadInput
            If the folder cannot be written to.
        """
        return RunLog(Path(folder) / f"{self.file}l", self.head(run), self.record)

    def save(self, run: R, folder: str | Path) -> Path:
        """Save a run in a folder. The folder is made if missing.

        Raises
        ------
        BadInput
            If the file cannot be written. An older file stays as it was.
        """
        trials: Iterable[Any] = getattr(run, "trials", ())
        whole = self.head(run) | self.closing(run) | {"trials": [*map(self.record, trials)]}
        make_folder(Path(folder))
        path = Path(folder) / self.file
        write_text(path, json.dumps(whole, indent=1) + "\n")
        return path

    def load(self, path: str | Path) -> R:
        """Read a run from its folder, its file, or the log of an interrupted run.

        Raises
        ------
        BadInput
            If there is no such run, or the file is damaged or was saved by a newer version.
        """
        try:
            head, *records = read_records(Path(path), self.file)
            refuse_newer(head)
            self._refuse_other(path, head)
            return self.read(head, records)
        except BadInput:
            raise
        except _DAMAGE as error:
            raise BadInput(f"{path} is not a run of this program, or is damaged.") from error

    def _refuse_other(self, path: str | Path, head: Record) -> None:
        kind = head.get("kind")
        if kind != self.name:
            raise BadInput(
                f"{path} is a run of another analysis ({kind}): choose a run of {self.name!r}."
            )
