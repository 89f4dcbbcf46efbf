"""The study "Sliding windows": each part of the image with settings of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.windows.analysis import begin_windows
from napari_reward_analysis.analyses.windows.maps import map_name
from napari_reward_analysis.analyses.windows.output import write_windows
from napari_reward_analysis.analyses.windows.plan import DEFAULT_CELLS
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.run import WINDOWS_FORMAT, WindowsRun
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.gui.analysis.autosave import Keeping, about_study
from napari_reward_analysis.gui.analysis.study_thread import Prepare
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.layers import WindowLayers
from napari_reward_analysis.gui.studies.tab import StudyTab
from napari_reward_analysis.gui.widgets.fields import (
    NumberField,
    choice,
    form_layout,
    row,
    whole_number,
)
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Inputs, Task

_DEFAULTS = WindowsSettings()
_LARGEST_OVERLAP = 75
#: Quantities that every run has; the others follow when windows come in.
_FIRST = {key: map_name(key) for key in ("qc", "er", "threshold")}


class WindowsOptions(QWidget):
    """Size and overlap of the windows, and the search in each.

    Signals
    -------
    changed
        Anything.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.side = NumberField("Window")
        self.show_default(None)
        self.side.setToolTip(
            "Side of a window, at least two cells of the crystal; empty takes "
            f"{DEFAULT_CELLS:g} roots of the cell's area"
        )
        self.overlap = whole_number("Overlap", 0, _LARGEST_OVERLAP, round(100 * _DEFAULTS.overlap))
        self.overlap.setSuffix(" %")
        self.overlap.setToolTip("Part of its side that a window shares with the next, at least")
        self.trials = whole_number("Trials", 1, 10_000, _DEFAULTS.atoms.trials)
        self.trials.setToolTip("Settings that are tried in each window")
        self.seed = whole_number("Seed", 0, 999_999, _DEFAULTS.atoms.seed)
        self.seed.setToolTip("The same seed repeats the run")
        layout = form_layout(self)
        layout.addRow("Window", row(self.side, "Å, overlap", self.overlap, stretch=0))
        layout.addRow("Trials", row(self.trials, "a window, seed", self.seed))
        self.side.value_changed.connect(self.changed.emit)
        for box in (self.overlap, self.trials, self.seed):
            box.valueChanged.connect(self.changed.emit)

    @property
    def fault(self) -> str:
        """What is wrong; empty when nothing is."""
        return self.side.fault()

    def settings(self, area: AreaRule) -> WindowsSettings:
        """What is asked for."""
        atoms = AtomsSettings(trials=self.trials.value(), seed=self.seed.value(), area=area)
        return WindowsSettings(
            atoms=atoms, side=self.side.value(), overlap=self.overlap.value() / 100
        )

    def show_default(self, side: float | None) -> None:
        """Show in grey which side, in angstrom, an empty field stands for; None: not known yet."""
        self._default = None if side is None else float(f"{side:.3g}")
        self.side.set_default(self._default, missing=f"{DEFAULT_CELLS:g} cells")

    def summary(self) -> str:
        """The options in one line."""
        side = self.side.value() or self._default
        words = f"{DEFAULT_CELLS:g} cells" if side is None else f"{side:g} Å"
        return f"{words}, {self.overlap.value()} % overlap, {self.trials.value()} trials"


class WindowsResults(QWidget):
    """Which map is shown, and which windows have no result."""

    def __init__(self) -> None:
        super().__init__()
        self.quantity = choice("Map", _FIRST)
        self.quantity.setToolTip("What the map over the image shows, by window")
        self.csv = QPushButton("Export CSV…")
        self.csv.setToolTip("Write the columns of the whole image, each once")
        self.csv.setEnabled(False)
        self.range = QLabel()
        self.left_out = QLabel()
        self.left_out.setWordWrap(True)
        layout = form_layout(self)
        layout.addRow("Map", row(self.quantity, self.csv, stretch=0))
        layout.addRow("Range", self.range)
        layout.addRow(self.left_out)

    def show_range(self, values: FloatArray | None) -> None:
        """What the darkest and the brightest window of the map stand for."""
        known = np.empty(0) if values is None else values[np.isfinite(values)]
        text = f"{known.min():.3g} (dark) to {known.max():.3g} (bright)" if len(known) else ""
        self.range.setText(text.replace("-", "\N{MINUS SIGN}"))

    def offer(self, names: list[str]) -> None:
        """Offer these quantities, and keep the chosen one where it is among them."""
        for name in names:
            if self.quantity.findData(name) < 0:
                self.quantity.addItem(map_name(name), name)


