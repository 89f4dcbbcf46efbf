"""A trial of a search for columns, and the choice among trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.detection.blobs import Blobs
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.pareto import Metric, choose, pareto_front
from napari_reward_analysis.rewards.atoms import AtomScore, Physics, score_atoms

#: Parameters of one setting: numbers, and names of stages.
Parameters = dict[str, float | str]


def _no_extra() -> Float32Array:
    return np.empty((0, 4), np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class AtomTrial:
    """One evaluated setting. It is immutable: a new DS or N gives a new trial.

    Attributes
    ----------
    index : int
        Number of the trial in the run, from 0.
    parameters : dict
        min_sigma, max_sigma (px), num_sigma, threshold, overlap, and the preprocessing
        stages by their slot, with their parameters.
    blobs : ndarray, shape (n, 4)
        y, x (px), sigma (px), response; strongest first.
    neighbour_sums : ndarray, shape (n,)
        Sum of the distances to the four nearest blobs, px.
    inside : ndarray of bool, shape (n,)
        Blobs within the analysed area, which are counted.
    outside : ndarray of bool, shape (n,)
        Columns just outside a measured crystal region. They are shown but not counted.
    score : AtomScore
        QC and ER.
    extra_rewards : dict
        Rewards in addition to QC and ER by name, minimised. They do not depend on N and DS.
    margin : float
        Gap between accepted and rejected blobs at the threshold; see `threshold_margin`.
    seconds : float
        Time of the evaluation.
    search_seconds : float
        Time that the sampler took to propose the setting.
    failure : str
        Reason for a missing result; empty otherwise.
    refined : Refined, optional
        Sub-pixel positions of all blobs in their order, if fitted; see `refine_trial`. Score
        and neighbour sums still follow from the blobs.
    n_unsupported : int
        Blobs in the analysed area that were dropped, because the image itself does not show
        a column there. `blobs` does not hold them.
    false_rate : float
        Expected share of the remaining columns that are false; NaN if it is not known.
    extra : ndarray, shape (k, 4)
        Columns without a site: row of `blobs`, amplitude, its standard error, and the
        probability that a column is there.
    """

    index: int
    parameters: Parameters
    blobs: Blobs
    neighbour_sums: npt.NDArray[np.float32]
    inside: BoolArray
    outside: BoolArray
    score: AtomScore
    extra_rewards: dict[str, float] = field(default_factory=dict)
    margin: float = 0.0
    seconds: float = 0.0
    search_seconds: float = 0.0
    failure: str = ""
    refined: Refined | None = None
    n_unsupported: int = 0
    false_rate: float = math.nan
    extra: Float32Array = field(default_factory=_no_extra)

    def __repr__(self) -> str:
        """Return one line with columns, rewards and parameters, without arrays."""
        settings = ", ".join(f"{name} {_short(value)}" for name, value in self.parameters.items())
        if self.failure:
            return f"<AtomTrial {self.index}: failed ({self.failure}); {settings}>"
        rewards = {"QC": self.score.qc, "ER": self.score.er, **self.extra_rewards}
        found = ", ".join(f"{name} {value:.4f}" for name, value in rewards.items())
        return f"<AtomTrial {self.index}: {self.score.count} columns, {found}; {settings}>"

    @property
    def points(self) -> npt.NDArray[np.float32]:
        """Refined positions if fitted, else those of the blobs; y and x in px, shape (n, 2)."""
        return self.blobs[:, :2] if self.refined is None else self.refined.points

    @property
    def uncertainty(self) -> npt.NDArray[np.float32]:
        """Standard deviation of the positions along one axis in px, shape (n,); NaN if unknown."""
        if self.refined is None:
            return np.full(len(self.blobs), np.nan, np.float32)
        return self.refined.uncertainty

    @property
    def shown(self) -> BoolArray:
        """Blobs that are shown as columns, counted or not, shape (n,)."""
        return self.inside | self.outside

    @property
    def feasible(self) -> bool:
        """True if the trial can be on a front."""
        return not self.failure and self.score.feasible

    @property
    def objectives(self) -> tuple[float, ...]:
        """|QC|, ER and the extra rewards, all minimised."""
        return (*self.score.objectives, *self.extra_rewards.values())

    def rescored(self, physics: Physics) -> AtomTrial:
        """Return a trial with the same blobs and scores from another N or DS."""
        return replace(self, score=score_atoms(self.neighbour_sums, physics, self.inside))


def failed_trial(index: int, parameters: Parameters, reason: str) -> AtomTrial:
    """Return a trial without a result, with the reason."""
    return AtomTrial(
        index=index,
        parameters=parameters,
        blobs=np.empty((0, 4), np.float32),
        neighbour_sums=np.empty(0, np.float32),
        inside=np.empty(0, bool),
        outside=np.empty(0, bool),
        score=AtomScore(count=0, qc=-1.0, er=0.0, feasible=False),
        failure=reason,
    )


def front_of(trials: Sequence[AtomTrial]) -> list[int]:
    """Return the positions of the Pareto front, sorted by |QC|.

    Of trials with equal objectives, the one with the largest margin is returned.
    """
    able = [i for i in range(len(trials)) if trials[i].feasible]
    order = sorted(able, key=lambda i: -trials[i].margin)
    return [order[k] for k in pareto_front([trials[i].objectives for i in order])]


def pick(
    trials: Sequence[AtomTrial], metric: Metric = "euclidean", *, scaled: bool = False
) -> int | None:
    """Return the position of the proposed trial, or None if no trial is feasible.

    By default the distances are not scaled, because both objectives are fractions of N. With
    scaling, two columns could count as much as two hundred on a front of nearly equal
    trials.
    """
    front = front_of(trials)
    if not front:
        return None
    return front[choose([trials[i].objectives for i in front], metric, scaled=scaled)]


def threshold_margin(responses: npt.NDArray[np.float32], threshold: float) -> float:
    """Return the width of the gap in the responses around a threshold, as a log ratio.

    Parameters
    ----------
    responses : ndarray, shape (n,)
        Responses of all candidates in descending order.
    threshold : float
        The threshold.

    Returns
    -------
    float
        Logarithm of the ratio of an accepted to a rejected response. Each is 2 % of the
        number of accepted candidates away from the threshold. A large value means that the
        threshold separates atoms clearly from noise.
    """
    accepted = int(np.searchsorted(-responses, -threshold))
    step = max(1, accepted // 50)
    if accepted < step or accepted + step > len(responses):
        return 0.0
    return float(np.log(responses[accepted - step] / responses[accepted + step - 1]))


def require_feasible(trials: Sequence[AtomTrial]) -> None:
    """Reject a finished run without a result.

    Raises
    ------
    BadInput
        If no trial has five blobs.
    """
    if any(trial.feasible for trial in trials):
        return
    reasons = {trial.failure for trial in trials if trial.failure}
    why = f" ({sorted(reasons)[0]})" if reasons else ""
    raise BadInput(
        f"No setting found five atoms{why}: check that atoms are bright on dark, "
        "and the pixel size, the sigma range and the threshold range."
    )


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
