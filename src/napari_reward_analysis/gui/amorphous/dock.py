"""The dock widget "Amorphous regions": form above, results below.

It puts the parts together and passes on what happens in one to the others. What is
known of runs lives in the session, what is drawn on the image in the overlay.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari.viewer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.analyses.amorphous.run import AmorphousRun, load_amorphous_run
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.amorphous.exports import RegionExports
from napari_reward_analysis.gui.amorphous.form import RegionForm
from napari_reward_analysis.gui.amorphous.maps import likelihood_map
from napari_reward_analysis.gui.amorphous.overlay import RegionOverlay
from napari_reward_analysis.gui.amorphous.results import RegionResults
from napari_reward_analysis.gui.amorphous.session import region_session_of
from napari_reward_analysis.gui.amorphous.thread import start_region_search
from napari_reward_analysis.gui.amorphous.words import notices_in_words, search_in_words
from napari_reward_analysis.gui.analysis.autosave import autosave_folder
from napari_reward_analysis.gui.analysis.image_finder import Matcher
from napari_reward_analysis.gui.analysis.preload import preload
from napari_reward_analysis.gui.analysis.run_box import RunBox
from napari_reward_analysis.gui.layers.shown_image import Place, shown_image_at
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.docked import DockedWidget
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.widgets.theme import napari_colours


class AmorphousRegions(DockedWidget):
    """Find where a crystal lost its order.

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
        self.session = region_session_of(self._viewer)
        #: Where runs are saved as they grow.
        self.runs_folder = runs_folder or autosave_folder("amorphous-runs")
        self.form = RegionForm(self._viewer)
        self.run_box = RunBox()
        self.results = RegionResults(self.session)
        self.overlay = RegionOverlay(self._viewer, self.session, self)
        self.overlay.region = self.form.region_of
        self._exports = RegionExports(self, self._say)
        self._matcher = Matcher(self._viewer, self.session, self._on_match, self)
        self._loading: BackgroundTask[AmorphousRun] | None = None
        self._bindings = Bindings(self)
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
        results, export = self.results, self.results.export
        self.form.changed.connect(self._show_fault)
        self.form.image_changed.connect(self._look_for_image)
        self.form.find_asked.connect(lambda: self.run(only_classes=True))
        self.run_box.run_asked.connect(self.run)
        self.run_box.cancel_asked.connect(self.session.cancel)
        self.overlay.said.connect(self._say)
        results.keep_asked.connect(self._keep)
        results.likelihood_asked.connect(self.overlay.show_likelihood)
        results.open_asked.connect(self._ask_run)
        export.mask_file.triggered.connect(lambda: self._with_run(self._exports.mask))
        export.table.triggered.connect(lambda: self._with_run(self._exports.table))
        export.likelihood.triggered.connect(self._export_likelihood)
        export.run.triggered.connect(lambda: self._with_run(lambda run, _: self._exports.run(run)))
        export.folder.triggered.connect(lambda: self._with_run(self._everything))

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
        self._bindings.connect(session.classes_changed, self._on_classes)
        self._bindings.connect(session.staged, self._say)
        self._bindings.connect(session.warned, self._warn)
        self._bindings.connect(layers.events.inserted, self._look_for_image)
        self._bindings.connect(layers.events.removed, self._look_for_image)
        self._bindings.connect(self._viewer.events.theme, self._on_theme)
        self._on_theme()
        self.form.bind()
        self.results.bind()
        self.overlay.bind()
        self._on_classes()
        self._on_run()
        self._show_fault()

    def unbind(self) -> None:
        """Let go of viewer and session; a search that is going on is cancelled."""
        self._bound = False
        self._bindings.release()
        self.session.cancel()
        self._matcher.stop()
        if self._loading is not None:
            self._loading.drop()
        self.form.unbind()
        self.results.unbind()
        self.overlay.unbind()

    # ---- a run

    def run(self, *, only_classes: bool = False) -> None:
        """Start the search that the form describes, or find its classes alone."""
        if self.session.searching or self.form.fault:
            return
        try:
            request = self.form.request(only_classes=only_classes)
        except BadInput as error:
            self._warn(str(error))
            return
        if request is None:
            return
        if not only_classes:
            self.form.set_open(False)
        self._say("Preparing the image…")
        start_region_search(self.session, request, self.runs_folder)

    def load(self, path: Path) -> None:
        """Load a saved run and show it, beside whatever image is open."""
        self._loading = BackgroundTask(
            lambda: load_amorphous_run(path), self.session.add, self._warn
        )
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
        self._show_fault()

    def _on_progress(self) -> None:
        if self.session.growing is not None:
            self.run_box.set_done(len(self.session.growing.trials))
            self._show_status()

    def _show_end(self, status: str, message: str) -> None:
        self._show_status()
        run, classes = self.session.ended, self.session.classes
        found = "" if run is None else search_in_words(run, run.front)
        if status == "cancelled":
            self._say(f"Cancelled; kept: {found}" if found else "Cancelled before the first trial.")
        elif message:
            self._warn(message)
        elif run is None and classes is not None:
            self._say("The classes are found.")

    # ---- what is shown

    def _show_fault(self) -> None:
        searching = self.session.searching
        self.run_box.set_fault("" if searching else self.form.fault)
        self.form.classes.find_button.setEnabled(not searching and not self.form.fault)

    def _show_status(self) -> None:
        run = self.session.current
        if run is not None:
            self._say(search_in_words(run, self.session.front))

    def _say(self, text: str, warning: bool = False) -> None:
        self.run_box.set_status(text, warning=warning)

    def _warn(self, text: str) -> None:
        self._say(text, warning=True)

    def _on_theme(self, _event: Any = None) -> None:
        name = self._viewer.theme
        colours = napari_colours(name)
        self.form.image.preflight.apply_colours(colours)
        self.form.classes.apply_colours(colours)
        self.run_box.apply_colours(colours)
        self.results.apply_napari_theme(name, colours)
        self.overlay.apply_colours(colours)

    def _on_classes(self) -> None:
        self.form.show_classes(self.session.classes)

    def _on_run(self) -> None:
        if self.session.current is not None:
            self._show_status()
        self._look_for_image()

    def _look_for_image(self, _event: Any = None) -> None:
        """See whether the image of the shown run is open."""
        run = self.session.current
        self.results.set_notice(notices_in_words(run) if run else "")
        if run is None or self.overlay.place is not None:
            self._matcher.stop()
        else:
            self._matcher.look(run)

    def _on_match(self, run: AmorphousRun, place: Place | None) -> None:
        if run is not self.session.current:
            return
        if place is None:
            height, width = run.image.shape
            self.results.set_notice(
                f"This run belongs to another image, {run.image.name!r} of {width} × {height} px, "
                "which is not open: open it to see the mask."
            )
            return
        self.overlay.draw()

    # ---- buttons

    def _with_run(self, act: Callable[[AmorphousRun, int | None], None]) -> None:
        if self.session.current is not None:
            act(self.session.current, self.session.selected)

    def _keep(self) -> None:
        name = self.overlay.keep()
        if name:
            self._say(f"Kept as layer {name!r}.")
        else:
            self._warn("There is no mask on an open image to keep: open the run's image.")

    def _height(self) -> Callable[[], Float32Array] | None:
        """Works out the likelihood map; None where the image is not open."""
        run, trial, place = self.session.current, self.overlay.trial, self.overlay.place
        frame = None if place is None else shown_image_at(place)
        if run is None or trial is None or place is None or frame is None:
            return None
        problem, region = self.session.problems.get(run.identifier), self.form.region_of(place)
        return lambda: likelihood_map(run, trial, problem, frame, region)

    def _export_likelihood(self) -> None:
        run, height = self.session.current, self._height()
        if run is None or height is None:
            self._warn("The run's image is not open: open it to write the map.")
            return
        self._exports.likelihood(run, height)

    def _everything(self, run: AmorphousRun, position: int | None) -> None:
        self._exports.everything(run, position, self._height())

    def _ask_run(self) -> None:
        path = self._exports.ask_run(self.runs_folder)
        if path is not None:
            self.load(path)
