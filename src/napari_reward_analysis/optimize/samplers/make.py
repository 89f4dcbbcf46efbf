"""Samplers by their names."""

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
    """The sampler of a given name.

    Parameters
    ----------
    name : {'skopt', 'tpe', 'nsga2', 'sobol', 'random', 'grid'}
        Which one.
    space : Space
        What is searched, at least one dimension.
    seed : int
        Seed of everything random in it.
    n_objectives : int
        Number of objectives that it will be told.
    trials : int, optional
        Length of the search, where it is known: the grid's number of levels follows from it.

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
