"""Choose the lattice: a preset or a CIF file, along a zone axis."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from napari_reward_analysis.crystal import Crystal, parse_axis
from napari_reward_analysis.crystal.cif import cif_lattice, read_crystal
from napari_reward_analysis.crystal.lattice import Lattice, lattice_names, lattice_preset
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.inputs.form_values import FREE_CELL, NO_LATTICE
from napari_reward_analysis.gui.widgets.fields import choice

#: The entry that opens a file.
ASK_FILE = "CIF file…"

_FIXED = (FREE_CELL, NO_LATTICE)
_DEFAULT_AXIS = "[001]"


class LatticeSource(QWidget):
    """A choice of the crystal and of the zone axis.

    Signals
    -------
    changed
        The crystal or the axis was changed.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        names = (*lattice_names(), ASK_FILE, *_FIXED)
        self.choice = choice("Lattice", {name: name for name in names})
        self.axis = QLineEdit()
        self.axis.setAccessibleName("Zone axis")
        self.axis.setToolTip("Zone axis, such as [1 1 0]. Leave it empty to use the one in grey.")
        self.axis.setClearButtonEnabled(True)
        self.axis.setFixedWidth(self.axis.fontMetrics().horizontalAdvance("[1 -1 10]") + 40)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(5)
        line.addWidget(self.choice, 1)
        line.addWidget(self.axis)
        self._crystals: dict[str, Crystal] = {}
        self._kept: dict[str, Lattice] = {}
        self._faults: dict[str, str] = {}
        self._resolved: tuple[tuple[str, str], Lattice | None, str] | None = None
        self._before, self._folder = self.choice.currentIndex(), ""
        self._show_axis()
        self.choice.currentIndexChanged.connect(self._on_choice)
        self.axis.textEdited.connect(lambda: self.changed.emit())

    # ---- the crystal

    @property
    def name(self) -> str:
        """Name of the lattice, or `FREE_CELL` or `NO_LATTICE`."""
        lattice = self.lattice
        return self._key if lattice is None else lattice.name

    @property
    def lattice(self) -> Lattice | None:
        """The lattice; None where none is chosen or `fault` says what is wrong."""
        return self._resolve()[0]

    @property
    def given(self) -> Lattice | None:
        """The lattice where it is not a preset."""
        lattice = self.lattice
        return None if lattice is None or lattice.name in lattice_names() else lattice

    @property
    def fault(self) -> str:
        """What is wrong with file or axis; empty if nothing is."""
        return self._resolve()[1]

    def show_lattice(self, name: str, given: Lattice | None) -> None:
        """Choose a lattice by its name, or show a given one. Emits nothing."""
        if name == self.name and given == self.given:
            return
        self.choice.blockSignals(True)
        if given is not None:
            self._kept[given.name] = given
            self._choose(given.name)
        else:
            self.choice.setCurrentIndex(max(0, self.choice.findData(name)))
        self.choice.blockSignals(False)
        self._show_axis()

    def show_crystal(self, lattice: Lattice | None) -> None:
        """Choose the crystal of a run, a preset or one that comes ready-made. Emits nothing."""
        name = NO_LATTICE if lattice is None else lattice.name
        preset = lattice is None or (name in lattice_names() and lattice == lattice_preset(name))
        self.show_lattice(name, None if preset else lattice)

    def open_file(self, path: Path) -> None:
        """Take the crystal of a CIF file. A message about a bad file becomes the fault."""
        key = path.name
        for known in (self._crystals, self._kept, self._faults):
            known.pop(key, None)
        self._resolved = None
        try:
            self._crystals[key] = read_crystal(path)
        except BadInput as error:
            self._faults[key] = str(error)
        self.choice.blockSignals(True)
        self._choose(key)
        self.choice.blockSignals(False)
        self._show_axis()
        self.changed.emit()

    # ---- within

    @property
    def _key(self) -> str:
        return str(self.choice.currentData())

    def _resolve(self) -> tuple[Lattice | None, str]:
        question = self._key, self.axis.text().strip()
        if self._resolved is None or self._resolved[0] != question:
            lattice, fault = None, ""
            try:
                lattice = self._project(*question)
            except BadInput as error:
                fault = str(error)
            self._resolved = question, lattice, fault
        return self._resolved[1:]

    def _project(self, key: str, axis: str) -> Lattice | None:
        if key in self._faults:
            raise BadInput(self._faults[key])
        if key in self._kept:
            return self._kept[key]
        if key in self._crystals:
            return cif_lattice(self._crystals[key], parse_axis(axis or _DEFAULT_AXIS))
        if key in (*_FIXED, ASK_FILE):
            return None
        if not axis:
            return lattice_preset(key)
        indices = " ".join(map(str, parse_axis(axis)))
        return lattice_preset(f"{_material(key)}[{indices}]")

    def _choose(self, key: str) -> None:
        """Choose an entry. A new one is inserted above the entry that opens a file."""
        if self.choice.findData(key) < 0:
            self.choice.insertItem(self.choice.findData(ASK_FILE), key, key)
        self.choice.setCurrentIndex(self.choice.findData(key))
        self.axis.clear()
        self._resolved = None

    def _show_axis(self) -> None:
        key = self._key
        self.axis.setVisible(key not in (*_FIXED, *self._kept, *self._faults))
        material = _material(key)
        known = key in lattice_names() and material != key
        self.axis.setPlaceholderText(key[len(material) :] if known else _DEFAULT_AXIS)
        self._before = self.choice.currentIndex()

    def _on_choice(self) -> None:
        if self._key == ASK_FILE:
            self._ask()
            return
        self.axis.clear()
        self._show_axis()
        self.changed.emit()

    def _ask(self) -> None:
        self.choice.blockSignals(True)
        self.choice.setCurrentIndex(self._before)
        self.choice.blockSignals(False)
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Crystal from a CIF file", self._folder, "CIF (*.cif)"
        )
        if chosen:
            self._folder = str(Path(chosen).parent)
            self.open_file(Path(chosen))


def _material(name: str) -> str:
    """Name of a preset without the zone axis. The pseudo-cubic cell is a material of its own."""
    return name if name.endswith("[pc]") else name.partition("[")[0]
