"""Base class of the docked widgets: follow the viewer while docked, let go when closed."""

from __future__ import annotations

from qtpy.QtCore import QEvent
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QWidget


class DockedWidget(QWidget):
    """Base of the plugin's widgets, which extend `bind` and `unbind`."""

    def __init__(self) -> None:
        super().__init__()
        #: Whether the widget follows the viewer.
        self._bound = False
        self._was_docked = False

    def bind(self) -> None:
        """Follow the viewer from now on. A second call does nothing."""
        self._bound = True

    def unbind(self) -> None:
        """Stop following the viewer and cancel what is running."""
        self._bound = False

    def event(self, event: QEvent | None) -> bool:
        """Let go when the dock is closed, at which napari takes the widget out of it."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.ParentChange:
            if self.parent() is not None:
                self._was_docked = True
            elif self._was_docked and self._bound:
                self.unbind()
        return handled

    def showEvent(self, event: QShowEvent | None) -> None:
        """Follow the viewer again when the widget is shown again."""
        super().showEvent(event)
        self.bind()
