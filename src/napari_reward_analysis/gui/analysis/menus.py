"""The menus of the results: manage runs and export them."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtGui import QAction  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QMenu, QPushButton

from napari_reward_analysis.gui.analysis.autosave import recent_runs


class RunMenu(QPushButton):
    """The menu to load, save, edit, rename and remove runs.

    Attributes
    ----------
    load, save, edit, rename, remove : QAction
    recent : QMenu
        Runs that were saved automatically.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setText("Runs")
        self.setToolTip("Load, save, rename or remove runs, or run this one again")
        self.setAccessibleName("Runs menu")
        self._menu = QMenu(self)
        self.load = add_action(self._menu, "Load a run…")
        self.recent = QMenu("Recent runs", self._menu)
        self._menu.addMenu(self.recent)
        self.save = add_action(self._menu, "Save this run…")
        self._menu.addSeparator()
        self.edit = add_action(self._menu, "Edit this run (copy its settings into the form)")
        self.rename = add_action(self._menu, "Rename…")
        self.remove = add_action(self._menu, "Remove from the list")
        self._added: list[QMenu] = []
        self.setMenu(self._menu)

    def add_menu(self, title: str) -> QMenu:
        """Add a menu of the analysis with actions on the shown run."""
        menu = QMenu(title, self._menu)
        self._menu.insertMenu(self.rename, menu)
        self._added.append(menu)
        return menu

    def set_state(self, *, has_run: bool, growing: bool) -> None:
        """Enable the actions that are possible now."""
        for action in (self.edit, self.rename, self.save):
            action.setEnabled(has_run)
        for menu in self._added:
            menu.setEnabled(has_run)
        self.remove.setEnabled(has_run and not growing)


class ExportMenu(QPushButton):
    """The menu to export the shown run.

    Attributes
    ----------
    folder : QAction
        Writes all files that the command line writes. It is the last entry.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setText("Export")
        self.setToolTip("Write the shown run to files")
        self._menu = QMenu(self)
        self._line = self._menu.addSeparator()
        self.folder = add_action(self._menu, "Everything into a folder…")
        self.setMenu(self._menu)

    def add(self, text: str) -> QAction:
        """Add an entry of the analysis above the last one."""
        action = QAction(text, self._menu)
        self._menu.insertAction(self._line, action)
        return action


def list_recent(menu: QMenu, folder: Path) -> None:
    """Fill a menu with the automatically saved runs. The data of an action is the folder."""
    menu.clear()
    for saved, label in recent_runs(folder):
        add_action(menu, label).setData(str(saved))
    if menu.isEmpty():
        add_action(menu, "none saved yet").setEnabled(False)


def add_action(menu: QMenu, text: str) -> QAction:
    """Add an entry at the end of a menu."""
    action = QAction(text, menu)
    menu.addAction(action)
    return action
