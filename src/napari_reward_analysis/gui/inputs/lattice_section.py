"""Section 2 of the form: the lattice, the expected count N, and DS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QFormLayout, QGridLayout, QLabel, QWidget

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.count_source import CountSource
from napari_reward_analysis.gui.inputs.form_values import FREE_CELL, Cell, FormValues
from napari_reward_analysis.gui.inputs.lattice_source import LatticeSource
from napari_reward_analysis.gui.inputs.lattice_view import LatticeView
from napari_reward_analysis.gui.widgets.elided_label import ElidedLabel
from napari_reward_analysis.gui.widgets.fields import NumberField, form_layout, row, whole_number
from napari_reward_analysis.gui.widgets.setting_inputs import (
    field_named,
    limits_of_field,
    tooltip_of,
)

#: Tick boxes in a row.
_ABREAST = 3
_PER_CENT = 100.0


class LatticeSection(QWidget):
    """Lattice, species, N and DS, with a drawing of the cell.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Its Points layers are offered as sources of N.

    Signals
    -------
    changed
        A value was changed.
    physics_typed
        The user has changed N or DS.
    """

    changed = Signal()
    physics_typed = Signal()

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.count_source = CountSource(viewer)
        self.species_boxes: dict[str, QCheckBox] = {}
        self._build()
        self._show_lattice_rows()
        self.source.changed.connect(self._on_lattice)
        for cell_field in (*self.cell_lengths, self.angle):
            cell_field.value_changed.connect(self.changed.emit)
        self.columns.valueChanged.connect(self.changed.emit)
        for number in (self.count, self.ds, self.tolerance):
            number.value_changed.connect(self._on_physics_typed)
        self.count_source.changed.connect(self._on_count_source)

    def _build(self) -> None:
        self.source = LatticeSource()
        self.lattice = self.source.choice
        self.cell_lengths = (NumberField("Cell a"), NumberField("Cell b"))
        self.angle = NumberField("Cell angle")
        self.columns = whole_number("Columns in the cell", 1, 1000, Cell().columns)
        self._species_row = QWidget()
        self._species_grid = QGridLayout(self._species_row)
        self._species_grid.setContentsMargins(0, 0, 0, 0)
        self._species_grid.setHorizontalSpacing(8)
        self._species_grid.setVerticalSpacing(0)
        self.count = _number_of("count")
        # a count is short, and the note beside it needs the room
        self.count.setFixedWidth(84)
        self.count_note = ElidedLabel(small=True)
        self.tolerance = _number_of("tolerance", scale=_PER_CENT)
        self.tolerance.set_default(_PER_CENT * AtomsSettings().tolerance)
        self.tolerance.setFixedWidth(56)
        self.ds = _number_of("ds")
        self.ds_unit = ElidedLabel()
        self.ds_note = ElidedLabel(small=True)
        self.view = LatticeView()
        self._layout = form_layout(self)
        self._layout.addRow("Lattice", self.source)
        self._cell_row = row("a", self.cell_lengths[0], "b", self.cell_lengths[1], "Å")
        self._angle_row = row("angle", self.angle, "°, columns", self.columns)
        self._layout.addRow("Cell", self._cell_row)
        self._layout.addRow("", self._angle_row)
        _add_row(self._layout, "species", self._species_row)
        n_row = row(self.count, "±", self.tolerance, "%", self.count_note, stretch=4)
        _add_row(self._layout, "count", n_row)
        self._layout.addRow("N from", self.count_source)
        _add_row(self._layout, "ds", row(self.ds, self.ds_unit, self.ds_note, stretch=2))
        self._layout.addRow(self.view)
        self.set_values(FormValues())

    # ---- values

    def set_values(self, values: FormValues) -> None:
        """Show lattice, species, N and DS. Emits nothing."""
        self.blockSignals(True)
        self.source.show_lattice(values.lattice, values.given)
        for number, value in zip((*self.cell_lengths, self.angle), values.cell[:3], strict=True):
            number.set_value(value)
        self.columns.setValue(values.cell.columns)
        self._show_lattice_rows()
        lattice = self.source.lattice
        usual = lattice.species if lattice else ()
        for name, box in self.species_boxes.items():
            box.setChecked(name in (usual if values.species is None else values.species))
        self.count_source.choose(None)
        self.count.set_value(values.count)
        self.ds.set_value(values.ds)
        share = values.tolerance
        default = share == AtomsSettings().tolerance
        self.tolerance.set_value(None if default else _PER_CENT * share)
        self.blockSignals(False)

    @property
    def name(self) -> str:
        """Name of the lattice, or `FREE_CELL` or `NO_LATTICE`."""
        return self.source.name

    @property
    def given(self) -> Lattice | None:
        """The lattice, where it is not a preset."""
        return self.source.given

    @property
    def cell(self) -> Cell:
        """The free cell."""
        a, b = (length.value() for length in self.cell_lengths)
        return Cell(a, b, self.angle.value(), self.columns.value())

    @property
    def species(self) -> tuple[str, ...] | None:
        """Ticked species; None for the default of the lattice."""
        ticked = tuple(name for name, box in self.species_boxes.items() if box.isChecked())
        lattice = self.source.lattice
        return None if lattice is None or ticked == lattice.species else ticked

    def values(self) -> dict[str, Any]:
        """Fields of the settings that have an input here."""
        per_cent = self.tolerance.value()
        return {
            "species": self.species,
            "count": self.count.value(),
            "ds": self.ds.value(),
            "tolerance": (AtomsSettings().tolerance if per_cent is None else per_cent / _PER_CENT),
        }

    def faults(self) -> tuple[str, ...]:
        """A sentence for every field whose text is not a number."""
        shown = [self.count, self.ds, self.tolerance]
        if self.name == FREE_CELL:
            shown += [*self.cell_lengths, self.angle]
        faults = [self.source.fault, *(number.fault() for number in shown)]
        return tuple(fault for fault in faults if fault)

    def set_physics(self, count: float | None, ds: float | None) -> None:
        """Show the N and DS of a run. Emits nothing."""
        if count is not None:
            # a typed N replaces that of an oracle
            self.blockSignals(True)
            self.count_source.choose(None)
            self.blockSignals(False)
        self.count.set_value(count)
        self.ds.set_value(ds)

    # ---- preview

    def show_preview(self, lattice_count: float | None, ds: float | None) -> None:
        """Show the N and DS of the next run, and the drawing.

        Parameters
        ----------
        lattice_count : float or None
            N of the lattice, even if another is typed.
        ds : float or None
            DS of an empty field, in angstrom.
        """
        shown = None if lattice_count is None else round(lattice_count, 1)
        self.count.set_default(shown, missing="type it")
        source = self.count_source.layer
        self.count.setEnabled(source is None)
        if source is not None:
            self.count_note.setText("")
            self.ds.set_default(ds, missing="from the image")
            self._draw(ds)
            return
        typed = self.count.value() is not None
        from_lattice = "" if lattice_count is None else f"lattice: {lattice_count:.1f}"
        self.count_note.setText(from_lattice if typed else "columns")
        self.ds.set_default(ds, missing="from the image")
        self._draw(ds)

    def set_ds_unit(self, *, angstrom: bool) -> None:
        """Show the unit of DS: px where the pixel size is not known."""
        self.ds_unit.setText("Å" if angstrom else "px")

    def summary(self, count: float | None, ds: float | None) -> str:
        """The section in one line."""
        parts = [self.name]
        if count is not None:
            parts.append(f"N {count:.0f}")
        if ds is not None:
            parts.append(f"DS {ds:.4g} {self.ds_unit.text()}")
        return ", ".join(parts)

    def _draw(self, ds: float | None) -> None:
        lattice = self.source.lattice
        if lattice is None:
            self.view.clear()
            self.ds_note.setText("")
            return
        chosen = _chosen(lattice, self.species)
        sums = {} if chosen is None else chosen.neighbour_sums
        faint = [] if chosen is None else [c for c in chosen.columns if c in lattice.faint]
        shown = self.ds.value() if self.ds.value() is not None else ds
        self.view.set_lattice(
            lattice.a,
            lattice.b,
            lattice.angle,
            [(c.species, c.x, c.y, c.weight) for c in (*lattice.columns, *faint)],
            list(sums.items()),
            shown,
        )
        smallest = min(sums.values(), default=None)
        share = "" if smallest is None or shown is None else f"{shown / smallest:.2f} × "
        self.ds_note.setText("" if smallest is None else f"{share}{smallest:.4g} Å")

    # ---- reactions to the user

    def _on_lattice(self) -> None:
        self._show_lattice_rows()
        # the former N and DS belong to the former lattice
        self.set_physics(None, None)
        self.changed.emit()

    def _on_count_source(self) -> None:
        if self.count_source.layer is not None:
            # the layer gives N
            self.count.set_value(None)
        self._on_physics_typed()

    def _on_physics_typed(self) -> None:
        self.changed.emit()
        self.physics_typed.emit()

    def _show_lattice_rows(self) -> None:
        free = self.name == FREE_CELL
        _show_row(self._layout, self._cell_row, shown=free)
        _show_row(self._layout, self._angle_row, shown=free)
        lattice = self.source.lattice
        self._show_species(lattice)
        _show_row(self._layout, self._species_row, shown=len(self.species_boxes) > 1)
        self.view.setVisible(lattice is not None)

    def _show_species(self, lattice: Lattice | None) -> None:
        """Show a tick box for each species; faint ones are unticked and have their weight."""
        usual, faint = (lattice.species, lattice.faint) if lattice else ((), ())
        weights = dict.fromkeys(usual, 1.0)
        for column in faint:
            weights.setdefault(column.species, column.weight)
        texts = {n: n if n in usual else f"{n} {w:.2f}" for n, w in weights.items()}
        if [box.text() for box in self.species_boxes.values()] == list(texts.values()):
            return
        self.species_boxes = {
            name: self._tick(name, text, expected=name in usual) for name, text in texts.items()
        }
        _replace(self._species_grid, list(self.species_boxes.values()))

    def _tick(self, name: str, text: str, *, expected: bool) -> QCheckBox:
        box = QCheckBox(text)
        box.setChecked(expected)
        faint = "" if expected else ", which are much fainter than the brightest"
        box.setToolTip(f"Include {name} columns{faint} in N")
        box.toggled.connect(self.changed.emit)
        return box


def _number_of(name: str, scale: float = 1.0) -> NumberField:
    """The input of a field of the settings, which is shown times `scale`."""
    described = field_named(AtomsSettings, name)
    limits = limits_of_field(described)
    low, high = limits.low * scale, limits.high * scale
    number = NumberField(described.title, replace(limits, low=low, high=high))
    number.setToolTip(tooltip_of(described))
    return number


def _add_row(layout: QFormLayout, name: str, widget: QWidget) -> None:
    """Add a row for a field of the settings."""
    described = field_named(AtomsSettings, name)
    label = QLabel(described.title)
    label.setToolTip(tooltip_of(described))
    layout.addRow(label, widget)


def angstrom_ds(values: FormValues, lattice: Lattice | None) -> float | None:
    """DS of an empty field in angstrom; None where it follows from the image."""
    if lattice is None:
        return None
    chosen = _chosen(lattice, values.species)
    return None if chosen is None else chosen.default_ds


def _show_row(layout: QFormLayout, widget: QWidget, *, shown: bool) -> None:
    widget.setVisible(shown)
    label = layout.labelForField(widget)
    if label is not None:
        label.setVisible(shown)


def _chosen(lattice: Lattice, species: tuple[str, ...] | None) -> Lattice | None:
    """The lattice with these species; None where they are impossible."""
    try:
        return lattice if species is None else lattice.choose(species)
    except BadInput:
        return None


def _replace(layout: QGridLayout, widgets: list[QCheckBox]) -> None:
    while layout.count():
        item = layout.takeAt(0)
        old = item.widget() if item is not None else None
        if old is not None:
            old.deleteLater()
    for place, widget in enumerate(widgets):
        layout.addWidget(widget, *divmod(place, _ABREAST))
    layout.setColumnStretch(_ABREAST, 1)
