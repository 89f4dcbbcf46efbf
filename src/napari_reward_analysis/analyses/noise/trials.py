"""Find columns in an image at rising levels of noise, with a LoG that is tuned at each level.

Two more methods are compared with it: a control, which is the LoG with the settings of the
lowest level, and an oracle if given (Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146, Fig. 3).
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.trial import AtomTrial, Parameters, failed_trial, pick
from napari_reward_analysis.analyses.noise.images import noisy_image
from napari_reward_analysis.analyses.noise.problem import NoiseProblem
from napari_reward_analysis.analyses.noise.result import KEPT, ORACLE, TUNED, NoiseResult
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.points.matching import Score, points_within, score_points
from napari_reward_analysis.search.loop import Search

#: Largest distance of a found point from a known one, and width of the border without scores,
#: both as fractions of the smallest spacing.
TOLERANCE, BORDER = 0.3, 1.0


def run_noise(problem: NoiseProblem) -> Generator[NoiseResult | None, None, None]:
    """Find columns in an image at several levels of noise by several methods.

    Parameters
    ----------
    problem : NoiseProblem
        Image, levels and methods.

    Yields
    ------
    NoiseResult or None
        One result for each seed, level and method, in this order. None is a pulse after
        each trial of a search.

    Raises
    ------
    BadInput
        If the inputs are inconsistent, or nothing is found at the first level.
    """
    for k in range(problem.settings.seeds):
        yield from _one_seed(problem, problem.settings.atoms.seed + k)


def _one_seed(problem: NoiseProblem, seed: int) -> Generator[NoiseResult | None, None, None]:
    kept: Parameters | None = None
    warm: list[UnitPoint] = []
    settings = problem.settings
    wanted = settings.atoms.model_copy(update={"seed": seed})
    for level in settings.levels:
        noisy = noisy_image(problem.image, level, settings.unit, settings.kind, seed)
        at = _At(problem, level, seed)
        atoms = AtomsProblem(noisy, problem.lattice, wanted, problem.region)
        search = Search(atoms, [p for p in warm if len(p) == atoms.space.size])
        found = []
        for trial in search:
            found.append(trial)
            yield None
        best = pick(found)
        trial = found[best or 0] if found else failed_trial(0, {}, "the image shows no column")
        if best is not None and (point := search.points[best]) is not None:
            warm = [point]
        yield _result(atoms, trial, TUNED, at)
        if kept is None:
            if best is None:
                raise BadInput(
                    f"No setting found five atoms at the lowest noise, {level:g}: check the "
                    "pixel size and the lattice."
                )
            kept = trial.parameters
        at = _At(problem, level, seed)
        control = _with_settings(atoms, kept, problem.region)
        yield _result(atoms, control, KEPT, at)
        if problem.oracle is not None:
            at = _At(problem, level, seed)
            points = np.reshape(np.asarray(problem.oracle(atoms.image), float), (-1, 2))
            yield _of_oracle(atoms, points, at)


@dataclass(frozen=True, eq=False)
class _At:
    """Level and seed of a method in a study, and its start time."""

    problem: NoiseProblem
    level: float
    seed: int
    start: float = field(default_factory=time.perf_counter)

    def score(self, atoms: AtomsProblem, points: FloatArray) -> Score | None:
        """Compute the score of points against known positions, within a drawn region if given."""
        known, spacing = self.problem.known, atoms.spacing_px
        if known is None:
            return None
        return score_points(
            points,
            known,
            TOLERANCE * spacing,
            atoms.image.shape,
            BORDER * spacing,
            self.problem.region,
        )


def _with_settings(
    problem: AtomsProblem, parameters: Parameters, region: BoolArray | None
) -> AtomTrial:
    """Evaluate one trial with the given settings, without regard to ranges."""
    settings = problem.settings.model_copy(update={"search": (), "fixed": dict(parameters)})
    fixed = AtomsProblem(
        problem.image, problem.lattice, settings, region, preflight=problem.preflight
    )
    return next(iter(Search(fixed)))


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


def _of_oracle(problem: AtomsProblem, points: FloatArray, at: _At) -> NoiseResult:
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
