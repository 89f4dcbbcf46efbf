"""The command `oracle`."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from napari_reward_analysis.cli.common import (
    DONE,
    folder_of,
    image_of,
    image_options,
    lattice_of,
    output_options,
    spent,
    tell,
)


def add_oracle(commands: Any) -> None:
    """Add the comparison with an oracle to the commands of a parser."""
    parser = commands.add_parser("oracle", help="columns by a network, and a run compared")
    image_options(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--model", type=Path, metavar="FILE.onnx", help="another network than the package's own"
    )
    source.add_argument(
        "--points",
        type=Path,
        metavar="FILE",
        help="known positions instead of a network: a CSV file, or atomap's .hdf5",
    )
    parser.add_argument(
        "--run", type=Path, metavar="RUN", help="a saved run to compare: its folder or run.json"
    )
    parser.add_argument(
        "--distance",
        type=float,
        metavar="A",
        help="matching distance in angstrom (half the oracle's nearest spacing)",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.3,
        metavar="T",
        help="least height of a column in the network's map, 0 to 1 (0.3)",
    )
    output_options(parser)
    parser.set_defaults(command=_oracle)


def _oracle(options: argparse.Namespace) -> int:
    from napari_reward_analysis.analyses.oracle.execute import run_oracle

    folder = folder_of(options, "oracle")
    start = time.perf_counter()
    summary = run_oracle(
        image_of(options),
        lattice_of(options),
        folder,
        calibrate=options.calibrate,
        model=options.model,
        points=options.points,
        run=options.run,
        distance=options.distance,
        threshold=options.threshold,
    )
    tell(summary["notices"])
    summary |= spent(start, folder)
    print(json.dumps(summary) if options.json else _in_words(summary))
    return DONE


def _in_words(summary: dict[str, Any]) -> str:
    """The summary for a person."""
    lines = [f"{summary['n_oracle']} columns by {summary['oracle']}"]
    if "f1" in summary:
        lines.append(
            f"Trial {summary['trial']}: {summary['matched']} matched, {summary['missed']} missed, "
            f"{summary['spurious']} spurious; precision {summary['precision']:.3f}, recall "
            f"{summary['recall']:.3f}, F1 {summary['f1']:.3f}{_difference(summary)}"
        )
        others = summary["n_best"] - 1
        as_good = f" (and {others} more)" if others else ""
        lines.append(
            f"Best agreement: trial {summary['best_trial']}{as_good}, F1 {summary['best_f1']:.3f}"
        )
    return "\n".join([*lines, f"Results in {summary['out']}"])


def _difference(summary: dict[str, Any]) -> str:
    if summary["rms_px"] is None:
        return ""
    unit = "px" if summary["rms_A"] is None else "A"
    return f"; positions differ by {summary[f'rms_{unit}']:.3f} {unit} rms"
