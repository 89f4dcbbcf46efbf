"""Points compared with an oracle's, as an object; save and reopen.

What is kept are the points and the matching distance: who agrees with whom follows from
them and is worked out anew. It is one JSON file, written whole or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.points.agreement import Agreement, agreement
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.runs.files import RunKind
from napari_reward_analysis.runs.head import FORMAT, ImageReference, checked, versions_now
from napari_reward_analysis.runs.packed import pack, unpack

ORACLE_FILE = "oracle.json"
_ORACLE = RunKind(
    "oracle", ORACLE_FILE, "no comparison with an oracle", "the comparisons with an oracle"
)


@dataclass(frozen=True, eq=False)
class TrialAgreement:
    """F1 against an oracle of a run's trials.

    Attributes
    ----------
    run : str
        The run's identifier.
    name : str
        What the run was called.
    indices : tuple of int
        Index of each trial.
    f1 : ndarray, shape (n,)
        0 to 1; NaN where a trial has no result.
    """

    run: str
    name: str
    indices: tuple[int, ...]
    f1: FloatArray

    @classmethod
    def of(cls, run: Run, f1: FloatArray) -> TrialAgreement:
        """F1 of all trials of a run, in their order."""
        return cls(run.identifier, run.name, tuple(trial.index for trial in run.trials), f1)

    def values(self, run: Run) -> FloatArray:
        """F1 by position in `run.trials`; NaN where a trial was not judged."""
        known = dict(zip(self.indices, self.f1, strict=True))
        return np.array([known.get(trial.index, np.nan) for trial in run.trials], float)


@dataclass(frozen=True, eq=False)
class Comparison:
    """An oracle's columns in one image, and what was compared with them.

    Attributes
    ----------
    image : ImageReference
        The image, with the pixel size that was used.
    oracle : Oracle
        Within the compared area.
    found : ndarray, shape (n, 2), or None
        What is compared, within the area, y and x in px; None for nothing.
    found_name : str
        What it is called.
    reach : float or None
        Largest distance of a pair in px; None where nothing is compared.
    runs : tuple of TrialAgreement
        Searches on the image, judged by the oracle.
    notices : tuple of str
        What the user was told.
    versions : dict
        Versions of the packages that made it.
    """

    image: ImageReference
    oracle: Oracle
    found: FloatArray | None = None
    found_name: str = ""
    reach: float | None = None
    runs: tuple[TrialAgreement, ...] = ()
    notices: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=versions_now)

    @cached_property
    def result(self) -> Agreement | None:
        """Who agrees with whom; None where nothing is compared."""
        if self.found is None:
            return None
        return agreement(self.found, self.oracle.points, self.reach)


def save_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write `oracle.json` into a folder, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    return _ORACLE.save(folder, _head(comparison), map(_run_to_json, comparison.runs))


def load_comparison(path: Path) -> Comparison:
    """Read a comparison: its folder or its `oracle.json`.

    Raises
    ------
    BadInput
        If there is none, or the file is damaged or of a newer version.
    """
    return _ORACLE.load(path, _from_json)


def _head(comparison: Comparison) -> dict[str, Any]:
    oracle, found = comparison.oracle, comparison.found
    return {
        "format": FORMAT,
        "kind": _ORACLE.name,
        "versions": comparison.versions,
        "image": asdict(comparison.image),
        "oracle": {
            "name": oracle.name,
            "points": _pack(oracle.points),
            "confidence": _pack(oracle.confidence),
            "classes": [str(name) for name in oracle.classes],
        },
        "found": None if found is None else _pack(found),
        "found_name": comparison.found_name,
        "reach_px": comparison.reach,
        "notices": list(comparison.notices),
    }


def _run_to_json(run: TrialAgreement) -> dict[str, Any]:
    # JSON knows no NaN
    f1 = [None if np.isnan(value) else float(value) for value in run.f1]
    return {"run": run.run, "name": run.name, "indices": list(run.indices), "f1": f1}


def _from_json(head: dict[str, Any], records: Sequence[dict[str, Any]]) -> Comparison:
    image, known = ImageReference.from_json(head["image"]), head["oracle"]
    points, confidence = _points(known["points"], image), _unpack(known["confidence"])
    classes = np.array(checked(list[str], known["classes"]), dtype=str)
    if not len(points) == len(confidence) == len(classes):
        raise ValueError("points, confidences and classes differ in number")
    found, reach = head["found"], head["reach_px"]
    if found is not None and not 0 < reach < math.inf:
        raise ValueError("what is compared needs a distance above 0")
    comparison = Comparison(
        image=image,
        oracle=Oracle(checked(str, known["name"]), points, confidence, classes),
        found=None if found is None else _points(found, image),
        found_name=checked(str, head["found_name"]),
        reach=reach,
        runs=tuple(_run_from_json(record) for record in records),
        notices=tuple(checked(list[str], head["notices"])),
        versions=checked(dict[str, str], head["versions"]),
    )
    # worked out here, where whoever opens the file waits for it anyway
    _ = comparison.result
    return comparison


def _points(text: str, image: ImageReference) -> FloatArray:
    points = _unpack(text).reshape(-1, 2)
    # NaN is on no image either
    if not ((points >= -1) & (points <= image.shape)).all():
        raise ValueError("points beyond the image")
    return points


def _run_from_json(record: dict[str, Any]) -> TrialAgreement:
    f1 = np.array([np.nan if value is None else value for value in record["f1"]], float)
    indices = tuple(int(index) for index in record["indices"])
    if len(indices) != len(f1):
        raise ValueError("trials and their agreement differ in number")
    if not (np.isnan(f1) | ((f1 >= 0) & (f1 <= 1))).all():
        raise ValueError("agreement is a share")
    return TrialAgreement(checked(str, record["run"]), checked(str, record["name"]), indices, f1)


def _pack(array: FloatArray) -> str:
    return pack(array.astype("<f8"))


def _unpack(text: str) -> FloatArray:
    return np.asarray(unpack(text, "<f8"), np.float64)
