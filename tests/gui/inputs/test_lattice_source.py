"""Tests of the crystal in the form: from a CIF file or along another zone axis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.inputs.form_values import FormValues
from napari_reward_analysis.gui.inputs.lattice_source import ASK_FILE

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]

CIF = """data_sto
_cell_length_a 3.905
_cell_length_b 3.905
_cell_length_c 3.905
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Sr Sr 0 0 0
Ti Ti 0.5 0.5 0.5
O O 0.5 0.5 0
"""


@pytest.fixture
def cif(tmp_path: Path) -> Path:
    path = tmp_path / "sto.cif"
    path.write_text(CIF)
    return path


def type_axis(qtbot: QtBot, widget: FindAtoms, text: str) -> None:
    axis = widget.form.lattice.source.axis
    axis.selectAll()
    qtbot.keyClick(axis, Qt.Key.Key_Delete)
    qtbot.keyClicks(axis, text)


def test_file_and_axis(
    make_widget: Make, add_crystal: Add, run: Go, cif: Path, qtbot: QtBot, monkeypatch: Any
) -> None:
    add_crystal()
    widget = make_widget()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(cif), ""))
    section = widget.form.lattice
    section.lattice.setCurrentText(ASK_FILE)
    assert section.name == "sto.cif:[001]"
    assert section.lattice.currentText() == "sto.cif"
    found = run(widget)
    assert found.lattice.name == "sto.cif:[001]"
    assert found.physics.expected == pytest.approx(131, rel=0.02)
    type_axis(qtbot, widget, "[1 1 0]")
    assert section.name == "sto.cif:[110]"
    assert widget.form.values().to_lattice().a == pytest.approx(3.905 / 2**0.5)
    assert widget.form.fault == ""


def test_dialog_dismissed_leaves_the_lattice(make_widget: Make, monkeypatch: Any) -> None:
    widget = make_widget()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    before = widget.form.lattice.name
    widget.form.lattice.lattice.setCurrentText(ASK_FILE)
    assert widget.form.lattice.name == before
    assert widget.form.lattice.lattice.currentText() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "no data block"),
        (CIF.replace("_cell_length_a 3.905\n", ""), "no unit cell"),
        (CIF[: CIF.index("loop_")], "no atoms"),
    ],
)
def test_bad_file_is_one_sentence(
    make_widget: Make, add_crystal: Add, cif: Path, text: str, sentence: str
) -> None:
    add_crystal()
    widget = make_widget()
    cif.write_text(text)
    widget.form.lattice.source.open_file(cif)
    assert sentence in widget.run_box.fault.text()
    assert not widget.run_box.button.isEnabled()
    widget.form.lattice.lattice.setCurrentText("SrTiO3[001]")
    assert widget.form.fault == ""


@pytest.mark.parametrize("axis", ["[0 0 0]", "abc", "[1 1"])
def test_bad_axis_is_one_sentence(
    make_widget: Make, add_crystal: Add, axis: str, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    type_axis(qtbot, widget, axis)
    assert "zone axis" in widget.form.fault
    assert widget.form.fault.endswith(".")
    type_axis(qtbot, widget, "")
    assert widget.form.fault == ""


def test_preset_along_another_axis(make_widget: Make, add_crystal: Add, qtbot: QtBot) -> None:
    add_crystal()
    widget = make_widget()
    section = widget.form.lattice
    assert section.source.axis.placeholderText() == "[001]"
    type_axis(qtbot, widget, "110")
    assert section.name == "SrTiO3[110]"
    assert section.given.name == "SrTiO3[110]"
    section.lattice.setCurrentText("DyScO3[pc]")
    assert section.name == "DyScO3[pc]"
    assert section.source.axis.text() == ""


def test_faint_columns_are_listed_unticked_and_can_be_ticked(
    make_widget: Make, add_crystal: Add, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    section = widget.form.lattice
    boxes = {box.text(): box for box in section.species_boxes.values()}
    faint = [text for text in boxes if text.startswith("O")]
    assert faint
    assert " 0." in faint[0]
    assert not boxes[faint[0]].isChecked()
    assert section.species is None
    before = widget.form.preview.physics.expected
    boxes[faint[0]].click()
    assert section.species is not None
    assert widget.form.preview.physics.expected > 1.5 * before
    boxes[faint[0]].click()
    assert section.species is None


def test_drawing_tells_species_with_their_weight(make_widget: Make) -> None:
    widget = make_widget()
    texts = [entry.text for entry in widget.form.lattice.view.legend.entries]
    assert texts[0] == "Sr 1.00"
    assert texts[1].startswith("Ti 0.")


def test_lattice_of_a_run_comes_back_as_it_is(
    make_widget: Make, add_crystal: Add, run: Go, cif: Path, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    widget.form.lattice.source.open_file(cif)
    found = run(widget)
    widget.form.lattice.lattice.setCurrentText("SrTiO3[001]")
    widget.form.set_values(FormValues.of(found))
    assert widget.form.values().to_lattice() == found.lattice
    assert widget.form.values().to_settings() == found.settings
    assert widget.form.lattice.lattice.currentText() == "sto.cif:[001]"
