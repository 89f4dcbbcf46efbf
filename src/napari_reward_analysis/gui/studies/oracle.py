"""The study "Oracle": compare columns with those of an oracle."""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.analyses.oracle.figures import ORACLE_COLOUR
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.analysis.overlay import Overlay
from napari_reward_analysis.gui.analysis.results import ResultsPanel
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.atoms.session import AtomsSession, atoms_session_of
from napari_reward_analysis.gui.studies.front_agreement import FrontAgreement
from napari_reward_analysis.gui.studies.oracle_form import OracleForm
from napari_reward_analysis.gui.studies.oracle_layers import KINDS, OracleLayers
from napari_reward_analysis.gui.studies.oracle_words import (
    comparison_in_words,
    export_table,
    favourites_in_words,
)
from napari_reward_analysis.gui.widgets.legend import LegendEntry, LegendStrip
from napari_reward_analysis.gui.widgets.theme import ThemeColours, default_colours
from napari_reward_analysis.io.writers import write_csv


class OracleResults(ResultsPanel):
    """The legend of the layers, and the agreement of the trials on fronts.

    Parameters
    ----------
    session : Session
        Its shown comparison is shown.
    atoms : AtomsSession
        Its runs are judged.
    """

    keeps = False

    def __init__(self, session: Session[Any], atoms: AtomsSession) -> None:
        super().__init__(session)
        self.legend, self.front = LegendStrip(), FrontAgreement(atoms)
        self._colours = default_colours()
        self.body.addWidget(self.legend)
        self.body.addWidget(self.front)
        self.body.addStretch(1)
        self.legend.hide()
        self.csv = self.export.add("Points as CSV…")

    def apply_napari_theme(self, name: str, colours: ThemeColours) -> None:
        """Draw in the colours of a napari theme."""
        super().apply_napari_theme(name, colours)
        self._colours = colours
        self._show_legend()

    def show_trials(self) -> None:
        """Show another comparison, or what was added to it."""
        self._show_legend()
        self.show_fronts()
        super().show_trials()

    def show_fronts(self) -> None:
        """Show the agreement of the trials on the fronts of open runs."""
        run: OracleRun | None = self.session.current
        self.front.show_fronts([] if run is None else run.trials)

    def _show_legend(self) -> None:
        run: OracleRun | None = self.session.current
        self.legend.setVisible(run is not None and run.has_result())
        if run is None:
            return
        entries = [LegendEntry("ring", ORACLE_COLOUR, f"oracle {len(run.oracle.points)}")]
        if run.result is not None:
            for kind, (colour, _, symbol) in KINDS.items():
                number = len(getattr(run.result, kind))
                entries.append(LegendEntry(symbol, colour, f"{kind} {number}"))
        self.legend.set_entries(entries, self._colours)


class OracleOverlay(Overlay):
    """The columns of the oracle, and the agreement with them."""

    def __init__(self, viewer: Any, session: Session[Any], parent: Any) -> None:
        super().__init__(viewer, session, parent)
        self.layers = OracleLayers(viewer)

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self.session
        for signal in (session.run_changed, session.search_changed):
            self.bindings.connect(signal, self.draw)
        super().bind()

    def draw(self) -> None:
        """Show the comparison, if its image is open and it is complete."""
        run: OracleRun | None = self.session.current
        place = self.place
        if run is None or place is None or run is self.session.growing:
            return
        if run.has_result():
            self.layers.show(place, run)


class OracleStudy(AnalysisDock):
    """The columns of an oracle, and their agreement with other positions."""

    name = "oracle"

    form: OracleForm
    results: OracleResults
    overlay: OracleOverlay

    def make_form(self) -> OracleForm:
        """Make the form with image, lattice, oracle and compared positions."""
        self.atoms = atoms_session_of(self.viewer)
        return OracleForm(self.viewer, self.atoms)

    def make_results(self) -> OracleResults:
        """Make the legend and the table of fronts."""
        return OracleResults(self.session, self.atoms)

    def make_overlay(self) -> OracleOverlay:
        """Make the two layers of points."""
        return OracleOverlay(self.viewer, self.session, self)

    def connect_parts(self) -> None:
        """Connect the export."""
        self.results.csv.triggered.connect(lambda: self.with_run(self._write_points))

    def bind_parts(self) -> None:
        """Follow the runs of the search for atoms, and judge their trials."""
        bindings = self.bindings
        for signal in (self.session.run_changed, self.session.search_changed):
            bindings.connect(signal, self._tell_agreement)
        bindings.connect(self.atoms.runs_changed, self._on_runs)
        bindings.connect(self.atoms.trials_changed, self._on_runs)
        self._on_runs()

    def words_of(self, run: OracleRun) -> str:
        """Describe the oracle's columns, the agreement, and the best trials of the runs."""
        if run is self.session.growing:
            return "Asking the oracle…"
        favourites = favourites_in_words(run.trials, self.atoms.runs)
        return "\n".join(filter(None, (comparison_in_words(run), favourites)))

    def _tell_agreement(self) -> None:
        """Tell the search for atoms how its trials agree with the oracle."""
        run: OracleRun | None = self.session.current
        if run is not None and run is not self.session.growing and run.has_result():
            self.atoms.set_agreement(run.oracle.name, run.trials)

    def _on_runs(self) -> None:
        """Update fronts and text after a change of the runs, their names or their N."""
        # a growing run is not judged yet
        growing = self.atoms.growing
        if growing is None or self.atoms.current is not growing:
            self.results.show_fronts()
            self.retell()

    def _write_points(self, run: OracleRun) -> None:
        name = "oracle.csv" if run.found is None else "agreement.csv"
        path = self.exports.ask_file("Points as CSV", name, "CSV (*.csv)")
        if path is not None:
            table = export_table(run)
            self.exports.write(lambda: write_csv(path, table), f"{len(table['id'])} points", path)