class WindowsStudy(StudyTab):
    """Sliding windows over the image on show.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    title, kept_in, tables = "Windows", "windows-runs", ("atoms.csv",)
    keeping = Keeping(
        WINDOWS_FORMAT.file, "trials", WINDOWS_FORMAT.log, WINDOWS_FORMAT.save, about_study
    )

    def __init__(self, viewer: Any) -> None:
        self.shown = WindowsResults()
        super().__init__(viewer, WindowsOptions(), self.shown)
        self.layers = WindowLayers(self.viewer)
        self.shown.quantity.currentIndexChanged.connect(lambda _: self._show_map())
        self.shown.csv.clicked.connect(self._ask_csv)

    def _refresh(self) -> None:
        self.options.show_default(self._default_side())
        super()._refresh()

    def _default_side(self) -> float | None:
        """In angstrom, by the cell as it is seen in the image, or else as it should be."""
        lattice, found = self.inputs.lattice.lattice, self.inputs.watch.preflight
        size = self.inputs.image.effective_pixel_size
        if lattice is None:
            return None
        if size is not None and found is not None and found.measured and found.measured.found:
            return float(DEFAULT_CELLS * found.measured.cell_area_px**0.5 * size)
        return float(DEFAULT_CELLS * lattice.area**0.5)

    def prepare(self, frame: ShownImage) -> Prepare:
        """The study of the form, set up and searched in a thread."""
        image = self.inputs.image
        size, lattice, region = image.typed_pixel_size, self.inputs.lattice.lattice, image.region
        settings = self.options.settings(image.area)

        def work() -> Task[WindowsRun]:
            return begin_windows(Inputs(frame.image(size), lattice, region), settings)

        return work

    def total(self, run: WindowsRun) -> int:
        """Number of windows."""
        return len(run.plan.windows)

    def show_run(self, *, complete: bool) -> None:
        """Show the map as it grows, and the columns at the end."""
        self.shown.left_out.setText(left_out_in_words(self.run))
        self.shown.offer(list(self.run.maps))
        self._show_map()
        self.shown.csv.setEnabled(complete)
        if complete and self.place is not None:
            self.layers.show_atoms(self.place, self.run.stitched)

    def in_words(self) -> str:
        """How many columns, in how many windows."""
        run: WindowsRun = self.run
        rows, columns = run.plan.grid
        text = f"{len(run.stitched['id'])} columns in {rows} × {columns} windows."
        missing = len(run.plan.windows) - len(run.trials)
        more = [f"{missing} not searched."] if missing else []
        return " ".join([text, *more, *map(sentence, run.notices)])

    def load(self, path: Path) -> WindowsRun:
        """Read `windows.json`."""
        return WINDOWS_FORMAT.load(path)

    def write(self, run: WindowsRun, folder: Path) -> object:
        """Write run, columns and maps."""
        WINDOWS_FORMAT.save(run, folder)
        return write_windows(run, folder)

    def _show_map(self) -> None:
        run: WindowsRun | None = self.run
        values = None if run is None else run.maps.get(self.shown.quantity.currentData())
        self.shown.show_range(values)
        if run is not None and values is not None and self.place is not None:
            name = self.shown.quantity.currentText()
            self.layers.show_map(self.place, run.plan, name, values)

    def _ask_csv(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Columns as CSV", "atoms.csv", "CSV (*.csv)")
        if chosen:
            path = Path(chosen).with_suffix(".csv")
            table = self.run.stitched
            self.do(
                lambda: write_csv(path, table),
                lambda _: self.note(f"{len(table['id'])} columns saved: {path}"),
            )


def left_out_in_words(run: WindowsRun) -> str:
    """Windows without a result, by the reason: row and column of each, from 1."""
    by_reason: dict[str, list[WindowResult]] = {}
    for result in run.left_out:
        by_reason.setdefault(result.reason, []).append(result)
    lines = [
        f"{reason} ({len(found)}: "
        + ", ".join(f"{r.window.row + 1}/{r.window.column + 1}" for r in found)
        + ")"
        for reason, found in by_reason.items()
    ]
    return "\n".join(["Windows without a result, by row/column:", *lines]) if lines else ""
