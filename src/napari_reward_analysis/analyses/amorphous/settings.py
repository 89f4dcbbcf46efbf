"""What a person chooses for a search of amorphous regions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from napari_reward_analysis.optimize.samplers import SamplerName

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
#: What the published search varies.
PUBLISHED: tuple[ParameterName, ...] = ("threshold", "covariance")

Value = float | str


class AmorphousSettings(BaseModel):
    """What a person chooses for a run; saved with it, so that it can be repeated.

    Attributes
    ----------
    trials : int
        Number of settings to evaluate.
    search : tuple of str
        Parameters that are searched: class ('all', or a kind of column), measure
        ('similarity' or 'likelihood'), window (half the side of a patch, in mean spacings
        of the columns), components (of the patches), mixture (Gaussians), covariance,
        threshold (0 crystal, 1 nothing left of it), smoothing (sigma over which columns
        are averaged, in mean spacings of the class).
    fixed : dict
        Values of parameters that are not searched; what is missing has a default.
    ranges : dict
        (low, high) of searched numbers; what is missing has a default.
    sampler : {'skopt', 'sobol', 'random'}
        Search strategy.
    seed : int
        Seed of everything random.
    kinds : int, optional
        Kinds of column; by default those of the lattice, or as many as the patches show.
    as_published : bool
        The paper's way: the mixture's kinds, the brightest in its two orientations, the
        posterior of two components after two principal components, threshold and
        covariance searched, compactness and perimeter alone as rewards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    trials: int = Field(default=60, ge=1, le=100_000)
    search: tuple[ParameterName, ...] = PARAMETERS
    fixed: dict[ParameterName, Value] = Field(default_factory=dict)
    ranges: dict[ParameterName, tuple[float, float]] = Field(default_factory=dict)
    sampler: SamplerName = "skopt"
    seed: int = Field(default=0, ge=0)
    kinds: int | None = Field(default=None, ge=1, le=20)
    as_published: bool = False
