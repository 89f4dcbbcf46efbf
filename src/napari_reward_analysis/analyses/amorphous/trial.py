"""One evaluated mask, and the choice among many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.regions.masks import Labels, number_regions
from napari_reward_analysis.analyses.amorphous.regions.rewards import (
    NO_REGION,
    RegionScore,
)
from napari_reward_analysis.analyses.amorphous.settings import RegionReward, Value
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.optimize.pareto import Metric, choose, pareto_front


@dataclass(frozen=True, eq=False, repr=False)
class AmorphousTrial:
    """One evaluated setting. Immutable.

    Attributes
    ----------
    index : int
        Place in the run, from 0.
    parameters : dict
        class, measure, window, components, mixture, covariance, threshold, smoothing.
    level : ndarray, shape (n,), float32
        How far each column is from crystal, by this trial; NaN where it was not asked.
    left : ndarray, shape (n,), float32
        What the mask leaves unexplained of each column, as of `left_over`.
    packed : ndarray of uint8
        The mask, one bit a pixel.
    shape : tuple of int
        Of the mask.
    score : RegionScore
        Its rewards.
    rewards : tuple of str
        Those that count as objectives.
    seconds : float
        Time of the evaluation.
    search_seconds : float
        Time that the sampler took to propose it.
    failure : str
        Why there is no result; empty when there is one.
    """

    index: int
    parameters: dict[str, Value]
    level: npt.NDArray[np.float32]
    left: npt.NDArray[np.float32]
    packed: npt.NDArray[np.uint8]
    shape: tuple[int, int]
    score: RegionScore
    rewards: tuple[RegionReward, ...]
    seconds: float = 0.0
    search_seconds: float = 0.0
    failure: str = ""

    def __repr__(self) -> str:
        """A line: regions, rewards, parameters; without the arrays."""
        settings = ", ".join(f"{name} {_short(value)}" for name, value in self.parameters.items())
        if not self.feasible:
            return f"<AmorphousTrial {self.index}: no region; {settings}>"
        score = self.score
        regions = "1 region" if score.n_regions == 1 else f"{score.n_regions} regions"
        found = f"{regions}, {100 * score.area_fraction:.1f} % of the field"
        return f"<AmorphousTrial {self.index}: {found}; {settings}>"

    @property
    def mask(self) -> BoolArray:
        """True where the image is amorphous, shape (H, W)."""
        bits = np.unpackbits(self.packed, count=self.shape[0] * self.shape[1])
        return bits.reshape(self.shape).astype(bool)

    @property
    def regions(self) -> Labels:
        """The mask with its regions numbered from 1, the largest first."""
        return number_regions(self.mask)

    @property
    def feasible(self) -> bool:
        """Whether the trial may be on a front."""
        return not self.failure and self.score.feasible

    @property
    def objectives(self) -> tuple[float, ...]:
        """The rewards that are minimised."""
        return tuple(self.score.reward(name) for name in self.rewards)


def failed_trial(
    index: int,
    parameters: dict[str, Value],
    shape: tuple[int, int],
    rewards: tuple[RegionReward, ...],
    reason: str,
) -> AmorphousTrial:
    """A trial without a result, with the reason."""
    return AmorphousTrial(
        index=index,
        parameters=parameters,
        level=np.empty(0, np.float32),
        left=np.empty(0, np.float32),
        packed=np.packbits(np.zeros(shape, bool)),
        shape=shape,
        score=NO_REGION,
        rewards=rewards,
        failure=reason,
    )


def front_of(trials: Sequence[AmorphousTrial]) -> list[int]:
    """Positions of the non-dominated trials, sorted by the first objective."""
    values = [trial.objectives for trial in trials]
    return pareto_front(values, [trial.feasible for trial in trials])


def pick(
    trials: Sequence[AmorphousTrial], metric: Metric = "euclidean", *, scaled: bool = False
) -> int | None:
    """Position of the proposed trial, None where no trial is feasible.

    Where the columns count (`unexplained` among the rewards), the choice is among the
    masks of the front that explain them as well as the best one does: the difference is
    within its standard error, taken column by column, since two masks differ in a few.
    Of these the nearest to the ideal outline is proposed: the simplest of all that are
    equally good. By the outline alone, as published, the smallest disk of the front wins.
    """
    front = front_of(trials)
    if not front:
        return None
    if "unexplained" in trials[front[0]].rewards:
        best = trials[min(front, key=lambda i: trials[i].score.unexplained)]
        front = [i for i in front if _as_good(trials[i], best)]
    outlines = [trials[i].objectives[:2] for i in front]
    return front[choose(outlines, metric, scaled=scaled)]


def _as_good(trial: AmorphousTrial, best: AmorphousTrial) -> bool:
    """Whether a mask explains the columns as well as the best, within the standard error."""
    worse = trial.left.astype(float) - best.left
    error = float(np.sqrt(((worse - worse.mean()) ** 2).sum()))
    return float(worse.sum()) <= error


def _short(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
