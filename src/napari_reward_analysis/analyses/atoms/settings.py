"""What a person chooses for a search of atomic columns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from napari_reward_analysis.analyses.atoms.space import PARAMETERS, ParameterName
from napari_reward_analysis.calibration.preflight import AreaRule, Calibration
from napari_reward_analysis.optimize.samplers import SamplerName

#: Stages that take a fraction of a second on an ordinary image.
QUICK_STAGES = ("highpass", "flatten", "gaussian", "tv", "wiener", "bragg")


class AtomsSettings(BaseModel):
    """What a person chooses for a run; saved with it, so that it can be repeated.

    Attributes
    ----------
    trials : int
        Number of settings to evaluate.
    search : tuple of str
        Parameters that are searched; the others keep the value in `fixed`.
    stages : tuple of str
        Stages that may come before the LoG; the search chooses among those of a slot, or
        none of them. Empty for the LoG alone.
    rewards : tuple of str
        Rewards beside QC and ER, as further objectives.
    fixed : dict
        Values of parameters that are not searched, also of a slot ('denoise': 'wiener')
        and of a stage's parameters; what is missing has a default.
    ranges : dict
        (low, high) of searched parameters; what is missing follows from lattice and
        pixel size. Sigmas in pixels, threshold as a response.
    sampler : {'skopt', 'tpe', 'nsga2', 'sobol', 'random', 'grid'}
        Search strategy.
    thresholds : {'exact', 'searched'}
        Whether each trial takes the best threshold of its other parameters, which all are
        looked at for the cost of one, or the search asks for a threshold like for any
        other parameter (as published).
    seed : int
        Seed of everything random.
    seconds : float, optional
        Time budget: no trial is begun after it.
    patience : int, optional
        The search ends when so many trials have gained no hypervolume.
    ds : float, optional
        DS in angstrom (in pixels when the image has no pixel size); by default a
        fraction of the lattice's smallest neighbour sum.
    count : float, optional
        Expected count N, where it shall not come from the lattice.
    tolerance : float
        Relative error of N within which the count objective is zero.
    species : tuple of str, optional
        Species whose columns are expected; all by default.
    calibrate : {'header', 'lattice'}
        Whose pixel size is used: the image's own, or the one that its lattice shows.
    area : {'field', 'crystal'}
        Where columns are expected if no region is drawn: in the whole field, or where the
        lattice is seen. The published search takes the field.
    as_published : bool
        The paper's ranges, linear threshold scale and DS of 9.6 A, the LoG alone, and no
        rewards but QC and ER.
    refine : bool
        Give the columns that are shown and written sub-pixel positions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    trials: int = Field(default=60, ge=1, le=100_000)
    search: tuple[ParameterName, ...] = PARAMETERS
    stages: tuple[str, ...] = ("wiener",)
    rewards: tuple[str, ...] = ("incoherence",)
    fixed: dict[str, float | str] = Field(default_factory=dict)
    ranges: dict[ParameterName, tuple[float, float]] = Field(default_factory=dict)
    sampler: SamplerName = "skopt"
    thresholds: Literal["exact", "searched"] = "exact"
    seed: int = Field(default=0, ge=0)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    patience: int | None = Field(default=None, ge=1)
    ds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    count: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    tolerance: float = Field(default=0.0, ge=0, lt=1)
    species: tuple[str, ...] | None = None
    calibrate: Calibration = "header"
    area: AreaRule = "crystal"
    as_published: bool = False
    refine: bool = True

    @property
    def exact_thresholds(self) -> bool:
        """Whether the threshold is worked out for each trial instead of being searched.

        A range of its own is a wish to search it.
        """
        wanted = self.thresholds == "exact" and not self.as_published
        return wanted and "threshold" in self.search and "threshold" not in self.ranges

    @property
    def used_stages(self) -> tuple[str, ...]:
        """Stages that a run of these settings may use."""
        return () if self.as_published else self.stages

    @property
    def used_rewards(self) -> tuple[str, ...]:
        """Rewards beside QC and ER that a run of these settings is judged by."""
        return () if self.as_published else self.rewards
