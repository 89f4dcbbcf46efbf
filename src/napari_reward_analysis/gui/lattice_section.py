"""Section 2 of the form: the crystal, the expected count N, and DS."""

from __future__ import annotations

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QCheckBox, QFormLayout, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.elided_label import ElidedLabel
from napari_reward_analysis.gui.fields import NumberField, choice, form_layout, row, whole_number
from napari_reward_analysis.gui.form import FREE_CELL, NO_LATTICE, Cell, FormValues
from napari_reward_analysis.gui.lattice_view import LatticeView
from napari_reward_analysis.lattice import Lattice, lattice_names, lattice_preset


class LatticeSection(QWidget):
    """Lattice, species, N and DS, with a drawing of the cell.

    Signals
    -------
    changed
        Anything.
    physics_typed
        The user has changed N or DS.
    """

    changed = Signal()
    physics_typed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._species: dict[str, QCheckBox] = {}
        self._build()
        self._show_lattice_rows()
        self.lattice.currentIndexChanged.connect(self._on_lattice)
        for cell_field in (*self.cell_lengths, self.angle):
            cell_field.value_changed.connect(self.changed.emit)
        self.columns.valueChanged.connect(self.changed.emit)
        for number in (self.count, self.ds):
            number.value_changed.connect(self._on_physics_typed)

    def _build(self) -> None:
        names = (*lattice_names(), FREE_CELL, NO_LATTICE)
        self.lattice = choice("Lattice", {name: name for name in names})
        self.cell_lengths = (NumberField("Cell a"), NumberField("Cell b"))
        self.angle = NumberField("Cell angle")
        self.columns = whole_number("Columns in the cell", 1, 1000, Cell().columns)
        self._species_row = row()
        self.count = NumberField("N")
        self.count.setToolTip(
            "Expected number of columns; empty takes what the lattice expects on the analysed area"
        )
        self.count_note = ElidedLabel(small=True)
        self.ds = NumberField("DS")
        self.ds.setToolTip(
            "A column whose four nearest neighbours are nearer than this in sum is an error; "
            "empty takes nine tenths of the lattice's smallest sum"
        )
        self.ds_unit = ElidedLabel()
        self.ds_note = ElidedLabel(small=True)
        self.view = LatticeView()
        self._layout = form_layout(self)
        self._layout.addRow("Lattice", self.lattice)
        self._cell_row = row("a", self.cell_lengths[0], "b", self.cell_lengths[1], "Å")
        self._angle_row = row("angle", self.angle, "°, columns", self.columns)
        self._layout.addRow("Cell", self._cell_row)
        self._layout.addRow("", self._angle_row)
        self._layout.addRow("Expect", self._species_row)
        self._layout.addRow("N", row(self.count, self.count_note, stretch=1))
        self._layout.addRow("DS", row(self.ds, self.ds_unit, self.ds_note, stretch=2))
        self._layout.addRow(self.view)
        self.set_values(FormValues())

    # ---- values

    def set_values(self, values: FormValues) -> None:
        """Show lattice, species, N and DS. Emits nothing."""
        self.blockSignals(True)
        self.lattice.setCurrentIndex(max(0, self.lattice.findData(values.lattice)))
        for number, value in zip((*self.cell_lengths, self.angle), values.cell[:3], strict=True):
            number.set_value(value)
        self.columns.setValue(values.cell.columns)
        self._show_lattice_rows()
        for name, box in self._species.items():
            box.setChecked(values.species is None or name in values.species)
        self.count.set_value(values.count)
        self.ds.set_value(values.ds)
        self.blockSignals(False)

    @property
    def name(self) -> str:
        """Preset, `FREE_CELL` or `NO_LATTICE`."""
        return str(self.lattice.currentData())

    @property
    def cell(self) -> Cell:
        """The free cell."""
        a, b = (length.value() for length in self.cell_lengths)
        return Cell(a, b, self.angle.value(), self.columns.value())

    @property
    def species(self) -> tuple[str, ...] | None:
        """Ticked species; None for all."""
        ticked = tuple(name for name, box in self._species.items() if box.isChecked())
        return None if len(ticked) == len(self._species) else ticked

    def faults(self) -> tuple[str, ...]:
        """A sentence for every field whose text is no number."""
        shown = [self.count, self.ds]
        if self.name == FREE_CELL:
            shown += [*self.cell_lengths, self.angle]
        return tuple(fault for number in shown if (fault := number.fault()))

    def set_physics(self, count: float | None, ds: float | None) -> None:
        """Type N and DS, as from the run that is shown. Emits nothing."""
        self.count.set_value(count)
        self.ds.set_value(ds)

    # ---- what follows from the values

    def show_preview(self, lattice_count: float | None, ds: float | None) -> None:
        """Show N and DS as they will be, and the drawing.

        Parameters
        ----------
        lattice_count : float or None
            N of the lattice, whatever is typed.
        ds : float or None
            DS that an empty field stands for, in angstrom.
        """
        shown = None if lattice_count is None else round(lattice_count, 1)
        self.count.set_default(shown, missing="type it")
        typed = self.count.value() is not None
        from_lattice = "" if lattice_count is None else f"lattice: {lattice_count:.1f}"
        self.count_note.setText(from_lattice if typed else "columns, from the lattice")
        if lattice_count is None and not typed:
            self.count_note.setText("columns")
        self.ds.set_default(ds, missing="from the image")
        self._draw(ds)

    def set_ds_unit(self, *, angstrom: bool) -> None:
        """DS is in px where the pixel size is not known."""
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
        lattice = self._drawable()
        if lattice is None:
            self.view.clear()
            self.ds_note.setText("")
            return
        kept = lattice.species if self.species is None else self.species
        sums = {k: v for k, v in lattice.neighbour_sums.items() if k in kept}
        shown = self.ds.value() if self.ds.value() is not None else ds
        self.view.set_lattice(
            lattice.a,
            lattice.b,
            lattice.angle,
            [(c.species, c.x, c.y, c.weight) for c in lattice.columns],
            list(sums.items()),
            shown,
        )
        smallest = min(sums.values(), default=None)
        share = "" if smallest is None or shown is None else f"{shown / smallest:.2f} × "
        self.ds_note.setText("" if smallest is None else f"{share}{smallest:.4g} Å")

    def _drawable(self) -> Lattice | None:
        """The lattice whose columns have places."""
        return lattice_preset(self.name) if self.name not in (FREE_CELL, NO_LATTICE) else None

    # ---- what the user does

    def _on_lattice(self) -> None:
        self._show_lattice_rows()
        # N and DS belong to the crystal they were typed for
        self.set_physics(None, None)
        self.changed.emit()

    def _on_physics_typed(self) -> None:
        self.changed.emit()
        self.physics_typed.emit()

    def _show_lattice_rows(self) -> None:
        free = self.name == FREE_CELL
        _show_row(self._layout, self._cell_row, shown=free)
        _show_row(self._layout, self._angle_row, shown=free)
        lattice = self._drawable()
        names = lattice.species if lattice else ()
        if tuple(self._species) != names:
            self._species = {name: self._tick(name) for name in names}
            _replace(self._species_row, list(self._species.values()))
        _show_row(self._layout, self._species_row, shown=len(names) > 1)
        self.view.setVisible(lattice is not None)

    def _tick(self, name: str) -> QCheckBox:
        box = QCheckBox(name)
        box.setChecked(True)
        box.setToolTip(f"Count {name} columns into N")
        box.toggled.connect(self.changed.emit)
        return box


def angstrom_ds(values: FormValues, lattice: Lattice | None) -> float | None:
    """DS that an empty field stands for, in angstrom; None where the image decides."""
    if lattice is None:
        return None
    try:
        chosen = lattice if values.species is None else lattice.choose(values.species)
    except BadInput:
        return None
    return chosen.default_ds


def _show_row(layout: QFormLayout, widget: QWidget, *, shown: bool) -> None:
    widget.setVisible(shown)
    label = layout.labelForField(widget)
    if label is not None:
        label.setVisible(shown)


def _replace(holder: QWidget, widgets: list[QCheckBox]) -> None:
    layout = holder.layout()
    if layout is None:
        return
    while layout.count():
        item = layout.takeAt(0)
        old = item.widget() if item is not None else None
        if old is not None:
            old.deleteLater()
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)  # type: ignore[attr-defined, unused-ignore]
