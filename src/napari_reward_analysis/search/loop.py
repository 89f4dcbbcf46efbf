"""Run the ask/tell loop of every search: ask a sampler, evaluate, tell it the result.

A search is an iterable. To cancel it, stop iterating. It handles patience, a time budget, a
warm start and failed trials. The analysis defines a `Problem`.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

from napari_reward_analysis.notices import Notice, register_wording
from napari_reward_analysis.optimize.samplers import Sampler, make_sampler
from napari_reward_analysis.optimize.space import Space, UnitPoint
from napari_reward_analysis.optimize.stopping import Stopper
from napari_reward_analysis.search.settings import SearchSettings


class Trial(Protocol):
    """An evaluated setting. It is an immutable dataclass with at least these attributes."""

    @property
    def index(self) -> int:
        """Number in the search, from 0."""

    @property
    def feasible(self) -> bool:
        """True if the trial may be on a front."""

    @property
    def objectives(self) -> tuple[float, ...]:
        """Values that are minimised."""

    @property
    def search_seconds(self) -> float:
        """Time that the sampler took to propose the trial."""


T = TypeVar("T", bound=Trial)


class Problem(Protocol[T]):
    """The part that all trials of a search share: an image, its physics and settings."""

    @property
    def settings(self) -> SearchSettings:
        """Settings of the search."""

    @property
    def space(self) -> Space:
        """Searched parameters."""

    @property
    def n_objectives(self) -> int:
        """Number of objectives that the sampler minimises."""

    def first_trials(self) -> Sequence[T]:
        """Yield the trials that need no sampler. They come before all others.

        If the space has no dimension, there are no further trials.
        """

    def trials_at(self, index: int, point: UnitPoint) -> Sequence[T]:
        """Evaluate a point of the unit cube. The sampler learns from the first trial.

        A failure gives a failed trial and raises no error.
        """

    def told(self, trial: T) -> tuple[float, ...] | None:
        """Return the objectives that the sampler learns; None if the trial is infeasible."""


class Search(Generic[T]):
    """A search, iterated trial by trial.

    Parameters
    ----------
    problem : Problem
        The problem to solve.
    start : sequence of ndarray, shape (d,)
        Points of the unit cube that are evaluated before the sampler is asked, for instance
        good points of a similar image. They count as trials.

    Attributes
    ----------
    points : list of ndarray or None
        Point of each trial in the unit cube; None for a trial that needed no sampler.
    notices : list of Notice
        Facts about the search, such as the reason of an early end.
    """

    def __init__(self, problem: Problem[T], start: Sequence[UnitPoint] = ()) -> None:
        self.problem = problem
        self.points: list[UnitPoint | None] = []
        self.notices: list[Notice] = []
        self._start = tuple(start)

    def __iter__(self) -> Generator[T, None, None]:
        """Yield trials in the order of evaluation. Each call starts a new search."""
        self.points.clear()
        self.notices.clear()
        problem, settings = self.problem, self.problem.settings
        began = time.monotonic()
        first = list(problem.first_trials())[: settings.trials]
        for trial in first:
            self.points.append(None)
            yield trial
        if not problem.space.size:
            return
        sampler = make_sampler(
            settings.sampler,
            problem.space,
            settings.seed,
            problem.n_objectives,
            trials=settings.trials,
        )
        stopper = Stopper(
            settings.patience,
            settings.seconds,
            initial=sampler.initial + len(first),
            started=began,
        )
        for trial in first:
            stopper.tell(problem.told(trial))
        yield from self._asked(sampler, stopper)

    def _asked(self, sampler: Sampler, stopper: Stopper) -> Generator[T, None, None]:
        problem, settings = self.problem, self.problem.settings
        given = list(self._start)
        while (index := len(self.points)) < settings.trials and not (index and stopper.reason):
            began = time.perf_counter()
            point = given.pop(0) if given else sampler.ask()
            asked = time.perf_counter() - began
            trials = list(problem.trials_at(index, point))[: settings.trials - index]
            began = time.perf_counter()
            sampler.tell(point, problem.told(trials[0]))
            for trial in trials:
                stopper.tell(problem.told(trial))
            trials[0] = _took(trials[0], asked + time.perf_counter() - began)
            for trial in trials:
                self.points.append(point)
                yield trial
        if index < settings.trials:
            self.notices.append(Notice("ended_early", {"trials": index, "reason": stopper.reason}))


def _took(trial: T, seconds: float) -> T:
    changed: Any = trial  # every trial is a dataclass; a protocol cannot express this
    found: T = replace(changed, search_seconds=seconds)
    return found


register_wording("ended_early", "The search ended after {trials} trials: {reason}.")
