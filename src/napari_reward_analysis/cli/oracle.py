"""The command `oracle`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from napari_reward_analysis.cli.common import (
    image_of,
    image_options,
    lattice_of,
    output_options,
)
from napari_reward_analysis.cli.studies import run_analysis
from napari_reward_analysis.runs.analysis import Inputs


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
    from napari_reward_analysis.analyses.oracle.settings import OracleSettings

    settings = OracleSettings(
        distance=options.distance, threshold=options.threshold, calibrate=options.calibrate
    )
    given = {"model": options.model, "points": options.points, "run": options.run}
    inputs = Inputs(image_of(options), lattice_of(options), given=given)
    return run_analysis("oracle", options, inputs, settings)
