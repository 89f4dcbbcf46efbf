"""Open a window with a sample image and a finished run, for the demo and the docs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari
from qtpy.QtWidgets import QApplication

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.gui.amorphous.dock import AmorphousRegions
from napari_reward_analysis.gui.atoms.dock import FindAtoms
from napari_reward_analysis.gui.studies.dock import Studies

_PLUGIN, _WIDGET = "napari-reward-analysis", "Find atoms (LoG*)"
_REGIONS, _STUDIES = "Amorphous regions", "Studies"

#: Size of the window in pictures, in px.
WINDOW = (1400, 900)

#: Seconds to wait until the window is ready.
_PATIENCE = 300.0


def show_run(sample: str, run: Run, picture: Path | None) -> None:
    """Open napari with a sample image, the dock widget and a run on that image.

    Parameters
    ----------
    sample : str
        Key of the sample image.
    run : Run
        A run on it.
    picture : Path or None
        PNG file for a picture of the window, which is then closed. With None the window
        stays open until the user closes it.
    """
    viewer, widget = open_sample(sample)
    widget.session.add(run)
    widget.form.set_open(False)
    if picture is None:
        napari.run()
        return
    wait_until(lambda: widget.overlay.shows_run)
    photograph(viewer, picture)
    viewer.close()


def open_sample(
    sample: str, theme: str = "dark", runs_folder: Path | None = None
) -> tuple[Any, FindAtoms]:
    """Open a viewer with a sample image and the plugin of the manifest.

    Parameters
    ----------
    sample : str
        Key of the sample image.
    theme : str
        Theme of the window.
    runs_folder : Path, optional
        Folder in which growing runs are saved. By default the folder of the user.
    """
    viewer = _viewer_with(sample, theme)
    _, widget = viewer.window.add_plugin_dock_widget(_PLUGIN, _WIDGET)
    assert isinstance(widget, FindAtoms)
    if runs_folder is not None:
        widget.runs_folder = runs_folder
    return viewer, widget


def open_regions(sample: str, theme: str, runs_folder: Path) -> tuple[Any, AmorphousRegions]:
    """Open a viewer with a sample image and the widget for amorphous regions."""
    viewer = _viewer_with(sample, theme)
    _, widget = viewer.window.add_plugin_dock_widget(_PLUGIN, _REGIONS)
    assert isinstance(widget, AmorphousRegions)
    widget.runs_folder = runs_folder
    return viewer, widget


def open_studies(sample: str, theme: str, runs_folder: Path) -> tuple[Any, Studies]:
    """Open a viewer with a sample image and the widget for studies."""
    viewer = _viewer_with(sample, theme)
    _, widget = viewer.window.add_plugin_dock_widget(_PLUGIN, _STUDIES)
    assert isinstance(widget, Studies)
    widget.keep_in(runs_folder)
    return viewer, widget


def add_studies(viewer: Any) -> tuple[Any, Studies]:
    """Add the widget for studies as a tab to the open dock. Return its dock and the widget."""
    dock, widget = viewer.window.add_plugin_dock_widget(_PLUGIN, _STUDIES, tabify=True)
    assert isinstance(widget, Studies)
    return dock, widget


def _viewer_with(sample: str, theme: str) -> Any:
    viewer = napari.Viewer()
    viewer.theme = theme
    viewer.window.resize(*WINDOW)
    viewer.open_sample(_PLUGIN, sample)
    _scale_bar(viewer).visible = True
    return viewer


def photograph(viewer: Any, path: Path) -> None:
    """Save a picture of the whole window as PNG, after everything is drawn."""
    # the layout must be final before the image is fitted to the canvas
    _pump(0.3)
    viewer.reset_view()
    _pump(0.5)
    viewer.window.screenshot(str(path), size=None, flash=False, canvas_only=False)


def wait_until(ready: Callable[[], bool]) -> None:
    """Let the window work until a condition is true.

    Raises
    ------
    TimeoutError
        If the condition is not true within five minutes.
    """
    start = time.monotonic()
    while not ready():
        if time.monotonic() - start > _PATIENCE:
            raise TimeoutError("The window was not ready within five minutes.")
        _pump(0.02)


def _scale_bar(viewer: Any) -> Any:
    """Return the scale bar. Newer versions keep it among the overlays of the canvas."""
    overlays = getattr(getattr(viewer, "canvas", None), "overlays", None)
    return viewer.scale_bar if overlays is None else overlays.scale_bar


def _pump(seconds: float) -> None:
    """Handle events for a while."""
    application = QApplication.instance()
    start = time.monotonic()
    while application is not None and time.monotonic() - start < seconds:
        application.processEvents()
        time.sleep(0.005)
