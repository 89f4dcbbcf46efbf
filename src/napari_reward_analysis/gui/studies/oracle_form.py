"""The form of a comparison with an oracle: image, oracle, and compared positions."""

from __future__ import annotations

from typing import Any

from napari.layers import Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.oracle.problem import Compared
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.inputs.form_values import FREE_CELL, NO_LATTICE
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.inputs.lattice_source import LatticeSource
from napari_reward_analysis.gui.layers.known_points import known_on
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.oracle_source import OracleSource, are_positions
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm
from napari_reward_analysis.gui.widgets.theme import ThemeColours
from napari_reward_analysis.points.known import Oracle

#: Name of the layer of Find atoms.
_ATOMS = "atoms"
_COMPARED = "Points layer with the positions that are compared with the oracle"


class OracleForm(QWidget):
    """Image, lattice, oracle, compared positions, and settings of the matching.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.
    session : AtomsSession
        Its runs on the image are judged too.

    Signals
    -------
    changed
        A value was changed; `fault` is up to date.
    image_changed
        Another image, or another frame of a stack.
    """

    changed = Signal()
    image_changed = Signal()

    def __init__(self, viewer: Any, session: AtomsSession) -> None:
        super().__init__()
        #: Reason why no comparison can start; empty if one can.
        self.fault = ""
        self._session = session
        self.image = ImageSection(viewer)
        self.image.leave_out_preflight()
        self.lattice = LatticeSource()
        box = self.lattice.choice
        box.removeItem(box.findData(FREE_CELL))
        box.setCurrentIndex(box.findData(NO_LATTICE))
        # other forms accept N instead of a lattice; a comparison needs no N
        box.setItemText(box.currentIndex(), "none")
        self.source = OracleSource(viewer)
        self.compared = LayerCombo(
            viewer, are_positions, nothing="nothing", prefers=lambda layer: layer.name == _ATOMS
        )
        self.compared.setAccessibleName("Compared with")
        self.settings = SettingsForm(OracleSettings, ("distance", "threshold"))
        self.distance = self.settings.control("distance")
        self.settings.insert_row(0, "Lattice", self.lattice)
        self.settings.insert_row(1, "Oracle", self.source, explain("oracle"))
        self.settings.insert_row(2, "Compare", self.compared, _COMPARED)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.image)
        column.addWidget(self.settings)
        for part in (self.image, self.lattice, self.source, self.settings):
            part.changed.connect(self.refresh)
        self.compared.layer_changed.connect(self.refresh)
        self.image.image_changed.connect(self.image_changed.emit)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        for part in (self.image, self.source, self.compared):
            part.bind()
        self.refresh()

    def unbind(self) -> None:
        """Stop following the viewer."""
        for part in (self.image, self.source, self.compared):
            part.unbind()

    def set_open(self, _is_open: bool) -> None:
        """Stay open: the form is short, and comparisons follow one another."""

    def refresh(self) -> None:
        """Update `fault`."""
        self.fault = (
            self.image.fault()
            or self.lattice.fault
            or self.source.fault()
            or self.settings.fault
            or self._same()
        )
        self.changed.emit()

    def request(self) -> Request | None:
        """Return the inputs of the comparison; None if no image is chosen.

        Raises
        ------
        BadInput
            If a chosen layer has no point on the image.
        """
        shown, compared = self.image.frame, self.compared.layer
        if shown is None:
            return None
        given: dict[str, Any] = {"runs": self._runs_here(shown), **self._oracle(shown)}
        if isinstance(compared, Points):
            found, _ = _known(compared, shown)
            # columns of a search are compared in the area of the search
            area = self._analysed(shown) if compared.name == _ATOMS else None
            given["found"] = Compared(found, repr(compared.name), area)
        return Request(
            shown,
            self.image.typed_pixel_size,
            self.lattice.lattice,
            self.settings.settings(area=self.image.area),
            self.image.region,
            given=given,
        )

    def show_run(self, run: OracleRun, *, same_image: bool) -> None:
        """Show lattice and settings of a comparison. Its positions are not restored.

        Parameters
        ----------
        run : OracleRun
        same_image : bool
            True if the chosen image is the run's. The pixel size of the run is then shown too.
        """
        if same_image:
            self.image.set_pixel_size(run.image.pixel_size)
        self.lattice.show_crystal(run.lattice)
        self.settings.set_values(run.settings)
        self.refresh()

    def apply_napari_theme(self, _name: str, _colours: ThemeColours) -> None:
        """Do nothing: no part of the form depends on the theme."""

    def _same(self) -> str:
        same = self.source.kind == "points" and self.source.layer is self.compared.layer
        return (
            "The oracle and the compared layer are the same: choose another layer for one of them."
            if same
            else ""
        )

    def _analysed(self, frame: ShownImage) -> BoolArray | None:
        """Return the area of the shown run on the image, even of a growing one."""
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
        """Return the chosen oracle in the form that `OracleProblem` takes."""
        kind, layer = self.source.kind, self.source.layer
        if kind == "points" and layer is not None:
            return {"points": Oracle.of_points(repr(layer.name), *_known(layer, frame))}
        name = {"model": "model", "file": "points"}.get(kind)
        return {} if name is None else {name: self.source.path}


def _known(layer: Points, frame: ShownImage) -> tuple[Any, Any]:
    """Return the points of a layer on the image, and their classes."""
    points, classes = known_on(layer, frame.place)
    if not len(points):
        raise BadInput(f"{layer.name!r} has no point on this image: choose another layer.")
    return points, classes
