"""What the tabs of the studies share: inputs above, Run, and what came of it.

A study says what it asks for, how it is set up and how it is shown; see `StudyTab`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.gui.bindings import Bindings
from napari_reward_analysis.gui.fields import row
from napari_reward_analysis.gui.frames import Frame, Place
from napari_reward_analysis.gui.jobs import Job
from napari_reward_analysis.gui.run_box import RunBox
from napari_reward_analysis.gui.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.section import Section
from napari_reward_analysis.gui.study_inputs import StudyInputs
from napari_reward_analysis.gui.study_thread import Prepare, StudyThread
from napari_reward_analysis.gui.theme import ThemeColours, napari_colours


class StudyTab(QWidget):
    """One study on the image on show.

    A study implements the methods under "what a study implements".

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    options : QWidget
        What the study asks for; its signal `changed` tells of changes, its property
        `fault` what is wrong.
    results : QWidget
        Where what was found is shown.
    """

    def __init__(self, viewer: Any, options: Any, results: QWidget) -> None:
        super().__init__()
        self.viewer: Any = getattr(viewer, "__wrapped__", viewer)
        self.inputs, self.options, self.results = StudyInputs(self.viewer), options, results
        self.run_box = RunBox()
        #: What is shown; None before the first run.
        self.run: Any = None
        #: Where it belongs; None where its image is not open.
        self.place: Place | None = None
        self._thread: StudyThread | None = None
        self._jobs: list[Job[Any]] = []
        self._bindings, self._bound = Bindings(self), False
        self._build()
        self.inputs.changed.connect(self._refresh)
        self.options.changed.connect(self._refresh)
        self.run_box.run_asked.connect(self.start)
        self.run_box.cancel_asked.connect(self.cancel)
        self.open.clicked.connect(self._ask_open)
        self.save.clicked.connect(self._ask_save)
        self.bind()

    def _build(self) -> None:
        self.open, self.save = QPushButton("Open…"), QPushButton("Save…")
        self.save.setToolTip("Write everything into a folder: the run, its table and its figure")
        self.save.setEnabled(False)
        self.section = Section(f"2  {self.title}", self.options)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(self.inputs)
        column.addWidget(self.section)
        column.addWidget(self.run_box)
        column.addWidget(self.results)
        column.addWidget(row(self.open, self.save))
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(VerticalScrollArea(content))

    # ---- what a study implements

    #: What the section with the options is called.
    title = ""
    #: The file that a run is kept in.
    file = ""

    def prepare(self, frame: Frame) -> Prepare:
        """What the thread does, from plain values that are read here and now."""
        raise NotImplementedError

    def total(self, run: Any) -> int:
        """How many results a run will have."""
        raise NotImplementedError

    def show_run(self, *, complete: bool) -> None:
        """Show the run as far as it has come."""
        raise NotImplementedError

    def in_words(self) -> str:
        """The run as a sentence."""
        raise NotImplementedError

    def load(self, path: Path) -> Any:
        """Read a run; called in a thread."""
        raise NotImplementedError

    def write(self, run: Any, folder: Path) -> object:
        """Write a run with its table and figure; called in a thread."""
        raise NotImplementedError

    # ---- life

    def bind(self) -> None:
        """Follow the viewer from now on."""
        if self._bound:
            return
        self._bound = True
        self._bindings.connect(self.viewer.events.theme, self._on_theme)
        self.inputs.bind()
        self._on_theme()
        self._refresh()

    def unbind(self) -> None:
        """Let go of the viewer; a study that is going on is cancelled."""
        self._bound = False
        self._bindings.release()
        self.cancel()
        for job in self._jobs:
            job.drop()
        self.inputs.unbind()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self.inputs.image.survey.apply_colours(colours)
        self.run_box.apply_colours(colours)

    def _on_theme(self, _event: Any = None) -> None:
        self.apply_colours(napari_colours(self.viewer.theme))

    # ---- a run

    @property
    def running(self) -> bool:
        """Whether a study is going on."""
        return self._thread is not None

    @property
    def fault(self) -> str:
        """Why no study can start; empty when one can."""
        return self.inputs.fault or str(self.options.fault)

    def start(self) -> None:
        """Start the study that the form describes."""
        frame = self.inputs.image.frame
        if self.running or self.fault or frame is None:
            return
        self._next_place = frame.place
        self._thread = StudyThread(self.prepare(frame), f"{self.title}: {frame.name}")
        self._thread.begun.connect(self._on_begun)
        self._thread.came.connect(self._on_results)
        self._thread.ended.connect(self._on_end)
        # a window that is closed takes the widget along: the study ends with it
        self.destroyed.connect(self._thread.cancel)
        self.run_box.start(1)
        self.run_box.set_status("Preparing the image…")
        self._refresh()
        self._thread.start()

    def cancel(self) -> None:
        """Stop the study after what it is at."""
        if self._thread is not None:
            self._thread.cancel()
            if self._bound:
                self.run_box.cancelling()

    def _on_begun(self, run: Any) -> None:
        self.run, self.place = run, self._next_place
        self.run_box.bar.setRange(0, self.total(run))
        self.run_box.set_status(f"0 of {self.total(run)} done.")

    def _on_results(self, results: list[Any]) -> None:
        self.run.results.extend(results)
        done = len(self.run.results)
        self.run_box.set_done(done)
        self.run_box.set_status(f"{done} of {self.total(self.run)} done.")
        self.show_run(complete=False)

    def _on_end(self, status: str, message: str) -> None:
        began = self.run is not None and self.run.status == "running"
        self._thread = None
        self.run_box.finish(complete=status == "done")
        if began:
            self.run.status = status
            if self.run.results:
                self.show_run(complete=True)
        if message:
            self.warn(message)
        elif not (began and self.run.results):
            self.run_box.set_status("Cancelled before the first result.")
        else:
            kept = "Cancelled; kept: " if status == "cancelled" else ""
            self.run_box.set_status(kept + self.in_words())
        self._refresh()

    def warn(self, sentence: str) -> None:
        """Say what is wrong."""
        self.run_box.set_status(sentence, warning=True)

    def _refresh(self) -> None:
        self.run_box.set_fault("" if self.running else self.fault)
        self.section.set_summary(self.options.summary())
        self.save.setEnabled(not self.running and self.run is not None and bool(self.run.results))
        self.open.setEnabled(not self.running)

    # ---- files

    def open_run(self, path: Path) -> None:
        """Open a run and show it; over the image where that is the one on show."""
        frame, size = self.inputs.image.frame, self.inputs.image.typed_pixel_size

        def work() -> tuple[Any, Place | None]:
            run = self.load(path)
            if frame is None or frame.shape != tuple(run.image.shape):
                return run, None
            same = run.image.matches(frame.image(size or run.image.pixel_size))
            return run, frame.place if same else None

        self.do(work, self._on_opened)

    def do(self, work: Any, done: Any) -> None:
        """Do something short in a thread and take its result here."""
        self._jobs = [job for job in self._jobs if job.going_on]
        self._jobs.append(Job(work, done, self.warn))
        self._jobs[-1].start()

    def _on_opened(self, opened: tuple[Any, Place | None]) -> None:
        self.run, self.place = opened
        self.show_run(complete=True)
        self.run_box.set_status(self.in_words())
        if self.place is None:
            self.warn(
                f"{self.in_words()} It belongs to another image, {self.run.image.name!r}: open "
                "that image, choose it above, and open the run again to see it there."
            )
        self._refresh()

    def _ask_open(self) -> None:
        kinds = f"Runs ({self.file} {self.file}l)"
        path, _ = QFileDialog.getOpenFileName(self, "Open a run", "", kinds)
        if path:
            self.open_run(Path(path))

    def _ask_save(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the run", "")
        if folder:
            run = self.run
            self.do(
                lambda: self.write(run, Path(folder)),
                lambda _: self.run_box.set_status(f"Saved: {folder}"),
            )
