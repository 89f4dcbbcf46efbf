"""Multi-objective Bayesian optimisation with the Gaussian processes of scikit-optimize."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.optimize.pareto import pareto_front
from napari_reward_analysis.optimize.samplers.acquisition import (
    expected_hypervolume_improvement,
    expected_scalar_improvement,
    folded_shortfall,
    normal_shortfall,
)
from napari_reward_analysis.optimize.samplers.plain import SobolSampler
from napari_reward_analysis.optimize.samplers.scaling import Scaling
from napari_reward_analysis.optimize.samplers.surrogate import Encoding, Surrogate, one_thread
from napari_reward_analysis.optimize.space import Space, UnitPoint

Acquisition = Literal["hypervolume", "parego"]

#: With more objectives than this the exact hypervolume is too slow.
_MOST_FOR_HYPERVOLUME = 3
#: Kernels are fitted again when the number of trials has grown by this factor.
_REFIT_GROWTH = 1.25
#: From twice the initial design on, every such trial is a neighbour of the front that is
#: chosen without the models. This finds valleys that are narrower than the length scales.
_VARY_EVERY = 5
#: Largest number of trials in a model.
_MOST_MODELLED = 300
#: Number of simulated outcomes of each candidate in the scalar acquisition.
_DRAWS = 64
#: Candidates near the front: log10 of the smallest and largest standard deviation.
_NEAR = (-2.5, -0.5)


class SkoptSampler:
    """Sobol points first, then the point with the largest expected gain.

    There is one Gaussian process for each objective. Up to three objectives use the exact
    expected hypervolume improvement. More objectives use random augmented Chebyshev sums
    (ParEGO). The gain is maximised over a pool of Sobol points and neighbours of the
    front.

    Parameters
    ----------
    space : Space
        The search space.
    seed : int
        Seed; equal seeds give equal points.
    n_objectives : int
        Number of objectives.
    acquisition : {'hypervolume', 'parego'}, optional
        Acquisition function; by default it depends on the number of objectives.
    initial : int, optional
        Number of Sobol points before the models are used; by default two per dimension, and
        at least 12.
    pool : int
        Number of Sobol points among the candidates.
    """

    def __init__(
        self,
        space: Space,
        seed: int,
        n_objectives: int = 2,
        *,
        acquisition: Acquisition | None = None,
        initial: int | None = None,
        pool: int = 512,
    ) -> None:
        self._space, self._encoding = space, Encoding(space)
        self._rng = np.random.default_rng(seed)
        self._start = SobolSampler(space, seed)
        self._pool = qmc.Sobol(space.size, scramble=True, rng=np.random.default_rng(seed + 1))
        self._pool_size = pool
        few = n_objectives <= _MOST_FOR_HYPERVOLUME
        self._acquisition = acquisition or ("hypervolume" if few else "parego")
        self.initial = max(12, 2 * space.size) if initial is None else initial
        self._points: list[UnitPoint] = []
        self._values: list[tuple[float, ...] | None] = []
        self._models = [Surrogate(self._encoding.groups) for _ in range(n_objectives)]
        self._next_fit = 0

    def ask(self) -> UnitPoint:
        """The next point."""
        if len(self._points) < self.initial or not any(self._values):
            return np.asarray(self._space.canonical(self._start.ask()[None])[0])
        with one_thread():
            return self._best_candidate()

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Learn from a result; a failed or infeasible one gets the worst scaled value."""
        self._points.append(self._space.canonical(np.asarray(point)[None])[0])
        known = objectives is not None and np.isfinite(objectives).all()
        self._values.append(objectives if known else None)

    def _best_candidate(self) -> UnitPoint:
        points = np.array(self._points)
        scaling = Scaling.of(self._values, self.initial)
        values = scaling.scaled(self._values)
        self._fit(points, values)
        candidates = self._candidates(points, values)
        if len(points) >= 2 * self.initial and len(points) % _VARY_EVERY == 0:
            gain = np.repeat([0.0, 1.0], [self._pool_size, len(candidates) - self._pool_size])
        else:
            gain = self._gain(candidates, values, scaling)
        for row in np.argsort(-gain, kind="stable"):
            if np.abs(points - candidates[row]).max(axis=1).min() > 1e-9:
                return np.asarray(candidates[row])
        return np.asarray(candidates[0])  # all points of a countable space were tried

    def _fit(self, points: UnitPoint, values: FloatArray) -> None:
        fit_kernels = len(points) >= self._next_fit
        if fit_kernels:
            self._next_fit = max(len(points) + 1, math.ceil(len(points) * _REFIT_GROWTH))
        rows = _worth_modelling(values)
        features = self._encoding.features(points[rows])
        for model, column in zip(self._models, values[rows].T, strict=True):
            model.fit(features, column, kernel=fit_kernels)

    def _candidates(self, points: UnitPoint, values: FloatArray) -> UnitPoint:
        spread = self._pool.random(self._pool_size)
        best = points[pareto_front(values)]
        chosen = best[self._rng.integers(len(best), size=self._pool_size // 2)]
        step = 10 ** self._rng.uniform(*_NEAR, size=(len(chosen), 1))
        near = chosen + step * self._rng.standard_normal(chosen.shape)
        return self._space.canonical(np.concatenate([spread, near]))

    def _gain(self, candidates: UnitPoint, values: FloatArray, scaling: Scaling) -> FloatArray:
        features = self._encoding.features(candidates)
        predicted = [model.predict(features) for model in self._models]
        mean = np.column_stack([mean for mean, _ in predicted])
        deviation = np.column_stack([deviation for _, deviation in predicted])
        if self._acquisition == "hypervolume":
            shortfall = folded_shortfall if scaling.positive else normal_shortfall
            return expected_hypervolume_improvement(
                mean, deviation, values, scaling.reference, shortfall
            )
        draws = self._rng.standard_normal((_DRAWS, mean.shape[1]))
        weights = self._rng.dirichlet(np.ones(mean.shape[1])) / scaling.reference
        return expected_scalar_improvement(mean, deviation, values, weights, draws)


def _worth_modelling(values: FloatArray) -> npt.NDArray[np.intp]:
    """Rows for the models: all, or if there are too many, the best and a selection.

    The cost of a process is the cube of its points. The limit keeps a search of thousands
    of trials fast.
    """
    if len(values) <= _MOST_MODELLED:
        return np.arange(len(values))
    order = np.argsort(values.sum(axis=1), kind="stable")
    best, rest = np.split(order, [_MOST_MODELLED // 2])
    spread = np.linspace(0, len(rest) - 1, _MOST_MODELLED - len(best)).astype(int)
    return np.sort(np.concatenate([best, rest[spread]]))
