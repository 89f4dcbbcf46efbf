"""The run of a search for amorphous regions, and its file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.overlay import region_overlay_figure
from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem
from napari_reward_analysis.analyses.amorphous.regions.rewards import RegionScore
from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.analyses.amorphous.table import columns_table, region_table
from napari_reward_analysis.analyses.amorphous.trial import AmorphousTrial, front_of, pick
from napari_reward_analysis.analyses.amorphous.verdict import Verdict
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    checked,
    fields_of,
    front_record,
    head_of,
    index_at,
    position_of,
)
from napari_reward_analysis.runs.journal import RUN_FILE, Record
from napari_reward_analysis.runs.packed import pack, unpack, unpack_bits
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from napari_reward_analysis.image import Image


@dataclass(frozen=True, eq=False)
class ColumnTable:
    """The columns of a run as plain data.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Positions in px.
    labels : ndarray of str, shape (n,)
        Kinds; '' if unknown.
    atom : ndarray of int, shape (n,)
        Index of the atom on each column; -1 without an atom.
    loss : ndarray, shape (n,)
        Contrast loss against the own kind in crystal; NaN if unknown.
    reference : ndarray of bool, shape (n,)
        True for columns that serve as crystal.
    """

    yx: FloatArray
    labels: npt.NDArray[np.str_]
    atom: npt.NDArray[np.int_]
    loss: FloatArray
    reference: BoolArray

    @classmethod
    def of(cls, problem: AmorphousProblem) -> ColumnTable:
        """Return the columns of a problem."""
        columns, losses = problem.columns, problem.described.kept
        return cls(
            columns.yx, problem.described.labels, columns.atom, losses.loss, losses.reference
        )


@dataclass(kw_only=True, eq=False, repr=False)
class AmorphousRun(BaseRun[AmorphousTrial]):
    """One search for amorphous regions in one image. `BaseRun` has further attributes.

    Attributes
    ----------
    settings : AmorphousSettings
        Settings of the search.
    blobs : ndarray, shape (m, 4)
        y, x (px), sigma (px), response of the atoms. Sigma and response are NaN if only
        positions were given.
    columns : ColumnTable
        The columns with their kinds and their contrast loss.
    verdict : Verdict
        Result of the test for an amorphous region.
    measured : dict or None
        The lattice as measured in the image.
    """

    kind: ClassVar[str] = "amorphous"

    settings: AmorphousSettings
    blobs: FloatArray
    columns: ColumnTable
    verdict: Verdict
    measured: dict[str, Any] | None = None

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto front in `trials`."""
        return front_of(self.trials)

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Return the position of the proposed trial, or None if nothing is amorphous."""
        return pick(self.trials, metric, scaled=scaled)

    @property
    def mask(self) -> BoolArray:
        """Amorphous pixels of the best trial, shape (H, W)."""
        return self.numbered > 0

    @property
    def numbered(self) -> npt.NDArray[np.uint8]:
        """Numbered regions of the best trial, shape (H, W): 0 for crystal, regions from 1."""
        best: AmorphousTrial | None = self.best
        return np.zeros(self.image.shape, np.uint8) if best is None else best.regions

    def atoms(self) -> pd.DataFrame:
        """Return the atoms with their classes, as in `atoms.csv`; see `columns_table`."""
        import pandas as pd

        return pd.DataFrame(columns_table(self, self.mask))

    def regions(self) -> pd.DataFrame:
        """Return a row for each amorphous region, as in `regions.csv`; see `region_table`."""
        import pandas as pd

        return pd.DataFrame(region_table(self.numbered, self.image.pixel_size))

    def plot_front(self) -> Figure:
        """Plot all trials and the Pareto front; see `region_figure`."""
        from napari_reward_analysis.analyses.amorphous.figures import region_figure

        return region_figure(self)

    def plot_overlay(self, image: Image | None = None) -> Figure:
        """Plot the regions on the image; see `region_overlay_figure`.

        Parameters
        ----------
        image : Image, optional
            The image of the run. It is needed if it is neither in memory nor in its file.

        Raises
        ------
        BadInput
            If the image is not available.
        """
        return region_overlay_figure(self.need_image(image), self.numbered)


def save_amorphous_run(run: AmorphousRun, folder: str | Path) -> Path:
    """Write `run.json` into a folder. A failed write leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    return AMORPHOUS_FORMAT.save(run, folder)


