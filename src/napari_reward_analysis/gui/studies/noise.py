"""The study "Noise": what tuning is worth as noise rises."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
from napari.layers import Layer, Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.noise.analysis import begin_noise
from napari_reward_analysis.analyses.noise.figures import save_noise_figure
from napari_reward_analysis.analyses.noise.images import Kind, Unit
from napari_reward_analysis.analyses.noise.output import write_noise
from napari_reward_analysis.analyses.noise.result import TUNED
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT, NoiseRun
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.noise.table import noise_table
from napari_reward_analysis.analyses.oracle.network import runtime_fault
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.autosave import Keeping, about_study
from napari_reward_analysis.gui.analysis.study_thread import Prepare
from napari_reward_analysis.gui.layers.known_points import is_oracle, points_on
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.layers import ATOMS
from napari_reward_analysis.gui.studies.noise_plot import QUANTITIES, NoisePlot
from napari_reward_analysis.gui.studies.tab import StudyTab
from napari_reward_analysis.gui.widgets.fields import choice, form_layout, row, whole_number
from napari_reward_analysis.gui.widgets.theme import ThemeColours
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.points.agreement import require_within
from napari_reward_analysis.runs.analysis import Inputs, Task

_DEFAULTS = NoiseSettings()
#: LoG* and the control.
_METHODS = 2


def _may_be_known(layer: Layer) -> bool:
    return is_oracle(layer) and layer.name != ATOMS


class NoiseOptions(QWidget):
    """Levels and kind of the noise, repetitions, and the search at each level.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Whose Points layers may hold the known positions.

    Signals
    -------
    changed
        Anything.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.levels = QLineEdit(", ".join(f"{level:g}" for level in _DEFAULTS.levels))
        self.levels.setAccessibleName("Levels")
        self.levels.setToolTip(
            "Standard deviation of the noise, rising; the control keeps the settings of the first"
        )
        self.unit = choice("Unit", {unit: f"of {unit}" for unit in get_args(Unit)})
        self.unit.setToolTip(
            "What a level is a part of: the image's range (largest less least value) or its "
            "standard deviation"
        )
        self.kind = choice("Noise", {kind: kind.capitalize() for kind in get_args(Kind)})
        self.kind.setToolTip(
            "Gaussian: the same everywhere; Poisson: that of counted electrons, of a level at the "
            "mean intensity"
        )
        self.seeds = whole_number("Repetitions", 1, 1000, _DEFAULTS.seeds)
        self.seeds.setToolTip("Each with other noise and another search")
        self.trials = whole_number("Trials", 1, 10_000, _DEFAULTS.atoms.trials)
        self.trials.setToolTip("Settings that are tried at each level")
        self.seed = whole_number("Seed", 0, 999_999, _DEFAULTS.atoms.seed)
        self.seed.setToolTip("The same seed repeats the study")
        self.published = QCheckBox("as published")
        self.published.setToolTip("The paper's LoG and ranges, judged by QC and ER alone")
        self.network = QCheckBox("network beside")
        self.network.setToolTip("Ask the network for the columns too, which no noise level tunes")
        self.known = LayerCombo(viewer, _may_be_known, nothing=("none",))
        self.known.setAccessibleName("Known")
        self.known.setToolTip(
            "Known positions score what was found (F1, precision, recall); the search never "
            "sees them"
        )
        layout = form_layout(self)
        layout.addRow("Levels", row(self.levels, self.unit, stretch=0))
        layout.addRow("Noise", row(self.kind, "repetitions", self.seeds))
        layout.addRow("Trials", row(self.trials, "a level, seed", self.seed))
        layout.addRow("", row(self.published, self.network, stretch=1))
        layout.addRow("Known", self.known)
        self.levels.textEdited.connect(lambda _: self.changed.emit())
        for box in (self.seeds, self.trials, self.seed):
            box.valueChanged.connect(self.changed.emit)
        for combo in (self.unit, self.kind):
            combo.currentIndexChanged.connect(self.changed.emit)
        for tick in (self.published, self.network):
            tick.toggled.connect(self.changed.emit)

    @property
    def fault(self) -> str:
        """What is wrong; empty when nothing is."""
        try:
            self.settings("crystal")
        except ValueError:
            text = self.levels.text().strip()
            return (
                f"Levels {text!r} are not zero or more and rising: write them with commas, "
                "such as 0, 0.2, 0.4."
            )
        return runtime_fault() if self.network.isChecked() else ""

    def settings(self, area: AreaRule) -> NoiseSettings:
        """What is asked for.

        Raises
        ------
        ValueError
            If the levels are of no use.
        """
        trials, seed = self.trials.value(), self.seed.value()
        if self.published.isChecked():
            atoms = as_published(trials=trials, seed=seed)
        else:
            atoms = AtomsSettings(trials=trials, seed=seed, area=area)
        return NoiseSettings(
            levels=tuple(float(part) for part in self.levels.text().split(",")),
            unit=self.unit.currentData(),
            kind=self.kind.currentData(),
            seeds=self.seeds.value(),
            atoms=atoms,
        )

    def summary(self) -> str:
        """The options in one line."""
        seeds = self.seeds.value()
        repetitions = f"{seeds} repetition{'' if seeds == 1 else 's'}"
        return f"{self.kind.currentText()} at {self.levels.text()}; {repetitions}"


