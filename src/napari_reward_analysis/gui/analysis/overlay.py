"""The overlay of an analysis: it draws results on the image of the shown run."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.layers.shown_image import Place, ShownImage, shown_image_at
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.theme import ThemeColours


class Overlay(QObject):
    """Updates layers of the viewer from the session. This base class draws nothing.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    session : Session
    parent : QObject, optional

    Signals
    -------
    said : str, bool
        A message for the user, and True if it is a warning.
    """

    said = Signal(str, bool)

    def __init__(self, viewer: Any, session: Session[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.viewer, self.session = viewer, session
        self.bindings = Bindings(self)

    def bind(self) -> None:
        """Connect to session and viewer."""
        self.draw()

    def unbind(self) -> None:
        """Disconnect. The layers stay."""
        self.bindings.release()

    def draw(self) -> None:
        """Show the selected result, if its image is open."""

    def keep(self) -> str:
        """Copy the shown result into a new layer. Return its name, or '' if nothing is shown."""
        return ""

    def apply_colours(self, colours: ThemeColours) -> None:
        """Use these colours."""

    @property
    def place(self) -> Place | None:
        """Place of the shown run; None if its image is not open."""
        run = self.session.current
        place = None if run is None else self.session.places.get(run.identifier)
        if not isinstance(place, Place) or place.layer() not in self.viewer.layers:
            return None
        return place

    @property
    def shown_image(self) -> ShownImage | None:
        """Image of the shown run; None if it is not open."""
        place = self.place
        return None if place is None else shown_image_at(place)

    @property
    def shows_run(self) -> bool:
        """True if the image of the shown run is open."""
        return self.place is not None

    @property
    def moves_by_itself(self) -> bool:
        """True if the shown run grows and the user has chosen none of its trials.

        The proposed trial then changes often. The plot shows this, but the image does not,
        since redrawing thousands of points would make the window stutter.
        """
        growing = self.session.growing
        if growing is None or growing.choice is not None:
            return False
        return self.session.current is growing
