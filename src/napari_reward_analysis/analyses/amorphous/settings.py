"""Settings of a search for amorphous regions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

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
#: Rewards of the outline, which every search has.
OUTLINE: tuple[RegionReward, ...] = ("compactness", "perimeter")

Value = float | str


class AmorphousSettings(SearchSettings):
    """Settings of a search for amorphous regions, saved with its run.

    The fields say what they mean in their own descriptions.
    """

    search: tuple[ParameterName, ...] = option(
        PARAMETERS,
        title="Searched parameters",
        help="Parameters that are searched: the class of the columns (all, or one kind), the "
        "measure of their contrast loss (similarity or likelihood), the window (half the side "
        "of a patch, in mean column spacings), the components of the patches, the Gaussians of "
        "the mixture and their covariance, the threshold (0 is crystal, 1 no contrast left), "
        "and the smoothing (sigma of the average over columns, in mean spacings of the class).",
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
        help="Rewards beside the compactness of the regions and the length of their outlines: "
        "the disorder that a mask leaves unexplained.",
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
        help="Columns that a posterior is worked out for: all of the class, or those in one of "
        "its two orientations (of the brightest kind where the class is all).",
        advanced=True,
    )
    significant: bool = option(
        True,
        title="Significant regions only",
        help="Drop a region in which no column lost more contrast than crystal does by chance.",
        advanced=True,
    )
    start_at_defaults: bool = option(
        True,
        title="Start at the defaults",
        help="Take the default of every parameter in the first trial.",
        advanced=True,
    )

    count: float | None = option(
        None,
        title="N",
        help="Expected number of columns for the search of the atoms.",
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
        help="Trials of the search of the atoms where no positions are given.",
        advanced=True,
        ge=1,
        le=100_000,
    )

    @property
    def atoms_search(self) -> AtomsSettings:
        """Settings of the search of the atoms where no positions are given."""
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
        """Read what run files of version 0.1 say under `as_published`."""
        if not isinstance(given, dict) or "as_published" not in given:
            return given
        # as_published.py needs this class
        from napari_reward_analysis.analyses.amorphous.as_published import fields_as_published

        rest = {name: value for name, value in given.items() if name != "as_published"}
        return fields_as_published(rest) if given["as_published"] else rest
