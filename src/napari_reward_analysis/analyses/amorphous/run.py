"""A search of amorphous regions as an object, and as a file: saved as it grows, loaded whole."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.problem import (
    AmorphousProblem,
    AmorphousSettings,
    AmorphousTrial,
    front_of,
    pick,
)
from napari_reward_analysis.analyses.amorphous.regions.rewards import RegionScore
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.runs.files import ResultLog, RunKind
from napari_reward_analysis.runs.head import (
    SEARCH_STATE,
    ImageReference,
    Status,
    fields_of,
    front_record,
    head_of,
    index_at,
    position_of,
    versions_now,
)
from napari_reward_analysis.runs.packed import pack, unpack, unpack_bits

_AMORPHOUS = RunKind("amorphous", topic="amorphous regions")


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """The columns that a run judged, as plain data.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Places in px.
    labels : ndarray of str, shape (n,)
        Kinds; '' where not known.
    atom : ndarray of int, shape (n,)
        Number of the atom on each, -1 where none was found.
    loss : ndarray, shape (n,)
        Contrast lost against the own kind in crystal; NaN where not known.
    reference : ndarray of bool, shape (n,)
        Columns taken for crystal.
    """

    yx: FloatArray
    labels: npt.NDArray[np.str_]
    atom: npt.NDArray[np.int_]
    loss: FloatArray
    reference: BoolArray

    @classmethod
    def of(cls, problem: AmorphousProblem) -> ColumnTable:
        """The columns of a problem."""
        columns, kept = problem.columns, problem.described.kept
        return cls(columns.yx, problem.described.labels, columns.atom, kept.loss, kept.reference)


@dataclass(frozen=True)
class Verdict:
    """Whether anything is amorphous; see `Existence`.

    Attributes
    ----------
    exists : bool
        Whether a region is there.
    p_value : float
        Probability that crystal alone shows as much.
    largest_loss, bound : float
        Largest loss of contrast in a neighbourhood, and the loss that is needed.
    sentence : str
        The same in words.
    """

    exists: bool
    p_value: float
    largest_loss: float
    bound: float
    sentence: str

    @classmethod
    def of(cls, problem: AmorphousProblem) -> Verdict:
        """The verdict on a problem."""
        found = problem.existence
        numbers = found.p_value, found.largest_loss, found.bound
        return cls(found.exists, *numbers, found.sentence)


@dataclass
class AmorphousRun:
    """One search of amorphous regions in one image.

    Attributes
    ----------
    image : ImageReference
        The image it belongs to.
    settings : AmorphousSettings
        What was asked.
    atoms : ndarray, shape (m, 4)
        y, x (px), sigma (px), response of the atoms; NaN where only places were given.
    columns : ColumnTable
        What was judged.
    verdict : Verdict
        Whether anything is amorphous.
    lattice : Lattice or None
        The crystal.
    trials : list of AmorphousTrial
        In the order of evaluation.
    measured : dict or None
        The lattice as measured in the image.
    notices : list of str
        What the user was told.
    name : str
        What the user calls the run.
    status : {'running', 'done', 'cancelled', 'failed'}
        How far it came.
    message : str
        Why it failed, when it did.
    choice : int or None
        Trial that the user chose; None means the proposed one.
    created, versions, identifier
        When, by what, and a unique name.
    """

    image: ImageReference
    settings: AmorphousSettings
    atoms: FloatArray
    columns: ColumnTable
    verdict: Verdict
    lattice: Lattice | None = None
    trials: list[AmorphousTrial] = field(default_factory=list)
    measured: dict[str, Any] | None = None
    notices: list[str] = field(default_factory=list)
    name: str = ""
    status: Status = "running"
    message: str = ""
    choice: int | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = field(default_factory=versions_now)
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto set in `trials`."""
        return front_of(self.trials)

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Position of the proposed trial; None where nothing is amorphous."""
        return pick(self.trials, metric, scaled=scaled)


class AmorphousLog(ResultLog[AmorphousTrial]):
    """A run's log file, open while the run goes on; see `ResultLog`."""

    def __init__(self, run: AmorphousRun, folder: Path) -> None:
        super().__init__(_AMORPHOUS, folder, _head(run), _trial_to_json)


