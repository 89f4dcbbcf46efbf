"""Samplers that learn nothing: random and Sobol points, for comparison and for a start."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from napari_reward_analysis.optimize.space import Space, UnitPoint


class RandomSampler:
    """Uniform random points: the plainest comparison.

    Parameters
    ----------
    space : Space
        What is searched.
    seed : int
        The same seed asks the same points.
    """

    initial = 0

    def __init__(self, space: Space, seed: int) -> None:
        self._size = space.size
        self._rng = np.random.default_rng(seed)

    def ask(self) -> UnitPoint:
        """A uniform point."""
        return self._rng.random(self._size)

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Nothing is learnt."""


class SobolSampler:
    """Scrambled Sobol points: even coverage, nothing learnt.

    Parameters
    ----------
    space : Space
        What is searched.
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
        """Nothing is learnt."""
