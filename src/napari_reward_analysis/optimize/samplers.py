"""Samplers: where in the unit cube to look next.

All stand behind one small protocol, so that they can be exchanged and compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, qmc

from napari_reward_analysis.optimize.pareto import pareto_front
from napari_reward_analysis.optimize.space import UnitPoint

SamplerName = Literal["skopt", "sobol", "random"]

#: An objective above 1 (twice as many columns as there can be, or as many errors as
#: columns) is as bad as any other; clipping keeps such values from flattening the model.
_WORST = 1.0


class Sampler(Protocol):
    """Proposes points of the unit cube and learns from their objectives."""

    def ask(self) -> UnitPoint:
        """Next point to evaluate, shape (d,)."""
        ...

    def tell(self, point: UnitPoint, objectives: tuple[float, float] | None) -> None:
        """Result at a point; None where it failed or is infeasible."""
        ...


class RandomSampler:
    """Uniform random points: the plainest comparison."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._rng = np.random.default_rng(seed)

    def ask(self) -> UnitPoint:
        """A uniform point."""
        return self._rng.random(self._size)

    def tell(self, point: UnitPoint, objectives: tuple[float, float] | None) -> None:
        """Nothing is learnt."""


class SobolSampler:
    """Scrambled Sobol points: even coverage, nothing learnt."""

    def __init__(self, size: int, seed: int) -> None:
        self._sequence = qmc.Sobol(size, scramble=True, rng=np.random.default_rng(seed))

    def ask(self) -> UnitPoint:
        """The next point of the sequence."""
        return np.asarray(self._sequence.random(1)[0])

    def tell(self, point: UnitPoint, objectives: tuple[float, float] | None) -> None:
        """Nothing is learnt."""


