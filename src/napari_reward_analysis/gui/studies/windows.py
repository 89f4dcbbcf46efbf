"""The study "Sliding windows": search each part of the image with settings of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget

from napari_reward_analysis.analyses.windows.analysis import begin_windows
from napari_reward_analysis.analyses.windows.maps import map_name
from napari_reward_analysis.analyses.windows.output import write_windows
from napari_reward_analysis.analyses.windows.plan import DEFAULT_CELLS
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.run import WINDOWS_FORMAT, WindowsRun
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.gui.analysis.study_autosave import Keeping, about_study
from napari_reward_analysis.gui.analysis.study_thread import Prepare
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.layers import WindowLayers
from napari_reward_analysis.gui.studies.tab import StudyTab
from napari_reward_analysis.gui.studies.windows_options import WindowsOptions
from napari_reward_analysis.gui.widgets.fields import (
    choice,
    form_layout,
    row,
)
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Inputs, Task

#: Quantities of every run. Others are added with the results.
_FIRST = {key: map_name(key) for key in ("qc", "er", "threshold")}


class WindowsResults(QWidget):
    """A choice of the map, its range, and the windows without a result."""

    def __init__(self) -> None:
        super().__init__()
        self.quantity = choice("Map", _FIRST)
        self.quantity.setToolTip("Quantity that the map over the image shows for each window")
        self.csv = QPushButton("Export CSV…")
        self.csv.setToolTip("Write a table of the columns of the whole image")
        self.csv.setEnabled(False)
        self.range = QLabel()
        self.left_out = QLabel()
        self.left_out.setWordWrap(True)
        layout = form_layout(self)
        layout.addRow("Map", row(self.quantity, self.csv, stretch=0))
        layout.addRow("Range", self.range)
        layout.addRow(self.left_out)

    def show_range(self, values: FloatArray | None) -> None:
        """Show the values of the darkest and the brightest window of the map."""
        known = np.empty(0) if values is None else values[np.isfinite(values)]
        text = f"{known.min():.3g} (dark) to {known.max():.3g} (bright)" if len(known) else ""
        self.range.setText(text.replace("-", "\N{MINUS SIGN}"))

    def offer(self, names: list[str]) -> None:
        """Offer these quantities too."""
        for name in names:
            if self.quantity.findData(name) < 0:
                self.quantity.addItem(map_name(name), name)


class WindowsStudy(StudyTab):
    """Sliding windows over the shown image.

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
        """Default side in angstrom, from the measured cell or else from that of the lattice."""
        lattice, found = self.inputs.lattice.lattice, self.inputs.watch.preflight
        size = self.inputs.image.effective_pixel_size
        if lattice is None:
            return None
        if size is not None and found is not None and found.measured and found.measured.found:
            return float(DEFAULT_CELLS * found.measured.cell_area_px**0.5 * size)
        return float(DEFAULT_CELLS * lattice.area**0.5)

    def prepare(self, frame: ShownImage) -> Prepare:
        """Set up the study of the form; a thread calls the result."""
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
        """Show the map during the run, and the columns at the end."""
        self.shown.left_out.setText(left_out_in_words(self.run))
        self.shown.offer(list(self.run.maps))
        self._show_map()
        self.shown.csv.setEnabled(complete)
        if complete and self.place is not None:
            self.layers.show_atoms(self.place, self.run.stitched)

    def in_words(self) -> str:
        """Number of columns and windows."""
        run: WindowsRun = self.run
        rows, columns = run.plan.grid
        text = f"{len(run.stitched['id'])} columns in {rows} × {columns} windows."
        missing = len(run.plan.windows) - len(run.trials)
        more = [f"{missing} windows were not searched."] if missing else []
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
    """Windows without a result by reason, with row and column of each, counted from 1."""
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
