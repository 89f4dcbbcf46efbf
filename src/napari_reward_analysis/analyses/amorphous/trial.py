"""A trial of a search for amorphous regions, and the choice among trials."""

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
    """One evaluated setting. It is immutable.

    Attributes
    ----------
    index : int
        Number of the trial in the run, from 0.
    parameters : dict
        class, measure, window, components, mixture, covariance, threshold, smoothing.
    level : ndarray, shape (n,), float32
        Distance of each column from crystal in this trial; NaN if not computed.
    left : ndarray, shape (n,), float32
        Unexplained part of each column, from `left_over`.
    packed : ndarray of uint8
        The mask with one bit per pixel.
    shape : tuple of int
        Shape of the mask.
    score : RegionScore
        Rewards of the mask.
    rewards : tuple of str
        Names of the rewards that are objectives.
    seconds : float
        Time of the evaluation.
    search_seconds : float
        Time that the sampler took to propose the setting.
    failure : str
        Reason for a missing result; empty otherwise.
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
        """Return one line with regions and parameters, without arrays."""
        settings = ", ".join(f"{name} {_short(value)}" for name, value in self.parameters.items())
        if not self.feasible:
            return f"<AmorphousTrial {self.index}: no region; {settings}>"
        score = self.score
        regions = "1 region" if score.n_regions == 1 else f"{score.n_regions} regions"
        found = f"{regions}, {100 * score.area_fraction:.1f} % of the field"
        return f"<AmorphousTrial {self.index}: {found}; {settings}>"

    @property
    def mask(self) -> BoolArray:
        """True for amorphous pixels, shape (H, W)."""
        bits = np.unpackbits(self.packed, count=self.shape[0] * self.shape[1])
        return bits.reshape(self.shape).astype(bool)

    @property
    def regions(self) -> Labels:
        """Mask with its regions numbered from 1, the largest first."""
        return number_regions(self.mask)

    @property
    def feasible(self) -> bool:
        """True if the trial can be on a front."""
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
    """Return a trial without a result, with the reason."""
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
    """Return the positions of the Pareto front, sorted by the first objective."""
    values = [trial.objectives for trial in trials]
    return pareto_front(values, [trial.feasible for trial in trials])


def pick(
    trials: Sequence[AmorphousTrial], metric: Metric = "euclidean", *, scaled: bool = False
) -> int | None:
    """Return the position of the proposed trial, or None if no trial is feasible.

    If `unexplained` is a reward, the choice is among the masks of the front that explain the
    columns as well as the best mask. Their difference from the best mask, computed column by
    column, is within its standard error. Of these masks, the one with the outline nearest to
    the ideal is proposed, because it is the simplest. Without `unexplained`, as in the
    published search, the choice among all masks of the front follows from the outline alone.
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
    """Return True if a mask explains the columns as well as the best, within standard error."""
    worse = trial.left.astype(float) - best.left
    error = float(np.sqrt(((worse - worse.mean()) ** 2).sum()))
    return float(worse.sum()) <= error


def _short(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
