"""The form of "Amorphous regions": image and atoms, classes, orientations, search."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer, Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.gui.amorphous.class_section import ClassSection, OrientationSection
from napari_reward_analysis.gui.amorphous.classes import ClassPictures
from napari_reward_analysis.gui.amorphous.search_section import RegionSearchSection
from napari_reward_analysis.gui.amorphous.work import RegionRequest
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.inputs.lattice_source import LatticeSource
from napari_reward_analysis.gui.inputs.preflight_thread import PreflightWatch, SharedPreflight
from napari_reward_analysis.gui.layers.known_points import points_on
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.layers.result_layers import RESULT
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.theme import ThemeColours

#: The entry of the list that stands for no layer.
LOOK_FOR_THEM = "search for them first (LoG*)"


def may_be_atoms(layer: Layer) -> bool:
    """Whether a layer may hold atoms. Results of this analysis do not."""
    return isinstance(layer, Points) and RESULT not in layer.metadata


class RegionForm(QWidget):
    """The inputs of a search for amorphous regions.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.

    Signals
    -------
    changed
        A value was changed; `fault` is up to date.
    image_changed
        Another image, or another frame of a stack, was chosen.
    find_asked
        The user wants to see the classes without a search.
    """

    changed = Signal()
    image_changed = Signal()
    find_asked = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._viewer = viewer
        self._bindings, self._point_bindings = Bindings(self), Bindings(self)
        self._classes: ClassPictures | None = None
        self._points_version = 0
        #: The reason why no run can start; empty if one can.
        self.fault = ""
        #: Looks for the lattice in the image.
        self.watch = PreflightWatch(self)
        self._build()
        for signal in (
            self.image.changed,
            self.lattice.changed,
            self.classes.changed,
            self.search.changed,
            self.watch.changed,
        ):
            signal.connect(self.refresh)
        self.image.image_changed.connect(self.image_changed.emit)
        self.image.preflight.use_asked.connect(self._use_pixel_size_of_lattice)
        self.classes.find_asked.connect(self.find_asked.emit)
        self.atoms.layer_changed.connect(self._on_atoms)
        self.atoms.activated.connect(self._on_chosen)
        self._chosen_by_hand = False
        self.refresh()

    def _build(self) -> None:
        self.image = ImageSection(self._viewer)
        self.image.show_region.hide()
        self.lattice = LatticeSource()
        self.atoms = LayerCombo(self._viewer, may_be_atoms, nothing=(LOOK_FOR_THEM,))
        self.atoms.setAccessibleName("Atoms")
        self.atoms.setToolTip("Points layer with the atoms of the whole field, disorder included")
        self.classes, self.orientations = ClassSection(), OrientationSection()
        self.search = RegionSearchSection()
        layout = self.image.layout()
        assert isinstance(layout, QFormLayout)  # all inputs begin in one line
        layout.addRow("Lattice", self.lattice)
        layout.addRow("Atoms", self.atoms)
        self.sections = (
            Section("1  Image and atoms", self.image),
            Section("2  Classes", self.classes),
            Section("3  Orientations", self.orientations),
            Section("4  Search", self.search),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for section in self.sections:
            column.addWidget(section)
        self.sections[2].set_open(False)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.image.bind()
        self.atoms.bind()
        self._bindings.connect(self._viewer.layers.events.inserted, self._look_for_atoms)
        self._look_for_atoms()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.watch.stop()
        self._bindings.release()
        self._point_bindings.release()
        self.image.unbind()
        self.atoms.unbind()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold the sections."""
        for section in self.sections:
            section.set_open(is_open)

    def show_classes(self, classes: ClassPictures | None) -> None:
        """Show the classes that were found."""
        self._classes = classes
        self.classes.show_classes(classes)
        self.orientations.show_classes(classes)
        self.search.set_classes(() if classes is None else classes.names)
        self.refresh()

    # ---- values

    def region_of(self, place: Place) -> BoolArray | None:
        """The region drawn on an image; None where the form has another image."""
        frame = self.image.frame
        return self.image.region if frame is not None and frame.place == place else None

    def request(self, *, only_classes: bool = False) -> RegionRequest | None:
        """The inputs of a search, as plain values; None where no image is chosen.

        Raises
        ------
        BadInput
            If a class has no name or a setting is impossible.
        """
        shown = self.image.frame
        if shown is None:
            return None
        known = self._classes
        if known is not None and known.key != self._key():
            known = None
        layer = self.atoms.layer
        blobs = None if known is None else known.blobs
        if isinstance(layer, Points):
            blobs = _blobs(layer, points_on(layer, shown.place))
        return RegionRequest(
            image=shown,
            pixel_size=self.image.typed_pixel_size,
            lattice=self.lattice.lattice,
            settings=self.search.settings(self.classes.kinds.value() or None),
            region=self.image.region,
            preflight=self._shared_preflight(),
            blobs=blobs,
            labels=None if known is None or only_classes else self.classes.labels(),
            key=self._key(),
        )

    def show_run(self, run: AmorphousRun, *, same_image: bool) -> None:
        """Show lattice and settings of a run; the classes are found again.

        Parameters
        ----------
        run : AmorphousRun
        same_image : bool
            Whether the chosen image is the run's, so that its pixel size counts too.
        """
        if same_image:
            self.image.set_pixel_size(run.image.pixel_size)
        self.lattice.show_crystal(run.lattice)
        self.classes.kinds.setValue(run.settings.kinds or 0)
        names = dict.fromkeys(run.columns.labels[run.columns.labels != ""].tolist())
        self.search.set_classes(tuple(names))
        self.search.show_settings(run.settings)
        self.refresh()

    def apply_napari_theme(self, _name: str, colours: ThemeColours) -> None:
        """Draw in the colours of a napari theme."""
        self.image.preflight.apply_colours(colours)
        self.classes.apply_colours(colours)

    # ---- inside

    def refresh(self) -> None:
        """Update what follows from the values, and show it."""
        self._ask_preflight()
        self.image.preflight.show_preflight(self.watch)
        faults = (
            self.image.fault(),
            self.lattice.fault,
            self.classes.fault(),
            self.search.fault(),
        )
        self.fault = next((fault for fault in faults if fault), "")
        image, classes, orientations, search = self.sections
        crystal = self.lattice.name
        image.set_summary(f"{self.image.summary()}, {crystal}, {self.atoms.currentText()}")
        classes.set_summary(self.classes.summary())
        orientations.set_summary(self.orientations.summary())
        search.set_summary(self.search.summary())
        self.changed.emit()

    def _key(self) -> tuple[Any, ...]:
        """Identifies the image and the atoms of the classes."""
        frame, layer = self.image.frame, self.atoms.layer
        versions = self.image.data_version, self.image.region_version, self._points_version
        size = self.image.effective_pixel_size
        kinds = self.classes.kinds.value()
        return (frame and frame.place, *versions, size, self.lattice.lattice, kinds, id(layer))

    def _shared_preflight(self) -> SharedPreflight | None:
        field = self.image.area == "field" and self.image.region is None
        return None if field else self.watch.shared_preflight

    def _ask_preflight(self) -> None:
        image, lattice = self.image, self.lattice.lattice
        frame, size, region, area = image.frame, image.typed_pixel_size, image.region, image.area
        if frame is None or lattice is None or image.fault():
            self.watch.ask(None, None)
            return
        versions = image.data_version, image.region_version if region is not None else 0
        scale = image.effective_pixel_size
        key = (frame.place, frame.shape, versions, scale, lattice, region is None and area)
        self.watch.ask(key, SharedPreflight(frame, size, lattice, region, area))

    def _use_pixel_size_of_lattice(self) -> None:
        found = self.watch.preflight
        if found is not None and found.measured is not None and found.measured.found:
            self.image.set_pixel_size(found.measured.pixel_size)

    def _look_for_atoms(self, _event: Any = None) -> None:
        """Choose the points of Find atoms, unless the user has chosen others."""
        if self._chosen_by_hand or self.atoms.layer is not None:
            return
        for layer in reversed(self._viewer.layers):
            if layer.name == "atoms" and may_be_atoms(layer):
                self.atoms.choose(layer)
                return

    def _on_chosen(self, _index: int) -> None:
        self._chosen_by_hand = True

    def _on_atoms(self) -> None:
        self._point_bindings.release()
        layer = self.atoms.layer
        if layer is not None:
            self._point_bindings.connect(layer.events.data, self._on_points)
        self._on_points()

    def _on_points(self, _event: Any = None) -> None:
        self._points_version += 1
        self.refresh()


def _blobs(layer: Points, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Atoms from points, with sigma and response where the layer has them."""
    blobs = np.full((len(points), 4), np.nan)
    blobs[:, :2] = points
    for column, name in ((2, "sigma_px"), (3, "response")):
        if name in layer.features and len(layer.features) == len(points):
            blobs[:, column] = layer.features[name].to_numpy(dtype=float)
    return blobs
