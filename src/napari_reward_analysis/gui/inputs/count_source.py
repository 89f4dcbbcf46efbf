"""Choose the source of N: the lattice, or known positions in a Points layer."""

from __future__ import annotations

import textwrap
from typing import Any

from napari.layers import Layer, Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_reward_analysis.gui.layers.known_points import classes_of, is_oracle
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.widgets.bindings import Bindings
from napari_reward_analysis.gui.widgets.fields import choice

FROM_LATTICE = "the lattice"
_ALL = "all points"
_HELP = (
    "Source of N, the expected number of columns: the lattice, or an oracle, which is a Points "
    "layer with known positions."
)


class CountSource(QWidget):
    """A choice between the lattice and Points layers, with all points or one class.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its layers are offered.

    Signals
    -------
    changed
        The source was changed, or its points were.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.layers = LayerCombo(viewer, is_oracle, nothing=(FROM_LATTICE,))
        self.layers.setAccessibleName("N from")
        self.setToolTip(textwrap.fill(_HELP, 72))
        self.classes = choice("Class", {"": _ALL})
        for box in (self.layers, self.classes):
            # two lists share the width of one
            box.setMinimumContentsLength(4)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(5)
        line.addWidget(self.layers, 2)
        line.addWidget(self.classes, 1)
        self._bindings = Bindings(self)
        self.layers.layer_changed.connect(self._on_layer)
        self.classes.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._show_classes()

    @property
    def layer(self) -> Points | None:
        """The chosen layer; None where N comes from the lattice."""
        layer = self.layers.layer
        return layer if isinstance(layer, Points) else None

    @property
    def of_class(self) -> str:
        """The chosen class; empty for all points."""
        return str(self.classes.currentData() or "")

    def choose(self, layer: Layer | None) -> None:
        """Choose a layer; None chooses the lattice."""
        self.layers.choose(layer)

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.layers.bind()

    def unbind(self) -> None:
        """Stop following the viewer and its layers."""
        self._bindings.release()
        self.layers.unbind()

    def _on_layer(self) -> None:
        self._bindings.release()
        layer = self.layer
        if layer is not None:
            for emitter in (layer.events.data, layer.events.features):
                self._bindings.connect(emitter, self._on_points)
        self._show_classes()
        self.changed.emit()

    def _on_points(self, _event: Any = None) -> None:
        self._show_classes()
        self.changed.emit()

    def _show_classes(self) -> None:
        layer = self.layer
        names = [] if layer is None else classes_of(layer)
        before = self.of_class
        self.classes.blockSignals(True)
        self.classes.clear()
        for key, text in {"": _ALL, **{name: name for name in names}}.items():
            self.classes.addItem(text, key)
        self.classes.setCurrentIndex(max(0, self.classes.findData(before)))
        self.classes.blockSignals(False)
        self.classes.setVisible(bool(names))
