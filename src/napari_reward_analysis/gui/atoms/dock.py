"""The dock widget "Find atoms (LoG*)": form above, results below.

It puts the parts together and passes on what happens in one to the others. What is
known of runs lives in the session, what is drawn on the image in the overlay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import napari.viewer
from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.run import Run, load_run
from napari_reward_analysis.analyses.atoms.script import as_script
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.autosave import autosave_folder
from napari_reward_analysis.gui.analysis.exports import Exports
from napari_reward_analysis.gui.analysis.image_finder import Matcher
from napari_reward_analysis.gui.analysis.menus import list_recent
from napari_reward_analysis.gui.analysis.preload import preload
from napari_reward_analysis.gui.analysis.run_box import RunBox
from napari_reward_analysis.gui.atoms.form import AtomsForm
from napari_reward_analysis.gui.atoms.oracle_counts import Oracles
from napari_reward_analysis.gui.atoms.overlay import Overlay
from napari_reward_analysis.gui.atoms.physics_link import PhysicsLink
from napari_reward_analysis.gui.atoms.refining import Refining
from napari_reward_analysis.gui.atoms.results import ResultsPanel
from napari_reward_analysis.gui.atoms.session import session_of
from napari_reward_analysis.gui.atoms.thread import Request, start_search
from napari_reward_analysis.gui.atoms.words import run_in_words, trial_in_words
from napari_reward_analysis.gui.inputs.form_values import FormValues
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.docked import DockedWidget
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.widgets.theme import napari_colours
from napari_reward_analysis.notices import sentence


class FindAtoms(DockedWidget):
    """Find atomic columns by a Laplacian of Gaussian tuned to the lattice.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    runs_folder : Path, optional
        Where runs are saved as they grow; by default a folder of the user's own.
    """

    def __init__(
        self, napari_viewer: napari.viewer.Viewer, runs_folder: Path | None = None
    ) -> None:
        super().__init__()
        # each plugin widget gets a proxy of its own: all parts need the one viewer
        self._viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self.session = session_of(self._viewer)
        #: Where runs are saved as they grow.
        self.runs_folder = runs_folder or autosave_folder()
        self.form = AtomsForm(self._viewer)
        self.run_box = RunBox()
        self.results = ResultsPanel(self.session)
        self.overlay = Overlay(self._viewer, self.session, self)
        self.refining = Refining(self._viewer, self.session, self)
        self._exports = Exports(self, self._say)
        self._matcher = Matcher(self._viewer, self.session, self._on_match, self)
        self._loading: BackgroundTask[Run] | None = None
        #: What there is to say beside the last search, shown as long as its status is,
        #: and whether it is a warning.
        self._remarks: dict[str, bool] = {}
        self._bindings = Bindings(self)
        self._bound = False
        self._build()
        self._connect()
        self.bind()
        self.preloading = preload()
        # a window that is closed takes the widget along: the search ends with it
        self.destroyed.connect(self.session.cancel)

    def _build(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(self.form)
        column.addWidget(self.run_box)
        column.addWidget(self.results, 1)
        self.scroll_area = VerticalScrollArea(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.scroll_area)

    def _connect(self) -> None:
        self.form.changed.connect(self._show_fault)
        self.form.image_changed.connect(self._on_image)
        self._physics = PhysicsLink(self.session, self.form, self.results)
        self.run_box.run_asked.connect(self.run)
        self.run_box.cancel_asked.connect(self.session.cancel)
        results, menu, export = self.results, self.results.run_menu, self.results.export
        results.keep_asked.connect(self._keep)
        results.copy_asked.connect(self._copy_script)
        menu.load.triggered.connect(self._ask_run)
        menu.recent.aboutToShow.connect(self._list_recent)
        menu.recent.triggered.connect(self._load_recent)
        menu.save.triggered.connect(lambda: self._with_run(self._exports.run))
        menu.edit.triggered.connect(lambda: self._with_run(self._edit))
        menu.rename.triggered.connect(lambda: self._with_run(self._rename))
        menu.remove.triggered.connect(lambda: self._with_run(self.session.remove))
        export.figure.triggered.connect(lambda: self._with_run(self._exports.figure))
        export.csv.triggered.connect(lambda: self._with_points(self._exports.points_csv))
        export.xyz.triggered.connect(lambda: self._with_points(self._exports.points_xyz))
        export.folder.triggered.connect(lambda: self._with_points(self._exports.everything))
        self.overlay.said.connect(self._say)
        self.oracles = Oracles(self._viewer, self.session, menu.oracle, self)
        self.oracles.said.connect(lambda text, warning: self._say(text, warning=warning))

    # ---- life

    def bind(self) -> None:
        """Follow viewer and session from now on."""
        if self._bound:
            return
        self._bound = True
        session, layers = self.session, self._viewer.layers
        self._bindings.connect(session.run_changed, self._on_run)
        self._bindings.connect(session.search_changed, self._on_search)
        self._bindings.connect(session.progressed, self._on_progress)
        self._bindings.connect(session.trials_changed, self._show_status)
        self._bindings.connect(session.edited_changed, self._show_status)
        self._bindings.connect(session.warned, self._on_warned)
        self._bindings.connect(session.noted, self._on_noted)
        self._bindings.connect(layers.events.inserted, self._look_for_image)
        self._bindings.connect(layers.events.removed, self._look_for_image)
        self._bindings.connect(self._viewer.events.theme, self._on_theme)
        self._on_theme()
        self.form.bind()
        self.results.bind()
        self.overlay.bind()
        self.refining.bind()
        self._on_run()
        self._show_fault()

    def unbind(self) -> None:
        """Let go of viewer and session; a search that is going on is cancelled.

        What it has found stays in the session, and on the disk.
        """
        self._bound = False
        self._bindings.release()
        self.session.cancel()
        self._matcher.stop()
        if self._loading is not None:
            self._loading.drop()
        self.form.unbind()
        self.results.unbind()
        self.overlay.unbind()
        self.refining.unbind()

    # ---- a run

    def run(self) -> None:
        """Start the run that the form describes."""
        frame = self.form.image.frame
        if self.session.searching or self.form.fault or frame is None:
            return
        values = self.form.values()
        try:
            request = Request(
                frame,
                values.pixel_size,
                values.to_lattice(),
                values.to_settings(),
                self.form.image.region,
                self.form.shared_preflight,
            )
        except BadInput as error:
            self._say(str(error), warning=True)
            return
        self._remarks = {}
        self.form.set_open(False)
        self.run_box.set_status("Preparing the image…")
        start_search(self.session, request, self.runs_folder)

    def load(self, path: Path) -> None:
        """Load a saved run and show it, beside whatever image is open."""
        self._loading = BackgroundTask(lambda: load_run(path), self.session.add, self._warn)
        self._loading.start()

    def _on_search(self) -> None:
        session, box = self.session, self.run_box
        if session.cancelling:
            box.cancelling()
        elif session.searching:
            box.start(session.total)
        elif box.state != "idle":
            status, message = session.outcome or ("done", "")
            box.finish(complete=status == "done")
            self._show_end(status, message)

    def _on_progress(self) -> None:
        if self.session.growing is not None:
            self.run_box.set_done(len(self.session.growing.trials))

    def _show_end(self, status: str, message: str) -> None:
        self._show_status()
        run = self.session.ended
        found = "" if run is None else run_in_words(run, run.front)
        if status == "cancelled":
            self._say(f"Cancelled; kept: {found}" if found else "Cancelled before the first trial.")
        elif message:
            kept = f" Kept: {found}" if status == "failed" and found else ""
            self._say(message + kept, warning=True)
        self._show_remarks()

    # ---- what is shown

    def _show_fault(self) -> None:
        self.run_box.set_fault("" if self.session.searching else self.form.fault)

    def _show_status(self) -> None:
        session = self.session
        run = session.current
        if run is None:
            return
        text = run_in_words(run, session.front)
        if session.edited is not None:
            text = f"Edited by hand: {trial_in_words(session.edited)}.\n{text}"
        self._say(text)

    def _on_warned(self, text: str) -> None:
        self._remarks[text] = True
        self._show_remarks()

    def _on_noted(self, text: str) -> None:
        self._remarks[text] = False
        self._show_remarks()

    def _show_remarks(self) -> None:
        said = self.run_box.status.text()
        new = [text for text in self._remarks if text not in said]
        if new:
            warning = self.run_box.warns or any(self._remarks.values())
            self._say("\n".join([said, *new]).strip(), warning=warning)

    def _say(self, text: str, warning: bool = False) -> None:
        self.run_box.set_status(text, warning=warning)

    def _warn(self, text: str) -> None:
        self._say(text, warning=True)

    def _on_theme(self, _event: Any = None) -> None:
        name = self._viewer.theme
        colours = napari_colours(name)
        self.form.lattice.view.apply_napari_theme(name)
        self.form.image.preflight.apply_colours(colours)
        self.run_box.apply_colours(colours)
        self.results.apply_napari_theme(name, colours)

    def _on_run(self) -> None:
        run = self.session.current
        if run is not None:
            self._show_status()
            place = self.session.places.get(run.identifier)
            if isinstance(place, Place):
                self.form.image.image.choose(place.layer())
        self._look_for_image()

    def _look_for_image(self, _event: Any = None) -> None:
        """See whether the image of the shown run is open."""
        run = self.session.current
        # what they say of the command line is of no use here
        notices = " ".join(map(sentence, run.notices)) if run else ""
        self.results.set_notice(notices.replace(" Å", "\N{NO-BREAK SPACE}Å"))
        if run is None or self.overlay.shows_run:
            self._matcher.stop()
        else:
            self._matcher.look(run)

    def _on_match(self, run: Run, place: Place | None) -> None:
        if run is not self.session.current:
            return
        if place is None:
            height, width = run.image.shape
            self.results.set_notice(
                f"This run belongs to another image, {run.image.name!r} of {width} × {height} px, "
                "which is not open: open it to see the points."
            )
            return
        self.form.image.image.choose(place.layer())
        self.overlay.draw()
        self.refining.look()

    def _on_image(self) -> None:
        """Show the latest run of the image that was chosen, if it has one."""
        frame, current = self.form.image.frame, self.session.current
        if frame is None:
            return
        places = self.session.places
        here = [run for run in self.session.runs if places.get(run.identifier) == frame.place]
        if here and not any(run is current for run in here):
            self.session.show(here[-1])
        elif current is not None and not self.overlay.shows_run:
            self._look_for_image()

    # ---- buttons

    def _with_run(self, act: Any) -> None:
        if self.session.current is not None:
            act(self.session.current)

    def _with_points(self, act: Any) -> None:
        run, table = self.session.current, self.overlay.table()
        if run is not None and table is not None:
            act(run, table)

    def _keep(self) -> None:
        name = self.overlay.keep()
        if name:
            self._say(f"Kept as layer {name!r}.")
        else:
            self._warn("There are no points on an open image to keep: open the run's image.")

    def _copy_script(self) -> None:
        clipboard = QApplication.clipboard()
        if self.session.current is not None and clipboard is not None:
            clipboard.setText(as_script(self.session.current))
            self._say("A Python script that repeats this run is on the clipboard.")

    def _edit(self, run: Run) -> None:
        values = FormValues.of(run)
        self.form.set_values(values)
        if self.overlay.shows_run:
            self.form.image.set_pixel_size(values.pixel_size)
        self.form.set_open(True)
        self._say(f"The form has the settings of {run.name!r}.")

    def _rename(self, run: Run) -> None:
        self.session.rename(run, self._exports.ask_name(run))

    def _ask_run(self) -> None:
        path = self._exports.ask_run(self.runs_folder)
        if path is not None:
            self.load(path)

    def _list_recent(self) -> None:
        list_recent(self.results.run_menu.recent, self.runs_folder)

    def _load_recent(self, action: QAction) -> None:
        if action.data():
            self.load(Path(action.data()))
