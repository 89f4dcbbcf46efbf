"""Settings of a noise study."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.search.settings import option

#: Measure of a level of noise.
Unit = Literal["range", "std"]
#: Kind of noise.
Kind = Literal["gaussian", "poisson"]


class NoiseSettings(BaseModel):
    """Settings of a noise study, saved with the run."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    levels: tuple[float, ...] = option(
        (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
        title="Levels",
        help="Levels of noise in rising order. The control method keeps the settings of the "
        "first level.",
        metavar="A,B",
    )
    unit: Unit = option(
        "range",
        title="Relative to",
        help="Unit of the levels: the range or the standard deviation of the image.",
        choices={"range": "the image's range", "std": "the image's standard deviation"},
    )
    kind: Kind = option(
        "gaussian",
        title="Noise",
        help="Kind of noise: equal everywhere (gaussian), or noise of counted electrons (poisson).",
        choices={"gaussian": "Gaussian", "poisson": "Poisson"},
    )
    seeds: int = option(
        3,
        title="Repetitions",
        help="Number of repetitions of the whole study, each with its own noise and search.",
        metavar="N",
        ge=1,
        le=1000,
    )
    atoms: AtomsSettings = option(
        AtomsSettings(trials=30),
        title="Search at each level",
        help="Settings of the search at each level of noise.",
        flag="-",
    )

    @field_validator("levels")
    @classmethod
    def _rising(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(a < b for a, b in pairwise(levels))
        if not levels or not rising or levels[0] < 0 or not all(map(math.isfinite, levels)):
            raise ValueError("levels of noise must be zero or more, and rising")
        return levels
