"""The run of sliding windows, and its file."""

from __future__ import annotations

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
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import (
    ImageReference,
    checked,
    fields_of,
    head_of,
)
from napari_reward_analysis.runs.journal import Record
from napari_reward_analysis.runs.packed import pack, unpack_bits
from napari_reward_analysis.runs.run import BaseRun

if TYPE_CHECKING:
    import pandas as pd
    import xarray
    from matplotlib.figure import Figure


@dataclass(kw_only=True, eq=False, repr=False)
class WindowsRun(BaseRun[WindowResult]):
    """The windows of one image. Its `trials` are the finished windows in any order.

    Attributes
    ----------
    plan : Plan
        The windows.
    spacing_px : float
        Smallest distance between columns in px.
    """

    kind: ClassVar[str] = "windows"
    noun: ClassVar[str] = "windows"

    settings: WindowsSettings
    plan: Plan
    spacing_px: float

    @classmethod
    def of(cls, problem: WindowsProblem) -> WindowsRun:
        """Return a run without results."""
        return cls(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            lattice=problem.lattice,
            notices=list(problem.preflight.notices),
            name=f"{problem.image.name} windows",
            plan=problem.plan,
            spacing_px=problem.spacing_px,
        )

    @property
    def stitched(self) -> Table:
        """Columns of the whole image, each once; see `stitched_table`."""
        return stitched_table(self.trials, self.plan, self.spacing_px, self.image.pixel_size)

    @property
    def maps(self) -> dict[str, FloatArray]:
        """Maps of QC, ER and parameters over the windows; see `window_maps`."""
        return window_maps(self.trials, self.plan)

    @property
    def left_out(self) -> list[WindowResult]:
        """Windows without a result."""
        return [result for result in self.trials if result.trial is None]

    def has_result(self) -> bool:
        """Return True if a window has a result."""
        return len(self.left_out) < len(self.trials)

    def atoms(self) -> pd.DataFrame:
        """Return the columns of the whole image, each once, as in `atoms.csv`."""
        import pandas as pd

        return pd.DataFrame(self.stitched)

    def table(self) -> pd.DataFrame:
        """Return a row for each finished window; see `window_table`."""
        import pandas as pd

        return pd.DataFrame(window_table(self.trials))

    def plot_maps(self) -> Figure:
        """Plot one small picture for each map; see `maps_figure`."""
        from napari_reward_analysis.analyses.windows.figures import maps_figure

        return maps_figure(self)

    def to_xarray(self) -> xarray.Dataset:
        """Return the maps as an xarray dataset; see `maps_dataset`.

        Raises
        ------
        BadInput
            If xarray is missing.
        """
        return maps_dataset(self.maps, self.plan, self.image.pixel_size)


@dataclass(frozen=True)
class _Head:
    """Entries of the head that only this kind of run has, as plain values."""

    plan: Plan
    spacing_px: float


@dataclass(frozen=True)
class _Record:
    """A window as plain values, with packed arrays."""

    window: int
    reason: str
    n_trials: int
    learnt_from: tuple[int, ...]
    seconds: float
    point: list[float] | None
    physics: Physics | None
    crystal: str | None
    trial: dict[str, Any] | None


def _head(run: WindowsRun) -> Record:
    return head_of(run) | {
        "spacing_px": run.spacing_px,
        "plan": asdict(run.plan),
    }


def _result_to_json(result: WindowResult) -> Record:
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


def _from_json(head: Record, records: list[Record]) -> WindowsRun:
    common = fields_of(head, WindowsSettings)
    if common["lattice"] is None:
        raise ValueError("windows need a lattice")
    own = checked(_Head, head)
    _check_plan(own.plan, common["image"])
    run = WindowsRun(
        **common,
        trials=[_result_from_json(record, own.plan) for record in records],
        plan=own.plan,
        spacing_px=own.spacing_px,
    )
    # Inconsistent data fails here and not later in the window.
    _ = run.stitched, run.maps
    return run


def _check_plan(plan: Plan, image: ImageReference) -> None:
    rows, columns = plan.grid
    # A damaged grid can be huge, so that the number of windows is checked first.
    whole = plan.shape == image.shape and len(plan.windows) == rows * columns
    if not whole or any(
        (w.index, w.row, w.column) != (i, *divmod(i, columns)) for i, w in enumerate(plan.windows)
    ):
        raise ValueError("windows that do not cover the image")


def _result_from_json(record: Record, plan: Plan) -> WindowResult:
    saved: _Record = checked(_Record, record)
    if not 0 <= saved.window < len(plan.windows):
        raise ValueError(f"there is no window {saved.window}")
    window, physics, found = plan.windows[saved.window], saved.physics, saved.trial
    shape = window.bottom - window.top, window.right - window.left
    return WindowResult(
        window=window,
        trial=None if found is None or physics is None else trial_from_json(found, physics),
        physics=physics,
        reason=saved.reason,
        n_trials=saved.n_trials,
        learnt_from=saved.learnt_from,
        point=None if saved.point is None else np.array(saved.point),
        seconds=saved.seconds,
        crystal=None if saved.crystal is None else unpack_bits(saved.crystal, shape),
    )


WINDOWS_FORMAT = RunFormat(WindowsRun.kind, "windows.json", _head, _result_to_json, _from_json)
