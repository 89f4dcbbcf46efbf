"""Open the run file of a study, and save its results in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QMessageBox, QPushButton, QWidget

from napari_reward_analysis.gui.analysis.menus import list_recent
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.background import BackgroundTask


class StudyFiles(QWidget):
    """The buttons "Open…", "Recent" and "Save…" of a study.

    Parameters
    ----------
    file : str
        Name of the run file.
    image : ImageSection
        Gives the image on which an opened run is shown, if the run belongs to it.
    load : callable
        Reads a run from a path; a thread calls it.
    write : callable
        Writes a run into a folder; a thread calls it.
    current : callable
        Gives the run to save.
    folder : callable, optional
        Gives the folder of the automatic saves. Without it there is no button "Recent".
    beside : tuple of str
        Other files that `write` writes. They are not replaced without asking.

    Signals
    -------
    opened : object, object
        A run was read. The second object is its place, or None if another image is shown.
    saved : str
        A run was written into this folder.
    failed : str
        The reason why a run could not be read or written.
    """

    opened = Signal(object, object)
    saved = Signal(str)
    failed = Signal(str)

    def __init__(
        self,
        file: str,
        image: ImageSection,
        *,
        load: Callable[[Path], Any],
        write: Callable[[Any, Path], object],
        current: Callable[[], Any],
        folder: Callable[[], Path] | None = None,
        beside: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self._file, self._image = file, image
        self._written = (file, *beside)
        self._load, self._write, self._current = load, write, current
        self._folder = folder
        self._tasks: list[BackgroundTask[Any]] = []
        self.open, self.recent, self.save = (
            QPushButton(text) for text in ("Open…", "Recent", "Save…")
        )
        self.recent.setToolTip(
            "Studies that were saved automatically, also those that were interrupted"
        )
        self.save.setToolTip("Save the run, its table and its figure in a folder")
        self.save.setEnabled(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.open, 1)
        layout.addWidget(self.recent, 1)
        self.recent.setVisible(folder is not None)
        layout.addWidget(self.save, 1)
        if folder is not None:
            self._offer_recent(folder)
        self.open.clicked.connect(self._ask_open)
        self.save.clicked.connect(self._ask_save)

    def open_run(self, path: Path) -> None:
        """Read a run and check whether it belongs to the shown image."""
        frame, size = self._image.frame, self._image.typed_pixel_size

        def work() -> tuple[Any, Place | None]:
            run = self._load(path)
            if frame is None or frame.shape != tuple(run.image.shape):
                return run, None
            same = run.image.matches(frame.image(size or run.image.pixel_size))
            return run, frame.place if same else None

        self.do(work, lambda found: self.opened.emit(*found))

    def do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run short work in a thread, and call `done` with its result."""
        self._tasks = [task for task in self._tasks if task.going_on]
        self._tasks.append(BackgroundTask(work, done, self.failed.emit))
        self._tasks[-1].start()

    def drop(self) -> None:
        """Ignore the results of work that is still running."""
        for task in self._tasks:
            task.drop()

    def _ask_open(self) -> None:
        kinds = f"Runs ({self._file} {self._file}l)"
        folder = None if self._folder is None else self._folder()
        begin = str(folder) if folder is not None and folder.is_dir() else ""
        path, _ = QFileDialog.getOpenFileName(self, "Open a run", begin, kinds)
        if path:
            self.open_run(Path(path))

    def _offer_recent(self, folder: Callable[[], Path]) -> None:
        menu = QMenu(self.recent)
        self.recent.setMenu(menu)
        menu.aboutToShow.connect(lambda: list_recent(menu, folder()))
        menu.triggered.connect(self._open_recent)

    def _open_recent(self, action: QAction) -> None:
        if action.data():
            self.open_run(Path(action.data()))

    def _ask_save(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the run", "")
        if folder and self._may_replace(Path(folder)):
            run = self._current()
            self.do(lambda: self._write(run, Path(folder)), lambda _: self.saved.emit(folder))

    def _may_replace(self, folder: Path) -> bool:
        there = [name for name in self._written if (folder / name).exists()]
        if not there:
            return True
        answer = QMessageBox.question(
            self, "Replace the files?", f"{folder} already holds {' and '.join(there)}. Replace?"
        )
        return bool(answer == QMessageBox.StandardButton.Yes)


def of_another_image(words: str, name: str) -> str:
    """A remark on an opened run whose image is not shown."""
    return (
        f"{words} The run belongs to another image, {name!r}. To see it there, open that image, "
        "choose it above, and open the run again."
    )
