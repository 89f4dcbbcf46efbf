"""Define the form of an analysis, and make a form from the settings."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.inputs.form_values import NO_LATTICE
from napari_reward_analysis.gui.inputs.image_section import ImageSection
from napari_reward_analysis.gui.inputs.lattice_source import LatticeSource
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.settings_form import SettingsForm
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class Form(Protocol):
    """A widget with the inputs of an analysis.

    Attributes
    ----------
    changed : Signal
        Any input was changed.
    image_changed : Signal
        Another image, or another frame of a stack, was chosen.
    fault : str
        Reason why no run can start; empty if one can.
    image : ImageSection
        The chosen image.
    """

    changed: Any
    image_changed: Any
    fault: str
    image: ImageSection

    def bind(self) -> None:
        """Connect to the viewer."""

    def unbind(self) -> None:
        """Disconnect from the viewer."""

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold the sections."""

    def request(self) -> Request | None:
        """Return the inputs as a request; None if no image is chosen.

        Raises
        ------
        BadInput
            If the values do not fit together.
        """

    def show_run(self, run: Any, *, same_image: bool) -> None:
        """Show the settings of a run, so that the user can change and repeat it.

        Parameters
        ----------
        run : BaseRun
        same_image : bool
            True if the chosen image is the run's. The pixel size of the run is then shown too.
        """

    def apply_napari_theme(self, name: str, colours: ThemeColours) -> None:
        """Use the colours of a napari theme."""


class SettingsAndImage(QWidget):
    """A form with image, lattice and settings, made from the settings model.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.
    settings : type
        The settings model.
    """

    changed = Signal()
    image_changed = Signal()

    def __init__(self, viewer: Any, settings: type[BaseModel]) -> None:
        super().__init__()
        self.image, self.lattice = ImageSection(viewer), LatticeSource()
        self.image.leave_out_preflight()
        box = self.lattice.choice
        box.setCurrentIndex(box.findData(NO_LATTICE))
        # other forms accept a count instead of a lattice, this one does not
        box.setItemText(box.currentIndex(), "none")
        layout = self.image.layout()
        assert isinstance(layout, QFormLayout)  # all fields begin at the same position
        layout.addRow("Lattice", self.lattice)
        self.settings = SettingsForm(settings)
        self.fault = ""
        self.sections = (
            Section("1  Image and lattice", self.image),
            Section("2  Settings", self.settings),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for section in self.sections:
            column.addWidget(section)
        for part in (self.image, self.lattice, self.settings):
            part.changed.connect(self.refresh)
        self.image.image_changed.connect(self.image_changed.emit)
        self.refresh()

    def bind(self) -> None:
        """Connect to the viewer."""
        self.image.bind()

    def unbind(self) -> None:
        """Disconnect from the viewer."""
        self.image.unbind()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold the sections."""
        for section in self.sections:
            section.set_open(is_open)

    def request(self) -> Request | None:
        """Return the inputs as a request; None if no image is chosen."""
        shown = self.image.frame
        if shown is None:
            return None
        size, settings = self.image.typed_pixel_size, self.settings.settings()
        return Request(shown, size, self.lattice.lattice, settings, self.image.region)

    def show_run(self, run: Any, *, same_image: bool) -> None:
        """Show lattice and settings of a run."""
        if same_image:
            self.image.set_pixel_size(run.image.pixel_size)
        self.lattice.show_crystal(run.lattice)
        self.settings.set_values(run.settings)
        self.refresh()

    def apply_napari_theme(self, _name: str, _colours: ThemeColours) -> None:
        """Do nothing: no part of the form depends on the theme."""

    def refresh(self) -> None:
        """Update the derived values and show them."""
        faults = self.image.fault(), self.lattice.fault, self.settings.fault
        self.fault = next((fault for fault in faults if fault), "")
        self.sections[0].set_summary(f"{self.image.summary()}, {self.lattice.name}")
        self.sections[1].set_summary(self.settings.changes_in_words())
        self.changed.emit()
