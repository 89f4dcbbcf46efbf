"""Settings of an analysis by sliding windows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.search.settings import option


class WindowsSettings(BaseModel):
    """Settings of sliding windows, saved with the run."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    side: float | None = option(
        None,
        title="Window",
        help="Side of a window, at least two cells of the crystal. A cell counts as the square "
        "root of its area.",
        unit="Å",
        empty="10 cells",
        flag="window",
        metavar="A",
        gt=0,
        allow_inf_nan=False,
    )
    overlap: float = option(
        0.25,
        title="Overlap",
        help="Smallest part of its side that a window shares with the next.",
        metavar="F",
        ge=0,
        le=0.75,
    )
    workers: int | None = option(
        None,
        title="Workers",
        help="Windows that are searched at the same time. The result does not depend on it.",
        advanced=True,
        metavar="N",
        empty="one per core",
        ge=1,
        le=256,
    )
    atoms: AtomsSettings = option(
        AtomsSettings(trials=30),
        title="Search in each window",
        help="Settings of the search in each window. They cannot contain a count of the whole "
        "image, because the lattice gives the count of each window.",
        flag="-",
    )
