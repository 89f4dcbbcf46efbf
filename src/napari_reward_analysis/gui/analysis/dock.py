"""The dock of an analysis: form, results, and a Run button that is always visible.

The dock connects its parts. The session holds the runs, and the overlay draws on the image.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import napari.viewer
from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.autosave import autosave_folder
from napari_reward_analysis.gui.analysis.exports import Exports
from napari_reward_analysis.gui.analysis.form import Form, SettingsAndImage
from napari_reward_analysis.gui.analysis.image_finder import ImageFinder
from napari_reward_analysis.gui.analysis.menus import list_recent
from napari_reward_analysis.gui.analysis.notices import notices_in_words
from napari_reward_analysis.gui.analysis.overlay import Overlay
from napari_reward_analysis.gui.analysis.preload import preload
from napari_reward_analysis.gui.analysis.request import Request, prepared, start
from napari_reward_analysis.gui.analysis.results import ResultsPanel
from napari_reward_analysis.gui.analysis.run_box import RunBox
from napari_reward_analysis.gui.analysis.session import Session, holds_something, session_of
from napari_reward_analysis.gui.analysis.thread import Prepare
from napari_reward_analysis.gui.analysis.trade_off import TradeOffPanel
from napari_reward_analysis.gui.analysis.words import trials_in_words
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.background import BackgroundTask
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.docked import DockedWidget
from napari_reward_analysis.gui.widgets.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.widgets.theme import ThemeColours, napari_colours
from napari_reward_analysis.runs.analysis import Analysis, analysis_named


class AnalysisDock(DockedWidget):
    """The dock of the analysis `name`.

    A registered analysis needs only its name. A subclass overrides the methods under
    "parts that an analysis can replace" to have its own form, results and layers.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    runs_folder : Path, optional
        Folder in which growing runs are saved. By default a folder of the user.

    Attributes
    ----------
    analysis : Analysis
    session : Session
    runs_folder : Path
        Folder in which growing runs are saved.
    form, run_box, results, overlay
        The parts of the dock.
    """

    #: Name of the analysis.
    name: str
    #: Message of "Keep" if no open image shows a result.
    nothing_to_keep = "No open image shows a result to keep: open the run's image."
    #: Tables of the run whose names another analysis uses too.
    tables: tuple[str, ...] = ()
    #: True if `script_of` returns a script.
    has_script = False

    def __init__(
        self, napari_viewer: napari.viewer.Viewer, runs_folder: Path | None = None
    ) -> None:
        super().__init__()
        # napari gives each plugin widget its own proxy; all parts need the same viewer
        self.viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self.analysis = self.find_analysis()
        self.session = self.find_session()
        self.runs_folder = runs_folder or autosave_folder(self.name)
        self.form = self.make_form()
        self.run_box = RunBox()
        self.results = self.make_results()
        self.overlay = self.make_overlay()
        self.exports = self.make_exports()
        self.bindings = Bindings(self)
        self._finder: ImageFinder[Any] = ImageFinder(
            self.viewer, self.session, self._on_match, self
        )
        self._loading: BackgroundTask[Any] | None = None
        #: Status of the shown run. Messages follow below it.
        self._status = ""
        #: Remarks on the last search, shown below its status; True marks a warning.
        self._remarks: dict[str, bool] = {}
        self._build()
        self._connect()
        self.connect_parts()
        self.bind()
        self.preloading = preload()
        # closing the window deletes the widget, which must end the search
        self.destroyed.connect(self.session.cancel)

    # ---- parts that an analysis can replace

    def find_analysis(self) -> Analysis[Any]:
        """Return the analysis."""
        return analysis_named(self.name)

    def find_session(self) -> Session[Any]:
        """Return the session of the viewer."""
        return session_of(self.viewer, self.name, Session[Any])

    def make_form(self) -> Any:
        """Make the form, see `Form`."""
        return SettingsAndImage(self.viewer, self.analysis.settings)

    def make_results(self) -> Any:
        """Make the results, see `ResultsPanel`."""
        return TradeOffPanel(self.session)

    def make_overlay(self) -> Any:
        """Make the layers, see `Overlay`."""
        return Overlay(self.viewer, self.session, self)

    def make_exports(self) -> Any:
        """Make the dialogs for files, see `Exports`."""
        return Exports(self, self.note)

    def connect_parts(self) -> None:
        """Connect the special parts of the analysis. It is called once."""

    def bind_parts(self) -> None:
        """Connect signals of the special parts to `bindings`, which release them."""

    def unbind_parts(self) -> None:
        """Disconnect the special parts of the analysis."""

    def prepare(self, request: Request, name: str) -> Prepare:
        """Return the function that sets up the run in the thread."""
        return prepared(self.analysis, request, name)

    def name_of(self, request: Request) -> str:
        """Return the name of the next run."""
        return self.session.free_name(request.image.name)

    def words_of(self, run: Any) -> str:
        """Return status and result of a run in one line."""
        return trials_in_words(
            run, self.session.front if run is self.session.current else run.front
        )

    def notices_of(self, run: Any) -> str:
        """Return the notices of a run as text."""
        return notices_in_words(run.notices)

    def script_of(self, run: Any) -> str:  # noqa: ARG002
        """Return a script that repeats a run; empty if there is none."""
        return ""

    def write_everything(self, run: Any) -> None:
        """Ask for a folder, and write all files that the command line writes."""
        shown = self.overlay.shown_image
        self.exports.everything(run, self.analysis, shown, tables=self.tables)

    # ---- building

    def _build(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addWidget(self.form)
        column.addWidget(self.results, 1)
        self.scroll_area = VerticalScrollArea(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.scroll_area, 1)
        # outside the scroll area: the box stays visible
        outer.addWidget(self.run_box)

    def _connect(self) -> None:
        self.form.changed.connect(self._show_fault)
        self.form.image_changed.connect(self._on_image)
        self.run_box.run_asked.connect(lambda: self.run())
        self.run_box.cancel_asked.connect(self.session.cancel)
        results: ResultsPanel = self.results
        menu = results.run_menu
        results.copy.setVisible(self.has_script)
        results.keep_asked.connect(self._keep)
        results.copy_asked.connect(self._copy_script)
        menu.load.triggered.connect(self._ask_run)
        menu.recent.aboutToShow.connect(lambda: list_recent(menu.recent, self.runs_folder))
        menu.recent.triggered.connect(self._load_recent)
        menu.save.triggered.connect(
            lambda: self.with_run(lambda run: self.exports.run(run, self.analysis))
        )
        menu.edit.triggered.connect(lambda: self.with_run(self._edit))
        menu.rename.triggered.connect(lambda: self.with_run(self._rename))
        menu.remove.triggered.connect(lambda: self.with_run(self.session.remove))
        results.export.folder.triggered.connect(lambda: self.with_run(self.write_everything))
        self.overlay.said.connect(self.say)

    # ---- connecting and disconnecting

    def bind(self) -> None:
        """Connect to viewer and session."""
        if self._bound:
            return
        self._bound = True
        session, layers, bindings = self.session, self.viewer.layers, self.bindings
        bindings.connect(session.run_changed, self._on_run)
        bindings.connect(session.search_changed, self._on_search)
        bindings.connect(session.progressed, self._on_progress)
        bindings.connect(session.trials_changed, self.show_status)
        bindings.connect(session.staged, self.say)
        bindings.connect(session.warned, self._on_warned)
        bindings.connect(session.noted, self._on_noted)
        bindings.connect(layers.events.inserted, self._look_for_image)
        bindings.connect(layers.events.removed, self._look_for_image)
        bindings.connect(self.viewer.events.theme, self._on_theme)
        self._on_theme()
        self.form.bind()
        self.results.bind()
        self.overlay.bind()
        self.bind_parts()
        self._on_run()
        # a search that was cancelled when the dock closed may still be ending
        self._show_search()
        self._show_fault()

    def unbind(self) -> None:
        """Disconnect from viewer and session, and cancel a running search.

        Its results stay in the session and on the disk.
        """
        self._bound = False
        self.bindings.release()
        self.session.cancel()
        self._finder.stop()
        if self._loading is not None:
            self._loading.drop()
        self.exports.drop()
        self.unbind_parts()
        self.form.unbind()
        self.results.unbind()
        self.overlay.unbind()

    # ---- runs

    def run(self) -> None:
        """Start a run with the inputs of the form."""
        if self.session.searching or self.form.fault:
            return
        try:
            request = self.form.request()
        except BadInput as error:
            self.warn(str(error))
            return
        if request is not None:
            self.form.set_open(False)
            name = self.name_of(request)
            self.start(request, self.prepare(request, name), name)

    def start(self, request: Request, prepare: Prepare, name: str) -> None:
        """Start a thread that sets up and iterates a run with this name."""
        self._remarks = {}
        self.say("Preparing the image…")
        start(self.session, self.analysis, request, prepare, self.runs_folder, name)

    def load(self, path: Path) -> None:
        """Load a saved run and show it. Its image need not be open."""
        if self._loading is not None:
            self._loading.drop()
        self._loading = BackgroundTask(
            lambda: self.analysis.format.load(path), self._on_loaded, self.warn
        )
        self._loading.start()

    def _on_loaded(self, run: Any) -> None:
        if not holds_something(run):
            self.warn("This run ended before its first result: there is nothing to show.")
            return
        if not self.session.searching:
            # progress and time belong to the last run, not to this one
            self.run_box.clear()
        self._remarks = {}
        self.session.add(run)
        # the layers of a run that is already shown may have been deleted
        self.show_status()
        self.overlay.draw()

    def _on_search(self) -> None:
        session, box = self.session, self.run_box
        self._show_search()
        if not session.searching and box.state != "idle":
            status, message = session.outcome or ("done", "")
            box.finish(complete=status == "done")
            self._show_end(status, message)
        self._show_fault()

    def _show_search(self) -> None:
        session, box = self.session, self.run_box
        if session.cancelling:
            box.cancelling()
        elif session.searching and box.state == "idle":
            box.start(session.total or 1)

    def _on_progress(self) -> None:
        if self.session.growing is not None:
            self.run_box.set_total(self.session.total)
            self.run_box.set_done(len(self.session.growing.trials))

    def _show_end(self, status: str, message: str) -> None:
        self.show_status()
        run = self.session.ended
        found = "" if run is None else self.words_of(run)
        if status == "cancelled":
            kept = f"The run was cancelled. {found}"
            self._status = kept if found else "The run was cancelled before its first result."
            self.say(self._status)
        elif message:
            kept = f" Result so far: {found}" if status == "failed" and found else ""
            self.warn(message + kept)
        self._show_remarks()

    # ---- messages

    def say(self, text: str, warning: bool = False) -> None:
        """Show a message."""
        self.run_box.set_status(text, warning=warning)

    def note(self, text: str, warning: bool = False) -> None:
        """Show a message below the status of the shown run."""
        self.say(text if warning or not self._status else f"{self._status}\n{text}", warning)

    def warn(self, text: str) -> None:
        """Show a warning."""
        self.say(text, warning=True)

    def show_status(self) -> None:
        """Show the status of the shown run."""
        run = self.session.current
        if run is not None:
            self._status = self._status_of(run)
            self.say(self._status)

    def retell(self) -> None:
        """Update the status of the shown run. Later messages stay below it."""
        run, said = self.session.current, self.run_box.status.text()
        if run is None or not self._status or not said.startswith(self._status):
            return
        words = self._status_of(run)
        self.run_box.set_status(words + said.removeprefix(self._status), warning=self.run_box.warns)
        self._status = words

    def _status_of(self, run: Any) -> str:
        words = self.words_of(run)
        if run.status in ("running", "done") or not holds_something(run):
            return words
        return f"The run ended early. {words}"

    def _show_fault(self) -> None:
        self.run_box.set_fault("" if self.session.searching else self.form.fault)

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
            self.say("\n".join([said, *new]).strip(), warning=warning)

    # ---- the shown run

    def apply_colours(self, colours: ThemeColours) -> None:
        """Use these colours."""
        name = self.viewer.theme
        self.form.apply_napari_theme(name, colours)
        self.run_box.apply_colours(colours)
        self.results.apply_napari_theme(name, colours)
        self.overlay.apply_colours(colours)

    def _on_theme(self, _event: Any = None) -> None:
        self.apply_colours(napari_colours(self.viewer.theme))

    def _on_run(self) -> None:
        run = self.session.current
        if run is not None:
            self.show_status()
            self._choose_image(self.session.places.get(run.identifier))
        self._look_for_image()

    def _choose_image(self, place: Any) -> None:
        if isinstance(place, Place):
            self.form.image.image.choose(place.layer())

    def _look_for_image(self, _event: Any = None) -> None:
        """Look for the image of the shown run among the layers."""
        run = self.session.current
        self.results.set_notice("" if run is None else self.notices_of(run))
        if run is None or self.overlay.shows_run:
            self._finder.stop()
        else:
            self._finder.look(run)

    def _on_match(self, run: Any, place: Place | None) -> None:
        current = self.session.current
        if current is None or run is not current:
            return
        if place is None:
            name, (height, width) = current.image.name, current.image.shape
            self.results.set_notice(
                f"This run belongs to the image {name!r} of {width} × {height} px, which is not "
                "open: open it to see the result on it."
            )
            return
        self._choose_image(place)
        self.overlay.draw()
        self.on_image_found()

    def on_image_found(self) -> None:
        """Respond to the image of the shown run, which was found among the layers."""

    def _on_image(self) -> None:
        """Show the latest run of the chosen image, if there is one."""
        shown, current = self.form.image.frame, self.session.current
        if shown is None:
            return
        places = self.session.places
        here = [run for run in self.session.runs if places.get(run.identifier) == shown.place]
        if here and not any(run is current for run in here):
            self.session.show(here[-1])
        elif current is not None and not self.overlay.shows_run:
            self._look_for_image()

    # ---- buttons

    def with_run(self, act: Any) -> None:
        """Call a function with the shown run, if there is one."""
        if self.session.current is not None:
            act(self.session.current)

    def _keep(self) -> None:
        name = self.overlay.keep()
        if name:
            self.note(f"Kept as layer {name!r}.")
        else:
            self.warn(self.nothing_to_keep)

    def _copy_script(self) -> None:
        clipboard = QApplication.clipboard()
        if self.session.current is not None and clipboard is not None:
            clipboard.setText(self.script_of(self.session.current))
            self.say("A Python script that repeats this run was copied to the clipboard.")

    def _edit(self, run: Any) -> None:
        form: Form = self.form
        form.show_run(run, same_image=self.overlay.shows_run)
        form.set_open(True)
        self.say(f"The settings of {run.name!r} are now in the form.")

    def _rename(self, run: Any) -> None:
        self.session.rename(run, self.exports.ask_name(run))

    def _ask_run(self) -> None:
        path = self.exports.ask_run(self.runs_folder, self.analysis.format.file)
        if path is not None:
            self.load(path)

    def _load_recent(self, action: QAction) -> None:
        if action.data():
            self.load(Path(action.data()))
