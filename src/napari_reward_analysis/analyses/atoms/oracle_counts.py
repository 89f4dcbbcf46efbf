"""Counts from an oracle: known positions, a network's or a person's, in place of the lattice.

One search has a front with respect to each oracle: the trials are the same, what counts
as the right number of columns is not (Fig. 1C of the paper: Oracle-A is the count of a
network, Oracle-B that of the material's density).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.trial import AtomTrial, front_of
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.points.agreement import (
    agreement,
    counted,
    half_spacing,
    require_within,
)
from napari_reward_analysis.points.matching import points_within
from napari_reward_analysis.rewards.atoms import Physics


def oracle_count(points: npt.NDArray[np.floating], area: BoolArray, name: str) -> int:
    """Number of an oracle's points within the analysed area.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y, x in pixels.
    area : ndarray of bool, shape (H, W)
        The analysed pixels.
    name : str
        What to call the oracle in a refusal.

    Raises
    ------
    BadInput
        If none of the points lies there, or most of them lie outside the image.
    """
    return int(np.count_nonzero(require_within(points, area, name)))


def oracle_fronts(
    trials: Sequence[AtomTrial], physics: Physics, counts: Mapping[str, float]
) -> dict[str, list[tuple[int, tuple[float, float]]]]:
    """The front of the same trials with respect to each count.

    Parameters
    ----------
    trials : sequence of AtomTrial
        A run's trials.
    physics : Physics
        Gives DS and tolerance, which all oracles share.
    counts : mapping
        Expected count by the oracle's name.

    Returns
    -------
    dict
        By name, the positions in `trials` of the front with their (|QC|, ER).
    """
    fronts = {}
    for name, count in counts.items():
        judged = [
            replace(trial.rescored(replace(physics, expected=count)), extra_rewards={})
            for trial in trials
        ]
        fronts[name] = [(i, judged[i].score.objectives) for i in front_of(judged)]
    return fronts


def agreement_of_trials(
    trials: Sequence[AtomTrial],
    points: npt.NDArray[np.floating],
    reach: float | None = None,
    area: BoolArray | None = None,
) -> npt.NDArray[np.float64]:
    """F1 against an oracle of every trial: the colour of a front by agreement.

    Parameters
    ----------
    trials : sequence of AtomTrial
        A run's trials.
    points : ndarray, shape (n, 2)
        The oracle's, y and x in px, within the analysed area or with `area`.
    reach : float, optional
        Largest distance of a pair in px; half the oracle's nearest spacing without it.
    area : ndarray of bool, shape (H, W), optional
        Where to compare; the oracle's points are then those of the whole image, see
        `counted`.

    Returns
    -------
    ndarray, shape (len(trials),)
        0 to 1; NaN where a trial has no result.
    """
    wanted = np.ones(len(points), bool) if area is None else points_within(points, area)
    there = points[wanted]
    reach = half_spacing(there) if reach is None else reach

    def f1(trial: AtomTrial) -> float:
        found, count = trial.points[trial.shown], trial.inside[trial.shown]
        if area is not None:
            count = counted(found, count & points_within(found, area), points, wanted, reach)
        return agreement(found[count], there, reach).f1

    return np.array([f1(trial) if trial.feasible else np.nan for trial in trials])
