"""The run of a noise study, and how it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_reward_analysis.analyses.noise.problem import NoiseProblem
from napari_reward_analysis.analyses.noise.result import NoiseResult
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.noise.table import means_of, noise_table, row_of
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.points.matching import Score
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    SEARCH_STATE,
    ImageReference,
    checked,
    head_of,
    study_fields_of,
)
from napari_reward_analysis.runs.packed import pack, unpack, unpack_bits
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(kw_only=True, eq=False, repr=False)
class NoiseRun(BaseRun[NoiseResult]):
    """One noise study of one image, which is the one without added noise.

    Attributes
    ----------
    region : ndarray of bool or None
        The crystal as the user drew it; None where none was drawn.
    """

    kind: ClassVar[str] = "noise"
    noun: ClassVar[str] = "results"

    settings: NoiseSettings
    region: BoolArray | None = None

    @classmethod
    def of(cls, problem: NoiseProblem) -> NoiseRun:
        """A study that has not begun."""
        return cls(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            lattice=problem.lattice,
            region=problem.region,
        )

    def table(self) -> pd.DataFrame:
        """A row for each result, the content of `noise.csv`, see `noise_table`."""
        import pandas as pd

        return pd.DataFrame(noise_table(self.trials))

    def plot(self) -> Figure:
        """Settings, rewards, counts and scores against noise, see `noise_figure`."""
        from napari_reward_analysis.analyses.noise.figures import noise_figure

        return noise_figure(self)

    def means(self, method: str, name: str) -> FloatArray:
        """Means of a column over the repetitions, see `means_of`."""
        return means_of(self.trials, self.settings.levels, method, name)


def _head(run: NoiseRun) -> dict[str, Any]:
    return head_of(run.kind, run, SEARCH_STATE) | {
        "region": None if run.region is None else pack(np.packbits(run.region)),
    }


def _result_to_json(result: NoiseResult) -> dict[str, Any]:
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
    # JSON knows no NaN
    return {name: None if np.isnan(value) else value for name, value in asdict(score).items()}


def _from_json(head: dict[str, Any], records: Sequence[dict[str, Any]]) -> NoiseRun:
    common = study_fields_of(head, NoiseSettings)
    # absent from studies of earlier versions, which took none
    region, shape = head.get("region"), common["image"].shape
    run = NoiseRun(
        **common,
        trials=[_result_from_json(record) for record in records],
        region=None if region is None else unpack_bits(region, shape),
    )
    if any(result.level not in run.settings.levels for result in run.trials):
        raise ValueError("a level that was not asked for")
    return run


def _result_from_json(record: dict[str, Any]) -> NoiseResult:
    score = record["score"]
    result = NoiseResult(
        **{name: checked(kind, record[name]) for name, kind in _PLAIN.items()},
        parameters=record["parameters"],
        er=checked(float, _number(record["er"])),
        points=unpack(record["points"], "<f8").reshape(-1, 2),
        score=None
        if score is None
        else Score(**{k: checked(float, _number(v)) for k, v in score.items()}),
    )
    # settings that are no numbers fail here, not where they are shown
    _ = row_of(result)
    return result


_PLAIN = {
    "level": float,
    "seed": int,
    "method": str,
    "count": int,
    "expected": float,
    "qc": float,
    "seconds": float,
}


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


NOISE_FORMAT = RunFormat(NoiseRun.kind, "noise.json", _head, _result_to_json, _from_json)
