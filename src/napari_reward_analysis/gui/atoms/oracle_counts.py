"""Add oracles to the shown run: counts of columns by which its trials are judged, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari.layers import Points
from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFileDialog, QMenu, QWidget

from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_count
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.inputs.area import area_of
from napari_reward_analysis.gui.layers.known_points import classes_of, is_oracle, points_on
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.io.writers import read_points_csv


class Oracles(QObject):
    """Add oracles from Points layers and CSV files.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its Points layers are offered.
    session : AtomsSession
        Its shown run gets the counts.
    menu : QMenu
        It is filled whenever it opens.
    parent : QWidget

    Signals
    -------
    said : str, bool
        A message, and whether it is a warning.
    """

    said = Signal(str, bool)

    def __init__(self, viewer: Any, session: AtomsSession, menu: QMenu, parent: QWidget) -> None:
        super().__init__(parent)
        self._viewer, self._session = viewer, session
        self._menu, self._parent = menu, parent
        menu.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List the oracles that can be added or removed."""
        self._menu.clear()
        run = self._session.current
        place = None if run is None else self._session.places.get(run.identifier)
        for layer in reversed(self._viewer.layers) if isinstance(place, Place) else ():
            if is_oracle(layer):
                self._offer_layer(layer)
        self._offer("CSV file…", self._ask_file)
        if run is not None and run.oracles:
            self._menu.addSeparator()
            for name in run.oracles:
                self._offer(f"Remove {name}", lambda n=name: self._session.set_oracle(n, None))

    def add_layer(self, layer: Points, of_class: str = "") -> None:
        """Add the number of a layer's points, or of one class of them, as an oracle."""
        run = self._session.current
        place = None if run is None else self._session.places.get(run.identifier)
        if isinstance(place, Place):
            self._add(f"{layer.name} {of_class}".strip(), points_on(layer, place, of_class))

    def add_file(self, path: Path) -> None:
        """Add the number of points in a table as an oracle."""
        try:
            points = read_points_csv(path, None)
        except BadInput as error:
            self.said.emit(str(error), True)
            return
        self._add(path.stem, points)

    def _add(self, name: str, points: Any) -> None:
        run = self._session.current
        if run is None:
            return
        try:
            count = oracle_count(points, area_of(run.image.shape, run.region), name)
        except BadInput as error:
            self.said.emit(str(error), True)
            return
        self._session.set_oracle(name, float(count))
        self.said.emit(f"{name} has {count} columns. The plot shows the front with this N.", False)

    def _offer_layer(self, layer: Points) -> None:
        self._offer(layer.name, lambda: self.add_layer(layer))
        for name in classes_of(layer):
            self._offer(f"{layer.name}, {name} only", lambda n=name: self.add_layer(layer, n))

    def _offer(self, text: str, act: Any) -> None:
        action = QAction(text, self._menu)
        action.triggered.connect(lambda _checked=False: act())
        self._menu.addAction(action)

    def _ask_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._parent, "Known positions", "", "CSV (*.csv)")
        if chosen:
            self.add_file(Path(chosen))
