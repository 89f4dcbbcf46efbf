"""What a person chooses for a search of atomic columns."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from napari_reward_analysis.optimize.samplers import SamplerName
from napari_reward_analysis.workflows.atoms_space import PARAMETERS, ParameterName
from napari_reward_analysis.workflows.survey import AreaRule, Calibration


class AtomsSettings(BaseModel):
    """What a person chooses for a run; saved with it, so that it can be repeated.

    Attributes
    ----------
    trials : int
        Number of settings to evaluate.
    search : tuple of str
        Parameters that are searched; the others keep the value in `fixed`.
    fixed : dict
        Values of parameters that are not searched; what is missing has a default.
    ranges : dict
        (low, high) of searched parameters; what is missing follows from lattice and
        pixel size. Sigmas in pixels, threshold as a response.
    sampler : {'skopt', 'sobol', 'random'}
        Search strategy.
    seed : int
        Seed of everything random.
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
        The paper's ranges, linear threshold scale and DS of 9.6 A.
    refine : bool
        Give the columns that are shown and written sub-pixel positions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    trials: int = Field(default=60, ge=1, le=100_000)
    search: tuple[ParameterName, ...] = PARAMETERS
    fixed: dict[ParameterName, float] = Field(default_factory=dict)
    ranges: dict[ParameterName, tuple[float, float]] = Field(default_factory=dict)
    sampler: SamplerName = "skopt"
    seed: int = Field(default=0, ge=0)
    ds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    count: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    tolerance: float = Field(default=0.0, ge=0, lt=1)
    species: tuple[str, ...] | None = None
    calibrate: Calibration = "header"
    area: AreaRule = "crystal"
    as_published: bool = False
    refine: bool = True
