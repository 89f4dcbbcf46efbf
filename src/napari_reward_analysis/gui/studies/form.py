"""The form of a study: image and lattice, and the options of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.gui.studies.inputs import StudyInputs
from napari_reward_analysis.gui.widgets.section import Section
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class Options(Protocol):
    """A widget with the options of a study."""

    changed: Any

    @property
    def fault(self) -> str:
        """Reason why no study can start; empty if one can."""

    def settings(self, area: AreaRule) -> BaseModel:
        """Return the settings of the study."""

    def show_settings(self, settings: Any) -> None:
        """Show the settings of a run. No signal is emitted."""

    def summary(self) -> str:
        """Return the options in one line."""

    def given(self, shown: ShownImage) -> Mapping[str, Any]:
        """Return further inputs of the study, see `Inputs`."""

    def bind(self) -> None:
        """Follow the viewer from now on."""

    def unbind(self) -> None:
        """Stop following the viewer."""


class StudyForm(QWidget):
    """Image and lattice above, the options of the study below.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.
    title : str
        Title of the section with the options.
    options : Options
        The options of the study.

    Signals
    -------
    changed
        A value was changed; `fault` is up to date.
    image_changed
        Another image, or another frame of a stack.
    """

    changed = Signal()
    image_changed = Signal()

    def __init__(self, viewer: Any, title: str, options: Any) -> None:
        super().__init__()
        self.inputs = StudyInputs(viewer)
        self.image, self.options = self.inputs.image, options
        #: The reason why no study can start; empty if one can.
        self.fault = ""
        self.sections = (self.inputs.section, Section(f"2  {title}", options))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.inputs)
        column.addWidget(self.sections[1])
        self.inputs.changed.connect(self.refresh)
        self.options.changed.connect(self.refresh)
        self.image.image_changed.connect(self.image_changed.emit)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.inputs.bind()
        self.options.bind()
        self.refresh()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.inputs.unbind()
        self.options.unbind()

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold the sections."""
        for section in self.sections:
            section.set_open(is_open)

    def request(self) -> Request | None:
        """Return the inputs of the study; None if no image is chosen.

        Raises
        ------
        BadInput
            If the values do not fit together.
        """
        shown, options = self.image.frame, self.options
        if shown is None:
            return None
        return Request(
            shown,
            self.image.typed_pixel_size,
            self.inputs.lattice.lattice,
            options.settings(self.image.area),
            self.image.region,
            given=options.given(shown),
        )

    def show_run(self, run: Any, *, same_image: bool) -> None:
        """Show lattice and settings of a run.

        Parameters
        ----------
        run : BaseRun
        same_image : bool
            True if the chosen image is the run's. The pixel size of the run is then shown too.
        """
        if same_image:
            self.image.set_pixel_size(run.image.pixel_size)
        self.inputs.lattice.show_crystal(run.lattice)
        self.options.show_settings(run.settings)
        self.inputs.refresh()

    def apply_napari_theme(self, _name: str, colours: ThemeColours) -> None:
        """Use the colours of a napari theme."""
        self.image.preflight.apply_colours(colours)

    def refresh(self) -> None:
        """Update what follows from the values, and show it."""
        self.fault = self.inputs.fault or str(self.options.fault)
        self.sections[1].set_summary(self.options.summary())
        self.changed.emit()
