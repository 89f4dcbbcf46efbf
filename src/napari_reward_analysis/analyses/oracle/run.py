"""The run of a comparison with an oracle, and its file.

The file contains the points and the matching distance. The matched pairs are computed again
from them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from napari_reward_analysis.analyses.oracle.figures import comparison_figure
from napari_reward_analysis.analyses.oracle.problem import OracleProblem
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.analyses.oracle.table import agreement_table, oracle_table
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.points.agreement import Agreement, agreement
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    ImageReference,
    checked,
    fields_of,
    head_of,
)
from napari_reward_analysis.runs.journal import Record
from napari_reward_analysis.runs.packed import pack, unpack
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from napari_reward_analysis.image import Image


def _no_oracle() -> Oracle:
    return Oracle.of_points("", np.empty((0, 2)))


@dataclass(kw_only=True, eq=False, repr=False)
class OracleRun(BaseRun[TrialAgreement]):
    """The columns of an oracle in one image, and the positions compared with them.

    Each of its `trials` is the agreement of one run.

    Attributes
    ----------
    oracle : Oracle
        The oracle in the compared area. It has no points at the beginning.
    found : ndarray, shape (n, 2), or None
        Compared positions in the area, y and x in px, or None.
    found_name : str
        Name of the compared positions.
    reach : float or None
        Largest distance of a pair in px, or None if it is unknown.
    trial : int or None
        Number of the compared trial if the positions are the result of a run.
    result : Agreement or None
        Matched, missed and spurious positions, or None without compared positions.
    """

    kind: ClassVar[str] = "oracle"
    noun: ClassVar[str] = "judged runs"

    settings: OracleSettings = field(default_factory=OracleSettings)
    oracle: Oracle = field(default_factory=_no_oracle)
    found: FloatArray | None = None
    found_name: str = ""
    reach: float | None = None
    trial: int | None = None
    result: Agreement | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Compute the agreement of given positions."""
        if self.found is not None:
            self.compare(self.found)

    @classmethod
    def of(cls, problem: OracleProblem) -> OracleRun:
        """Return a run without results."""
        compared = problem.compared
        return cls(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            lattice=problem.lattice,
            notices=list(problem.notices),
            name=f"{problem.image.name} oracle",
            found_name="" if compared is None else compared.name,
            trial=None if compared is None else compared.trial,
        )

    def compare(self, found: FloatArray) -> None:
        """Compare positions with the oracle; pairs are at most `reach` apart.

        Parameters
        ----------
        found : ndarray, shape (n, 2)
            Positions in the compared area, y and x in px.
        """
        self.found, self.result = found, agreement(found, self.oracle.points, self.reach)

    def has_result(self) -> bool:
        """Return True if the oracle has columns."""
        return len(self.oracle.points) > 0

    def atoms(self) -> pd.DataFrame:
        """Return the columns of the oracle, as in `oracle.csv`; see `oracle_table`."""
        import pandas as pd

        return pd.DataFrame(oracle_table(self.oracle, self.image.pixel_size, self.lattice))

    def plot_overlay(self, image: Image | None = None) -> Figure:
        """Plot matched, missed and spurious columns on the image; see `comparison_figure`.

        Parameters
        ----------
        image : Image, optional
            The image of the run. It is needed if it is neither in memory nor in its file.

        Raises
        ------
        BadInput
            If the image is not available.
        """
        shown, oracle = self.need_image(image), self.oracle.points
        found = oracle if self.found is None else self.found
        return comparison_figure(shown, found, oracle, self.result)

    def table(self) -> pd.DataFrame:
        """Return a row for each matched, missed and spurious position, as in `agreement.csv`.

        Raises
        ------
        BadInput
            If nothing was compared.
        """
        import pandas as pd

        if self.found is None or self.result is None:
            raise BadInput("Nothing was compared with the oracle: give a run to compare.")
        size = self.image.pixel_size
        return pd.DataFrame(agreement_table(self.found, self.oracle, self.result, size))


@dataclass(frozen=True)
class _Columns:
    """An oracle as plain values, with packed arrays."""

    name: str
    points: str
    confidence: str
    classes: list[str]


@dataclass(frozen=True)
class _Head:
    """Entries of the head that only this kind of run has, as plain values."""

    oracle: _Columns
    found: str | None
    found_name: str
    reach_px: float | None
    trial: int | None = None


@dataclass(frozen=True)
class _Record:
    """The agreement of a run as plain values. The F1 of a trial without a result is None."""

    run: str
    name: str
    indices: tuple[int, ...]
    f1: list[float | None]


def _head(run: OracleRun) -> Record:
    oracle, found = run.oracle, run.found
    return head_of(run) | {
        "oracle": {
            "name": oracle.name,
            "points": _pack(oracle.points),
            "confidence": _pack(oracle.confidence),
            "classes": [str(name) for name in oracle.classes],
        },
        "found": None if found is None else _pack(found),
        "found_name": run.found_name,
        "reach_px": run.reach,
        "trial": run.trial,
    }


def _judged_to_json(judged: TrialAgreement) -> Record:
    # JSON has no NaN.
    f1 = [None if np.isnan(value) else float(value) for value in judged.f1]
    return {"run": judged.run, "name": judged.name, "indices": list(judged.indices), "f1": f1}


def _from_json(head: Record, records: list[Record]) -> OracleRun:
    # Comparisons of version 0.1 lack these entries.
    head = {"status": "done", "lattice": None, "settings": {}} | head
    common, own = fields_of(head, OracleSettings), checked(_Head, head)
    image, known = common["image"], own.oracle
    points, confidence = _points(known.points, image), _unpack(known.confidence)
    if not len(points) == len(confidence) == len(known.classes):
        raise ValueError("points, confidences and classes differ in number")
    if own.found is not None and not 0 < (own.reach_px or 0) < math.inf:
        raise ValueError("a comparison needs a distance above 0")
    return OracleRun(
        **common,
        trials=[_judged_from_json(record) for record in records],
        oracle=Oracle(known.name, points, confidence, np.array(known.classes, dtype=str)),
        found=None if own.found is None else _points(own.found, image),
        found_name=own.found_name,
        reach=own.reach_px,
        trial=own.trial,
    )


def _points(text: str, image: ImageReference) -> FloatArray:
    points = _unpack(text).reshape(-1, 2)
    # The condition also rejects NaN.
    if not ((points >= -1) & (points <= image.shape)).all():
        raise ValueError("points outside the image")
    return points


def _judged_from_json(record: Record) -> TrialAgreement:
    saved: _Record = checked(_Record, record)
    f1 = np.array([np.nan if value is None else value for value in saved.f1], float)
    if len(saved.indices) != len(f1):
        raise ValueError("numbers of trials and F1 values differ")
    if not (np.isnan(f1) | ((f1 >= 0) & (f1 <= 1))).all():
        raise ValueError("an F1 is not between 0 and 1")
    return TrialAgreement(saved.run, saved.name, saved.indices, f1)


def _pack(array: FloatArray) -> str:
    return pack(array.astype("<f8"))


def _unpack(text: str) -> FloatArray:
    return np.asarray(unpack(text, "<f8"), np.float64)


ORACLE_FORMAT = RunFormat(OracleRun.kind, "oracle.json", _head, _judged_to_json, _from_json)