class SkoptSampler:
    """Multi-objective Bayesian optimisation with scikit-optimize's Gaussian processes.

    One process per objective; the next point maximises the exact expected improvement
    of the hypervolume (Emmerich, Deutz, Klinkenberg 2011) over a pool of Sobol points
    and of neighbours of the front. Kernels are fitted anew only every few trials and
    conditioned on all data in between, which keeps an ask cheap.

    Parameters
    ----------
    size : int
        Dimensions of the unit cube.
    seed : int
        The same seed asks the same points.
    initial : int
        Sobol points before the model is used.
    refit_every : int
        Trials between two fits of the kernels.
    pool : int
        Points among which the acquisition is maximised.
    """

    def __init__(
        self, size: int, seed: int, *, initial: int = 12, refit_every: int = 8, pool: int = 512
    ) -> None:
        self._size = size
        self._rng = np.random.default_rng(seed)
        self._sobol = SobolSampler(size, seed)
        self._pool = qmc.Sobol(size, scramble=True, rng=np.random.default_rng(seed + 1))
        self._initial, self._refit_every, self._pool_size = initial, refit_every, pool
        self._points: list[UnitPoint] = []
        self._values: list[tuple[float, float]] = []
        self._kernels: list[object | None] = [None, None]
        self._fitted_at = 0

    def ask(self) -> UnitPoint:
        """Sobol points first, then the largest expected hypervolume improvement."""
        if len(self._points) < self._initial:
            return self._sobol.ask()
        points, values = np.array(self._points), np.array(self._values)
        refit = self._fitted_at == 0 or len(points) - self._fitted_at >= self._refit_every
        if refit:
            self._fitted_at = len(points)
        pool = self._candidates(points, values)
        means, deviations = [], []
        for objective in range(values.shape[1]):
            mean, deviation = self._predict(points, values[:, objective], pool, objective, refit)
            means.append(mean)
            deviations.append(deviation)
        gain = expected_hypervolume_improvement(
            np.column_stack(means), np.column_stack(deviations), values, (1.1, 1.1)
        )
        return np.asarray(pool[int(np.argmax(gain))])

    def tell(self, point: UnitPoint, objectives: tuple[float, float] | None) -> None:
        """A failed or infeasible point counts as the worst there is."""
        first, second = objectives or (_WORST, _WORST)
        self._points.append(np.asarray(point))
        self._values.append((min(first, _WORST), min(second, _WORST)))

    def _candidates(self, points: UnitPoint, values: npt.NDArray[np.float64]) -> UnitPoint:
        spread = self._pool.random(self._pool_size)
        best = points[pareto_front(values)]
        chosen = best[self._rng.integers(len(best), size=self._pool_size // 2)]
        step = 10 ** self._rng.uniform(-2.5, -0.7, size=(len(chosen), 1))
        near = np.clip(chosen + step * self._rng.standard_normal(chosen.shape), 0, 1)
        return np.concatenate([spread, near])

    def _predict(
        self,
        points: UnitPoint,
        values: npt.NDArray[np.float64],
        pool: UnitPoint,
        objective: int,
        refit: bool,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        # imported here: scikit-optimize takes a second to import
        from skopt.learning import GaussianProcessRegressor
        from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

        spread = float(values.std())
        if spread < 1e-12:  # nothing to model: the same value everywhere
            return np.full(len(pool), values[0]), np.full(len(pool), 1e-9)
        kernel = self._kernels[objective] or ConstantKernel(1.0, (0.05, 20.0)) * Matern(
            np.full(self._size, 0.5), (0.05, 10.0), nu=2.5
        )
        model = GaussianProcessRegressor(
            kernel=kernel,
            alpha=1e-4,
            normalize_y=True,
            optimizer="fmin_l_bfgs_b" if refit else None,
            n_restarts_optimizer=0,
            noise=None,
            random_state=0,
        )
        with _quiet_convergence():
            model.fit(points, values)
        if refit:
            self._kernels[objective] = model.kernel_
        mean, deviation = model.predict(pool, return_std=True)
        return np.asarray(mean), np.maximum(np.asarray(deviation), 1e-9)


def expected_hypervolume_improvement(
    mean: npt.NDArray[np.float64],
    deviation: npt.NDArray[np.float64],
    observed: npt.NDArray[np.float64],
    reference: tuple[float, float],
) -> npt.NDArray[np.float64]:
    """Expected gain of dominated area for independent normal predictions.

    Parameters
    ----------
    mean, deviation : ndarray, shape (n, 2)
        Predicted objectives (minimised) and their standard deviations.
    observed : ndarray, shape (m, 2)
        Objectives seen so far.
    reference : tuple of float
        The worst corner.

    Returns
    -------
    ndarray, shape (n,)
        The exact expectation, summed over the strips between neighbours of the front.
    """
    seen = observed[(observed < reference).all(axis=1)]
    front = seen[pareto_front(seen)] if len(seen) else np.empty((0, 2))
    edges = np.concatenate([front[:, 0], [reference[0]]])
    ceilings = np.concatenate([[reference[1]], front[:, 1]])
    widths = np.diff(
        _expected_shortfall(edges[None], mean[:, :1], deviation[:, :1]), axis=1, prepend=0.0
    )
    heights = _expected_shortfall(ceilings[None], mean[:, 1:], deviation[:, 1:])
    return np.asarray((widths * heights).sum(axis=1))


def make_sampler(name: SamplerName, size: int, seed: int) -> Sampler:
    """The sampler of a given name.

    Parameters
    ----------
    name : {'skopt', 'sobol', 'random'}
        Which one.
    size : int
        Dimensions of the unit cube.
    seed : int
        Seed of everything random in it.
    """
    makers: dict[str, type[RandomSampler | SobolSampler | SkoptSampler]] = {
        "skopt": SkoptSampler,
        "sobol": SobolSampler,
        "random": RandomSampler,
    }
    return makers[name](size, seed)


def _expected_shortfall(
    level: npt.NDArray[np.float64], mean: npt.NDArray[np.float64], sd: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """E[max(level - X, 0)] of a normal X."""
    z = (level - mean) / sd
    return np.asarray(sd * (z * norm.cdf(z) + norm.pdf(z)))


@contextmanager
def _quiet_convergence() -> Iterator[None]:
    """Ignore the optimiser's remarks on bounds: a kernel at its bound is a valid fit."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
