"""Write and read the log of a run, and the file that replaces it at the end.

The first line of the log is the head. Each trial adds a line, which is flushed at once. A
killed process loses only the line that it was writing.
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
    """A log file. It stays open during the run.

    Parameters
    ----------
    folder : Path
        Folder of the log. It is made if missing.
    head : dict
        The first line.
    name : str
        Name of the file.

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
            # a head without trials is not worth keeping
            self._cut = self._lines > 1
            raise _cannot_write(self.path, error, cut=self._cut) from error
        self._lines += 1

    def close(self, *, keep: bool = False) -> None:
        """Close the log. Remove it unless `keep` is set.

        A log that could not be written completely is kept, since it is the only copy.
        """
        with suppress(OSError):  # closing tries again to write the refused line
            self._file.close()
        if not (keep or self._cut):
            self.path.unlink(missing_ok=True)


def read_records(path: Path, name: str = RUN_FILE) -> list[Record]:
    """Read head and trials of a run from its folder, its file, or its log.

    Parameters
    ----------
    path : Path
        Folder, file or log.
    name : str
        Name of the run's file in its folder. The name of the log has one letter more.

    Raises
    ------
    BadInput
        If there is no run, or the file is damaged.
    """
    if path.is_dir():
        found = [path / file for file in (name, f"{name}l") if (path / file).exists()]
        if not found:
            raise BadInput(f"There is no run in {path}: choose a folder that holds {name}.")
        # a log beside a finished run belongs to a newer run that was interrupted
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
    """Make a folder and its parents."""
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
            break  # this line was being written when the process ended
    return records


def _cannot_write(path: Path, error: OSError, *, cut: bool = False) -> BadInput:
    rest = "; the part written so far is kept" if cut else ""
    return BadInput(
        f"{path} cannot be written ({error.strerror or error}): "
        f"free some space or choose another folder{rest}."
    )
