"""A list of a viewer's layers that stays up to date as layers come, go and change names.

The list keeps weak references to the layers, not their names.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from napari.layers import Layer
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.fields import Choice

#: An entry is a layer, or one of the texts above the layers.
Entry = str | weakref.ReferenceType[Layer]


class LayerCombo(Choice):
    """Choice of one layer of a viewer, or of a few options that are no layers.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are listed, the topmost first.
    accepts : callable
        Returns whether a layer belongs in the list.
    nothing : str or sequence of str
        First entries, which stand for no layer.
    follow_active : bool
        Choose the viewer's active layer until the user chooses one in the list.
    prefers : callable, optional
        Returns whether to choose a layer as soon as it is added, until the user chooses
        one in the list.
    """

    #: Another layer or option was chosen. A new name of the chosen layer does not count.
    layer_changed = Signal()

    def __init__(
        self,
        viewer: Any,
        accepts: Callable[[Layer], bool],
        nothing: str | Sequence[str] = (),
        *,
        follow_active: bool = False,
        prefers: Callable[[Layer], bool] | None = None,
    ) -> None:
        super().__init__()
        self._viewer, self._accepts = viewer, accepts
        texts = (nothing,) if isinstance(nothing, str) else tuple(nothing)
        self._nothing = tuple(text for text in texts if text)
        self._follow_active = follow_active
        self._prefers = prefers
        self._listed: list[Entry] = list(self._nothing)
        self._chosen: Entry | None = self._listed[0] if self._listed else None
        self._last_active: weakref.ReferenceType[Layer] | None = None
        self._bindings = Bindings(self)
        self._bindings_of_names = Bindings(self)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.activated.connect(self._on_activated)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        layers = self._viewer.layers
        for emitter in (layers.events.removed, layers.events.reordered):
            self._bindings.connect(emitter, self._refresh)
        self._bindings.connect(layers.events.inserted, self._on_inserted)
        if self._follow_active:
            self._bindings.connect(layers.selection.events.active, self._on_active)
        self._refresh()
        if self._follow_active:
            self._on_active()
        for layer in layers:
            self._choose_preferred(layer)

    def unbind(self) -> None:
        """Let go of the viewer."""
        self._bindings.release()
        self._bindings_of_names.release()

    @property
    def layer(self) -> Layer | None:
        """The chosen layer, None where no layer is chosen."""
        return None if self._chosen is None else self._layer_of(self._chosen)

    @property
    def entry(self) -> str:
        """The chosen text; empty where a layer is chosen."""
        return self._chosen if isinstance(self._chosen, str) else ""

    def choose(self, layer: Layer | str | None) -> None:
        """Choose a layer or a text of the list. None chooses the first text."""
        if layer is None:
            if not self._nothing:
                return
            layer = self._nothing[0]
        entry: Entry = layer if isinstance(layer, str) else weakref.ref(layer)
        if entry != self._chosen and entry in self._listed:
            self._chosen = entry
            self._show_chosen()
            self.layer_changed.emit()

    def _on_inserted(self, event: Any) -> None:
        self._refresh()
        self._choose_preferred(event.value)

    def _choose_preferred(self, layer: Layer) -> None:
        if self._prefers is not None and self._accepts(layer) and self._prefers(layer):
            self.choose(layer)

    def _refresh(self, _event: Any = None) -> None:
        layers = [layer for layer in reversed(self._viewer.layers) if self._accepts(layer)]
        self._listed = [*self._nothing, *(weakref.ref(layer) for layer in layers)]
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
        for entry in self._listed:
            layer = self._layer_of(entry)
            name = entry if isinstance(entry, str) else ""
            self.addItem(name if layer is None else layer.name)
        self._show_chosen()

    def _show_chosen(self) -> None:
        self.setCurrentIndex(
            self._listed.index(self._chosen) if self._chosen in self._listed else -1
        )
        self.setToolTip(self.currentText())

    def _on_activated(self, index: int) -> None:
        self._follow_active, self._prefers = False, None
        entry = self._listed[index]
        self.choose(entry if isinstance(entry, str) else entry())

    def _on_active(self, _event: Any = None) -> None:
        active = self._viewer.layers.selection.active
        if not self._follow_active or active is None or not self._accepts(active):
            return
        # the same image becomes active again after a results layer came and went
        if self._last_active is None or self._last_active() is not active:
            self._last_active = weakref.ref(active)
            self.choose(active)

    @staticmethod
    def _layer_of(entry: Entry) -> Layer | None:
        return None if isinstance(entry, str) else entry()
