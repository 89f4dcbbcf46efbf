"""The form of "Find atoms": image, lattice and search."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_count
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.preflight import Preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.atoms.search_section import SearchSection
from napari_reward_analysis.gui.inputs.area import area_of
from napari_reward_analysis.gui.inputs.form_values import PUBLISHED_DS, FormValues, Preview, preview
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.inputs.lattice_section import LatticeSection, angstrom_ds
from napari_reward_analysis.gui.inputs.preflight_thread import PreflightWatch, SharedPreflight
from napari_reward_analysis.gui.layers.known_points import points_on
from napari_reward_analysis.gui.layers.region_layer import CrystalLayer
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class AtomsForm(QWidget):
    """Image, lattice and search.

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
            LatticeSection(viewer),
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
        self.crystal_layer = CrystalLayer(viewer)
        #: Looks for the lattice in the image.
        self.watch = PreflightWatch(self)
        #: The reason why no run can start; empty if one can.
        self.fault = ""
        self.preview = Preview(None, "")
        self._other: dict[str, Any] = {}
        for part in (self.image, self.lattice, self.search):
            part.changed.connect(self.refresh)
        self.image.image_changed.connect(self.image_changed.emit)
        self.lattice.physics_typed.connect(self.physics_typed.emit)
        self.search.reset_asked.connect(self.reset)
        self.watch.changed.connect(self.refresh)
        self.image.preflight.use_asked.connect(self._use_pixel_size_of_lattice)
        self.image.show_asked.connect(self._show_crystal)
        self.refresh()

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.image.bind()
        self.lattice.count_source.bind()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.watch.stop()
        self.image.unbind()
        self.lattice.count_source.unbind()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold the sections."""
        for section in self.sections:
            section.set_open(is_open)

    def reset(self) -> None:
        """Go back to the defaults. Image and lattice stay."""
        self.image.set_pixel_size(None)
        kept = self.lattice
        self.set_values(FormValues(lattice=kept.name, cell=kept.cell, given=kept.given))

    # ---- values

    def values(self) -> FormValues:
        """The values of the form."""
        lattice, search = self.lattice, self.search
        oracle, fault = self._oracle()
        return FormValues(
            pixel_size=self.image.typed_pixel_size,
            lattice=lattice.name,
            cell=lattice.cell,
            given=lattice.given,
            as_published=search.as_published,
            fields={
                **self._other,
                "area": self.image.area,
                **lattice.values(),
                **({} if oracle is None else {"count": oracle}),
                **search.values(),
            },
            invalid=(*lattice.faults(), *([fault] if fault else []), *search.faults()),
        )

    def set_values(self, values: FormValues) -> None:
        """Show these values; the pixel size stays that of the image."""
        self.lattice.set_values(values)
        self.search.set_values(values.fields, as_published=values.as_published)
        self.image.set_area(values.value("area"))
        self._other = dict(values.fields)  # for fields without an input
        self.refresh()

    def crystal(self) -> Lattice | None:
        """The lattice; None where none is chosen or it is incomplete."""
        try:
            return None if self.lattice.source.fault else self.values().to_lattice()
        except BadInput:
            return None

    def request(self) -> Request | None:
        """What the form asks for; None where no image is chosen.

        Raises
        ------
        BadInput
            If the free cell is incomplete or a setting impossible.
        """
        shown, values = self.image.frame, self.values()
        if shown is None:
            return None
        return Request(
            shown,
            values.pixel_size,
            values.to_lattice(),
            values.to_settings(),
            self.image.region,
            self.shared_preflight,
        )

    def show_run(self, run: Any, *, same_image: bool) -> None:
        """Show the settings of a run, so that it can be changed and run again."""
        values = FormValues.of(run)
        self.set_values(values)
        if same_image:
            self.image.set_pixel_size(values.pixel_size)

    def apply_napari_theme(self, name: str, colours: ThemeColours) -> None:
        """Draw in the colours of a napari theme."""
        self.lattice.view.apply_napari_theme(name)
        self.image.preflight.apply_colours(colours)

    @property
    def shared_preflight(self) -> SharedPreflight | None:
        """The preflight that a run uses; None where it uses none."""
        field = self.image.area == "field" and self.image.region is None
        return None if field or self.search.as_published else self.watch.shared_preflight

    # ---- inside

    def refresh(self) -> None:
        """Update what follows from the values, and show it."""
        values, crystal = self.values(), self.crystal()
        self._ask_preflight(crystal)
        size = self.image.effective_pixel_size
        frame = self.image.frame
        ds = angstrom_ds(values, crystal)
        if values.as_published and crystal is not None:
            ds = PUBLISHED_DS
        lattice_count = None
        if frame is None:
            self.preview = Preview(None, "")
        else:
            found, region = self._basis()
            self.preview = preview(values, frame.shape, size, region, found)
            expected = preview(_without_count(values), frame.shape, size, region, found).physics
            lattice_count = None if expected is None else expected.expected
            if self.lattice.count_source.layer is not None:
                lattice_count = values.count
        calibrated = size is not None
        self.lattice.set_ds_unit(angstrom=calibrated)
        self.lattice.show_preview(lattice_count, ds if calibrated else None)
        self.fault = self.image.fault() or self.preview.fault
        self._show_summaries(lattice_count, ds if calibrated else None)
        self._show_preflight()
        self.changed.emit()

    def _ask_preflight(self, crystal: Lattice | None) -> None:
        image = self.image
        frame, size, region, area = image.frame, image.typed_pixel_size, image.region, image.area
        if frame is None or crystal is None or image.fault():
            self.watch.ask(None, None)
            return
        versions = image.data_version, image.region_version if region is not None else 0
        scale = image.effective_pixel_size
        key = (frame.place, frame.shape, versions, scale, crystal, region is None and area)
        self.watch.ask(key, SharedPreflight(frame, size, crystal, region, area))

    def _basis(self) -> tuple[Preflight | None, BoolArray | None]:
        """The preflight from which N follows, if there is one yet, and the analysed pixels."""
        found = self.watch.preflight
        if self.shared_preflight is None or found is None:
            # without a pixel size, that of the lattice is offered
            hint = found if self.image.effective_pixel_size is None else None
            return hint, self.image.region
        return found, found.region

    def _oracle(self) -> tuple[float | None, str]:
        """N from the chosen Points layer, or what is wrong with it."""
        source, frame = self.lattice.count_source, self.image.frame
        layer = source.layer
        if layer is None or frame is None:
            return None, ""
        try:
            area = area_of(frame.shape, self._basis()[1])
            points = points_on(layer, frame.place, source.of_class)
            return float(oracle_count(points, area, repr(layer.name))), ""
        except BadInput as error:
            return None, str(error)

    def _show_preflight(self) -> None:
        found = self.watch.preflight
        seen = found is not None and found.measured is not None and found.measured.found
        self.image.preflight.show_preflight(self.watch)
        automatic = self.image.regions.layer is None and self.image.area == "crystal"
        self.image.show_region.setEnabled(seen and automatic)

    def _use_pixel_size_of_lattice(self) -> None:
        found = self.watch.preflight
        if found is not None and found.measured is not None and found.measured.found:
            self.image.set_pixel_size(found.measured.pixel_size)

    def _show_crystal(self) -> None:
        """Show the crystal as a layer, which is the region from then on."""
        found, frame = self.watch.preflight, self.image.frame
        if found is None or frame is None:
            return
        mask = np.ones(frame.shape, bool) if found.region is None else found.region
        layer = self.crystal_layer.show(frame.place, mask)
        if layer is not None:
            self.image.regions.choose(layer)

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
    """The same values with the N and DS of the lattice."""
    fields = {**values.fields, "count": None, "ds": None}
    return replace(values, as_published=False, fields=fields, invalid=())
