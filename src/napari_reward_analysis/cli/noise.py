"""The command `noise`: search the image at several levels of noise."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_reward_analysis.cli.analysis import AnalysisCommand
from napari_reward_analysis.cli.atoms import published_atoms

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_reward_analysis.image import Image


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--oracle",
        nargs="?",
        const="",
        metavar="FILE.onnx",
        help="Compare with a network: the package's own, or this one (extra 'oracle').",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="FILE.csv",
        help="Known positions in pixels, to score the results by.",
    )


def _given(options: argparse.Namespace, _image: Image) -> dict[str, Any]:
    # without a file the option means the network of this package
    oracle = True if options.oracle == "" else options.oracle
    return {"oracle": oracle, "known": options.truth}


def _model() -> type[BaseModel]:
    from napari_reward_analysis.analyses.noise.settings import NoiseSettings

    return NoiseSettings


COMMAND = AnalysisCommand(
    "noise", _add_options, _given, published_atoms, model=_model, picks=False
).command()
