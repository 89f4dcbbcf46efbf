"""The dock widget "Studies": a tab for each study of an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari.viewer
from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from napari_reward_analysis.gui.analysis.autosave import autosave_folder
from napari_reward_analysis.gui.analysis.dock import AnalysisDock
from napari_reward_analysis.gui.studies.noise import NoiseStudy
from napari_reward_analysis.gui.studies.oracle import OracleStudy
from napari_reward_analysis.gui.studies.windows import WindowsStudy
from napari_reward_analysis.gui.widgets.docked import DockedWidget

#: Titles of the tabs, with what makes the widget of each for a viewer. A widget that follows
#: the viewer has `bind` and `unbind`, which are called when the dock is shown and closed.
STUDIES: tuple[tuple[str, Callable[[Any], QWidget]], ...] = (
    ("Sliding windows", WindowsStudy),
    ("Noise", NoiseStudy),
    ("Oracle", OracleStudy),
)


class Studies(DockedWidget):
    """All studies of the shown image.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        The viewer, or the proxy that napari hands to plugins.
    runs_folder : Path, optional
        Folder in which growing studies are saved, each kind in its own folder. By default a
        folder of the user.
    """

    def __init__(
        self, napari_viewer: napari.viewer.Viewer, runs_folder: Path | None = None
    ) -> None:
        super().__init__()
        # napari gives each plugin widget its own proxy; all parts need the same viewer
        viewer: Any = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._bound = True  # the tabs follow the viewer from the start
        self.tabs = QTabWidget()
        # napari's own padding cuts the titles
        self.tabs.setStyleSheet("QTabBar::tab { padding: 4px 8px; }")
        for title, make in STUDIES:
            self.tabs.addTab(make(viewer), title)
        if runs_folder is not None:
            self.keep_in(runs_folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)

    def keep_in(self, runs_folder: Path) -> None:
        """Save growing studies in another folder, with a folder inside for each tab."""
        for index in range(self.tabs.count()):
            tab = self.tabs.widget(index)
            if isinstance(tab, AnalysisDock):
                tab.runs_folder = runs_folder / autosave_folder(tab.name).name

    def bind(self) -> None:
        """Follow the viewer from now on."""
        if not self._bound:
            self._bound = True
            self._tell("bind")

    def unbind(self) -> None:
        """Stop following the viewer, and cancel running studies."""
        self._bound = False
        self._tell("unbind")

    def _tell(self, what: str) -> None:
        for index in range(self.tabs.count()):
            act = getattr(self.tabs.widget(index), what, None)
            if act is not None:
                act()
