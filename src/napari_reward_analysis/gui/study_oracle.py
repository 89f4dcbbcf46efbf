"""A study beside the search: what an oracle sees, and how well points agree with it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from napari.layers import Points
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.bindings import Bindings
from napari_reward_analysis.gui.docked import DockedWidget
from napari_reward_analysis.gui.fields import NumberField, form_layout, row
from napari_reward_analysis.gui.form import FREE_CELL, NO_LATTICE
from napari_reward_analysis.gui.frames import Frame
from napari_reward_analysis.gui.front_agreement import FrontAgreement
from napari_reward_analysis.gui.image_section import ImageSection
from napari_reward_analysis.gui.jobs import Job
from napari_reward_analysis.gui.lattice_source import LatticeSource
from napari_reward_analysis.gui.layer_combo import LayerCombo
from napari_reward_analysis.gui.legend import LegendEntry, LegendStrip
from napari_reward_analysis.gui.oracle_exports import OracleExports
from napari_reward_analysis.gui.oracle_layers import KINDS, ORACLE_COLOUR, OracleLayers
from napari_reward_analysis.gui.oracle_points import points_on
from napari_reward_analysis.gui.oracle_source import OracleSource, are_positions
from napari_reward_analysis.gui.oracle_words import outcome_in_words
from napari_reward_analysis.gui.oracle_work import OracleOutcome, OracleRequest, work_out
from napari_reward_analysis.gui.run_box import RunBox
from napari_reward_analysis.gui.scrolling import VerticalScrollArea
from napari_reward_analysis.gui.session import session_of
from napari_reward_analysis.gui.theme import napari_colours
from napari_reward_analysis.oracle_job import Oracle
from napari_reward_analysis.runs import Run

_NOTHING = "nothing"


class OracleStudy(DockedWidget):
    """Columns by an oracle, and positions compared with them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    """

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer: Any = getattr(viewer, "__wrapped__", viewer)
        self.session = session_of(self._viewer)
        self.layers = OracleLayers(self._viewer)
        #: What the last comparison found; None before it.
        self.outcome: OracleOutcome | None = None
        self._job: Job[OracleOutcome] | None = None
        self._stop = threading.Event()
        self._bindings = Bindings(self)
        self._build()
        self._exports = OracleExports(self, self._say)
        self._connect()
        self.bind()
        self.destroyed.connect(self._stop.set)

    def _build(self) -> None:
        self.image = ImageSection(self._viewer)
        self._trim(self.image)
        self.lattice = LatticeSource()
        box = self.lattice.choice
        box.removeItem(box.findData(FREE_CELL))
        box.setCurrentIndex(box.findData(NO_LATTICE))
        # elsewhere a count stands in for the lattice, here nothing does
        box.setItemText(box.currentIndex(), "none")
        self.source = OracleSource(self._viewer)
        self.compared = LayerCombo(self._viewer, are_positions, nothing=_NOTHING)
        self.compared.setAccessibleName("Compared with")
        self.distance = NumberField("Matching distance")
        self.distance.setToolTip(
            "Largest distance of a pair; empty takes half the oracle's spacing"
        )
        self.distance.set_default(None, "half the spacing")
        rest = QWidget()
        layout = form_layout(rest)
        layout.addRow("Lattice", self.lattice)
        layout.addRow("Oracle", self.source)
        layout.addRow("Compare", self.compared)
        layout.addRow("Within", row(self.distance, "Å", stretch=0))
        self.run_box = RunBox()
        self.legend = LegendStrip()
        self.front = FrontAgreement(self.session)
        self.export = QPushButton("Export CSV…")
        self.export.setEnabled(False)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        for widget in (self.image, rest, self.run_box, self.legend, self.front):
            column.addWidget(widget)
        column.addWidget(self.export, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.scroll_area = VerticalScrollArea(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.scroll_area)
        self.legend.hide()

    @staticmethod
    def _trim(section: ImageSection) -> None:
        """Hide what belongs to a search: the survey, and the crystal to be edited."""
        layout: Any = section.layout()
        layout.labelForField(section.survey).hide()
        section.survey.hide()
        section.show_region.hide()
        section.set_area("field")

    def _connect(self) -> None:
        for part in (self.image, self.lattice, self.source):
            part.changed.connect(self._show_fault)
        self.compared.layer_changed.connect(self._show_fault)
        self.distance.value_changed.connect(self._show_fault)
        self.run_box.run_asked.connect(self.run)
        self.run_box.cancel_asked.connect(self.cancel)
        self.export.clicked.connect(self._export)

    # ---- life

    def bind(self) -> None:
        """Follow the viewer from now on."""
        if self._bound:
            return
        self._bound = True
        self._bindings.connect(self._viewer.events.theme, self._on_theme)
        for part in (self.image, self.source, self.compared):
            part.bind()
        if "atoms" in self._viewer.layers:
            self.compared.choose(self._viewer.layers["atoms"])
        self._on_theme()
        self._show_fault()

    def unbind(self) -> None:
        """Let go of the viewer; what is going on is cancelled."""
        self._bound = False
        self.cancel()
        self._bindings.release()
        for part in (self.image, self.source, self.compared):
            part.unbind()

    # ---- the comparison

    @property
    def working(self) -> bool:
        """Whether an outcome is awaited."""
        return self._job is not None and self._job.going_on

    def run(self) -> None:
        """Work out what the form describes."""
        frame = self.image.frame
        if self.working or self.fault() or frame is None:
            return
        try:
            request = self._request(frame)
        except BadInput as error:
            self._failed(str(error))
            return
        self._stop = stop = threading.Event()
        self._job = Job(
            lambda: work_out(request, stop), lambda done: self._done(frame, done), self._failed
        )
        self.run_box.start(1)
        self.run_box.set_status("Asking the oracle…")
        self._job.start()

    def cancel(self) -> None:
        """Await no outcome any more; a network stops at its next tile."""
        self._stop.set()
        if self._job is not None and self._job.going_on:
            self._job.drop()
            self.run_box.finish(complete=False)
            self.run_box.set_status("Cancelled.")
            self._show_fault()

    def fault(self) -> str:
        """What is missing or wrong; empty when nothing is."""
        return (
            self.image.fault()
            or self.lattice.fault
            or self.source.fault()
            or self.distance.fault()
            or self._same()
        )

    def _same(self) -> str:
        same = self.source.kind == "points" and self.source.layer is self.compared.layer
        return "Oracle and compared layer are the same: choose two." if same else ""

    def _request(self, frame: Frame) -> OracleRequest:
        compared = self.compared.layer
        runs = self._runs_here(frame)
        region, found = self.image.region, None
        if isinstance(compared, Points):
            found = self._points(compared, frame)
            shown = self.session.current
            of_run = compared.name == "atoms" and any(run is shown for run in runs)
            if region is None and of_run and shown is not None:
                region = shown.region
        return OracleRequest(
            frame=frame,
            pixel_size=self.image.typed_pixel_size,
            lattice=self.lattice.lattice,
            area=self.image.area,
            region=region,
            kind=self.source.kind,
            path=self.source.path,
            given=self._given(frame),
            found=found,
            found_name="" if compared is None else repr(compared.name),
            distance=self.distance.value(),
            runs=runs,
        )

    def _runs_here(self, frame: Frame) -> tuple[Run, ...]:
        places, growing = self.session.places, self.session.growing
        return tuple(
            run
            for run in self.session.runs
            if places.get(run.identifier) == frame.place and run is not growing
        )

    def _given(self, frame: Frame) -> Oracle | None:
        layer = self.source.layer
        if self.source.kind != "points" or layer is None:
            return None
        points = self._points(layer, frame)
        unknown = np.full(len(points), np.nan)
        return Oracle(repr(layer.name), points, unknown, np.full(len(points), ""))

    @staticmethod
    def _points(layer: Points, frame: Frame) -> Any:
        points = points_on(layer, frame.place)
        if not len(points):
            raise BadInput(f"{layer.name!r} has no point on this image: choose another layer.")
        return points

    def _done(self, frame: Frame, outcome: OracleOutcome) -> None:
        self.outcome = outcome
        self.layers.show(frame.place, outcome)
        self.run_box.finish(complete=True)
        self.run_box.set_status(outcome_in_words(outcome))
        self.front.show_fronts(outcome.fronts)
        self.export.setEnabled(True)
        self._show_legend()
        self._show_fault()

    def _failed(self, sentence: str) -> None:
        self.run_box.finish(complete=False)
        self.run_box.set_status(sentence, warning=True)
        self._show_fault()

    # ---- what is shown

    def _show_fault(self) -> None:
        self.run_box.set_fault("" if self.working else self.fault())

    def _show_legend(self) -> None:
        outcome = self.outcome
        if outcome is None:
            return
        entries = [LegendEntry("ring", ORACLE_COLOUR, f"oracle {len(outcome.oracle.points)}")]
        if outcome.result is not None:
            for kind, (colour, _, symbol) in KINDS.items():
                number = len(getattr(outcome.result, kind))
                entries.append(LegendEntry(symbol, colour, f"{kind} {number}"))
        colours = napari_colours(self._viewer.theme)
        self.legend.set_entries(entries, colours)
        self.legend.show()

    def _on_theme(self, _event: Any = None) -> None:
        self.run_box.apply_colours(napari_colours(self._viewer.theme))
        self._show_legend()

    def _export(self) -> None:
        if self.outcome is not None:
            self._exports.points_csv(self.outcome)

    def _say(self, text: str, warning: bool) -> None:
        self.run_box.set_status(text, warning=warning)
