"""The command `demo`: analyse a sample image, then show the run in the window."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from napari_reward_analysis.cli.command import DONE, Command

#: Set by the script that starts a virtual display, which nobody sees.
VIRTUAL = "NAPARI_REWARD_ANALYSIS_VIRTUAL_DISPLAY"


def default_window() -> str:
    """Return the default of `--window`: 'show' only if somebody sees the display."""
    if os.environ.get(VIRTUAL):
        return "screenshot"
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "none"
    return "show"


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo_output"),
        metavar="DIR",
        help="Folder of the results. (default: %(default)s)",
    )
    parser.add_argument(
        "--window",
        choices=("show", "screenshot", "none"),
        help="Show the window, save a picture of it and close it, or open no window. "
        "(default: show if there is a display)",
    )


def _run(options: argparse.Namespace) -> int:
    folder: Path = options.out
    run, summary = _analyse(folder)
    print(
        f"{summary['n_counted']} columns found, {summary['expected']:.1f} expected: "
        f"QC {summary['qc']:+.4f}, ER {summary['er']:.4f} after {summary['n_trials']} trials "
        f"in {run.seconds:.1f} s"
    )
    window = options.window or default_window()
    if window != "none":
        from napari_reward_analysis.gui.showcase import show_run

        print("Opening napari")
        show_run("ybco_crystal", run, folder / "window.png" if window == "screenshot" else None)
    print(f"Results in {folder}: " + ", ".join(sorted(path.name for path in folder.iterdir())))
    return DONE


def _analyse(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Find the columns of the sample image and write the results."""
    from napari_reward_analysis.cli.analysis import run_analysis
    from napari_reward_analysis.crystal.lattice import lattice_preset
    from napari_reward_analysis.io.samples import sample_image
    from napari_reward_analysis.runs.analysis import Inputs, Pick, analysis_named

    image = sample_image("ybco_crystal")
    print(f"Sample image: {image.name}, {image.shape[0]} x {image.shape[1]} px")
    analysis = analysis_named("atoms")
    inputs = Inputs(image, lattice_preset("YBCO[100]"))
    return run_analysis(analysis, inputs, analysis.settings(), folder, Pick())


COMMAND = Command("demo", "Show a finished run on a sample image.", _add_options, _run)