def load_amorphous_run(path: str | Path) -> AmorphousRun:
    """Load a run from its folder, its `run.json`, or the log of an interrupted run.

    Raises
    ------
    BadInput
        If there is no such run, or the file is damaged or of a newer version.
    """
    return AMORPHOUS_FORMAT.load(path)


@dataclass(frozen=True)
class _Columns:
    """A `ColumnTable` as plain values, with packed arrays."""

    yx: str
    labels: list[str]
    atom: str
    loss: str
    reference: str


@dataclass(frozen=True)
class _Head:
    """Entries of the head that only this kind of run has, as plain values."""

    verdict: Verdict
    atoms: str
    columns: _Columns
    measured: dict[str, Any] | None
    choice: int | None


@dataclass(frozen=True)
class _Record:
    """A trial as plain values, with packed arrays."""

    index: int
    parameters: dict[str, float | str]
    score: dict[str, Any]
    level: str
    left: str
    mask: str
    seconds: float
    search_seconds: float
    failure: str


def _head(run: AmorphousRun) -> Record:
    return head_of(run) | {
        "verdict": run.verdict.to_json(),
        "atoms": pack(run.blobs.astype("<f4")),
        "columns": {
            "yx": pack(run.columns.yx.astype("<f4")),
            "labels": run.columns.labels.tolist(),
            "atom": pack(run.columns.atom.astype("<i4")),
            "loss": pack(run.columns.loss.astype("<f4")),
            "reference": pack(np.packbits(run.columns.reference)),
        },
        "measured": run.measured,
        "choice": index_at(run.trials, run.choice),
    }


def _trial_to_json(trial: AmorphousTrial) -> Record:
    score = asdict(trial.score)
    # JSON has no infinity.
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


def _from_json(head: Record, records: list[Record]) -> AmorphousRun:
    own: _Head = checked(_Head, head)
    common = fields_of(head, AmorphousSettings)
    shape, settings = common["image"].shape, common["settings"]
    trials = [_trial_from_json(record, shape, settings) for record in records]
    return AmorphousRun(
        **common,
        blobs=unpack(own.atoms, "<f4").astype(float).reshape(-1, 4),
        columns=_columns_from_json(own.columns),
        verdict=own.verdict,
        trials=trials,
        measured=own.measured,
        choice=position_of(trials, own.choice),
    )


def _columns_from_json(saved: _Columns) -> ColumnTable:
    labels = np.array(saved.labels, dtype=str)
    table = ColumnTable(
        unpack(saved.yx, "<f4").astype(float).reshape(-1, 2),
        labels,
        unpack(saved.atom, "<i4").astype(int),
        unpack(saved.loss, "<f4").astype(float),
        unpack_bits(saved.reference, labels.shape),
    )
    if not len(table.yx) == len(labels) == len(table.atom) == len(table.loss):
        raise ValueError("columns of different lengths")
    return table


def _trial_from_json(
    record: Record, shape: tuple[int, int], settings: AmorphousSettings
) -> AmorphousTrial:
    saved: _Record = checked(_Record, record)
    score = saved.score
    if score.get("compactness") is None:
        score = score | {"compactness": float("inf")}
    packed = unpack(saved.mask, "u1")
    # Missing bits would count as crystal.
    if packed.size != -(-shape[0] * shape[1] // 8):
        raise ValueError("a mask of another size")
    return AmorphousTrial(
        index=saved.index,
        parameters=saved.parameters,
        level=unpack(saved.level, "<f4"),
        left=unpack(saved.left, "<f4"),
        packed=packed,
        shape=shape,
        score=checked(RegionScore, score),
        rewards=settings.objectives,
        seconds=saved.seconds,
        search_seconds=saved.search_seconds,
        failure=saved.failure,
    )


AMORPHOUS_FORMAT = RunFormat("amorphous", RUN_FILE, _head, _trial_to_json, _from_json, front_record)