def save_amorphous_run(run: AmorphousRun, folder: Path) -> Path:
    """Write `run.json` into a folder, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    return _AMORPHOUS.save(folder, _head(run) | front_record(run), map(_trial_to_json, run.trials))


def load_amorphous_run(path: Path) -> AmorphousRun:
    """Read a run: its folder, its `run.json`, or the log of one that was cut off.

    Raises
    ------
    BadInput
        If there is no such run, or the file is damaged or of a newer version.
    """
    return _AMORPHOUS.load(path, _from_json)


def _head(run: AmorphousRun) -> dict[str, Any]:
    return head_of(_AMORPHOUS.name, run, SEARCH_STATE) | {
        "verdict": asdict(run.verdict),
        "atoms": pack(run.atoms.astype("<f4")),
        "columns": {
            "yx": pack(run.columns.yx.astype("<f4")),
            "labels": run.columns.labels.tolist(),
            "atom": pack(run.columns.atom.astype("<i4")),
            "loss": pack(run.columns.loss.astype("<f4")),
            "reference": pack(np.packbits(run.columns.reference)),
        },
        "measured": run.measured,
        "notices": run.notices,
        "choice": index_at(run.trials, run.choice),
    }


def _trial_to_json(trial: AmorphousTrial) -> dict[str, Any]:
    score = asdict(trial.score)
    # JSON knows no infinity
    score["compactness"] = score["compactness"] if trial.score.feasible else None
    return {
        "index": trial.index,
        "parameters": trial.parameters,
        "score": score,
        "feasible": trial.feasible,
        "seconds": trial.seconds,
        "search_seconds": trial.search_seconds,
        "failure": trial.failure,
        "level": pack(trial.level.astype("<f4")),
        "left": pack(trial.left.astype("<f4")),
        "mask": pack(trial.packed),
    }


def _require_words(head: dict[str, Any]) -> None:
    """Refuse what the window could not show: it would fail there, long after reading."""
    words = [head[key] for key in ("identifier", "name", "message", "created")]
    if not isinstance(head["notices"], list) or head["status"] not in get_args(Status):
        raise ValueError("notices or status")
    if not all(isinstance(word, str) for word in words + head["notices"]):
        raise TypeError("text expected")


def _from_json(head: dict[str, Any], records: Sequence[dict[str, Any]]) -> AmorphousRun:
    _require_words(head)
    common = fields_of(head, AmorphousSettings, SEARCH_STATE)
    shape, settings = common["image"].shape, common["settings"]
    trials = [_trial_from_json(record, shape, settings) for record in records]
    # missing bits would be taken for crystal
    if any(trial.packed.size != -(-trial.shape[0] * trial.shape[1] // 8) for trial in trials):
        raise ValueError("a mask of another size")
    table = head["columns"]
    labels = np.array(table["labels"], dtype=str)
    return AmorphousRun(
        **common,
        atoms=unpack(head["atoms"], "<f4").astype(float).reshape(-1, 4),
        columns=ColumnTable(
            unpack(table["yx"], "<f4").astype(float).reshape(-1, 2),
            labels,
            unpack(table["atom"], "<i4").astype(int),
            unpack(table["loss"], "<f4").astype(float),
            unpack_bits(table["reference"], labels.shape),
        ),
        verdict=Verdict(**head["verdict"]),
        trials=trials,
        measured=head["measured"],
        notices=head["notices"],
        choice=position_of(trials, head["choice"]),
    )


def _trial_from_json(
    record: dict[str, Any], shape: tuple[int, int], settings: AmorphousSettings
) -> AmorphousTrial:
    score = record["score"]
    if score["compactness"] is None:
        score = score | {"compactness": float("inf")}
    return AmorphousTrial(
        index=record["index"],
        parameters=record["parameters"],
        level=unpack(record["level"], "<f4"),
        left=unpack(record["left"], "<f4"),
        packed=unpack(record["mask"], "u1"),
        shape=shape,
        score=RegionScore(**score),
        rewards=settings.objectives,
        seconds=record["seconds"],
        search_seconds=record["search_seconds"],
        failure=record["failure"],
    )
