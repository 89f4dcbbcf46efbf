"""The form of "Find atoms": sections 1 to 3, and the values that they hold together."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.form import PUBLISHED_DS, FormValues, Preview, preview
from napari_reward_analysis.gui.image_section import ImageSection
from napari_reward_analysis.gui.lattice_section import LatticeSection, angstrom_ds
from napari_reward_analysis.gui.search_section import SearchSection
from napari_reward_analysis.gui.section import Section
from napari_reward_analysis.lattice import Lattice


class AtomsForm(QWidget):
    """Image, lattice and search.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Whose layers are offered.

    Signals
    -------
    changed
        Anything; `fault` is up to date.
    image_changed
        Another image, or another frame of a stack.
    physics_typed
        The user has changed N or DS.
    """

    changed = Signal()
    image_changed = Signal()
    physics_typed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.image, self.lattice, self.search = (
            ImageSection(viewer),
            LatticeSection(),
            SearchSection(),
        )
        self.sections = (
            Section("1  Image and scale", self.image),
            Section("2  Lattice and DS", self.lattice),
            Section("3  Search", self.search),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for section in self.sections:
            column.addWidget(section)
        #: Why no run can start; empty when one can.
        self.fault = ""
        self.preview = Preview(None, "")
        for part in (self.image, self.lattice, self.search):
            part.changed.connect(self._on_change)
        self.image.image_changed.connect(self.image_changed.emit)
        self.lattice.physics_typed.connect(self.physics_typed.emit)
        self.search.reset_asked.connect(self.reset)
        self._on_change()

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.image.bind()

    def unbind(self) -> None:
        """Let go of the viewer."""
        self.image.unbind()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold the sections."""
        for section in self.sections:
            section.set_open(is_open)

    def reset(self) -> None:
        """Back to the defaults; image and lattice stay."""
        self.image.set_pixel_size(None)
        self.set_values(FormValues(lattice=self.lattice.name, cell=self.lattice.cell))

    # ---- values

    def values(self) -> FormValues:
        """What the form says."""
        lattice, search = self.lattice, self.search
        return FormValues(
            pixel_size=self.image.typed_pixel_size,
            lattice=lattice.name,
            cell=lattice.cell,
            species=lattice.species,
            count=lattice.count.value(),
            ds=lattice.ds.value(),
            trials=search.trials.value(),
            search=search.searched,
            sampler=search.sampler_name,
            seed=search.seed.value(),
            as_published=search.as_published,
            ranges=search.typed_ranges,
            fixed=search.typed_values,
            invalid=(*lattice.faults(), *search.faults()),
        )

    def set_values(self, values: FormValues) -> None:
        """Show these values; the pixel size is left to the image."""
        self.lattice.set_values(values)
        self.search.set_values(values)
        self._on_change()

    def crystal(self) -> Lattice | None:
        """The lattice of the form, None where there is none or it is incomplete."""
        try:
            return self.values().to_lattice()
        except BadInput:
            return None

    # ---- within

    def _on_change(self) -> None:
        values, crystal = self.values(), self.crystal()
        size = self.image.effective_pixel_size
        frame = self.image.frame
        ds = angstrom_ds(values, crystal)
        if values.as_published and crystal is not None:
            ds = PUBLISHED_DS
        lattice_count = None
        if frame is None:
            self.preview = Preview(None, "")
        else:
            region = self.image.region
            self.preview = preview(values, frame.shape, size, region)
            expected = preview(_without_count(values), frame.shape, size, region).physics
            lattice_count = None if expected is None else expected.expected
        calibrated = size is not None
        self.lattice.set_ds_unit(angstrom=calibrated)
        self.lattice.show_preview(lattice_count, ds if calibrated else None)
        self.fault = self.image.fault() or self.preview.fault
        self._show_summaries(lattice_count, ds if calibrated else None)
        self.changed.emit()

    def _show_summaries(self, lattice_count: float | None, ds: float | None) -> None:
        image, lattice, search = self.sections
        typed_count, typed_ds = self.lattice.count.value(), self.lattice.ds.value()
        image.set_summary(self.image.summary())
        lattice.set_summary(
            self.lattice.summary(
                lattice_count if typed_count is None else typed_count,
                ds if typed_ds is None else typed_ds,
            )
        )
        search.set_summary(self.search.summary())


def _without_count(values: FormValues) -> FormValues:
    """The same values with N and DS left to the lattice."""
    kept = {**values.__dict__, "count": None, "ds": None, "as_published": False, "invalid": ()}
    return FormValues(**kept)
