"""The run of a noise study, and its file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from napari_reward_analysis.analyses.noise.problem import NoiseProblem
from napari_reward_analysis.analyses.noise.result import NoiseResult
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.noise.table import means_of, noise_table, row_of
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.points.matching import Score
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    ImageReference,
    checked,
    fields_of,
    head_of,
)
from napari_reward_analysis.runs.journal import Record
from napari_reward_analysis.runs.packed import pack, unpack, unpack_bits
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(kw_only=True, eq=False, repr=False)
class NoiseRun(BaseRun[NoiseResult]):
    """One noise study of one image. Its `image` is without added noise.

    Attributes
    ----------
    region : ndarray of bool or None
        The crystal region as drawn by the user, or None.
    """

    kind: ClassVar[str] = "noise"
    noun: ClassVar[str] = "results"

    settings: NoiseSettings
    region: BoolArray | None = None

    @classmethod
    def of(cls, problem: NoiseProblem) -> NoiseRun:
        """Return a run without results."""
        return cls(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            lattice=problem.lattice,
            name=f"{problem.image.name} noise",
            region=problem.region,
        )

    def table(self) -> pd.DataFrame:
        """Return a row for each result, as in `noise.csv`; see `noise_table`."""
        import pandas as pd

        return pd.DataFrame(noise_table(self.trials))

    def plot(self) -> Figure:
        """Plot settings, rewards, counts and scores against noise; see `noise_figure`."""
        from napari_reward_analysis.analyses.noise.figures import noise_figure

        return noise_figure(self)

    def means(self, method: str, name: str) -> FloatArray:
        """Return the means of a column over the repetitions; see `means_of`."""
        return means_of(self.trials, self.settings.levels, method, name)


@dataclass(frozen=True)
class _Head:
    """Entries of the head that only this kind of run has, as plain values.

    The first studies have no region.
    """

    region: str | None = None


@dataclass(frozen=True)
class _Record:
    """A result as plain values, with packed points."""

    level: float
    seed: int
    method: str
    count: int
    expected: float
    qc: float
    er: float | None
    parameters: dict[str, float | str]
    points: str
    score: dict[str, float | None] | None
    seconds: float


def _head(run: NoiseRun) -> Record:
    return head_of(run) | {
        "region": None if run.region is None else pack(np.packbits(run.region)),
    }


def _result_to_json(result: NoiseResult) -> Record:
    return {
        "level": result.level,
        "seed": result.seed,
        "method": result.method,
        "count": result.count,
        "expected": result.expected,
        "qc": result.qc,
        "er": None if np.isnan(result.er) else result.er,
        "parameters": result.parameters,
        "points": pack(result.points.astype("<f8")),
        "score": None if result.score is None else _score_to_json(result.score),
        "seconds": result.seconds,
    }


def _score_to_json(score: Score) -> dict[str, float | None]:
    # JSON has no NaN.
    return {name: None if np.isnan(value) else value for name, value in asdict(score).items()}


def _from_json(head: Record, records: list[Record]) -> NoiseRun:
    common = fields_of(head, NoiseSettings)
    own: _Head = checked(_Head, head)
    run = NoiseRun(
        **common,
        trials=[_result_from_json(record) for record in records],
        region=None if own.region is None else unpack_bits(own.region, common["image"].shape),
    )
    if any(result.level not in run.settings.levels for result in run.trials):
        raise ValueError("a level is not among the levels of the settings")
    return run


def _result_from_json(record: Record) -> NoiseResult:
    saved: _Record = checked(_Record, record)
    score = None
    if saved.score is not None:
        score = checked(Score, {name: _number(value) for name, value in saved.score.items()})
    result = NoiseResult(
        level=saved.level,
        seed=saved.seed,
        method=saved.method,
        count=saved.count,
        expected=saved.expected,
        qc=saved.qc,
        er=_number(saved.er),
        parameters=saved.parameters,
        points=unpack(saved.points, "<f8").reshape(-1, 2),
        score=score,
        seconds=saved.seconds,
    )
    # Settings that are not numbers fail here and not later in the window.
    _ = row_of(result)
    return result


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


NOISE_FORMAT = RunFormat(NoiseRun.kind, "noise.json", _head, _result_to_json, _from_json)
