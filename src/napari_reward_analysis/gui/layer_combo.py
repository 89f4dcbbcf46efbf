"""A list of a viewer's layers that follows them: added, removed, renamed, made active.

Layers are remembered by themselves and not by their names. The list holds on to none
of them.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from napari.layers import Layer
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.gui.bindings import Bindings
from napari_reward_analysis.gui.fields import Choice


class LayerCombo(Choice):
    """Choice of one layer of a viewer.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are listed, the topmost first.
    accepts : callable
        Tells of a layer whether it belongs into the list.
    nothing : str
        A first entry that stands for no layer; left out when empty.
    follow_active : bool
        Choose the viewer's active layer, until the user has chosen one here.
    """

    #: Another layer is chosen (not: the chosen one was renamed).
    layer_changed = Signal()

    def __init__(
        self,
        viewer: Any,
        accepts: Callable[[Layer], bool],
        nothing: str = "",
        *,
        follow_active: bool = False,
    ) -> None:
        super().__init__()
        self._viewer, self._accepts, self._nothing = viewer, accepts, nothing
        self._follow_active = follow_active
        self._listed: list[weakref.ReferenceType[Layer] | None] = []
        self._chosen: weakref.ReferenceType[Layer] | None = None
        self._last_active: weakref.ReferenceType[Layer] | None = None
        self._bindings = Bindings(self)
        self._bindings_of_names = Bindings(self)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.activated.connect(self._on_activated)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        layers = self._viewer.layers
        for emitter in (layers.events.inserted, layers.events.removed, layers.events.reordered):
            self._bindings.connect(emitter, self._refresh)
        if self._follow_active:
            self._bindings.connect(layers.selection.events.active, self._on_active)
        self._refresh()
        if self._follow_active:
            self._on_active()

    def unbind(self) -> None:
        """Let go of the viewer."""
        self._bindings.release()
        self._bindings_of_names.release()

    @property
    def layer(self) -> Layer | None:
        """The chosen layer."""
        return None if self._chosen is None else self._chosen()

    def choose(self, layer: Layer | None) -> None:
        """Choose a layer of the list, or none."""
        chosen = None if layer is None else weakref.ref(layer)
        if chosen == self._chosen or (chosen is not None and chosen not in self._listed):
            return
        self._chosen = chosen
        self._show_chosen()
        self.layer_changed.emit()

    def _refresh(self, _event: Any = None) -> None:
        layers = [layer for layer in reversed(self._viewer.layers) if self._accepts(layer)]
        self._listed = [None] if self._nothing else []
        self._listed += [weakref.ref(layer) for layer in layers]
        self._bindings_of_names.release()
        for layer in layers:
            self._bindings_of_names.connect(layer.events.name, self._show_names)
        self._show_names()
        if self._chosen not in self._listed:
            # the chosen layer was removed, or there was none
            self._chosen = self._listed[0] if self._listed else None
            self._show_chosen()
            self.layer_changed.emit()

    def _show_names(self, _event: Any = None) -> None:
        self.clear()
        for reference in self._listed:
            layer = None if reference is None else reference()
            self.addItem(self._nothing if layer is None else layer.name)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.setCurrentIndex(
            self._listed.index(self._chosen) if self._chosen in self._listed else -1
        )
        self.setToolTip(self.currentText())

    def _on_activated(self, index: int) -> None:
        self._follow_active = False
        reference = self._listed[index]
        self.choose(None if reference is None else reference())

    def _on_active(self, _event: Any = None) -> None:
        active = self._viewer.layers.selection.active
        if not self._follow_active or active is None or not self._accepts(active):
            return
        # a results layer that comes and goes in between makes the same image active anew
        if self._last_active is None or self._last_active() is not active:
            self._last_active = weakref.ref(active)
            self.choose(active)
