"""The study "Oracle": compare columns with those of an oracle."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.oracle.figures import ORACLE_COLOUR
from napari_reward_analysis.analyses.oracle.output import write_oracle
from napari_reward_analysis.analyses.oracle.run import ORACLE_FORMAT, OracleRun
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.run_box import RunBox
from napari_reward_analysis.gui.atoms.session import atoms_session_of
from napari_reward_analysis.gui.layers.shown_image import Place, ShownImage
from napari_reward_analysis.gui.studies.files import StudyFiles, of_another_image
from napari_reward_analysis.gui.studies.front_agreement import FrontAgreement
from napari_reward_analysis.gui.studies.oracle_exports import OracleExports
from napari_reward_analysis.gui.studies.oracle_form import OracleForm
from napari_reward_analysis.gui.studies.oracle_layers import KINDS, OracleLayers
from napari_reward_analysis.gui.studies.oracle_words import comparison_in_words, favourites_in_words
from napari_reward_analysis.gui.studies.oracle_work import work_out
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.docked import DockedWidget
from napari_reward_analysis.gui.widgets.legend import LegendEntry, LegendStrip
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.widgets.theme import napari_colours


class OracleStudy(DockedWidget):
    """The columns of an oracle, and their agreement with other positions.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer: Any = getattr(viewer, "__wrapped__", viewer)
        self.session = atoms_session_of(self._viewer)
        self.layers = OracleLayers(self._viewer)
        #: The shown comparison; None before the first one.
        self.comparison: OracleRun | None = None
        #: The image of the comparison; None if it is not open.
        self._frame: ShownImage | None = None
        #: The text about the comparison. Messages about files follow below it.
        self._told = ""
        self._task: BackgroundTask[OracleRun] | None = None
        self._stop = threading.Event()
        self._bindings = Bindings(self)
        self._build()
        self._exports = OracleExports(self, self._note)
        self._connect()
        self.bind()
        self.destroyed.connect(self._stop.set)

    def _build(self) -> None:
        self.form = OracleForm(self._viewer, self.session)
        self.run_box = RunBox()
        self.legend = LegendStrip()
        self.front = FrontAgreement(self.session)
        self.export = QPushButton("Export CSV…")
        self.export.setEnabled(False)
        self.files = StudyFiles(
            ORACLE_FORMAT.file,
            self.form.image,
            load=ORACLE_FORMAT.load,
            write=self._write,
            current=lambda: self.comparison,
        )
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        for widget in (self.form, self.run_box, self.legend, self.front):
            column.addWidget(widget)
        column.addWidget(self.export, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.files)
        column.addStretch(1)
        self.scroll_area = VerticalScrollArea(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.scroll_area)
        self.legend.hide()

    def _connect(self) -> None:
        self.form.changed.connect(self._refresh)
        self.run_box.run_asked.connect(self.run)
        self.run_box.cancel_asked.connect(self.cancel)
        self.export.clicked.connect(self._export)
        self.files.opened.connect(self._on_opened)
        self.files.saved.connect(lambda folder: self._note(f"Saved: {folder}", warning=False))
        self.files.failed.connect(lambda sentence: self._say(sentence, warning=True))

    # ---- life

    def bind(self) -> None:
        """Follow the viewer from now on."""
        if self._bound:
            return
        self._bound = True
        self._bindings.connect(self._viewer.events.theme, self._on_theme)
        self._bindings.connect(self.session.runs_changed, self._show_runs)
        self._bindings.connect(self.session.trials_changed, self._on_trials)
        self.form.bind()
        self._show_runs()
        self._on_theme()
        self._refresh()

    def unbind(self) -> None:
        """Stop following the viewer, and cancel what is running."""
        self._bound = False
        self.cancel()
        self.files.drop()
        self._bindings.release()
        self.form.unbind()

    # ---- the comparison

    @property
    def working(self) -> bool:
        """Whether a comparison is running."""
        return self._task is not None and self._task.going_on

    def run(self) -> None:
        """Start the comparison of the form."""
        frame = self.form.image.frame
        if self.working or self.form.fault() or frame is None:
            return
        try:
            request = self.form.request(frame)
        except BadInput as error:
            self._failed(str(error))
            return
        self._stop = stop = threading.Event()
        self._task = BackgroundTask(
            lambda: work_out(request, stop), lambda done: self._done(frame, done), self._failed
        )
        self.run_box.start(1)
        self.run_box.set_status("Asking the oracle…")
        self._task.start()
        self._refresh()

    def cancel(self) -> None:
        """Cancel the comparison. A network stops at its next tile."""
        self._stop.set()
        if self._task is not None and self._task.going_on:
            self._task.drop()
            self.run_box.finish(complete=False)
            self.run_box.set_status("Cancelled.")
            self._refresh()

    def _done(self, frame: ShownImage, comparison: OracleRun) -> None:
        self.run_box.finish(complete=True)
        self._show(comparison, frame)

    def _failed(self, sentence: str) -> None:
        self.run_box.finish(complete=False)
        self.run_box.set_status(sentence, warning=True)
        self._refresh()

    # ---- files

    def _on_opened(self, comparison: OracleRun, place: Place | None) -> None:
        frame = self.form.image.frame
        self.run_box.clear()
        # the image may have been changed while the file was read
        here = frame is not None and place is not None and frame.place == place
        self._show(comparison, frame if here else None)
        if not here:
            words = comparison_in_words(comparison)
            self._say(of_another_image(words, comparison.image.name), warning=True)

    def _write(self, comparison: OracleRun, folder: Path) -> None:
        """Write a comparison in a thread; without a picture if the image has changed."""
        frame, known = self._frame, comparison.image
        image = None if frame is None else frame.image(known.pixel_size)
        if image is not None and not known.matches(image):
            image = None
        ORACLE_FORMAT.save(comparison, folder)
        write_oracle(comparison, folder, image)

    # ---- display

    def _show(self, comparison: OracleRun, frame: ShownImage | None) -> None:
        self.comparison, self._frame = comparison, frame
        if frame is not None:
            self.layers.show(frame.place, comparison)
        self.session.set_agreement(comparison.oracle.name, comparison.trials)
        self.front.show_fronts(comparison.trials)
        self._told = self._in_words(comparison)
        self.run_box.set_status(self._told)
        self._show_legend()
        self._refresh()

    def _in_words(self, comparison: OracleRun) -> str:
        favourites = favourites_in_words(comparison.trials, self.session.runs)
        return "\n".join(filter(None, (comparison_in_words(comparison), favourites)))

    def _on_trials(self) -> None:
        # a growing run is not judged yet
        if self.session.current is not self.session.growing:
            self._show_runs()

    def _show_runs(self) -> None:
        """Update fronts and text after a change of the runs, their names or their N."""
        if self.comparison is None:
            return
        self.front.show_fronts(self.comparison.trials)
        words, said = self._in_words(self.comparison), self.run_box.status.text()
        # later messages stay
        if said.startswith(self._told):
            self.run_box.set_status(words + said.removeprefix(self._told))
        self._told = words

    def _refresh(self) -> None:
        self.run_box.set_fault("" if self.working else self.form.fault())
        there = self.comparison is not None and not self.working
        self.export.setEnabled(there)
        self.files.save.setEnabled(there)
        self.files.open.setEnabled(not self.working)

    def _show_legend(self) -> None:
        comparison = self.comparison
        if comparison is None:
            return
        number = len(comparison.oracle.points)
        entries = [LegendEntry("ring", ORACLE_COLOUR, f"oracle {number}")]
        if comparison.result is not None:
            for kind, (colour, _, symbol) in KINDS.items():
                number = len(getattr(comparison.result, kind))
                entries.append(LegendEntry(symbol, colour, f"{kind} {number}"))
        colours = napari_colours(self._viewer.theme)
        self.legend.set_entries(entries, colours)
        self.legend.show()

    def _on_theme(self, _event: Any = None) -> None:
        self.run_box.apply_colours(napari_colours(self._viewer.theme))
        self._show_legend()

    def _export(self) -> None:
        if self.comparison is not None:
            self._exports.points_csv(self.comparison)

    def _note(self, text: str, warning: bool) -> None:
        """Show a message below the text about the comparison."""
        self._say(text if warning else f"{self._told}\n{text}", warning)

    def _say(self, text: str, warning: bool) -> None:
        self.run_box.set_status(text, warning=warning)
