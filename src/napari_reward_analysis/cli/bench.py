"""The command `bench`: compare samplers on simulated images."""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_reward_analysis.cli.command import DONE, Command
from napari_reward_analysis.errors import BadInput


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seeds", type=int, default=5, help="Searches of each kind. (default: %(default)s)"
    )
    parser.add_argument(
        "--trials", type=int, default=100, help="Trials of each search. (default: %(default)s)"
    )
    parser.add_argument(
        "--size", type=int, default=256, help="Side of the images. (px; default: %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("bench_output"),
        metavar="DIR",
        help="Folder of tables and plot. (default: %(default)s)",
    )


def _run(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.atoms.bench import run_bench, write_bench

    if options.seeds < 1 or options.trials < 1:
        raise BadInput("A benchmark needs at least one seed and one trial: give larger numbers.")
    if options.size < 96:
        raise BadInput(f"Images of {options.size} px hold too few columns: give at least 96.")
    rows = run_bench(options.seeds, say=print, side=options.size, trials=options.trials)
    write_bench(rows, options.out)
    print(f"\nTables and plot in {options.out}")
    return DONE


COMMAND = Command("bench", "Compare the search with others.", _add_options, _run)
