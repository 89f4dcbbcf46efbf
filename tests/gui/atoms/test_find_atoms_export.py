"""Tests of the files that the dock "Find atoms" writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from napari_reward_analysis.analyses.atoms.run import load_run
from napari_reward_analysis.gui.atoms.dock import FindAtoms

PATIENCE = 30_000
LEFT = Qt.MouseButton.LeftButton

Make = Callable[[], FindAtoms]
Add = Callable[..., Any]
Go = Callable[[FindAtoms], Any]


def saves_to(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str = "CSV (*.csv)") -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))


def test_export_csv_has_pixel_and_physical_columns(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    saves_to(monkeypatch, tmp_path / "points")
    widget.results.csv.trigger()
    qtbot.waitUntil(lambda: "saved" in widget.run_box.status.text(), timeout=PATIENCE)
    lines = (tmp_path / "points.csv").read_text().splitlines()
    assert lines[0].startswith("id,y_px,x_px,y_A,x_A,sigma_px,response")
    assert len(lines) == 1 + found.trials[widget.session.selected].score.count
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert float(first["y_A"]) == pytest.approx(float(first["y_px"]) * 0.2, rel=1e-6)


def test_export_xyz_plot_and_everything(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    widget = make_widget()
    found = run(widget)
    results = widget.results
    for action, name in (
        (results.xyz, "a.xyz"),
        (results.figure, "a.svg"),
        (results.figure, "b.png"),
    ):
        saves_to(monkeypatch, tmp_path / name)
        action.trigger()
        qtbot.waitUntil(lambda n=name: n in widget.run_box.status.text(), timeout=PATIENCE)
        assert (tmp_path / name).stat().st_size > 500
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    folder = tmp_path / "all"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    results.export.folder.trigger()
    qtbot.waitUntil(
        lambda: "Run, tables and figures" in widget.run_box.status.text(), timeout=PATIENCE
    )
    assert {p.name for p in folder.iterdir()} >= {"run.json", "atoms.csv", "front.png"}
    assert load_run(folder).identifier == found.identifier
    # a run that is there is replaced only when the user says so
    stamp = (folder / "run.json").stat().st_mtime_ns
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    widget.results.run_menu.save.trigger()
    assert (folder / "run.json").stat().st_mtime_ns == stamp


def test_export_that_fails_says_why(
    make_widget: Make,
    add_crystal: Add,
    run: Go,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    saves_to(monkeypatch, tmp_path / "missing" / "a.csv")
    widget.results.csv.trigger()
    qtbot.waitUntil(lambda: "does not exist" in widget.run_box.status.text(), timeout=PATIENCE)


def test_dialog_dismissed_does_nothing(
    make_widget: Make, add_crystal: Add, run: Go, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    before = widget.run_box.status.text()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    results, menu = widget.results, widget.results.run_menu
    for action in (
        results.csv,
        results.xyz,
        results.figure,
        results.export.folder,
        menu.save,
        menu.load,
    ):
        action.trigger()
    assert widget.run_box.status.text() == before


def test_uncalibrated_run_offers_no_xyz(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal(scale=(1, 1), units=("pixel", "pixel"))
    widget = make_widget()
    qtbot.keyClicks(widget.form.lattice.count, "134")
    found = run(widget)
    assert found.image.pixel_size is None
    assert not widget.results.xyz.isEnabled()
    assert widget.results.ds_unit.text() == "px"
    assert widget.overlay.atoms.layer.features["neighbour_sum_A"].isna().all()


def test_copy_as_python_is_a_script_that_compiles(
    make_widget: Make, add_crystal: Add, run: Go, qtbot: QtBot
) -> None:
    add_crystal()
    widget = make_widget()
    run(widget)
    qtbot.mouseClick(widget.results.copy, LEFT)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    text = clipboard.text()
    compile(text, "script", "exec")
    assert "AtomsSettings" in text
    assert "clipboard" in widget.run_box.status.text()
