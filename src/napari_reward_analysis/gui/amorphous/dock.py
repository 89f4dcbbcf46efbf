"""The dock widget "Amorphous regions"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.amorphous.exports import RegionExports
from napari_reward_analysis.gui.amorphous.form import RegionForm
from napari_reward_analysis.gui.amorphous.maps import likelihood_map
from napari_reward_analysis.gui.amorphous.overlay import RegionOverlay
from napari_reward_analysis.gui.amorphous.results import RegionResults
from napari_reward_analysis.gui.amorphous.session import RegionSession, region_session_of
from napari_reward_analysis.gui.amorphous.words import region_notices_in_words
from napari_reward_analysis.gui.amorphous.work import RegionRequest, prepare_regions
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.analysis.thread import Prepare
from napari_reward_analysis.io.map_writer import write_map


class AmorphousRegions(AnalysisDock):
    """Find where a crystal lost its order.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    runs_folder : Path, optional
        Where runs are saved as they grow; by default a folder of the user's own.
    """

    name = "amorphous"
    nothing_to_keep = "There is no mask on an open image to keep: open the run's image."

    session: RegionSession
    form: RegionForm
    results: RegionResults
    overlay: RegionOverlay

    def find_session(self) -> RegionSession:
        """The session of the viewer."""
        return region_session_of(self.viewer)

    def make_form(self) -> RegionForm:
        """Image and atoms, classes, orientations, search."""
        return RegionForm(self.viewer)

    def make_results(self) -> RegionResults:
        """Verdict, trade-off and trials."""
        return RegionResults(self.session)

    def make_overlay(self) -> RegionOverlay:
        """Mask, columns and likelihood."""
        overlay = RegionOverlay(self.viewer, self.session, self)
        overlay.region = self.form.region_of
        return overlay

    def make_exports(self) -> RegionExports:
        """The dialogs for files."""
        return RegionExports(self, self.note)

    def connect_parts(self) -> None:
        """Connect classes, likelihood and exports."""
        results, exports = self.results, self.exports
        self.form.find_asked.connect(self.find_classes)
        self.form.changed.connect(self._enable_find)
        results.likelihood.clicked.connect(lambda: self.overlay.show_likelihood())
        results.mask_file.triggered.connect(
            lambda: self.with_run(lambda run: exports.mask(run, self.session.selected))
        )
        results.region_table.triggered.connect(
            lambda: self.with_run(lambda run: exports.table(run, self.session.selected))
        )
        results.likelihood_file.triggered.connect(lambda: self.with_run(self._write_likelihood))

    def bind_parts(self) -> None:
        """Follow the classes that are found."""
        self.bindings.connect(self.session.classes_changed, self._show_classes)
        self.bindings.connect(self.session.search_changed, self._on_search_of_regions)
        self._show_classes()

    def find_classes(self) -> None:
        """Find the classes alone, to look at them before a search."""
        if self.session.searching or self.form.fault:
            return
        try:
            request = self.form.request(only_classes=True)
        except BadInput as error:
            self.warn(str(error))
            return
        if request is not None:
            name = self.name_of(request)
            prepare = prepare_regions(self.session, request, name, only_classes=True)
            self.start(request, prepare, name)

    def name_of(self, request: Request) -> str:
        """What the next run is called."""
        return self.session.free_name(f"{request.image.name} amorphous")

    def prepare(self, request: Request, name: str) -> Prepare:
        """Set up atoms, classes and masks in the thread."""
        assert isinstance(request, RegionRequest)  # as the form makes it
        return prepare_regions(self.session, request, name)

    def notices_of(self, run: AmorphousRun) -> str:
        """What the user should know of a run."""
        return region_notices_in_words(run)

    def write_everything(self, run: AmorphousRun) -> None:
        """Ask for a folder and write run, mask, tables, figure and the likelihood map."""
        height, size = self._height(), run.image.pixel_size

        def more(folder: Path) -> None:
            if height is not None:
                write_map(folder / "likelihood.tif", height(), size)

        self.exports.everything(run, self.analysis, self.overlay.shown_image, more)

    def _show_classes(self) -> None:
        self.form.show_classes(self.session.classes)

    def _enable_find(self) -> None:
        ready = not self.session.searching and not self.form.fault
        self.form.classes.find_button.setEnabled(ready)

    def _on_search_of_regions(self) -> None:
        self._enable_find()
        session = self.session
        over = not session.searching and session.outcome == ("done", "")
        if over and session.ended is None and session.classes is not None:
            self.say("The classes are found.")

    def _height(self) -> Callable[[], Float32Array] | None:
        """Works out the likelihood map; None where the image is not open."""
        run, trial, place = self.session.current, self.overlay.trial, self.overlay.place
        shown = self.overlay.shown_image
        if run is None or trial is None or place is None or shown is None:
            return None
        problem, region = self.session.problems.get(run.identifier), self.form.region_of(place)
        return lambda: likelihood_map(run, trial, problem, shown, region)

    def _write_likelihood(self, run: AmorphousRun) -> None:
        height = self._height()
        if height is None:
            self.warn("The run's image is not open: open it to write the map.")
        else:
            self.exports.likelihood(run, height)
