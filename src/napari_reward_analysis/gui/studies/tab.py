"""The base class of the studies' tabs: inputs, options, Run, and results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.gui.analysis.run_box import RunBox
from napari_reward_analysis.gui.analysis.study_autosave import Keeping, autosave_folder
from napari_reward_analysis.gui.analysis.study_thread import Prepare, StudyThread
from napari_reward_analysis.gui.layers.shown_image import Place, ShownImage
from napari_reward_analysis.gui.studies.files import StudyFiles, of_another_image
from napari_reward_analysis.gui.studies.inputs import StudyInputs
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.theme import ThemeColours, napari_colours


class StudyTab(QWidget):
    """A study of the shown image.

    Subclasses fill in the methods under "what a study implements".

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    options : QWidget
        The settings of the study. It has a signal `changed` and a property `fault`.
    results : QWidget
        The widget that shows the results.
    """

    def __init__(self, viewer: Any, options: Any, results: QWidget) -> None:
        super().__init__()
        self.viewer: Any = getattr(viewer, "__wrapped__", viewer)
        self.inputs, self.options, self.results = StudyInputs(self.viewer), options, results
        self.run_box = RunBox()
        #: The shown run; None before the first one.
        self.run: Any = None
        #: Its place; None if its image is not open.
        self.place: Place | None = None
        #: Folder in which studies are saved as they grow.
        self.runs_folder = autosave_folder(self.kept_in)
        #: The reason why the shown run was not saved.
        self._remark = ""
        #: The text about the shown run. Messages about files follow below it.
        self._told = ""
        self._thread: StudyThread | None = None
        self._bindings, self._bound = Bindings(self), False
        self._build()
        self.inputs.changed.connect(self._refresh)
        self.options.changed.connect(self._refresh)
        self.run_box.run_asked.connect(self.start)
        self.run_box.cancel_asked.connect(self.cancel)
        self.files.opened.connect(self._on_opened)
        self.files.saved.connect(lambda folder: self.note(f"Saved: {folder}"))
        self.files.failed.connect(self.warn)
        self.bind()

    def _build(self) -> None:
        self.files = StudyFiles(
            self.keeping.file,
            self.inputs.image,
            folder=lambda: self.runs_folder,
            load=self.load,
            write=self.write,
            current=lambda: self.run,
            beside=self.tables,
        )
        self.section = Section(f"2  {self.title}", self.options)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(self.inputs)
        column.addWidget(self.section)
        column.addWidget(self.run_box)
        column.addWidget(self.results)
        column.addWidget(self.files)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(VerticalScrollArea(content))

    # ---- what a study implements

    #: Title of the section with the options.
    title = ""
    #: Name of the user's folder in which runs are saved as they grow.
    kept_in = ""
    #: Names of saved tables that other analyses write too.
    tables: tuple[str, ...] = ()
    #: The way in which runs are saved.
    keeping: Keeping

    def prepare(self, frame: ShownImage) -> Prepare:
        """Read the form, and return a function that sets the study up in a thread."""
        raise NotImplementedError

    def total(self, run: Any) -> int:
        """Number of results of a complete run."""
        raise NotImplementedError

    def show_run(self, *, complete: bool) -> None:
        """Show the results so far."""
        raise NotImplementedError

    def in_words(self) -> str:
        """The run in a sentence."""
        raise NotImplementedError

    def load(self, path: Path) -> Any:
        """Read a run; a thread calls it."""
        raise NotImplementedError

    def write(self, run: Any, folder: Path) -> object:
        """Write a run with its table and figure; a thread calls it."""
        raise NotImplementedError

    # ---- life

    def bind(self) -> None:
        """Follow the viewer from now on."""
        if self._bound:
            return
        self._bound = True
        self._bindings.connect(self.viewer.events.theme, self._on_theme)
        self.inputs.bind()
        if self.running:
            self.run_box.cancelling()  # the dock was closed during the run
        self._on_theme()
        self._refresh()

    def unbind(self) -> None:
        """Stop following the viewer, and cancel a running study."""
        self._bound = False
        self._bindings.release()
        self.cancel()
        self.files.drop()
        self.inputs.unbind()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        self.inputs.image.preflight.apply_colours(colours)
        self.run_box.apply_colours(colours)

    def _on_theme(self, _event: Any = None) -> None:
        self.apply_colours(napari_colours(self.viewer.theme))

    # ---- a run

    @property
    def running(self) -> bool:
        """Whether a study is running."""
        return self._thread is not None

    @property
    def fault(self) -> str:
        """The reason why no study can start; empty if one can."""
        return self.inputs.fault or str(self.options.fault)

    def start(self) -> None:
        """Start the study of the form."""
        frame = self.inputs.image.frame
        if self.running or self.fault or frame is None:
            return
        self._next_place = frame.place
        self._remark = ""
        self._thread = StudyThread(
            self.prepare(frame), f"{self.title}: {frame.name}", self.runs_folder, self.keeping
        )
        self._thread.begun.connect(self._on_begun)
        self._thread.came.connect(self._on_results)
        self._thread.warned.connect(self._on_warned)
        self._thread.ended.connect(self._on_end)
        # a closed window destroys this widget, which ends the study
        self.destroyed.connect(self._thread.cancel)
        # folded sections leave room for the results
        for section in (self.inputs.section, self.section):
            section.set_open(False)
        self.run_box.start(1)
        self.run_box.set_status("Preparing the image…")
        self._refresh()
        self._thread.start()

    def cancel(self) -> None:
        """Stop the study after its current trial. Finished results are kept."""
        if self._thread is not None:
            self._thread.cancel()
            if self._bound:
                self.run_box.cancelling()

    def _on_begun(self, run: Any) -> None:
        self.run, self.place, self._told = run, self._next_place, ""
        self.run_box.bar.setRange(0, self.total(run))
        self._say(f"0 of {self.total(run)} done.")

    def _on_results(self, results: list[Any]) -> None:
        self.run.trials.extend(results)
        done = len(self.run.trials)
        self.run_box.set_done(done)
        self._say(f"{done} of {self.total(self.run)} done.")
        self.show_run(complete=False)

    def _on_warned(self, sentence: str) -> None:
        said = self.run_box.status.text()
        self._remark = sentence
        self._say(said)

    def _on_end(self, status: str, message: str) -> None:
        began = self.run is not None and self.run.status == "running"
        self._thread = None
        self.run_box.finish(complete=status == "done")
        if began:
            self.run.status = status
            if self.run.trials:
                self.show_run(complete=True)
        if message:
            self.warn(message)
        elif not (began and self.run.trials):
            self._say("Cancelled before the first result.")
        else:
            kept = "The study was cancelled. " if status == "cancelled" else ""
            self._told = kept + self.in_words()
            self._say(self._told)
        self._refresh()

    def note(self, sentence: str) -> None:
        """Show a message below the text about the shown study."""
        self._say("\n".join(filter(None, (self._told, sentence))))

    def warn(self, sentence: str) -> None:
        """Show a warning."""
        self._say(sentence, warning=True)

    def _say(self, sentence: str, *, warning: bool = False) -> None:
        text = "\n".join(part for part in (sentence, self._remark) if part)
        self.run_box.set_status(text, warning=warning or bool(self._remark))

    def _refresh(self) -> None:
        self.run_box.set_fault("" if self.running else self.fault)
        self.section.set_summary(self.options.summary())
        found = self.run is not None and bool(self.run.trials)
        self.files.save.setEnabled(found and not self.running)
        self.files.open.setEnabled(not self.running)
        self.files.recent.setEnabled(not self.running)

    # ---- files

    def do(self, work: Any, done: Any) -> None:
        """Run short work in a thread, and call `done` with its result."""
        self.files.do(work, done)

    def _on_opened(self, run: Any, place: Place | None) -> None:
        if self.running:
            return  # a study was started while the file was read
        if not run.trials:
            self.warn(
                "The study was interrupted before its first result: there is nothing to show."
            )
            return
        self.run, self.place, self._remark = run, place, ""
        self.show_run(complete=True)
        self.run_box.clear()
        words = (
            self.in_words() if run.status == "done" else f"The study ended early. {self.in_words()}"
        )
        self._told = words
        self._say(words)
        if place is None:
            self.warn(of_another_image(words, run.image.name))
        self._refresh()
