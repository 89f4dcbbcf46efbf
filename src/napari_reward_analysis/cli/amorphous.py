"""The command `amorphous`: find the amorphous regions of one image."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_reward_analysis.cli.analysis import AnalysisCommand

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_reward_analysis.image import Image
    from napari_reward_analysis.search.nested import Make


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--atoms",
        type=Path,
        metavar="FILE.csv",
        help="Known positions of the columns in the whole field. They replace the search.",
    )


def _given(options: argparse.Namespace, _image: Image) -> dict[str, Any]:
    if options.atoms is None:
        return {}
    from napari_reward_analysis.io.writers import read_points_csv

    return {"points": read_points_csv(options.atoms)}


def _published() -> dict[type[BaseModel], Make]:
    from napari_reward_analysis.analyses.amorphous.as_published import as_published
    from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings

    return {AmorphousSettings: as_published}


def _model() -> type[BaseModel]:
    from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings

    return AmorphousSettings


COMMAND = AnalysisCommand(
    "amorphous", _add_options, _given, published=_published, model=_model
).command()
