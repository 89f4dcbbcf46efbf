"""What a comparison with an oracle asks for: image, oracle, and what to compare."""

from __future__ import annotations

from typing import Any

from napari.layers import Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.oracle.problem import Compared
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.atoms.session import Session
from napari_reward_analysis.gui.inputs.form_values import FREE_CELL, NO_LATTICE
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.inputs.lattice_source import LatticeSource
from napari_reward_analysis.gui.layers.known_points import known_on
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.oracle_source import OracleSource, are_positions
from napari_reward_analysis.gui.studies.oracle_work import OracleRequest
from napari_reward_analysis.gui.widgets.fields import NumberField, form_layout, row
from napari_reward_analysis.points.known import Oracle

#: The result of Find atoms.
_ATOMS = "atoms"


class OracleForm(QWidget):
    """Image, lattice, oracle, what is compared, and the matching distance.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Whose layers are offered.
    session : Session
        Whose runs on the image are judged too.

    Signals
    -------
    changed
        Anything.
    """

    changed = Signal()

    def __init__(self, viewer: Any, session: Session) -> None:
        super().__init__()
        self._session = session
        self.image = ImageSection(viewer)
        self._trim(self.image)
        self.lattice = LatticeSource()
        box = self.lattice.choice
        box.removeItem(box.findData(FREE_CELL))
        box.setCurrentIndex(box.findData(NO_LATTICE))
        # elsewhere a count stands in for the lattice, here nothing does
        box.setItemText(box.currentIndex(), "none")
        self.source = OracleSource(viewer)
        self.compared = LayerCombo(
            viewer, are_positions, nothing="nothing", prefers=lambda layer: layer.name == _ATOMS
        )
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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.image)
        column.addWidget(rest)
        for part in (self.image, self.lattice, self.source):
            part.changed.connect(self.changed.emit)
        self.compared.layer_changed.connect(self.changed.emit)
        self.distance.value_changed.connect(self.changed.emit)

    @staticmethod
    def _trim(section: ImageSection) -> None:
        """Hide what belongs to a search: the preflight, and the crystal to be edited."""
        layout: Any = section.layout()
        layout.labelForField(section.preflight).hide()
        section.preflight.hide()
        section.show_region.hide()
        section.set_area("field")

    def bind(self) -> None:
        """Follow the viewer from now on."""
        for part in (self.image, self.source, self.compared):
            part.bind()

    def unbind(self) -> None:
        """Let go of the viewer."""
        for part in (self.image, self.source, self.compared):
            part.unbind()

    def fault(self) -> str:
        """What is missing or wrong; empty when nothing is."""
        return (
            self.image.fault()
            or self.lattice.fault
            or self.source.fault()
            or self.distance.fault()
            or self._same()
        )

    def request(self, frame: ShownImage) -> OracleRequest:
        """What is asked for, as plain values.

        Raises
        ------
        BadInput
            If a chosen layer has no point on the image.
        """
        compared = self.compared.layer
        given: dict[str, Any] = {"runs": self._runs_here(frame), **self._oracle(frame)}
        if isinstance(compared, Points):
            found, _ = _known(compared, frame)
            # the layer of the search is compared where the search looked for columns
            area = self._analysed(frame) if compared.name == _ATOMS else None
            given["found"] = Compared(found, repr(compared.name), area)
        return OracleRequest(
            frame=frame,
            pixel_size=self.image.typed_pixel_size,
            lattice=self.lattice.lattice,
            area=self.image.area,
            region=self.image.region,
            given=given,
            distance=self.distance.value(),
        )

    def _same(self) -> str:
        same = self.source.kind == "points" and self.source.layer is self.compared.layer
        return "Oracle and compared layer are the same: choose two." if same else ""

    def _analysed(self, frame: ShownImage) -> BoolArray | None:
        """The area of the run that is shown on the image, one that still grows too."""
        shown, places = self._session.current, self._session.places
        here = shown is not None and places.get(shown.identifier) == frame.place
        return shown.region if shown is not None and here else None

    def _runs_here(self, frame: ShownImage) -> tuple[Run, ...]:
        places, growing = self._session.places, self._session.growing
        return tuple(
            run
            for run in self._session.runs
            if places.get(run.identifier) == frame.place and run is not growing
        )

    def _oracle(self, frame: ShownImage) -> dict[str, Any]:
        """The chosen oracle, as `OracleProblem` takes it."""
        kind, layer = self.source.kind, self.source.layer
        if kind == "points" and layer is not None:
            return {"points": Oracle.of_points(repr(layer.name), *_known(layer, frame))}
        name = {"model": "model", "file": "points"}.get(kind)
        return {} if name is None else {name: self.source.path}


def _known(layer: Points, frame: ShownImage) -> tuple[Any, Any]:
    """Points of a layer on the image, and their classes."""
    points, classes = known_on(layer, frame.place)
    if not len(points):
        raise BadInput(f"{layer.name!r} has no point on this image: choose another layer.")
    return points, classes
