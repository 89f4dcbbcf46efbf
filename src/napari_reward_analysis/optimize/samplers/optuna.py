"""Samplers of Optuna: tree-structured Parzen estimators, and the genetic NSGA-II."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.space import Dimension, Space, UnitPoint

#: Size of a generation: a search of 60 trials should have several generations.
POPULATION = 20
#: Number of random trials before the estimators are used.
_START = 12


class OptunaSampler:
    """A sampler of Optuna with the protocol of this package.

    Optuna never sees parameters that do not matter for the current choices, so that it
    learns nothing from them.

    Parameters
    ----------
    space : Space
        The search space.
    seed : int
        Seed; equal seeds give equal points.
    n_objectives : int
        Number of objectives.
    method : {'tpe', 'nsga2'}
        The algorithm.

    Raises
    ------
    BadInput
        If Optuna is not installed.

    References
    ----------
    Ozaki et al., JAIR 73, 1209 (2022); Deb et al., IEEE Trans. Evol. Comp. 6, 182 (2002).
    """

    def __init__(
        self,
        space: Space,
        seed: int,
        n_objectives: int = 2,
        *,
        method: Literal["tpe", "nsga2"] = "tpe",
    ) -> None:
        optuna = _import_optuna()
        self._optuna, self._space = optuna, space
        self.initial = _START if method == "tpe" else POPULATION
        with _quiet(optuna):
            sampler = (
                optuna.samplers.TPESampler(seed=seed, n_startup_trials=_START)
                if method == "tpe"
                else optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION)
            )
            self._study = optuna.create_study(
                sampler=sampler, directions=["minimize"] * n_objectives
            )
        self._asked: dict[bytes, Any] = {}
        self._worst = np.full(n_objectives, -np.inf)

    def ask(self) -> UnitPoint:
        """The next point."""
        with _quiet(self._optuna):
            trial = self._study.ask()
            point = np.full(self._space.size, 0.5)
            for k, dimension in enumerate(self._space.dimensions):
                if self._space.active(point[None])[0, k]:
                    point[k] = _suggested(trial, dimension)
        self._asked[point.tobytes()] = trial
        return point

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Learn from a result; a failed or infeasible one counts as the worst so far."""
        if objectives is not None and not np.isfinite(objectives).all():
            objectives = None
        if objectives is not None:
            self._worst = np.maximum(self._worst, objectives)
        known = np.where(np.isfinite(self._worst), self._worst, 1.0)
        values = [float(v) for v in (known if objectives is None else objectives)]
        point = np.asarray(point, dtype=float)
        trial = self._asked.pop(point.tobytes(), None)
        with _quiet(self._optuna):
            if trial is not None:
                self._study.tell(trial, values)
            else:
                self._study.add_trial(self._foreign(point, values))

    def _foreign(self, point: UnitPoint, values: list[float]) -> Any:
        """A finished trial at a point that `ask` did not return, such as of an earlier run."""
        kinds = self._optuna.distributions
        parameters: dict[str, Any] = {}
        distributions: dict[str, Any] = {}
        active = self._space.active(point[None])[0]
        for k, dimension in enumerate(self._space.dimensions):
            if not active[k]:
                continue
            part = min(int(point[k] * dimension.levels), dimension.levels - 1)
            name = dimension.name
            if dimension.scale == "category":
                distributions[name] = kinds.CategoricalDistribution(dimension.choices)
                parameters[name] = dimension.choices[part]
            elif dimension.levels:
                distributions[name] = kinds.IntDistribution(0, dimension.levels - 1)
                parameters[name] = part
            else:
                distributions[name] = kinds.FloatDistribution(0.0, 1.0)
                parameters[name] = float(point[k])
        return self._optuna.trial.create_trial(
            params=parameters, distributions=distributions, values=values
        )


def _suggested(trial: Any, dimension: Dimension) -> float:
    """The suggestion of Optuna as a coordinate of the unit interval."""
    if dimension.scale == "category":
        choice = trial.suggest_categorical(dimension.name, dimension.choices)
        return (dimension.choices.index(choice) + 0.5) / dimension.levels
    if dimension.levels:
        return (int(trial.suggest_int(dimension.name, 0, dimension.levels - 1)) + 0.5) / (
            dimension.levels
        )
    return float(trial.suggest_float(dimension.name, 0.0, 1.0))


def _import_optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise BadInput(
            "The samplers tpe and nsga2 need Optuna, which is not installed: run "
            'pip install "napari-reward-analysis[optuna]" or choose another sampler.'
        ) from None
    return optuna


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Silence Optuna for a while, then restore its log level."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)
