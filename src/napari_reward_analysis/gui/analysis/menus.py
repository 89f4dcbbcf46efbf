"""Menus of the results: what to do with a run, where to write its points, recent ones."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QMenu, QPushButton

from napari_reward_analysis.gui.analysis.autosave import recent_runs


class RunMenu(QPushButton):
    """What can be done with the shown run, and where others come from."""

    def __init__(self) -> None:
        super().__init__()
        self.setText("Runs")
        self.setToolTip("Load, save, rename or remove runs, or run this one again")
        self.setAccessibleName("Runs menu")
        menu = QMenu(self)
        self.load = _add(menu, "Load a run…")
        self.recent = QMenu("Recent runs", menu)
        menu.addMenu(self.recent)
        self.save = _add(menu, "Save this run…")
        menu.addSeparator()
        self.edit = _add(menu, "Edit this run (copy its settings into the form)")
        self.oracle = QMenu("Add oracle (known positions)", menu)
        menu.addMenu(self.oracle)
        self.rename = _add(menu, "Rename…")
        self.remove = _add(menu, "Remove from the list")
        self.setMenu(menu)

    def set_state(self, *, has_run: bool, growing: bool) -> None:
        """What is possible now."""
        for action in (self.edit, self.rename, self.save):
            action.setEnabled(has_run)
        self.oracle.setEnabled(has_run)
        self.remove.setEnabled(has_run and not growing)


class ExportMenu(QPushButton):
    """Where the shown points or the plot can be written to."""

    def __init__(self) -> None:
        super().__init__()
        self.setText("Export")
        self.setToolTip("Write the shown points or the plot to a file")
        menu = QMenu(self)
        self.csv = _add(menu, "Points as CSV…")
        self.xyz = _add(menu, "Points as extended XYZ…")
        menu.addSeparator()
        self.figure = _add(menu, "Plot as SVG or PNG…")
        self.folder = _add(menu, "Everything into a folder…")
        self.setMenu(menu)

    def set_calibrated(self, calibrated: bool) -> None:
        """XYZ files are in angstrom, so that they need a pixel size."""
        self.xyz.setEnabled(calibrated)
        self.xyz.setToolTip("" if calibrated else "needs a pixel size")


def list_recent(menu: QMenu, folder: Path) -> None:
    """Fill a menu with the runs that were saved on their own; each action's data is its folder."""
    menu.clear()
    for saved, label in recent_runs(folder):
        _add(menu, label).setData(str(saved))
    if menu.isEmpty():
        _add(menu, "none saved yet").setEnabled(False)


def _add(menu: QMenu, text: str) -> QAction:
    action = QAction(text, menu)
    menu.addAction(action)
    return action
