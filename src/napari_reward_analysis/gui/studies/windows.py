"""The study "Sliding windows": tune the settings separately for each part of the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtWidgets import QLabel, QWidget

from napari_reward_analysis.analyses.windows.maps import map_name
from napari_reward_analysis.analyses.windows.plan import DEFAULT_CELLS
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.run import WindowsRun
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.analysis.overlay import Overlay
from napari_reward_analysis.gui.analysis.results import ResultsPanel
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.studies.form import StudyForm
from napari_reward_analysis.gui.studies.layers import WindowLayers
from napari_reward_analysis.gui.studies.windows_options import WindowsOptions
from napari_reward_analysis.gui.widgets.fields import choice, form_layout
from napari_reward_analysis.io.writers import write_csv

#: Quantities of every run. Others are added with the results.
_FIRST = {key: map_name(key) for key in ("qc", "er", "threshold")}


class WindowsForm(StudyForm):
    """Image and lattice, windows, and the search in each of them."""

    def __init__(self, viewer: Any) -> None:
        super().__init__(viewer, "Windows", WindowsOptions())

    def refresh(self) -> None:
        """Update what follows from the values, and show it."""
        self.options.show_default(self._default_side())
        super().refresh()

    def _default_side(self) -> float | None:
        """Return the default side in angstrom, from the measured cell or that of the lattice."""
        lattice, found = self.inputs.lattice.lattice, self.inputs.watch.preflight
        size = self.image.effective_pixel_size
        if lattice is None:
            return None
        if size is not None and found is not None and found.measured and found.measured.found:
            return float(DEFAULT_CELLS * found.measured.cell_area_px**0.5 * size)
        return float(DEFAULT_CELLS * lattice.area**0.5)


class WindowsResults(ResultsPanel):
    """A choice of the map, its range, and the windows without a result.

    Parameters
    ----------
    session : Session
        Its shown run is shown.
    """

    keep_help = "Copy the columns into a new layer that later runs do not change"

    def __init__(self, session: Session[Any]) -> None:
        super().__init__(session)
        self.quantity = choice("Map", _FIRST)
        self.quantity.setToolTip("Quantity that the map over the image shows for each window")
        self.range, self.left_out = QLabel(), QLabel()
        self.left_out.setWordWrap(True)
        content = QWidget()
        layout = form_layout(content)
        layout.addRow("Map", self.quantity)
        layout.addRow("Range", self.range)
        layout.addRow(self.left_out)
        self.body.addWidget(content)
        self.body.addStretch(1)
        self.csv = self.export.add("Columns as CSV…")
        self.quantity.currentIndexChanged.connect(lambda _: self._show_range())

    def show_trials(self) -> None:
        """Offer the quantities of the run, and show the range of the map."""
        run: WindowsRun | None = self.session.current
        for name in () if run is None else run.maps:
            if self.quantity.findData(name) < 0:
                self.quantity.addItem(map_name(name), name)
        self.left_out.setText("" if run is None else left_out_in_words(run))
        self._show_range()
        super().show_trials()

    def values(self) -> FloatArray | None:
        """Return the chosen quantity of each window."""
        run: WindowsRun | None = self.session.current
        return None if run is None else run.maps.get(self.quantity.currentData())

    def _show_range(self) -> None:
        """Show the values of the darkest and the brightest window of the map."""
        values = self.values()
        known = np.empty(0) if values is None else values[np.isfinite(values)]
        text = f"{known.min():.3g} (dark) to {known.max():.3g} (bright)" if len(known) else ""
        self.range.setText(text.replace("-", "\N{MINUS SIGN}"))


class WindowsOverlay(Overlay):
    """The map during a run, and the columns at its end.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    session : Session
    results : WindowsResults
        The chosen quantity.
    parent : QWidget
    """

    def __init__(
        self, viewer: Any, session: Session[Any], results: WindowsResults, parent: QWidget
    ) -> None:
        super().__init__(viewer, session, parent)
        self.layers = WindowLayers(viewer)
        self._results = results
        #: The run whose columns are shown, and the number of its windows.
        self._drawn: tuple[str, int] | None = None
        results.quantity.currentIndexChanged.connect(lambda _: self._draw_map())

    def bind(self) -> None:
        """Follow the session from now on."""
        session = self.session
        for signal in (session.run_changed, session.trials_changed, session.search_changed):
            self.bindings.connect(signal, self.draw)
        super().bind()

    def draw(self) -> None:
        """Show map and columns, if the image is open."""
        run: WindowsRun | None = self.session.current
        place = self.place
        if run is None or place is None:
            return
        self._draw_map()
        wanted = run.identifier, len(run.trials)
        there = wanted == self._drawn and self.layers.atoms is not None
        if run is not self.session.growing and run.trials and not there:
            self.layers.show_atoms(place, run.stitched)
            self._drawn = wanted

    def keep(self) -> str:
        """Copy the columns into a new layer. Return its name, or '' if there are none."""
        run = self.session.current
        copy = None if run is None else self.layers.keep_atoms(f"columns, {run.name}")
        return "" if copy is None else str(copy.name)

    def _draw_map(self) -> None:
        run: WindowsRun | None = self.session.current
        values, place = self._results.values(), self.place
        if run is not None and values is not None and place is not None:
            self.layers.show_map(place, run.plan, self._results.quantity.currentText(), values)


class WindowsStudy(AnalysisDock):
    """Sliding windows over the shown image."""

    name = "windows"
    tables = ("atoms.csv",)
    nothing_to_keep = "No open image shows columns to keep: open the run's image."

    form: WindowsForm
    results: WindowsResults
    overlay: WindowsOverlay

    def make_form(self) -> WindowsForm:
        """Make the form with image, lattice and windows."""
        return WindowsForm(self.viewer)

    def make_results(self) -> WindowsResults:
        """Make the choice of the map and the list of windows without a result."""
        return WindowsResults(self.session)

    def make_overlay(self) -> WindowsOverlay:
        """Make the layers of the map and the columns."""
        return WindowsOverlay(self.viewer, self.session, self.results, self)

    def connect_parts(self) -> None:
        """Connect the export."""
        self.results.csv.triggered.connect(lambda: self.with_run(self._write_columns))

    def words_of(self, run: WindowsRun) -> str:
        """Return the number of columns and windows as text."""
        total = len(run.plan.windows)
        if run is self.session.growing:
            return f"{len(run.trials)} of {total} windows are done."
        rows, columns = run.plan.grid
        text = f"{len(run.stitched['id'])} columns in {rows} × {columns} windows."
        missing = total - len(run.trials)
        return f"{text} {missing} windows were not searched." if missing else text

    def _write_columns(self, run: WindowsRun) -> None:
        table = run.stitched
        path = self.exports.ask_file("Columns as CSV", "atoms.csv", "CSV (*.csv)")
        if path is not None:
            self.exports.write(lambda: write_csv(path, table), f"{len(table['id'])} columns", path)


def left_out_in_words(run: WindowsRun) -> str:
    """List windows without a result by reason, with row and column, counted from 1."""
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
