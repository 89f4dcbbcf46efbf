"""A noise study as an object: its table, save and reopen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.noise.study import NoiseResult, NoiseSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image
from napari_reward_analysis.points.matching import Score
from napari_reward_analysis.runs.files import ResultLog, RunKind
from napari_reward_analysis.runs.head import (
    ImageReference,
    Status,
    checked,
    fields_of,
    head_of,
    versions_now,
)
from napari_reward_analysis.runs.packed import pack, unpack, unpack_bits

NOISE_FILE = "noise.json"

_NOISE = RunKind("noise", NOISE_FILE, "no noise study")

#: Settings of the LoG that have a column of their own in the table.
_PARAMETERS = ("min_sigma", "max_sigma", "num_sigma", "threshold", "overlap")
_SCORES = ("precision", "recall", "f1", "error_px")


@dataclass
class NoiseRun:
    """One study on one image.

    Attributes
    ----------
    image : ImageReference
        The image without added noise.
    settings : NoiseSettings
        What was asked.
    lattice : Lattice or None
        The crystal.
    results : list of NoiseResult
        In the order in which they were made.
    status : {'running', 'done', 'cancelled', 'failed'}
        How far it came.
    versions : dict
        Versions of the packages that made it.
    region : ndarray of bool or None
        The crystal as the user drew it; None where none was drawn.
    """

    image: ImageReference
    settings: NoiseSettings
    lattice: Lattice | None = None
    results: list[NoiseResult] = field(default_factory=list)
    status: Status = "running"
    versions: dict[str, str] = field(default_factory=versions_now)
    region: BoolArray | None = None

    @classmethod
    def of(
        cls,
        image: Image,
        lattice: Lattice | None,
        settings: NoiseSettings,
        region: BoolArray | None = None,
    ) -> NoiseRun:
        """A study that has not begun."""
        return cls(ImageReference.of(image), settings, lattice, region=region)

    @property
    def table(self) -> dict[str, npt.NDArray[Any]]:
        """One row per result: level, seed, method, counts, rewards, settings, scores."""
        rows = [_row(result) for result in self.results]
        names = rows[0] if rows else {}
        return {name: np.array([row[name] for row in rows]) for name in names}

    def means(self, method: str, name: str) -> npt.NDArray[np.float64]:
        """Level, mean, least and largest value over the seeds of a column, shape (n, 4)."""
        rows = [_row(r) for r in self.results if r.method == method]
        found = []
        for level in self.settings.levels:
            values = np.array([row[name] for row in rows if row["level"] == level], float)
            values = values[np.isfinite(values)]
            if len(values):
                found.append((level, values.mean(), values.min(), values.max()))
        return np.array(found, float).reshape(-1, 4)


class NoiseLog(ResultLog[NoiseResult]):
    """The log of a study that goes on; see `ResultLog`."""

    def __init__(self, run: NoiseRun, folder: Path) -> None:
        super().__init__(_NOISE, folder, _head(run), _result_to_json)


def save_noise(run: NoiseRun, folder: Path) -> Path:
    """Write `noise.json` into a folder, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    return _NOISE.save(folder, _head(run), map(_result_to_json, run.results))


def load_noise(path: Path) -> NoiseRun:
    """Read a study: its folder, its `noise.json`, or the log of one that was cut off.

    Raises
    ------
    BadInput
        If there is none, or the file is damaged or of a newer version.
    """
    return _NOISE.load(path, _from_json)


def _row(result: NoiseResult) -> dict[str, Any]:
    score, nan = result.score, float("nan")
    return {
        "level": result.level,
        "seed": result.seed,
        "method": result.method,
        "n": result.count,
        "expected": result.expected,
        "qc": result.qc,
        "er": result.er,
        **{name: float(result.parameters.get(name, nan)) for name in _PARAMETERS},
        "denoise": str(result.parameters.get("denoise", "")),
        **{name: nan if score is None else getattr(score, name) for name in _SCORES},
        "seconds": result.seconds,
    }


def _head(run: NoiseRun) -> dict[str, Any]:
    return head_of(_NOISE.name, run) | {
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
    common = fields_of(head, NoiseSettings)
    # absent from studies of earlier versions, which took none
    region, shape = head.get("region"), common["image"].shape
    run = NoiseRun(
        **common,
        results=[_result_from_json(record) for record in records],
        region=None if region is None else unpack_bits(region, shape),
    )
    if any(result.level not in run.settings.levels for result in run.results):
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
    _ = _row(result)
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
