"""The commands that bring their own images: `bench` and `demo`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from napari_reward_analysis.cli.common import DONE
from napari_reward_analysis.errors import BadInput


def add_bench(commands: Any) -> None:
    """Add the comparison of searches to the commands of a parser."""
    parser = commands.add_parser("bench", help="the search against others, side by side")
    parser.add_argument("--seeds", type=int, default=5, help="searches of each kind (5)")
    parser.add_argument("--trials", type=int, default=100, help="of each search (100)")
    parser.add_argument("--size", type=int, default=256, help="side of the images in px (256)")
    parser.add_argument("--out", type=Path, default=Path("bench_output"), metavar="DIR")
    parser.set_defaults(command=_bench)


def add_demo(commands: Any) -> None:
    """Add the finished run to the commands of a parser."""
    parser = commands.add_parser("demo", help="a finished run on a sample image")
    parser.add_argument("--out", type=Path, default=Path("demo_output"), metavar="DIR")
    parser.add_argument(
        "--window",
        choices=("show", "screenshot", "none"),
        help="keep the window open, photograph it and close, or open none "
        "(show where somebody can look at it)",
    )
    parser.set_defaults(command=_demo)


def _bench(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.atoms.bench import run_bench, write_bench

    if options.seeds < 1 or options.trials < 1:
        raise BadInput("A benchmark needs at least one seed and one trial: give larger numbers.")
    if options.size < 96:
        raise BadInput(f"Images of {options.size} px hold too few columns: give at least 96.")
    rows = run_bench(options.seeds, say=print, side=options.size, trials=options.trials)
    write_bench(rows, options.out)
    print(f"\nTables and plot in {options.out}")
    return DONE


def _demo(options: argparse.Namespace) -> int:
    from napari_reward_analysis.cli.demo_run import default_window, run_demo

    return run_demo(options.out, window=options.window or default_window(), say=print)
