"""A run of any kind on the disk: a log while it goes on, then one whole file.

An analysis brings a `RunFormat`: its head, a record for each of its trials, and a reader
for both. The module `head` has what the heads have in common.
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

#: What a reader raises over a file that does not hold what it should. A TypeError or an
#: AttributeError is none of them: that would be a bug of the reader.
_DAMAGE = (KeyError, ValueError, zlib.error)


class RunLog:
    """A run's log file, open while the run goes on; see `Journal`.

    Parameters
    ----------
    path : Path
        The log. Its folder is made when missing.
    head : dict
        Written at once.
    record : callable
        Makes plain values of a trial.

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
        """Close the log, and remove it unless it is to be kept."""
        self._journal.close(keep=keep)


@dataclass(frozen=True)
class RunFormat(Generic[R]):
    """How the runs of one analysis are saved and loaded.

    Attributes
    ----------
    name : str
        The analysis, as its files say under 'kind'.
    file : str
        Name of the whole file; the log's has one letter more.
    head : callable
        What is known of a run before its first trial, as plain values.
    record : callable
        A trial as plain values.
    read : callable
        The run of a head and records, which are dicts with text as keys. It raises KeyError
        or ValueError where something is missing or of another type than it should be.
    closing : callable
        What a finished file says beside head and trials: front and proposals.
    """

    name: str
    file: str
    head: Callable[[R], Record]
    record: Callable[[Any], Record]
    read: Callable[[Record, list[Record]], R]
    closing: Callable[[R], Record] = lambda _run: {}

    def log(self, run: R, folder: str | Path) -> RunLog:
        """Begin the log of a run in a folder, which is made when missing.

        Raises
        ------
        BadInput
            If the folder cannot be written to.
        """
        return RunLog(Path(folder) / f"{self.file}l", self.head(run), self.record)

    def save(self, run: R, folder: str | Path) -> Path:
        """Write the whole file into a folder, which is made when missing.

        Raises
        ------
        BadInput
            If it cannot be written; an older file is then untouched.
        """
        trials: Iterable[Any] = getattr(run, "trials", ())
        whole = self.head(run) | self.closing(run) | {"trials": [*map(self.record, trials)]}
        make_folder(Path(folder))
        path = Path(folder) / self.file
        write_text(path, json.dumps(whole, indent=1) + "\n")
        return path

    def load(self, path: str | Path) -> R:
        """Read a run: its folder, its file, or the log of one that was cut off.

        Raises
        ------
        BadInput
            If there is no such run, or the file is damaged or of a newer version.
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
