"""Choose the oracle: a network, a file, or a Points layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

from napari.layers import Layer, Points
from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from napari_reward_analysis.analyses.oracle.network import runtime_fault
from napari_reward_analysis.gui.layers.layer_combo import LayerCombo
from napari_reward_analysis.gui.studies.oracle_layers import is_shown_oracle
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.fields import choice, row
from napari_reward_analysis.gui.widgets.glossary import explain

Kind = Literal["network", "model", "file", "points"]
_KINDS = {
    "network": "network of this package",
    "model": "another network (ONNX file)",
    "file": "positions in a file",
    "points": "Points layer",
}
_FILTERS = {
    "model": "ONNX (*.onnx)",
    "file": "Positions (*.csv *.hdf5 *.h5)",
}


def are_positions(layer: Layer) -> bool:
    """Return True if a layer is not a result of this study."""
    return isinstance(layer, Points) and not is_shown_oracle(layer)


class OracleSource(QWidget):
    """A choice of the oracle.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its Points layers are offered.

    Signals
    -------
    changed
        The oracle was changed.
    """

    changed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self._files: dict[str, Path] = {}
        self.choice = choice("Oracle", _KINDS)
        self.choice.setToolTip(explain("oracle"))
        self.layers = LayerCombo(viewer, are_positions)
        self.layers.setAccessibleName("Oracle's layer")
        self.file = ElidedLabel()
        self.open = QPushButton("Open…")
        self.open.setAccessibleName("Open the oracle's file")
        self._file_row = row(self.file, self.open, stretch=0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.choice, self._file_row, self.layers):
            column.addWidget(widget)
        self.choice.currentIndexChanged.connect(self._on_choice)
        self.layers.layer_changed.connect(self.changed.emit)
        self.open.clicked.connect(self._ask)
        self._show_rows()

    def bind(self) -> None:
        """Follow the viewer from now on."""
        self.layers.bind()

    def unbind(self) -> None:
        """Stop following the viewer."""
        self.layers.unbind()

    @property
    def kind(self) -> Kind:
        """Kind of the chosen oracle."""
        return cast("Kind", self.choice.currentData())

    @property
    def path(self) -> Path | None:
        """The chosen file of a network or of positions."""
        return self._files.get(self.kind)

    @property
    def layer(self) -> Points | None:
        """The chosen layer."""
        layer = self.layers.layer
        return layer if isinstance(layer, Points) else None

    def fault(self) -> str:
        """Return the missing input as a sentence; empty if nothing is missing."""
        if self.kind in ("network", "model") and (missing := runtime_fault()):
            return missing
        if self.kind in _FILTERS and self.path is None:
            what = "network" if self.kind == "model" else "positions"
            return f"Press Open to choose the file of the {what}."
        if self.kind == "points" and self.layer is None:
            return "No Points layer is open: add one, or choose another oracle."
        return ""

    def _on_choice(self) -> None:
        self._show_rows()
        self.changed.emit()

    def _show_rows(self) -> None:
        self._file_row.setVisible(self.kind in _FILTERS)
        self.layers.setVisible(self.kind == "points")
        self.file.setText("no file yet" if self.path is None else self.path.name)

    def _ask(self) -> None:
        start = "" if self.path is None else str(self.path.parent)
        chosen, _ = QFileDialog.getOpenFileName(self, "Oracle", start, _FILTERS[self.kind])
        if chosen:
            self._files[self.kind] = Path(chosen)
            self._on_choice()
