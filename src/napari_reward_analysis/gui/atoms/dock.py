"""The dock widget "Find atoms (LoG*)"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.script import as_script
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.analysis.thread import Prepare
from napari_reward_analysis.gui.atoms.exports import AtomsExports
from napari_reward_analysis.gui.atoms.form import AtomsForm
from napari_reward_analysis.gui.atoms.oracle_counts import Oracles
from napari_reward_analysis.gui.atoms.overlay import AtomsOverlay
from napari_reward_analysis.gui.atoms.physics_link import PhysicsLink
from napari_reward_analysis.gui.atoms.refining import Refining
from napari_reward_analysis.gui.atoms.results import AtomsResults
from napari_reward_analysis.gui.atoms.session import AtomsSession, atoms_session_of
from napari_reward_analysis.gui.atoms.words import run_in_words, trial_in_words
from napari_reward_analysis.gui.atoms.work import prepare_atoms
from napari_reward_analysis.io.writers import write_csv


class FindAtoms(AnalysisDock):
    """Find atomic columns by a Laplacian of Gaussian tuned to the lattice.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    runs_folder : Path, optional
        Where runs are saved as they grow; by default a folder of the user's own.
    """

    name = "atoms"
    has_script = True
    nothing_to_keep = "There are no points on an open image to keep: open the run's image."

    session: AtomsSession
    form: AtomsForm
    results: AtomsResults
    overlay: AtomsOverlay

    def find_session(self) -> AtomsSession:
        """The session of the viewer."""
        return atoms_session_of(self.viewer)

    def make_form(self) -> AtomsForm:
        """Image, lattice and search."""
        return AtomsForm(self.viewer)

    def make_results(self) -> AtomsResults:
        """Trade-off and trials, N and DS."""
        return AtomsResults(self.session)

    def make_overlay(self) -> AtomsOverlay:
        """The columns as points."""
        return AtomsOverlay(self.viewer, self.session, self)

    def make_exports(self) -> AtomsExports:
        """The dialogs for files."""
        return AtomsExports(self, self.note)

    def connect_parts(self) -> None:
        """Connect N and DS, sub-pixel positions, oracles and exports."""
        results, exports = self.results, self.exports
        self.refining = Refining(self.viewer, self.session, self)
        self.oracles = Oracles(self.viewer, self.session, results.oracle_menu, self)
        self._physics = PhysicsLink(self.session, self.form, results)
        self.oracles.said.connect(self.say)
        results.colour_chosen.connect(self.overlay.atoms.colour_by)
        results.figure.triggered.connect(lambda: self.with_run(exports.figure))
        results.csv.triggered.connect(lambda: self._with_points(exports.points_csv))
        results.xyz.triggered.connect(lambda: self._with_points(exports.points_xyz))

    def bind_parts(self) -> None:
        """Follow edits by hand, and refine what is shown."""
        self.bindings.connect(self.session.edited_changed, self.show_status)
        self.refining.bind()

    def unbind_parts(self) -> None:
        """Refine nothing more."""
        self.refining.unbind()

    def on_image_found(self) -> None:
        """Refine the shown trial on the image that was found."""
        self.refining.look()

    def prepare(self, request: Request, name: str) -> Prepare:
        """Search, then refine the front where the settings ask for it."""
        return prepare_atoms(self.session, self.analysis, request, name)

    def words_of(self, run: Any) -> str:
        """Trials, and what the front reaches."""
        shown = run is self.session.current
        text = run_in_words(run, self.session.front if shown else run.front)
        if shown and self.session.edited is not None:
            text = f"Edited by hand: {trial_in_words(self.session.edited)}.\n{text}"
        return text

    def script_of(self, run: Run) -> str:
        """A script that repeats the search."""
        return as_script(run)

    def write_everything(self, run: Run) -> None:
        """Ask for a folder and write run, points and plot; points as edited by hand."""
        table = self.overlay.table()
        edited = table is not None and self.session.edited is not None

        def more(folder: Path) -> None:
            if edited and table is not None:
                write_csv(folder / "atoms.csv", table)

        self.exports.everything(run, self.analysis, self.overlay.shown_image, more)

    def _with_points(self, act: Any) -> None:
        run, table = self.session.current, self.overlay.table()
        if run is not None and table is not None:
            act(run, table)
