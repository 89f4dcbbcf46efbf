"""A run as an object: what was asked, what was found, what was chosen; save and load.

While it goes on, a run is a log: one line with everything known at the start, then one
line a trial, each flushed. A process that is killed loses the line it was writing, no
more. A finished run is one JSON file, written whole or not at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.trials import AtomsSettings, AtomTrial, front_of, pick
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.rewards.atoms import Physics, score_atoms
from napari_reward_analysis.runs.files import ResultLog, RunKind
from napari_reward_analysis.runs.head import (
    FORMAT,
    SEARCH_STATE,
    ImageReference,
    Status,
    fields_of,
    front_record,
    head_of,
    index_at,
    position_of,
    refuse_newer,
    versions_now,
)
from napari_reward_analysis.runs.journal import LOG_FILE, RUN_FILE
from napari_reward_analysis.runs.packed import pack as _pack
from napari_reward_analysis.runs.packed import unpack as _unpack
from napari_reward_analysis.runs.packed import unpack_bits

__all__ = [
    "FORMAT",
    "LOG_FILE",
    "RUN_FILE",
    "ImageReference",
    "Run",
    "RunLog",
    "Status",
    "load_run",
    "refuse_newer",
    "save_run",
    "trial_from_json",
    "trial_to_json",
    "versions_now",
]

_ATOMS = RunKind("atoms")


@dataclass
class Run:
    """One search on one image.

    Attributes
    ----------
    image : ImageReference
        The image it belongs to.
    settings : AtomsSettings
        What was asked.
    physics : Physics
        N and DS by which the trials are scored at present.
    lattice : Lattice or None
        The crystal.
    trials : list of AtomTrial
        In the order of evaluation.
    region : ndarray of bool or None
        The analysed pixels where they are not the whole field.
    drawn : bool
        Whether the user drew the region; otherwise it was found by the lattice seen.
    measured : dict or None
        The lattice as measured in the image, as of `MeasuredLattice.facts`.
    notices : list of str
        What the user was told about image and lattice.
    oracles : dict
        Counts of other oracles by name, each with a front of its own on the same trials.
    name : str
        What the user calls the run.
    status : {'running', 'done', 'cancelled', 'failed'}
        How far it came.
    message : str
        Why it failed, when it did.
    choice : int or None
        Trial that the user chose; None means the proposed one.
    created : str
        Time of the start, ISO 8601, UTC.
    versions : dict
        Versions of the packages that made it.
    identifier : str
        Unique name.
    """

    image: ImageReference
    settings: AtomsSettings
    physics: Physics
    lattice: Lattice | None = None
    trials: list[AtomTrial] = field(default_factory=list)
    region: BoolArray | None = None
    drawn: bool = False
    measured: dict[str, Any] | None = None
    notices: list[str] = field(default_factory=list)
    oracles: dict[str, float] = field(default_factory=dict)
    name: str = ""
    status: Status = "running"
    message: str = ""
    choice: int | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = field(default_factory=versions_now)
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto set in `trials`, sorted by |QC|."""
        return front_of(self.trials)

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Position of the trial nearest to the ideal point."""
        return pick(self.trials, metric, scaled=scaled)

    def rescore(self, physics: Physics) -> None:
        """Judge every trial by another N or DS, from its stored blobs."""
        self.physics = physics
        self.trials = [trial.rescored(physics) for trial in self.trials]

    @property
    def seconds(self) -> float:
        """Time spent in trials and in the search."""
        return sum(trial.seconds + trial.search_seconds for trial in self.trials)


class RunLog(ResultLog[AtomTrial]):
    """A run's log file, open while the run goes on; see `ResultLog`."""

    def __init__(self, run: Run, folder: Path) -> None:
        super().__init__(_ATOMS, folder, _head(run), trial_to_json)


def save_run(run: Run, folder: Path) -> Path:
    """Write `run.json` into a folder, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    return _ATOMS.save(folder, _head(run) | front_record(run), map(trial_to_json, run.trials))


def load_run(path: Path) -> Run:
    """Read a run: its folder, its `run.json`, or the log of one that was cut off.

    Raises
    ------
    BadInput
        If there is no run, or the file is damaged or of a newer version.
    """
    return _ATOMS.load(path, _from_json)


def _head(run: Run) -> dict[str, Any]:
    return head_of(_ATOMS.name, run, SEARCH_STATE) | {
        "physics": asdict(run.physics),
        "region": None if run.region is None else _pack(np.packbits(run.region)),
        "drawn": run.drawn,
        "measured": run.measured,
        "notices": run.notices,
        "oracles": run.oracles,
        "choice": index_at(run.trials, run.choice),
    }


def trial_to_json(trial: AtomTrial) -> dict[str, Any]:
    """A trial as plain values, its arrays packed."""
    return {
        "index": trial.index,
        "parameters": trial.parameters,
        "n": trial.score.count,
        "qc": trial.score.qc,
        "er": trial.score.er,
        "further": trial.extra_rewards,
        "feasible": trial.feasible,
        "margin": trial.margin,
        "seconds": trial.seconds,
        "search_seconds": trial.search_seconds,
        "failure": trial.failure,
        "blobs": _pack(trial.blobs.astype("<f4")),
        "sums": _pack(trial.neighbour_sums.astype("<f4")),
        "inside": _pack(np.packbits(trial.inside)),
        "beside": _pack(np.packbits(trial.outside)),
        "refined": _pack_refined(trial.refined),
    }


def _from_json(head: dict[str, Any], records: Sequence[dict[str, Any]]) -> Run:
    common = fields_of(head, AtomsSettings, SEARCH_STATE)
    physics = Physics(**head["physics"])
    trials = [trial_from_json(record, physics) for record in records]
    region, shape = head["region"], common["image"].shape
    return Run(
        **common,
        physics=physics,
        trials=trials,
        region=None if region is None else unpack_bits(region, shape),
        drawn=head["drawn"],
        measured=head["measured"],
        notices=head["notices"],
        oracles=head["oracles"],
        choice=position_of(trials, head["choice"]),
    )


def trial_from_json(record: dict[str, Any], physics: Physics) -> AtomTrial:
    """The trial that `trial_to_json` was given, scored by N and DS."""
    sums = _unpack(record["sums"], "<f4")
    inside = unpack_bits(record["inside"], sums.shape)
    return AtomTrial(
        index=record["index"],
        parameters=record["parameters"],
        blobs=_unpack(record["blobs"], "<f4").reshape(-1, 4),
        neighbour_sums=sums,
        inside=inside,
        outside=_outside(record, sums.shape),
        score=score_atoms(sums, physics, inside),
        # absent from runs of earlier versions, which knew QC and ER alone
        extra_rewards=record.get("further", {}),
        margin=record["margin"],
        seconds=record["seconds"],
        search_seconds=record["search_seconds"],
        failure=record["failure"],
        refined=_unpack_refined(record.get("refined")),
    )


def _outside(record: dict[str, Any], shape: tuple[int, ...]) -> BoolArray:
    """None in runs of earlier versions, which left such columns out."""
    if "beside" not in record:
        return np.zeros(shape, bool)
    return unpack_bits(record["beside"], shape)


def _pack_refined(refined: Refined | None) -> str | None:
    """Columns y, x, uncertainty."""
    return None if refined is None else _pack(np.column_stack(refined).astype("<f4"))


def _unpack_refined(text: str | None) -> Refined | None:
    if text is None:
        return None
    table = _unpack(text, "<f4").reshape(-1, 3)
    return Refined(table[:, :2], table[:, 2])
