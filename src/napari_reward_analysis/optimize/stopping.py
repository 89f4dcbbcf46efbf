"""Stop a search that no longer improves or that has used its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.pareto import hypervolume, pareto_front


class Stopper:
    """Rule for the end of a search: no more gain, or no more time.

    Parameters
    ----------
    patience : int, optional
        Number of trials without a gain before the search stops; by default there is no
        limit.
    budget_s : float, optional
        Time in seconds after which the search stops; by default there is no limit.
    tolerance : float
        Relative growth of the hypervolume up to which a trial has no gain.
    initial : int
        Number of trials in the sampler's initial design. Patience is counted after them.
    reference : sequence of float, optional
        Worst corner of the hypervolume. By default it is 10 % beyond the worst values of
        the initial design, or of the first feasible trial if the whole design failed.
    clock : callable
        Returns the time in seconds.
    started : float, optional
        Time of the clock at the start of the search; by default now.

    Attributes
    ----------
    reason : str
        Reason to stop, in words; empty while the search should go on.

    Raises
    ------
    BadInput
        If a limit is not above zero.
    """

    def __init__(
        self,
        patience: int | None = None,
        budget_s: float | None = None,
        *,
        tolerance: float = 1e-3,
        initial: int = 0,
        reference: Sequence[float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
    ) -> None:
        if patience is not None and patience < 1:
            raise BadInput(f"A patience of {patience} trials is impossible: give at least 1.")
        if budget_s is not None and not budget_s > 0:
            raise BadInput(f"A time budget of {budget_s:g} s is impossible: give a time above 0.")
        if not 0 <= tolerance < 1:
            raise BadInput(
                f"A tolerance of {tolerance:g} is impossible: give a fraction from 0 to 1."
            )
        self._patience, self._budget_s, self._tolerance = patience, budget_s, tolerance
        self._initial, self._clock = initial, clock
        self._reference = None if reference is None else tuple(reference)
        self._started = clock() if started is None else started
        self._trials = self._last_gain = 0
        self._best = 0.0
        self._front: list[tuple[float, ...]] = []

    def tell(self, objectives: Sequence[float] | None) -> None:
        """Add the objectives of the next trial, all minimised; None if it is infeasible."""
        self._trials += 1
        if objectives is not None:
            self._front.append(tuple(objectives))
        if self._trials < self._initial or not self._front:
            return
        if self._reference is None:
            worst = np.max(self._front, axis=0)
            self._reference = tuple(worst + 0.1 * np.abs(worst))
        self._front = [self._front[row] for row in pareto_front(self._front)]
        volume = hypervolume(self._front, self._reference)
        if self._trials <= self._initial or volume > self._best * (1 + self._tolerance):
            self._best, self._last_gain = volume, self._trials

    @property
    def reason(self) -> str:
        """Reason to stop, in words; empty while the search should go on."""
        if self._budget_s is not None and self._clock() - self._started >= self._budget_s:
            return f"time budget of {self._budget_s:g} s spent"
        idle = self._trials - max(self._last_gain, self._initial)
        if self._patience is not None and idle >= self._patience:
            return f"no gain in {idle} trials"
        return ""
