"""What the buttons of the results write: points, plot, run.

Questions to the user (which file?) are asked here; the writing is handed to a thread,
since the first figure takes a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from napari_reward_analysis.analyses.atoms.run import RUN_FILE, Run, save_run
from napari_reward_analysis.analyses.atoms.table import Table
from napari_reward_analysis.gui.analysis.autosave import save_any_run
from napari_reward_analysis.gui.analysis.session import AnyRun
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.io.writers import write_csv, write_extxyz

Say = Callable[[str, bool], None]


class BaseExports(QObject):
    """Writes runs of any analysis where the user wants them.

    Parameters
    ----------
    parent : QWidget
        Parent of the dialogs.
    say : callable
        Called with a sentence and whether it is a warning.
    """

    def __init__(self, parent: QWidget, say: Say) -> None:
        super().__init__(parent)
        self._parent, self._say = parent, say
        self._folder = ""
        self._tasks: list[BackgroundTask[Any]] = []

    def run(self, run: AnyRun) -> None:
        """Ask for a folder and save the run in it."""
        folder = self._ask_folder(f"Folder for {RUN_FILE}")
        if folder is not None and self._may_replace(folder):
            snapshot = snapshot_of(run)
            self._write(lambda: save_any_run(snapshot, folder), "The run", folder)

    def ask_run(self, start: Path) -> Path | None:
        """Ask which saved run to load."""
        begin = self._folder or (str(start) if start.is_dir() else "")
        kinds = "Runs (*.json *.jsonl)"
        path, _ = QFileDialog.getOpenFileName(self._parent, "Load a run", begin, kinds)
        return Path(path) if path else None

    def ask_name(self, run: AnyRun) -> str:
        """Ask what a run shall be called; empty when the user thinks better of it."""
        name, accepted = QInputDialog.getText(
            self._parent, "Rename the run", "Name of the run", text=run.name
        )
        return str(name) if accepted else ""

    # ---- within

    def _ask_file(self, title: str, name: str, kinds: str) -> Path | None:
        start = str(Path(self._folder) / name) if self._folder else name
        chosen, kind = QFileDialog.getSaveFileName(self._parent, title, start, kinds)
        if not chosen:
            return None
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(kind[kind.index("*") + 1 :].strip("*() ").split()[0])
        self._folder = str(path.parent)
        return path

    def _ask_folder(self, title: str) -> Path | None:
        chosen = QFileDialog.getExistingDirectory(self._parent, title, self._folder)
        if not chosen:
            return None
        self._folder = chosen
        return Path(chosen)

    def _may_replace(self, folder: Path) -> bool:
        if not (folder / RUN_FILE).exists():
            return True
        answer = QMessageBox.question(
            self._parent, "Replace the run?", f"{folder} holds a run already. Replace it?"
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _write(self, work: Callable[[], object], what: str, path: Path) -> None:
        task: BackgroundTask[object] = BackgroundTask(
            work,
            lambda _: self._say(f"{what} saved: {path}", False),
            lambda error: self._say(error, True),
        )
        self._tasks = [other for other in self._tasks if other.going_on]
        self._tasks.append(task)
        task.start()


class Exports(BaseExports):
    """Writes points, plots and runs of a search of atoms."""

    def points_csv(self, run: Run, table: Table) -> None:
        """Ask for a file and write the points as CSV."""
        path = self._ask_file("Points as CSV", f"{file_name(run)}.csv", "CSV (*.csv)")
        if path is not None:
            self._write(lambda: write_csv(path, table), f"{len(table['id'])} points", path)

    def points_xyz(self, run: Run, table: Table) -> None:
        """Ask for a file and write the points as extended XYZ."""
        path = self._ask_file(
            "Points as extended XYZ", f"{file_name(run)}.xyz", "Extended XYZ (*.xyz *.extxyz)"
        )
        if path is not None:
            size, shape = run.image.pixel_size, run.image.shape
            self._write(
                lambda: write_extxyz(path, table, size, shape), f"{len(table['id'])} points", path
            )

    def figure(self, run: Run) -> None:
        """Ask for a file and draw the front into it."""
        path = self._ask_file(
            "Plot of the front", f"{file_name(run)}.svg", "SVG (*.svg);;PNG (*.png)"
        )
        if path is not None:
            snapshot = snapshot_of(run)
            self._write(lambda: _save_front(snapshot, path), "The plot", path)

    def everything(self, run: Run, table: Table) -> None:
        """Ask for a folder and write run, points and plot, as the command line does."""
        folder = self._ask_folder("Folder for run.json, atoms.csv and front.png")
        if folder is None or not self._may_replace(folder):
            return
        snapshot = snapshot_of(run)

        def write() -> None:
            save_run(snapshot, folder)
            write_csv(folder / "atoms.csv", table)
            _save_front(snapshot, folder / "front.png")

        self._write(write, "Run, points and plot", folder)


def file_name(run: AnyRun) -> str:
    """A run's name as the stem of a file's."""
    kept = "".join(c if c.isalnum() or c in "-_.[]" else "_" for c in run.name)
    return kept.strip("_.") or "run"


def snapshot_of(run: Any) -> Any:
    """The run as it is now, for a thread: it may grow meanwhile."""
    return replace(run, trials=list(run.trials))


def _save_front(run: Run, path: Path) -> None:
    # imported here: matplotlib takes a while
    from napari_reward_analysis.analyses.atoms.figures import save_front

    save_front(run, path)
