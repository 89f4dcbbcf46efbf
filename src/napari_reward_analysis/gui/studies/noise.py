"""The study "Noise": compare tuned with fixed settings as noise rises."""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.analyses.noise.figures import save_noise_figure
from napari_reward_analysis.analyses.noise.result import TUNED
from napari_reward_analysis.analyses.noise.run import NoiseRun
from napari_reward_analysis.analyses.noise.table import noise_table
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.analysis.exports import snapshot_of
from napari_reward_analysis.gui.analysis.results import ResultsPanel
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.studies.form import StudyForm
from napari_reward_analysis.gui.studies.noise_options import NoiseOptions
from napari_reward_analysis.gui.studies.noise_plot import QUANTITIES, NoisePlot
from napari_reward_analysis.gui.widgets.fields import choice, row
from napari_reward_analysis.gui.widgets.theme import ThemeColours
from napari_reward_analysis.io.writers import write_csv


class NoiseResults(ResultsPanel):
    """A plot of a quantity against the level of noise.

    Parameters
    ----------
    session : Session
        Its shown run is shown.
    """

    keeps = False

    def __init__(self, session: Session[Any]) -> None:
        super().__init__(session)
        self.quantity = choice("Quantity", QUANTITIES)
        self.plot = NoisePlot()
        self.body.addWidget(row("Show", self.quantity, stretch=1))
        self.body.addWidget(self.plot)
        self.body.addStretch(1)
        self.csv = self.export.add("Table as CSV…")
        self.picture = self.export.add("Figure as PNG or SVG…")
        self.quantity.currentIndexChanged.connect(lambda _: self.show_trials())

    def apply_napari_theme(self, name: str, colours: ThemeColours) -> None:
        """Draw in the colours of a napari theme."""
        super().apply_napari_theme(name, colours)
        self.plot.apply_colours(colours)

    def show_trials(self) -> None:
        """Draw the curves of the results so far."""
        self.plot.show_run(self.session.current, self.quantity.currentData())
        super().show_trials()


class NoiseStudy(AnalysisDock):
    """Noise study of the shown image."""

    name = "noise"

    form: StudyForm
    results: NoiseResults

    def make_form(self) -> StudyForm:
        """Make the form with image, lattice and levels of noise."""
        return StudyForm(self.viewer, "Noise", NoiseOptions(self.viewer))

    def make_results(self) -> NoiseResults:
        """Make the curves."""
        return NoiseResults(self.session)

    def connect_parts(self) -> None:
        """Connect the exports."""
        self.results.csv.triggered.connect(lambda: self.with_run(self._write_table))
        self.results.picture.triggered.connect(lambda: self.with_run(self._write_figure))

    def words_of(self, run: NoiseRun) -> str:
        """Return the counts of each method at the lowest and the highest level."""
        if run is self.session.growing:
            return f"{len(run.trials)} of {self.session.total} results are done."
        parts = []
        for method in dict.fromkeys(result.method for result in run.trials):
            counts = run.means(method, "n")
            (low, first), (high, last) = (counts[place, :2] for place in (0, -1))
            parts.append(
                f"{method} finds {first:.0f} columns at noise {low:g} and {last:.0f} at noise "
                f"{high:g}."
            )
        expected = run.means(TUNED, "expected")
        if len(expected):
            parts.append(f"The lattice predicts {expected[0, 1]:.0f}.")
        if run.region is not None:
            share = f"{run.region.mean():.0%} of the field"
            parts.append(f"Columns are counted in the drawn region ({share}).")
        return " ".join(parts)

    def _write_table(self, run: NoiseRun) -> None:
        table = noise_table(run.trials)
        path = self.exports.ask_file("Table as CSV", "noise.csv", "CSV (*.csv)")
        if path is not None:
            self.exports.write(lambda: write_csv(path, table), "The table", path)

    def _write_figure(self, run: NoiseRun) -> None:
        path = self.exports.ask_file("Figure", "noise.png", "PNG (*.png);;SVG (*.svg)")
        if path is not None:
            snapshot = snapshot_of(run)
            self.exports.write(lambda: save_noise_figure(snapshot, path), "The figure", path)
