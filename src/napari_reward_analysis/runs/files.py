"""A run of any kind on the disk: a log while it goes on, then one whole file.

A kind of run brings its head, a record for each of its results, and a reader for both;
the rest is here. See `run_head` for what the heads have in common.
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
from napari_reward_analysis.runs.journal import RUN_FILE, Journal, Record, make_folder, read_records

R = TypeVar("R")
T = TypeVar("T")


#: What a reader raises over a file with something else in it than it should hold.
_DAMAGE = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    zlib.error,
)


@dataclass(frozen=True)
class RunKind:
    """What tells one kind of run from the others on the disk.

    Attributes
    ----------
    name : str
        What its files say under 'kind'.
    file : str
        Name of the whole file; the log's has one letter more.
    damaged : str
        What a file is said to be that cannot be read, after 'FILE is'.
    topic : str
        What to choose instead of a run of another kind; where it is empty, the name is
        not looked at and such a run is damaged like any other.
    """

    name: str
    file: str = RUN_FILE
    damaged: str = "not a run of this program"
    topic: str = ""

    def save(self, folder: Path, head: Record, records: Iterable[Record]) -> Path:
        """Write the whole file into a folder, made when missing.

        Raises
        ------
        BadInput
            If it cannot be written; an older file is then untouched.
        """
        make_folder(folder)
        path = folder / self.file
        write_text(path, json.dumps(head | {"trials": list(records)}, indent=1) + "\n")
        return path

    def load(self, path: Path, read: Callable[[Record, list[Record]], R]) -> R:
        """Read a run: its folder, its file, or the log of one that was cut off.

        Parameters
        ----------
        path : Path
            Folder, file or log.
        read : callable
            Makes the run of head and records. What it raises for want of a value or for
            a wrong one means that the file is damaged.

        Raises
        ------
        BadInput
            If there is no such run, or the file is damaged or of a newer version.
        """
        try:
            head, *records = read_records(path, self.file)
            refuse_newer(head)
            self._refuse_other(path, head)
            return read(head, records)
        except BadInput:
            raise
        except _DAMAGE as error:
            raise BadInput(f"{path} is {self.damaged}, or is damaged.") from error

    def _refuse_other(self, path: Path, head: Record) -> None:
        if self.topic and head.get("kind", self.name) != self.name:
            raise BadInput(
                f"{path} is a run of another analysis ({head.get('kind')}): choose one of "
                f"{self.topic}."
            )


class ResultLog(Generic[T]):
    """A run's log file, open while the run goes on; see `Journal`.

    Parameters
    ----------
    kind : RunKind
        Names the file.
    folder : Path
        Made when missing.
    head : dict
        Written at once.
    record : callable
        Makes plain values of a result.

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    """

    def __init__(
        self, kind: RunKind, folder: Path, head: Record, record: Callable[[T], Record]
    ) -> None:
        self._journal = Journal(folder, head, f"{kind.file}l")
        self._record = record
        self.path = self._journal.path

    def add(self, result: T) -> None:
        """Append one result and flush it."""
        self._journal.write(self._record(result))

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
        The run of a head and records.
    closing : callable
        What a finished file says beside head and trials: front and proposals.
    """

    name: str
    file: str
    head: Callable[[R], Record]
    record: Callable[[Any], Record]
    read: Callable[[Record, list[Record]], R]
    closing: Callable[[R], Record] = lambda _run: {}

    @property
    def _kind(self) -> RunKind:
        return RunKind(self.name, self.file, topic=repr(self.name))

    def log(self, run: R, folder: Path) -> ResultLog[Any]:
        """Begin the log of a run in a folder, which is made when missing."""
        return ResultLog(self._kind, folder, self.head(run), self.record)

    def save(self, run: R, folder: Path) -> Path:
        """Write the whole file, or leave an older one as it was."""
        trials: Iterable[Any] = getattr(run, "trials", ())
        return self._kind.save(folder, self.head(run) | self.closing(run), map(self.record, trials))

    def load(self, path: Path) -> R:
        """Read a run: its folder, its file, or the log of one that was cut off."""
        return self._kind.load(path, self.read)
