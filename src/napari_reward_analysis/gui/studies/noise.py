"""The study "Noise": compare tuned with fixed settings as noise rises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Points
from qtpy.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.noise.analysis import begin_noise
from napari_reward_analysis.analyses.noise.figures import save_noise_figure
from napari_reward_analysis.analyses.noise.output import write_noise
from napari_reward_analysis.analyses.noise.result import TUNED
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT, NoiseRun
from napari_reward_analysis.analyses.noise.table import noise_table
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.study_autosave import Keeping, about_study
from napari_reward_analysis.gui.analysis.study_thread import Prepare
from napari_reward_analysis.gui.layers.known_points import points_on
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.noise_options import NoiseOptions
from napari_reward_analysis.gui.studies.noise_plot import QUANTITIES, NoisePlot
from napari_reward_analysis.gui.studies.tab import StudyTab
from napari_reward_analysis.gui.widgets.fields import choice, row
from napari_reward_analysis.gui.widgets.theme import ThemeColours
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.points.agreement import require_within
from napari_reward_analysis.runs.analysis import Inputs, Task

#: Number of methods without the network: LoG* and the control.
_METHODS = 2


class NoiseResults(QWidget):
    """The plot, a choice of the quantity, and buttons that write files."""

    def __init__(self) -> None:
        super().__init__()
        self.quantity = choice("Quantity", QUANTITIES)
        self.csv, self.picture = QPushButton("CSV…"), QPushButton("Picture…")
        self.csv.setToolTip("Write a table with a row for each repetition, level and method")
        self.picture.setToolTip("Write a figure of settings, rewards and scores as PNG or SVG")
        self.plot = NoisePlot()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.addWidget(row("Show", self.quantity, self.csv, self.picture, stretch=1))
        column.addWidget(self.plot, 1)
        self.enable(complete=False)

    def enable(self, *, complete: bool) -> None:
        """Enable the buttons for a complete study."""
        self.csv.setEnabled(complete)
        self.picture.setEnabled(complete)


class NoiseStudy(StudyTab):
    """Noise study of the shown image.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    title, kept_in = "Noise", "noise-runs"
    keeping = Keeping(NOISE_FORMAT.file, "trials", NOISE_FORMAT.log, NOISE_FORMAT.save, about_study)

    def __init__(self, viewer: Any) -> None:
        self.shown, self._methods = NoiseResults(), _METHODS
        model = getattr(viewer, "__wrapped__", viewer)
        super().__init__(viewer, NoiseOptions(model), self.shown)
        self.shown.quantity.currentIndexChanged.connect(lambda _: self._draw())
        self.shown.csv.clicked.connect(self._ask_csv)
        self.shown.picture.clicked.connect(self._ask_picture)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        if not self._bound:
            self.options.known.bind()
        super().bind()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.options.known.unbind()
        super().unbind()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        super().apply_colours(colours)
        self.shown.plot.apply_colours(colours)

    def prepare(self, frame: ShownImage) -> Prepare:
        """Set up the study of the form; a thread calls the result."""
        image = self.inputs.image
        size, lattice, region = image.typed_pixel_size, self.inputs.lattice.lattice, image.region
        settings, layer = self.options.settings(image.area), self.options.known.layer
        known = points_on(layer, frame.place) if isinstance(layer, Points) else None
        name = "" if layer is None else repr(layer.name)
        network = self.options.network.isChecked()
        self._methods = _METHODS + network

        def work() -> Task[NoiseRun]:
            if known is not None and not len(known):
                raise BadInput(
                    "The layer of known positions has no point on this image: choose another."
                )
            clean = frame.image(size)
            everywhere = np.ones(clean.shape, bool)
            here = None if known is None else known[require_within(known, everywhere, name)]
            given = {"known": here, "oracle": network}
            return begin_noise(Inputs(clean, lattice, region, given), settings)

        return work

    def total(self, run: NoiseRun) -> int:
        """Number of results: one for each repetition, level and method."""
        return self._methods * run.settings.seeds * len(run.settings.levels)

    def show_run(self, *, complete: bool) -> None:
        """Draw the curves of the results so far."""
        self.shown.enable(complete=complete)
        self._draw()

    def in_words(self) -> str:
        """Counts of each method at the lowest and the highest level."""
        run: NoiseRun = self.run
        parts = []
        for method in dict.fromkeys(result.method for result in run.trials):
            counts = run.means(method, "n")
            first, last = (f"{counts[i, 1]:.0f} at {counts[i, 0]:g}" for i in (0, -1))
            parts.append(f"{method} finds {first} and {last}")
        expected = run.means(TUNED, "expected")
        lattice = f" The lattice predicts {expected[0, 1]:.0f}." if len(expected) else ""
        drawn = (
            ""
            if run.region is None
            else f" Columns are counted in the drawn region ({run.region.mean():.0%} of the field)."
        )
        return f"Mean number of columns by level of noise: {'; '.join(parts)}.{lattice}{drawn}"

    def load(self, path: Path) -> NoiseRun:
        """Read `noise.json`."""
        return NOISE_FORMAT.load(path)

    def write(self, run: NoiseRun, folder: Path) -> object:
        """Write study, table and figure."""
        NOISE_FORMAT.save(run, folder)
        return write_noise(run, folder)

    def _draw(self) -> None:
        self.shown.plot.show_run(self.run, self.shown.quantity.currentData())

    def _ask_csv(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Table as CSV", "noise.csv", "CSV (*.csv)")
        if chosen:
            path, table = Path(chosen).with_suffix(".csv"), noise_table(self.run.trials)
            self.do(lambda: write_csv(path, table), lambda _: self._say_saved(path))

    def _ask_picture(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Figure", "noise.png", "PNG (*.png);;SVG (*.svg)"
        )
        if chosen:
            path, run = Path(chosen), self.run
            path = path if path.suffix else path.with_suffix(".png")
            self.do(lambda: save_noise_figure(run, path), lambda _: self._say_saved(path))

    def _say_saved(self, path: Path) -> None:
        self.note(f"Saved: {path}")
