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

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import BoolArray
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.workflows.atoms_trial import AtomTrial, front_of


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
    pixels = np.round(np.asarray(points, float)).astype(int).reshape(-1, 2)
    on_image = ((pixels >= 0) & (pixels < np.asarray(area.shape))).all(axis=1)
    if len(pixels) and np.count_nonzero(on_image) < 0.5 * len(pixels):
        raise BadInput(
            f"Most points of {name} lie outside the image of {area.shape[0]} x {area.shape[1]} px: "
            "choose the positions of this image, in pixels."
        )
    count = int(np.count_nonzero(area[tuple(pixels[on_image].T)]))
    if count == 0:
        raise BadInput(f"{name} has no point in the analysed area: choose another oracle or area.")
    return count


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
            replace(trial.rescored(replace(physics, expected=count)), further={})
            for trial in trials
        ]
        fronts[name] = [(i, judged[i].score.objectives) for i in front_of(judged)]
    return fronts
