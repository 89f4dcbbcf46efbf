"""The inputs of every study: an image and a lattice."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from napari_reward_analysis.gui.inputs.form_values import FREE_CELL, NO_LATTICE
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.inputs.lattice_source import LatticeSource
from napari_reward_analysis.gui.inputs.preflight_thread import PreflightWatch, SharedPreflight
from napari_reward_analysis.gui.widgets.section import Section


class StudyInputs(QWidget):
    """Image, pixel size, region and lattice, and the lattice as measured in the image.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.

    Signals
    -------
    changed
        An input was changed; `fault` is up to date.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.image = ImageSection(viewer)
        self.image.show_region.hide()
        self.lattice = LatticeSource()
        for without in (FREE_CELL, NO_LATTICE):  # a study has no inputs for a cell or for N
            self.lattice.choice.removeItem(self.lattice.choice.findData(without))
        #: Looks for the lattice in the image.
        self.watch = PreflightWatch(self)
        layout = self.image.layout()
        assert isinstance(layout, QFormLayout)  # all inputs begin in one line
        layout.addRow("Lattice", self.lattice)
        self.section = Section("1  Image and lattice", self.image)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.section)
        for signal in (self.image.changed, self.lattice.changed, self.watch.changed):
            signal.connect(self.refresh)
        self.image.preflight.use_asked.connect(self._use_pixel_size_of_lattice)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.image.bind()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.watch.stop()
        self.image.unbind()

    @property
    def fault(self) -> str:
        """The reason why no study can start; empty if one can."""
        if fault := self.image.fault() or self.lattice.fault:
            return fault
        if self.lattice.lattice is None:
            return "Choose a lattice: it gives the expected number of columns."
        return self._scale_fault()

    def _scale_fault(self) -> str:
        if self.image.effective_pixel_size is not None:
            return ""
        found = self.watch.preflight
        if found is not None and found.measured is not None and found.measured.found:
            return (
                "The pixel size is not known: press “Use the pixel size of the lattice”, or type "
                "it in Å."
            )
        return "The pixel size is not known: type it in Å."

    def refresh(self) -> None:
        """Update what follows from the inputs, and show it."""
        self._ask_preflight()
        self.image.preflight.show_preflight(self.watch)
        self.section.set_summary(f"{self.image.summary()}, {self.lattice.name}")
        self.changed.emit()

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
