"""Connections to what outlives a widget, kept so that all of them can be cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject


class Bindings:
    """Connections to events of viewer, layers and session.

    A widget that listens to something which stays when it goes makes its connections
    here. They are cut by `release`, and at the latest when Qt destroys the widget: a
    window that is closed takes its widgets along without asking them.

    Parameters
    ----------
    owner : QObject
        The widget that listens.
    """

    def __init__(self, owner: QObject) -> None:
        self._connected: list[tuple[Any, Callable[..., Any]]] = []
        owner.destroyed.connect(self.release)

    def connect(self, signal: Any, slot: Callable[..., Any]) -> None:
        """Connect a signal (napari's or psygnal's) until `release`."""
        signal.connect(slot)
        self._connected.append((signal, slot))

    def release(self, _owner: object = None) -> None:
        """Cut every connection; what has gone already is left out."""
        while self._connected:
            signal, slot = self._connected.pop()
            try:
                signal.disconnect(slot)
            except ValueError:  # psygnal: no longer connected
                continue
