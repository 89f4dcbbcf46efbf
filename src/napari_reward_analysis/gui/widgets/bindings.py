"""Keep the connections of a widget to objects that outlive it, and cut them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject


class Bindings:
    """Connections to events of viewer, layers and session.

    A widget makes its connections to longer-lived objects here. `release` cuts them, and
    at the latest Qt does when it destroys the widget: a closed window destroys its widgets
    without asking them.

    Parameters
    ----------
    owner : QObject
        The widget that is told of the events.
    """

    def __init__(self, owner: QObject) -> None:
        self._connected: list[tuple[Any, Callable[..., Any]]] = []
        owner.destroyed.connect(self.release)

    def connect(self, signal: Any, slot: Callable[..., Any]) -> None:
        """Connect a signal (napari's or psygnal's) until `release`."""
        signal.connect(slot)
        self._connected.append((signal, slot))

    def release(self, _owner: object = None) -> None:
        """Cut every connection that is still there."""
        while self._connected:
            signal, slot = self._connected.pop()
            try:
                signal.disconnect(slot)
            except ValueError:  # psygnal: no longer connected
                continue
