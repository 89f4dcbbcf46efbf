"""Ask the user for files and folders, and write runs into them.

A thread writes the files, since the first figure takes a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.image import Image
from napari_reward_analysis.runs.analysis import Analysis, Pick

Say = Callable[[str, bool], None]


class Exports(QObject):
    """Dialogs for files. Threads write the files.

    Parameters
    ----------
    parent : QWidget
        Parent of the dialogs.
    say : callable
        Called with a sentence, and with True for a warning.
    """

    def __init__(self, parent: QWidget, say: Say) -> None:
        super().__init__(parent)
        self._parent, self._say = parent, say
        self._folder = ""
        self._tasks: list[BackgroundTask[Any]] = []

    def run(self, run: Any, analysis: Analysis[Any]) -> None:
        """Ask for a folder and save the run in it."""
        folder = self.ask_folder(f"Folder for {analysis.format.file}")
        if folder is not None and self.may_replace(folder, analysis.format.file):
            snapshot = snapshot_of(run)
            self.write(lambda: analysis.format.save(snapshot, folder), "The run", folder)

    def everything(
        self,
        run: Any,
        analysis: Analysis[Any],
        shown: ShownImage | None,
        more: Callable[[Path], object] | None = None,
        tables: tuple[str, ...] = (),
    ) -> None:
        """Ask for a folder, and write all files that the command line writes.

        Parameters
        ----------
        run : BaseRun
        analysis : Analysis
        shown : ShownImage or None
            The run's image; None if it is not open.
        more : callable, optional
            Writes further files into the folder. It is called in the thread.
        tables : tuple of str
            Further files that are replaced only if the user agrees.
        """
        folder = self.ask_folder(f"Folder for {analysis.format.file}, tables and figures")
        if folder is None or not self.may_replace(folder, analysis.format.file, *tables):
            return
        snapshot = snapshot_of(run)
        pick = Pick() if run.choice is None else Pick(str(run.choice))

        def work() -> None:
            analysis.format.save(snapshot, folder)
            analysis.write(snapshot, folder, pick, image_of(snapshot, shown))
            if more is not None:
                more(folder)

        self.write(work, "Run, tables and figures", folder)

    def ask_run(self, start: Path, file: str) -> Path | None:
        """Ask which saved run to load."""
        begin = self._folder or (str(start) if start.is_dir() else "")
        kinds = f"Runs ({file} {file}l);;All runs (*.json *.jsonl)"
        path, _ = QFileDialog.getOpenFileName(self._parent, "Load a run", begin, kinds)
        return Path(path) if path else None

    def ask_name(self, run: Any) -> str:
        """Ask for a name of a run; empty if the user cancels."""
        name, accepted = QInputDialog.getText(
            self._parent, "Rename the run", "Name of the run", text=run.name
        )
        return str(name) if accepted else ""

    def drop(self) -> None:
        """Ignore the outcome of files that are still being written."""
        for task in self._tasks:
            task.drop()

    # ---- helpers for the exports of an analysis

    def ask_file(self, title: str, name: str, kinds: str) -> Path | None:
        """Ask for a file to write. A name without a suffix gets that of the chosen kind."""
        start = str(Path(self._folder) / name) if self._folder else name
        chosen, kind = QFileDialog.getSaveFileName(self._parent, title, start, kinds)
        if not chosen:
            return None
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(kind[kind.index("*") + 1 :].strip("*() ").split()[0])
        self._folder = str(path.parent)
        return path

    def ask_folder(self, title: str) -> Path | None:
        """Ask for a folder to write into."""
        chosen = QFileDialog.getExistingDirectory(self._parent, title, self._folder)
        if not chosen:
            return None
        self._folder = chosen
        return Path(chosen)

    def may_replace(self, folder: Path, *names: str) -> bool:
        """Ask before files in the folder are replaced; True if they may be."""
        there = [name for name in names if (folder / name).exists()]
        if not there:
            return True
        answer = QMessageBox.question(
            self._parent,
            "Replace the files?",
            f"{folder} already holds {' and '.join(there)}. Replace?",
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def write(self, work: Callable[[], object], what: str, path: Path) -> None:
        """Write in a thread, then report success or failure."""
        task: BackgroundTask[object] = BackgroundTask(
            work,
            lambda _: self._say(f"{what} saved: {path}", False),
            lambda error: self._say(error, True),
        )
        self._tasks = [other for other in self._tasks if other.going_on]
        self._tasks.append(task)
        task.start()


def image_of(run: Any, shown: ShownImage | None) -> Image | None:
    """Return the pixels of a run's image; None if it is not open or was changed."""
    image = None if shown is None else shown.image(run.image.pixel_size)
    return image if image is not None and run.image.matches(image) else None


def file_name(run: Any) -> str:
    """Return a run's name as the stem of a file name."""
    kept = "".join(c if c.isalnum() or c in "-_.[]" else "_" for c in run.name)
    return kept.strip("_.") or "run"


def snapshot_of(run: Any) -> Any:
    """Return a copy of the run for a thread, since the run may grow meanwhile."""
    return replace(run, trials=list(run.trials))
