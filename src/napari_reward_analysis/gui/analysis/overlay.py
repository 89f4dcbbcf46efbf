"""The overlay of an analysis: what it draws on the image of the shown run."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.layers.shown_image import Place, ShownImage, shown_image_at
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class Overlay(QObject):
    """Keeps layers of the viewer in step with the session; this one draws nothing.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    session : Session
    parent : QObject, optional

    Signals
    -------
    said : str, bool
        What the user should know of, and whether it is a warning.
    """

    said = Signal(str, bool)

    def __init__(self, viewer: Any, session: Session[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.viewer, self.session = viewer, session
        self.bindings = Bindings(self)

    def bind(self) -> None:
        """Follow session and viewer from now on."""
        self.draw()

    def unbind(self) -> None:
        """Let go; the layers stay."""
        self.bindings.release()

    def draw(self) -> None:
        """Show what is selected, if its image is open."""

    def keep(self) -> str:
        """Copy what is shown into a layer of its own; returns its name, or ''."""
        return ""

    def apply_colours(self, colours: ThemeColours) -> None:
        """Draw in these colours from now on."""

    @property
    def place(self) -> Place | None:
        """Where the shown run's result goes; None when its image is not open."""
        run = self.session.current
        place = None if run is None else self.session.places.get(run.identifier)
        if not isinstance(place, Place) or place.layer() not in self.viewer.layers:
            return None
        return place

    @property
    def shown_image(self) -> ShownImage | None:
        """The shown run's image; None when it is not open."""
        place = self.place
        return None if place is None else shown_image_at(place)

    @property
    def shows_run(self) -> bool:
        """Whether the image of the shown run is open."""
        return self.place is not None

    @property
    def moves_by_itself(self) -> bool:
        """Whether the shown run goes on and the user has chosen none of its trials.

        Its proposal moves with every few trials then; the plot shows that, the image need
        not, since redrawing thousands of points would make the window stutter.
        """
        growing = self.session.growing
        if growing is None or growing.choice is not None:
            return False
        return self.session.current is growing
