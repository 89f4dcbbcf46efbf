"""Settings of a search for amorphous regions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from napari_reward_analysis.analyses.amorphous.published_fields import fields_as_published
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.calibration.choices import Calibration
from napari_reward_analysis.search.settings import SearchSettings, option

ParameterName = Literal[
    "class", "measure", "window", "components", "mixture", "covariance", "threshold", "smoothing"
]
PARAMETERS: tuple[ParameterName, ...] = (
    "class",
    "measure",
    "window",
    "components",
    "mixture",
    "covariance",
    "threshold",
    "smoothing",
)
RegionReward = Literal["compactness", "perimeter", "unexplained"]
#: Rewards of the outline. Each search uses them.
OUTLINE: tuple[RegionReward, ...] = ("compactness", "perimeter")

Value = float | str


class AmorphousSettings(SearchSettings):
    """Settings of a search for amorphous regions, saved with its run.

    The description of each field explains it.
    """

    search: tuple[ParameterName, ...] = option(
        PARAMETERS,
        title="Searched parameters",
        help="Parameters that are searched: the class of the columns (all, or one kind), the "
        "measure of their contrast loss (similarity or likelihood), the window (half the side "
        "of a patch, in mean column spacings), the number of components of the patches, the "
        "number of Gaussians of the mixture and their covariance, the threshold (0 for crystal, "
        "1 for no contrast), and the smoothing (sigma of the average over columns, in mean "
        "spacings of the class).",
    )
    fixed: dict[ParameterName, Value] = option(
        title="Fixed values",
        help="Values of parameters that are not searched, such as class=Cu.",
        flag="fix",
        factory=dict,
    )
    ranges: dict[ParameterName, tuple[float, float]] = option(
        title="Ranges",
        help="Lowest and highest value of searched numbers.",
        advanced=True,
        flag="range",
        factory=dict,
    )
    rewards: tuple[Literal["unexplained"], ...] = option(
        ("unexplained",),
        title="Extra rewards",
        help="Rewards in addition to the compactness and the perimeter of the regions: the "
        "disorder that a mask does not explain.",
        advanced=True,
        max_length=1,
    )
    kinds: int | None = option(
        None,
        title="Kinds of column",
        help="Number of kinds of column.",
        empty="the lattice's, or as many as the patches show",
        metavar="K",
        ge=1,
        le=20,
    )
    orientations: Literal["all", "one"] = option(
        "all",
        title="Orientations",
        help="Columns for which a posterior is computed: all columns of the class, or those in "
        "one of its two orientations. If the class is all, one orientation of the brightest "
        "kind is used.",
        advanced=True,
    )
    significant: bool = option(
        True,
        title="Significant regions only",
        help="Drop a region if none of its columns lost more contrast than crystal does by chance.",
        advanced=True,
    )
    start_at_defaults: bool = option(
        True,
        title="Start at the defaults",
        help="Use the default of each parameter in the first trial.",
        advanced=True,
    )

    count: float | None = option(
        None,
        title="N",
        help="Expected number of columns for the search for atoms.",
        empty="predicted by the lattice",
        unit="columns",
        metavar="N",
        gt=0,
        allow_inf_nan=False,
    )
    calibrate: Calibration = option(
        "header",
        title="Pixel size from",
        help="Source of the pixel size: the image's header, or the lattice seen in the image.",
    )
    atom_trials: int = option(
        AtomsSettings.model_fields["trials"].default,
        title="Trials for the atoms",
        help="Number of trials of the search for atoms if no positions are given.",
        advanced=True,
        ge=1,
        le=100_000,
    )

    @property
    def atoms_search(self) -> AtomsSettings:
        """Settings of the search for atoms if no positions are given."""
        return AtomsSettings(
            trials=self.atom_trials,
            seed=self.seed,
            count=self.count,
            calibrate=self.calibrate,
        )

    @property
    def objectives(self) -> tuple[RegionReward, ...]:
        """All rewards, in the order of the objectives."""
        return (*OUTLINE, *self.rewards)

    @model_validator(mode="before")
    @classmethod
    def _from_version_0_1(cls, given: Any) -> Any:
        """Convert the entry `as_published` of run files of version 0.1."""
        if not isinstance(given, dict) or "as_published" not in given:
            return given
        rest = {name: value for name, value in given.items() if name != "as_published"}
        return fields_as_published(rest, PARAMETERS) if given["as_published"] else rest
