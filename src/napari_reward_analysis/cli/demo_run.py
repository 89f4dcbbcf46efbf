"""The main job from end to end on a sample image: what `make demo` shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from napari_reward_analysis.analyses.atoms.analysis import ATOMS
from napari_reward_analysis.analyses.atoms.trials import AtomsSettings
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.io.samples import sample_image
from napari_reward_analysis.runs.analysis import Inputs, Pick
from napari_reward_analysis.runs.execute import execute

Window = Literal["show", "screenshot", "none"]

#: Set by the script that brings a virtual display: nobody is looking at it.
VIRTUAL = "NAPARI_REWARD_ANALYSIS_VIRTUAL_DISPLAY"


def default_window() -> Window:
    """Show the window where there is a display with somebody before it."""
    if os.environ.get(VIRTUAL):
        return "screenshot"
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "none"
    return "show"


def run_demo(folder: Path, *, window: Window, say: Callable[[str], None]) -> int:
    """Find the atoms of the sample image, write the results, show them in napari.

    Parameters
    ----------
    folder : Path
        Receives `run.json`, `atoms.csv`, `front.png` and, for a screenshot,
        `window.png`.
    window : {'show', 'screenshot', 'none'}
        Keep the window open, photograph it and close it, or open none.
    say : callable
        Where the lines for the reader go.

    Returns
    -------
    int
        Exit status, 0.
    """
    image = sample_image("ybco_crystal")
    lattice = lattice_preset("YBCO[100]")
    say(f"Sample image: {image.name}, {image.shape[0]} x {image.shape[1]} px")
    task = ATOMS.begin(Inputs(image, lattice), AtomsSettings())
    run = execute(task, ATOMS.format, folder)
    summary = ATOMS.write(run, folder, Pick(), image)
    say(
        f"{summary['n_counted']} columns found, {summary['expected']:.1f} expected: "
        f"QC {summary['qc']:+.4f}, ER {summary['er']:.4f} after {summary['n_trials']} trials "
        f"in {run.seconds:.1f} s"
    )
    if window != "none":
        from napari_reward_analysis.gui.showcase import show_run

        picture = folder / "window.png" if window == "screenshot" else None
        say("Opening napari")
        show_run("ybco_crystal", run, picture)
    say(f"Results in {folder}: " + ", ".join(sorted(path.name for path in folder.iterdir())))
    return 0
