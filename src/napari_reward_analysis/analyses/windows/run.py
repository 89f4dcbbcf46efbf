"""The run of sliding windows, and how it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_reward_analysis.analyses.atoms.run import trial_from_json, trial_to_json
from napari_reward_analysis.analyses.windows.maps import maps_dataset, window_maps
from napari_reward_analysis.analyses.windows.plan import Plan
from napari_reward_analysis.analyses.windows.problem import WindowsProblem
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.analyses.windows.table import Table, stitched_table, window_table
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    SEARCH_STATE,
    ImageReference,
    checked,
    head_of,
    study_fields_of,
)
from napari_reward_analysis.runs.packed import pack, unpack_bits
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure


@dataclass(kw_only=True, eq=False, repr=False)
class WindowsRun(BaseRun[WindowResult]):
    """All windows of one image; `trials` are those that are done, in any order.

    Attributes
    ----------
    plan : Plan
        The windows.
    spacing_px : float
        Distance of the nearest columns.
    """

    kind: ClassVar[str] = "windows"
    noun: ClassVar[str] = "windows"

    settings: WindowsSettings
    plan: Plan
    spacing_px: float

    @classmethod
    def of(cls, problem: WindowsProblem) -> WindowsRun:
        """A run that has not begun."""
        return cls(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            lattice=problem.lattice,
            notices=list(problem.preflight.notices),
            plan=problem.plan,
            spacing_px=problem.spacing_px,
        )

    @property
    def stitched(self) -> Table:
        """The columns of the whole image, each once, see `stitched_table`."""
        return stitched_table(self.trials, self.plan, self.spacing_px, self.image.pixel_size)

    @property
    def maps(self) -> dict[str, FloatArray]:
        """QC, ER and parameters by window, see `window_maps`."""
        return window_maps(self.trials, self.plan)

    @property
    def left_out(self) -> list[WindowResult]:
        """Windows without a result."""
        return [result for result in self.trials if result.trial is None]

    def has_result(self) -> bool:
        """Whether a window has a result."""
        return len(self.left_out) < len(self.trials)

    def atoms(self) -> pd.DataFrame:
        """The columns of the whole image, each once: the content of `atoms.csv`."""
        import pandas as pd

        return pd.DataFrame(self.stitched)

    def table(self) -> pd.DataFrame:
        """A row for each window that is done, see `window_table`."""
        import pandas as pd

        return pd.DataFrame(window_table(self.trials))

    def plot_maps(self) -> Figure:
        """One small picture for each map, see `maps_figure`."""
        from napari_reward_analysis.analyses.windows.figures import maps_figure

        return maps_figure(self)

    def to_xarray(self) -> xarray.Dataset:
        """QC, ER and parameters by window, see `maps_dataset`.

        Raises
        ------
        BadInput
            If xarray is missing.
        """
        return maps_dataset(self.maps, self.plan, self.image.pixel_size)


def _head(run: WindowsRun) -> dict[str, Any]:
    return head_of(run.kind, run, SEARCH_STATE) | {
        "spacing_px": run.spacing_px,
        "notices": [notice.to_json() for notice in run.notices],
        "plan": asdict(run.plan),
    }


def _result_to_json(result: WindowResult) -> dict[str, Any]:
    return {
        "window": result.window.index,
        "reason": result.reason,
        "n_trials": result.n_trials,
        "learnt_from": list(result.learnt_from),
        "seconds": result.seconds,
        "point": None if result.point is None else result.point.tolist(),
        "physics": None if result.physics is None else asdict(result.physics),
        "crystal": None if result.crystal is None else pack(np.packbits(result.crystal)),
        "trial": None if result.trial is None else trial_to_json(result.trial),
    }


def _from_json(head: dict[str, Any], records: Sequence[dict[str, Any]]) -> WindowsRun:
    common = study_fields_of(head, WindowsSettings)
    if common["lattice"] is None:
        raise ValueError("windows need a lattice")
    plan = _plan(head["plan"], common["image"])
    run = WindowsRun(
        **common,
        trials=[_result_from_json(record, plan) for record in records],
        notices=[Notice.from_json(notice) for notice in head["notices"]],
        plan=plan,
        spacing_px=checked(float, head["spacing_px"]),
    )
    # what does not fit together fails here, not where it is shown
    _ = run.stitched, run.maps
    return run


def _plan(record: object, image: ImageReference) -> Plan:
    plan = checked(Plan, record)
    rows, columns = plan.grid
    # the number first: a grid that cannot be would be endless
    whole = plan.shape == image.shape and len(plan.windows) == rows * columns
    if not whole or any(
        (w.index, w.row, w.column) != (i, *divmod(i, columns)) for i, w in enumerate(plan.windows)
    ):
        raise ValueError("windows that do not cover the image")
    return plan


def _result_from_json(record: dict[str, Any], plan: Plan) -> WindowResult:
    physics = None if record["physics"] is None else Physics(**record["physics"])
    found, window = record["trial"], plan.windows[record["window"]]
    shape = window.bottom - window.top, window.right - window.left
    return WindowResult(
        window=window,
        trial=None if found is None or physics is None else trial_from_json(found, physics),
        physics=physics,
        reason=checked(str, record["reason"]),
        n_trials=record["n_trials"],
        learnt_from=tuple(record["learnt_from"]),
        point=None if record["point"] is None else np.array(record["point"]),
        seconds=record["seconds"],
        crystal=None if record["crystal"] is None else unpack_bits(record["crystal"], shape),
    )


WINDOWS_FORMAT = RunFormat(WindowsRun.kind, "windows.json", _head, _result_to_json, _from_json)
