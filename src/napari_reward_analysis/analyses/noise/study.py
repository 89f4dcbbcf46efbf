"""Noise study: what a LoG that is tuned anew at each level of noise is worth.

Beside the tuned LoG* stands one that keeps the settings of the lowest level, as the
control, and an oracle where one is given (Fig. 3 of the paper). `noise_study` is a
generator: to cancel is to stop iterating.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import AtomTrial, Parameters
from napari_reward_analysis.analyses.atoms.trials import pick, search_from
from napari_reward_analysis.analyses.noise.images import Kind, Unit, noisy_image
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.points.matching import Score, points_within, score_points

#: The tuned LoG, the one that keeps its settings, and whatever else is asked.
TUNED, KEPT, ORACLE = "LoG*", "LoG, settings kept", "oracle"

#: Parts of the nearest spacing: distance up to which a point is the known one, and width
#: of the border that is not judged.
TOLERANCE, BORDER = 0.3, 1.0

Points = npt.NDArray[np.float64]
#: Finds columns in an image: y and x in px, shape (n, 2).
ColumnFinder = Callable[[Image], Points]


class NoiseSettings(BaseModel):
    """What a person chooses; saved with the result, so that it can be repeated.

    Attributes
    ----------
    levels : tuple of float
        Levels of noise, rising; the control keeps the settings of the first.
    unit : {'range', 'std'}
        What a level is a part of: the image's range or its standard deviation.
    kind : {'gaussian', 'poisson'}
        Kind of noise, see `noisy_image`.
    seeds : int
        How many times everything is repeated, with other noise and another search.
    atoms : AtomsSettings
        The search at each level.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    levels: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    unit: Unit = "range"
    kind: Kind = "gaussian"
    seeds: int = Field(default=3, ge=1, le=1000)
    atoms: AtomsSettings = AtomsSettings(trials=30)

    @field_validator("levels")
    @classmethod
    def _rising(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(a < b for a, b in pairwise(levels))
        if not levels or not rising or levels[0] < 0 or not np.isfinite(levels).all():
            raise ValueError("levels of noise must be zero or more, and rising")
        return levels


@dataclass(frozen=True, eq=False)
class NoiseResult:
    """What one method makes of one noisy image.

    Attributes
    ----------
    level : float
        Of the noise.
    seed : int
        Of noise and search.
    method : str
        `TUNED`, `KEPT` or `ORACLE`.
    count : int
        Columns in the analysed area.
    expected : float
        Columns that the lattice predicts there.
    qc, er : float
        Rewards of the LoG; QC alone, by the count, of an oracle (ER is NaN).
    parameters : dict
        Settings of the LoG; empty for an oracle.
    points : ndarray, shape (n, 2)
        Columns of the whole field, y and x in px, whatever area is analysed.
    score : Score or None
        By known positions, where there are any.
    seconds : float
        Time spent.
    """

    level: float
    seed: int
    method: str
    count: int
    expected: float
    qc: float
    er: float
    parameters: Parameters
    points: Points
    score: Score | None = None
    seconds: float = 0.0


def noise_study(
    image: Image,
    lattice: Lattice | None,
    settings: NoiseSettings | None = None,
    region: BoolArray | None = None,
    *,
    oracle: ColumnFinder | None = None,
    known: Points | None = None,
    stop: threading.Event | None = None,
) -> Iterator[NoiseResult]:
    """Analyse an image at several levels of noise by several methods.

    Parameters
    ----------
    image : Image
        The image, as clean as there is one.
    lattice : Lattice or None
        What the crystal predicts; may be left out where `settings.atoms.count` is given.
    settings : NoiseSettings, optional
        Levels, noise, seeds and search.
    region : ndarray of bool, shape (H, W), optional
        The crystal, drawn by the user: all methods are counted and scored within it, at
        each level. Points beyond it are kept, and paired with known ones just within.
    oracle : callable, optional
        Finds columns in each noisy image, for comparison.
    known : ndarray, shape (n, 2), optional
        Known positions, y and x in px. They score what was found and play no part in it.
    stop : threading.Event, optional
        Set by another thread it ends the study within a trial.

    Yields
    ------
    NoiseResult
        One per seed, level and method, in this order.

    Raises
    ------
    BadInput
        If the input does not fit together, or nothing is found at the first level.
    """
    study = _Study(image, lattice, settings or NoiseSettings(), region, oracle, known, stop)
    for k in range(study.settings.seeds):
        for result in _one_seed(study, study.settings.atoms.seed + k):
            yield result
            if study.stopped:
                return
        if study.stopped:
            return


@dataclass(frozen=True, eq=False)
class _Study:
    """What `noise_study` was given."""

    image: Image
    lattice: Lattice | None
    settings: NoiseSettings
    region: BoolArray | None
    oracle: ColumnFinder | None
    known: Points | None
    stop: threading.Event | None

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()


def _one_seed(study: _Study, seed: int) -> Iterator[NoiseResult]:
    kept: Parameters | None = None
    warm: list[UnitPoint] = []
    settings = study.settings
    atoms = settings.atoms.model_copy(update={"seed": seed})
    for level in settings.levels:
        noisy = noisy_image(study.image, level, settings.unit, settings.kind, seed)
        at = _At(study, level, seed)
        problem = AtomsProblem(noisy, study.lattice, atoms, study.region)
        search = search_from(problem, [p for p in warm if len(p) == problem.space.size])
        found = list(takewhile(lambda _: not study.stopped, search))
        if study.stopped:
            return
        trial, point = _best(found)
        if point is not None:
            warm = [point]
        yield _result(problem, trial, TUNED, at)
        if kept is None:
            if point is None:
                raise BadInput(
                    f"No setting found five atoms at the lowest noise, {level:g}: check the "
                    "pixel size and the lattice."
                )
            kept = trial.parameters
        at = _At(study, level, seed)
        control = _with_settings(problem, kept, study.region)
        yield _result(problem, control, KEPT, at)
        if study.oracle is not None:
            at = _At(study, level, seed)
            points = np.reshape(np.asarray(study.oracle(problem.image), float), (-1, 2))
            yield _of_oracle(problem, points, at)


@dataclass(frozen=True, eq=False)
class _At:
    """Where in a study a method begins, and when."""

    study: _Study
    level: float
    seed: int
    start: float = field(default_factory=time.perf_counter)

    def score(self, problem: AtomsProblem, points: Points) -> Score | None:
        """By the known positions; those beyond a drawn region are nobody's business."""
        known, spacing = self.study.known, problem.spacing_px
        if known is None:
            return None
        return score_points(
            points,
            known,
            TOLERANCE * spacing,
            problem.image.shape,
            BORDER * spacing,
            self.study.region,
        )


def _best(found: list[tuple[AtomTrial, UnitPoint]]) -> tuple[AtomTrial, UnitPoint | None]:
    """Best trial of a search and its point; any trial without one where none is feasible."""
    best = pick([trial for trial, _ in found])
    return (found[0][0], None) if best is None else found[best]


def _with_settings(
    problem: AtomsProblem, parameters: Parameters, region: BoolArray | None
) -> AtomTrial:
    """One trial at given settings, whatever the image's own ranges would be."""
    settings = problem.settings.model_copy(update={"search": (), "fixed": dict(parameters)})
    fixed = AtomsProblem(
        problem.image, problem.lattice, settings, region, preflight=problem.preflight
    )
    return next(search_from(fixed))[0]


def _result(problem: AtomsProblem, trial: AtomTrial, method: str, at: _At) -> NoiseResult:
    if problem.settings.refine and trial.feasible:
        trial = refine_trial(problem, trial)
    points = trial.points.astype(float)
    return NoiseResult(
        level=at.level,
        seed=at.seed,
        method=method,
        count=trial.score.count,
        expected=problem.physics.expected,
        qc=trial.score.qc,
        er=trial.score.er,
        parameters=trial.parameters,
        points=points,
        score=at.score(problem, points),
        seconds=time.perf_counter() - at.start,
    )


def _of_oracle(problem: AtomsProblem, points: Points, at: _At) -> NoiseResult:
    count = int(np.count_nonzero(points_within(points, problem.area)))
    return NoiseResult(
        level=at.level,
        seed=at.seed,
        method=ORACLE,
        count=count,
        expected=problem.physics.expected,
        qc=count / problem.physics.expected - 1,
        er=float("nan"),
        parameters={},
        points=points,
        score=at.score(problem, points),
        seconds=time.perf_counter() - at.start,
    )
