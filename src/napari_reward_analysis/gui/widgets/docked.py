"""A widget that follows the viewer while it is docked, and lets go when its dock is closed."""

from __future__ import annotations

from qtpy.QtCore import QEvent
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget


class DockedWidget(QWidget):
    """Base of the plugin's widgets; they fill in `bind` and `unbind`."""

    def __init__(self) -> None:
        super().__init__()
        #: Follows the viewer.
        self._bound = False
        self._was_docked = False

    def bind(self) -> None:
        """Follow the viewer from now on; called again, it does nothing."""
        self._bound = True

    def unbind(self) -> None:
        """Let go of the viewer; what is going on is cancelled."""
        self._bound = False

    def event(self, event: QEvent | None) -> bool:
        """Let go when the dock is closed: napari then takes the widget out of it."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.ParentChange:
            if self.parent() is not None:
                self._was_docked = True
            elif self._was_docked and self._bound:
                self.unbind()
        return handled

    def showEvent(self, event: QShowEvent | None) -> None:
        """Follow the viewer again when shown anew."""
        super().showEvent(event)
        self.bind()
