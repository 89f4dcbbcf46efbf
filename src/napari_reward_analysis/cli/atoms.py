"""The command `atoms`: find the atomic columns of one image."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_reward_analysis.cli.analysis import AnalysisCommand

if TYPE_CHECKING:
    from pydantic import BaseModel

    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
    from napari_reward_analysis.image import Image
    from napari_reward_analysis.search.nested import Make


def check_names(settings: AtomsSettings) -> None:
    """Refuse stages and rewards that do not exist.

    Raises
    ------
    BadInput
        If a name is unknown, or its package cannot be loaded.
    """
    from napari_reward_analysis.preprocessing import stage_named
    from napari_reward_analysis.rewards.protocol import reward_named

    for name in settings.stages:
        stage_named(name)
    for name in settings.rewards:
        reward_named(name)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--oracle",
        action="append",
        default=[],
        metavar="FILE.csv[:class]",
        help="Known positions. Their count gets its own front. It is also N if neither "
        "a lattice nor a count is given. May be repeated.",
    )


def _given(options: argparse.Namespace, image: Image) -> dict[str, Any]:
    # `batch` has no such option: positions belong to one image
    return {"oracles": _oracle_counts(getattr(options, "oracle", []), image)}


def _oracle_counts(names: list[str], image: Image) -> dict[str, float]:
    """Count the columns of each oracle: a table of positions, or one class of it."""
    from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_count
    from napari_reward_analysis.analyses.atoms.physics import analysed_area
    from napari_reward_analysis.io.writers import read_points_csv

    counts: dict[str, float] = {}
    for name in names:
        file, colon, of_class = name.rpartition(":") if not Path(name).exists() else (name, "", "")
        path = Path(file) if colon else Path(name)
        points = read_points_csv(path, of_class if colon else None)
        label = f"{path.stem} {of_class}".strip() if colon else path.stem
        counts[label] = oracle_count(points, analysed_area(image, None), path.name)
    return counts


def published_atoms() -> dict[type[BaseModel], Make]:
    """Return the function that makes the published settings of a search for columns."""
    from napari_reward_analysis.analyses.atoms.as_published import as_published
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings

    return {AtomsSettings: as_published}


def _model() -> type[BaseModel]:
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings

    return AtomsSettings


ATOMS = AnalysisCommand("atoms", _add_options, _given, published_atoms, model=_model)
COMMAND = ATOMS.command()