class NoiseResults(QWidget):
    """The plot, which quantity it shows, and where to write it."""

    def __init__(self) -> None:
        super().__init__()
        self.quantity = choice("Quantity", QUANTITIES)
        self.csv, self.picture = QPushButton("CSV…"), QPushButton("Picture…")
        self.csv.setToolTip("Write a row per repetition, level and method")
        self.picture.setToolTip("Write settings, rewards, counts and scores as PNG or SVG")
        self.plot = NoisePlot()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.addWidget(row("Show", self.quantity, self.csv, self.picture, stretch=1))
        column.addWidget(self.plot, 1)
        self.enable(complete=False)

    def enable(self, *, complete: bool) -> None:
        """Files are written of a study that is over."""
        self.csv.setEnabled(complete)
        self.picture.setEnabled(complete)


class NoiseStudy(StudyTab):
    """Noise study of the image on show.

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
        """Let go of the viewer."""
        self.options.known.unbind()
        super().unbind()

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""
        super().apply_colours(colours)
        self.shown.plot.apply_colours(colours)

    def prepare(self, frame: ShownImage) -> Prepare:
        """The study of the form, made in a thread."""
        image = self.inputs.image
        size, lattice, region = image.typed_pixel_size, self.inputs.lattice.lattice, image.region
        settings, layer = self.options.settings(image.area), self.options.known.layer
        known = points_on(layer, frame.place) if isinstance(layer, Points) else None
        name = "" if layer is None else repr(layer.name)
        network = self.options.network.isChecked()
        self._methods = _METHODS + network

        def work() -> Task[NoiseRun]:
            if known is not None and not len(known):
                raise BadInput("The layer of known positions holds none on this image.")
            clean = frame.image(size)
            everywhere = np.ones(clean.shape, bool)
            here = None if known is None else known[require_within(known, everywhere, name)]
            given = {"known": here, "oracle": network}
            return begin_noise(Inputs(clean, lattice, region, given), settings)

        return work

    def total(self, run: NoiseRun) -> int:
        """One result per repetition, level and method."""
        return self._methods * run.settings.seeds * len(run.settings.levels)

    def show_run(self, *, complete: bool) -> None:
        """Draw the curves as far as they have come."""
        self.shown.enable(complete=complete)
        self._draw()

    def in_words(self) -> str:
        """Counts of both methods at the lowest and the highest level."""
        run: NoiseRun = self.run
        parts = []
        for method in dict.fromkeys(result.method for result in run.trials):
            counts = run.means(method, "n")
            first, last = (f"{counts[i, 1]:.0f} at {counts[i, 0]:g}" for i in (0, -1))
            parts.append(f"{method}: {first}, {last}")
        expected = run.means(TUNED, "expected")
        lattice = f" The lattice predicts {expected[0, 1]:.0f}." if len(expected) else ""
        drawn = (
            ""
            if run.region is None
            else f" Counted within the drawn region ({run.region.mean():.0%} of the field)."
        )
        return f"Columns: {'; '.join(parts)}.{lattice}{drawn}"

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
