"""LoG*: atomic columns by a Laplacian of Gaussian tuned to what the lattice predicts.

`find_atoms` is a generator: the script, the command line and the worker thread all
iterate it, and to cancel is to stop iterating.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from napari_reward_analysis.analyses.atoms.problem import AtomsProblem, preflight_for
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import (
    AtomTrial,
    front_of,
    pick,
    require_feasible,
)
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.samplers import make_sampler
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.optimize.stopping import Stopper

__all__ = [
    "AtomTrial",
    "AtomsProblem",
    "AtomsSettings",
    "find_atoms",
    "front_of",
    "pick",
    "preflight_for",
    "require_feasible",
    "run_trials",
    "search_from",
]


def find_atoms(
    image: Image,
    lattice: Lattice | None = None,
    settings: AtomsSettings | None = None,
    region: BoolArray | None = None,
) -> Iterator[AtomTrial]:
    """Search the LoG parameters whose blobs agree best with the lattice.

    Parameters
    ----------
    image : Image
        The image, with a pixel size unless `settings.count` is given.
    lattice : Lattice, optional
        What the crystal predicts.
    settings : AtomsSettings, optional
        Search and rewards.
    region : ndarray of bool, shape (H, W), optional
        The crystal, where it does not fill the field.

    Yields
    ------
    AtomTrial
        In the order of evaluation.

    Raises
    ------
    BadInput
        Before the first trial, if the input does not fit together.

    References
    ----------
    Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146.
    """
    yield from run_trials(AtomsProblem(image, lattice, settings or AtomsSettings(), region))


def run_trials(
    problem: AtomsProblem, *, told: Callable[[str], None] | None = None
) -> Iterator[AtomTrial]:
    """The search itself, for a problem that is already set up.

    Parameters
    ----------
    problem : AtomsProblem
        Image, physics and settings.
    told : callable, optional
        Called with the reason, in words, where the search ends before its last trial.
    """
    for trial, _ in search_from(problem, told=told):
        yield trial


def search_from(
    problem: AtomsProblem,
    start: Sequence[UnitPoint] = (),
    *,
    told: Callable[[str], None] | None = None,
) -> Iterator[tuple[AtomTrial, UnitPoint]]:
    """The search with the point of the unit cube that each trial lies at.

    Parameters
    ----------
    problem : AtomsProblem
        Image, physics and settings.
    start : sequence of ndarray, shape (d,)
        Points that are evaluated before the sampler is asked: good ones of a similar
        image. They count as trials.
    told : callable, optional
        As for `run_trials`.
    """
    settings, space = problem.settings, problem.space
    if space.size == 0:
        for trial in problem.trials_at(0, np.empty(0)):
            yield trial, np.empty(0)
        return
    sampler = make_sampler(
        settings.sampler, space, settings.seed, problem.n_objectives, trials=settings.trials
    )
    stopper = Stopper(settings.patience, settings.seconds, initial=sampler.initial)
    given = list(start)
    index = 0
    while index < settings.trials and not (index and stopper.reason):
        began = time.perf_counter()
        point = given.pop(0) if given else sampler.ask()
        asked = time.perf_counter() - began
        trials = problem.trials_at(index, point)[: settings.trials - index]
        began = time.perf_counter()
        sampler.tell(point, _objectives(trials[0]))
        for trial in trials:
            stopper.tell(_objectives(trial))
        spent = asked + time.perf_counter() - began
        yield replace(trials[0], search_seconds=spent), point
        for trial in trials[1:]:
            yield trial, point
        index += len(trials)
    if told is not None and index < settings.trials:
        told(f"Ended after {index} trials: {stopper.reason}.")


def _objectives(trial: AtomTrial) -> tuple[float, ...] | None:
    return trial.objectives if trial.feasible else None
