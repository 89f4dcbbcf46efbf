"""Samplers that do not learn: random and Sobol points."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from napari_reward_analysis.optimize.space import Space, UnitPoint


class RandomSampler:
    """Uniform random points, for comparison.

    Parameters
    ----------
    space : Space
        The search space.
    seed : int
        Seed; equal seeds give equal points.
    """

    initial = 0

    def __init__(self, space: Space, seed: int) -> None:
        self._size = space.size
        self._rng = np.random.default_rng(seed)

    def ask(self) -> UnitPoint:
        """A uniform point."""
        return self._rng.random(self._size)

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Ignore the result: this sampler does not learn."""


class SobolSampler:
    """Scrambled Sobol points, which cover the space evenly.

    Parameters
    ----------
    space : Space
        The search space.
    seed : int
        Seed of the scrambling.
    """

    initial = 0

    def __init__(self, space: Space, seed: int) -> None:
        self._sequence = qmc.Sobol(space.size, scramble=True, rng=np.random.default_rng(seed))

    def ask(self) -> UnitPoint:
        """The next point of the sequence."""
        return np.asarray(self._sequence.random(1)[0])

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Ignore the result: this sampler does not learn."""
