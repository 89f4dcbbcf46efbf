"""Make a sampler from its name."""

from __future__ import annotations

from collections.abc import Callable

from napari_reward_analysis.optimize.sampler_names import SamplerName
from napari_reward_analysis.optimize.samplers.grid import GridSampler
from napari_reward_analysis.optimize.samplers.optuna import OptunaSampler
from napari_reward_analysis.optimize.samplers.plain import RandomSampler, SobolSampler
from napari_reward_analysis.optimize.samplers.protocol import Sampler
from napari_reward_analysis.optimize.samplers.skopt import SkoptSampler
from napari_reward_analysis.optimize.space import Space


def make_sampler(
    name: SamplerName,
    space: Space,
    seed: int,
    n_objectives: int = 2,
    trials: int | None = None,
) -> Sampler:
    """Make the sampler of a given name.

    Parameters
    ----------
    name : {'skopt', 'tpe', 'nsga2', 'sobol', 'random', 'grid'}
        Name of the sampler.
    space : Space
        The search space, with at least one dimension.
    seed : int
        Seed of its random numbers.
    n_objectives : int
        Number of objectives.
    trials : int, optional
        Number of trials of the search, if known. It sets the number of levels of a grid.

    Raises
    ------
    BadInput
        If the sampler needs a package that is not installed, or cannot search this space.
    """
    makers: dict[SamplerName, Callable[[], Sampler]] = {
        "skopt": lambda: SkoptSampler(space, seed, n_objectives),
        "tpe": lambda: OptunaSampler(space, seed, n_objectives, method="tpe"),
        "nsga2": lambda: OptunaSampler(space, seed, n_objectives, method="nsga2"),
        "sobol": lambda: SobolSampler(space, seed),
        "random": lambda: RandomSampler(space, seed),
        "grid": lambda: GridSampler(space, trials),
    }
    return makers[name]()
