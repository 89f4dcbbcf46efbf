"""A log that grows by a line a trial, and the whole file that takes its place.

The first line holds all that is known at the start, then comes one line a trial, each
flushed: a process that is killed loses the line it was writing, no more.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from napari_reward_analysis.errors import BadInput

RUN_FILE = "run.json"
LOG_FILE = "run.jsonl"

Record = dict[str, Any]


class Journal:
    """A log file, open while a run goes on.

    Parameters
    ----------
    folder : Path
        Made when missing.
    head : dict
        The first line.
    name : str
        Of the file.

    Raises
    ------
    BadInput
        If the folder cannot be written to.
    """

    def __init__(self, folder: Path, head: Record, name: str = LOG_FILE) -> None:
        self.path = folder / name
        self._lines, self._cut = 0, False
        existed = folder.exists()
        make_folder(folder)
        try:
            self._file = self.path.open("w", encoding="utf-8")
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        try:
            self.write(head)
        except BadInput:
            self.close()
            if not existed:
                with suppress(OSError):
                    folder.rmdir()
            raise

    def write(self, record: Record) -> None:
        """Append one line and flush it."""
        try:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()
        except OSError as error:
            # a head alone is nothing to keep
            self._cut = self._lines > 1
            raise _cannot_write(self.path, error, cut=self._cut) from error
        self._lines += 1

    def close(self, *, keep: bool = False) -> None:
        """Close the log, and remove it unless it is to be kept.

        A log that could not be written to its end is kept: it is all that there is.
        """
        with suppress(OSError):  # it tries again to write what has been refused
            self._file.close()
        if not (keep or self._cut):
            self.path.unlink(missing_ok=True)


def read_records(path: Path, name: str = RUN_FILE) -> list[Record]:
    """Head and trials of a run: its folder, its `run.json`, or the log of one cut off.

    Parameters
    ----------
    path : Path
        Folder, file or log.
    name : str
        What the whole file is called in its folder; its log has one letter more.

    Raises
    ------
    BadInput
        If there is no run, or the file is damaged.
    """
    if path.is_dir():
        found = [path / file for file in (name, f"{name}l") if (path / file).exists()]
        if not found:
            raise BadInput(f"There is no run in {path}: choose a folder that holds {name}.")
        # a log beside a finished run is a newer run that was cut off
        path = max(found, key=lambda p: p.stat().st_mtime_ns)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a run: choose a {name}.") from error
    records = _log_records(text) if path.suffix == ".jsonl" else _whole_record(text, path, name)
    whole = all(isinstance(record, dict) for record in records)
    if not whole or not records or "format" not in records[0]:
        raise BadInput(f"{path} is not a run of this program, or is damaged.")
    return records


def make_folder(folder: Path) -> None:
    """Make a folder and what it lies in."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _whole_record(text: str, path: Path, name: str) -> list[Record]:
    try:
        record = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        log = path.with_name(f"{name}l")
        other = f", or load its {log.name}" if log.exists() else ""
        raise BadInput(f"{path} was cut short or damaged: repeat the run{other}.") from error
    trials = record.get("trials") if isinstance(record, dict) else None
    return [record, *trials] if isinstance(trials, list) else []


def _log_records(text: str) -> list[Record]:
    records = []
    for line in text.splitlines():
        try:
            records.append(json.loads(line))
        except (json.JSONDecodeError, RecursionError):
            break  # the line that was being written when the process ended
    return records


def _cannot_write(path: Path, error: OSError, *, cut: bool = False) -> BadInput:
    rest = "; what it holds so far is kept" if cut else ""
    return BadInput(
        f"{path} cannot be written ({error.strerror or error}): "
        f"free some space or choose another folder{rest}."
    )
