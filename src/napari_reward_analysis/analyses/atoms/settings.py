"""Settings of a search for atomic columns."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from napari_reward_analysis.analyses.atoms.published_fields import fields_as_published
from napari_reward_analysis.calibration.choices import AreaRule, Calibration
from napari_reward_analysis.search.settings import SearchSettings, option

ParameterName = Literal["min_sigma", "max_sigma", "num_sigma", "threshold", "overlap"]
PARAMETERS: tuple[ParameterName, ...] = (
    "min_sigma",
    "max_sigma",
    "num_sigma",
    "threshold",
    "overlap",
)
ThresholdRule = Literal["exact", "searched"]

#: Stages that take less than a second on a typical image.
QUICK_STAGES = ("highpass", "flatten", "gaussian", "tv", "wiener", "bragg")


def _all_stages() -> tuple[str, ...]:
    from napari_reward_analysis.preprocessing import all_stages

    return all_stages()


def _all_rewards() -> tuple[str, ...]:
    from napari_reward_analysis.rewards.protocol import all_rewards

    return all_rewards()


class AtomsSettings(SearchSettings):
    """Settings of a search for atomic columns, saved with its run.

    The description of each field explains it.
    """

    search: tuple[ParameterName, ...] = option(
        PARAMETERS,
        title="Searched parameters",
        help="Parameters of the LoG that are searched. The others keep a fixed value.",
    )
    stages: tuple[str, ...] = option(
        ("wiener",),
        title="Preprocessing",
        help="Stages that the search may apply before the LoG, at most one of each kind.",
        every=_all_stages,
    )
    rewards: tuple[str, ...] = option(
        ("incoherence", "unsupported"),
        title="Extra rewards",
        help="Rewards in addition to QC and ER. Each is one more objective.",
        every=_all_rewards,
    )
    fixed: dict[str, float | str] = option(
        title="Fixed values",
        help="Values of parameters that are not searched. Stages can be fixed as well, such as "
        "denoise=wiener.",
        advanced=True,
        flag="fix",
        factory=dict,
    )
    ranges: dict[ParameterName, tuple[float, float]] = option(
        title="Ranges",
        help="Lowest and highest value of searched parameters: sigmas in pixels, the threshold "
        "as a response. Ranges that are not given follow from lattice and pixel size.",
        advanced=True,
        flag="range",
        factory=dict,
    )
    thresholds: ThresholdRule = option(
        "exact",
        title="Thresholds",
        help="Exact: each trial uses the best threshold for its other parameters. Searched: the "
        "threshold is a searched parameter. A threshold with a given range is always searched.",
        advanced=True,
    )
    threshold_scale: Literal["log", "linear"] = option(
        "log",
        title="Threshold scale",
        help="Scale on which a threshold is searched.",
        advanced=True,
    )
    sigma_grid: bool = option(
        True,
        title="Sigmas on a grid",
        help="Round sigmas to a common grid, so that trials share their filtered images.",
        advanced=True,
    )
    ds: float | None = option(
        None,
        title="DS",
        help="Sum of the distances to the four nearest neighbours below which a column counts "
        "as an error. In pixels if the image has no pixel size.",
        unit="Å",
        empty="a fraction of the lattice's smallest sum",
        metavar="A",
        gt=0,
        allow_inf_nan=False,
    )
    lattice_ds: float | None = option(
        None,
        title="DS with a lattice",
        help="DS that is used if DS is not given and the lattice and the pixel size are known.",
        unit="Å",
        advanced=True,
        flag="-",
        gt=0,
        allow_inf_nan=False,
    )
    count: float | None = option(
        None,
        title="N",
        help="Expected number of columns.",
        unit="columns",
        empty="predicted by the lattice",
        metavar="N",
        gt=0,
        allow_inf_nan=False,
    )
    tolerance: float = option(
        0.0,
        title="Tolerance of N",
        help="Relative error of N. Within it the count objective is zero.",
        advanced=True,
        metavar="F",
        ge=0,
        lt=1,
    )
    species: tuple[str, ...] | None = option(
        None,
        title="Species",
        help="Species whose columns are expected.",
        empty="all",
        metavar="A,B",
    )
    calibrate: Calibration = option(
        "header",
        title="Pixel size from",
        help="Source of the pixel size: the image's header, or the lattice seen in the image.",
    )
    area: AreaRule = option(
        "crystal",
        title="Area",
        help="Area in which columns are expected if no region is drawn: the crystal as measured "
        "in the image, or the whole field.",
    )
    refine: bool = option(
        True,
        title="Sub-pixel positions",
        help="Fit the positions of the columns that are shown and saved.",
    )

    supported: bool = option(
        True,
        title="Supported columns only",
        help="Keep only columns that the image itself supports, without any preprocessing. Sites "
        "of the lattice without a column are listed as vacant or undecided.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_version_0_1(cls, given: Any) -> Any:
        """Convert the entry `as_published` of run files of version 0.1."""
        if not isinstance(given, dict) or "as_published" not in given:
            return given
        rest = {name: value for name, value in given.items() if name != "as_published"}
        return fields_as_published(rest) if given["as_published"] else rest

    @property
    def exact_thresholds(self) -> bool:
        """True if each trial computes its best threshold instead of a searched one."""
        asked = "threshold" in self.search and "threshold" not in self.ranges
        return asked and self.thresholds == "exact"
