"""The command `windows`: search each of the overlapping windows of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_reward_analysis.cli.analysis import AnalysisCommand
from napari_reward_analysis.cli.atoms import published_atoms

if TYPE_CHECKING:
    from pydantic import BaseModel


def _model() -> type[BaseModel]:
    from napari_reward_analysis.analyses.windows.settings import WindowsSettings

    return WindowsSettings


COMMAND = AnalysisCommand(
    "windows",
    published=published_atoms,
    # the column count of the whole image does not apply to a window
    without=("atoms.count",),
    model=_model,
    picks=False,
).command()
