"""The command `oracle`: compare a run with the columns of a network or a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_reward_analysis.cli.analysis import AnalysisCommand

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_reward_analysis.image import Image


def _add_options(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--model",
        type=Path,
        metavar="FILE.onnx",
        help="Network. (default: the package's own)",
    )
    source.add_argument(
        "--points",
        type=Path,
        metavar="FILE",
        help="Known positions instead of a network: a CSV file, or the .hdf5 file of atomap.",
    )
    parser.add_argument(
        "--run",
        type=Path,
        metavar="RUN",
        dest="saved_run",
        help="Saved run to compare: its folder or its run.json.",
    )


def _given(options: argparse.Namespace, _image: Image) -> dict[str, Any]:
    return {"model": options.model, "points": options.points, "run": options.saved_run}


def _model() -> type[BaseModel]:
    from napari_reward_analysis.analyses.oracle.settings import OracleSettings

    return OracleSettings


COMMAND = AnalysisCommand("oracle", _add_options, _given, model=_model, picks=False).command()
