"""Use the counts of oracles in place of the count of the lattice.

An oracle is a set of known positions, for example from a network or a person. One search has
a front for each oracle. All fronts share the trials and differ in the expected number of
columns (Fig. 1C of Barakati et al., arXiv 2404.14146: Oracle-A is the count of a network,
Oracle-B follows from the density of the material).
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
    """Count the points of an oracle within the analysed area.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y, x in pixels.
    area : ndarray of bool, shape (H, W)
        The analysed pixels.
    name : str
        Name of the oracle in error messages.

    Raises
    ------
    BadInput
        If none of the points is in the area, or most of them are outside the image.
    """
    return int(np.count_nonzero(require_within(points, area, name)))


def oracle_fronts(
    trials: Sequence[AtomTrial], physics: Physics, counts: Mapping[str, float]
) -> dict[str, list[tuple[int, tuple[float, float]]]]:
    """Compute the front of the same trials for each count.

    Parameters
    ----------
    trials : sequence of AtomTrial
        Trials of one run.
    physics : Physics
        DS and tolerance, which all oracles share.
    counts : mapping
        Expected count of each oracle by its name.

    Returns
    -------
    dict
        Front of each oracle by its name: positions in `trials` with (|QC|, ER).
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
    """Compute the F1 of each trial against an oracle.

    Parameters
    ----------
    trials : sequence of AtomTrial
        Trials of one run.
    points : ndarray, shape (n, 2)
        Positions of the oracle, y and x in px. Without `area`, they are those within the
        analysed area.
    reach : float, optional
        Largest distance of a pair in px. The default is half the smallest spacing of the
        oracle.
    area : ndarray of bool, shape (H, W), optional
        Part of the image that is compared. The positions of the oracle then cover the
        whole image, see `counted`.

    Returns
    -------
    ndarray, shape (len(trials),)
        F1 from 0 to 1, NaN for a trial without a result.
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
