"""An analysis by sliding windows as an object; save and reopen.

While it goes on it is a log, a line a window; a finished one is one JSON file, written
whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.run import trial_from_json, trial_to_json
from napari_reward_analysis.analyses.windows.plan import Plan
from napari_reward_analysis.analyses.windows.problem import WindowsProblem, WindowsSettings
from napari_reward_analysis.analyses.windows.result import (
    Map,
    Table,
    WindowResult,
    stitched_table,
    window_maps,
)
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.runs.files import ResultLog, RunKind
from napari_reward_analysis.runs.head import (
    ImageReference,
    Status,
    checked,
    fields_of,
    head_of,
    versions_now,
)
from napari_reward_analysis.runs.packed import pack, unpack_bits

WINDOWS_FILE = "windows.json"

_WINDOWS = RunKind("windows", WINDOWS_FILE, "no analysis by windows")


@dataclass
class WindowsRun:
    """All windows of one image.

    Attributes
    ----------
    image : ImageReference
        The image it belongs to.
    settings : WindowsSettings
        What was asked.
    lattice : Lattice
        The crystal.
    plan : Plan
        The windows.
    spacing_px : float
        Distance of the nearest columns.
    results : list of WindowResult
        Those that are done, in the order in which they were.
    notices : list of str
        What the user was told about the image.
    status : {'running', 'done', 'cancelled', 'failed'}
        How far it came.
    versions : dict
        Versions of the packages that made it.
    """

    image: ImageReference
    settings: WindowsSettings
    lattice: Lattice
    plan: Plan
    spacing_px: float
    results: list[WindowResult] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    status: Status = "running"
    versions: dict[str, str] = field(default_factory=versions_now)

    @classmethod
    def of(cls, problem: WindowsProblem) -> WindowsRun:
        """A run that has not begun."""
        return cls(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            lattice=problem.lattice,
            plan=problem.plan,
            spacing_px=problem.spacing_px,
            notices=[sentence(notice) for notice in problem.preflight.notices],
        )

    @property
    def table(self) -> Table:
        """The columns of the whole image, each once, see `stitched_table`."""
        return stitched_table(self.results, self.plan, self.spacing_px, self.image.pixel_size)

    @property
    def maps(self) -> dict[str, Map]:
        """QC, ER and parameters by window, see `window_maps`."""
        return window_maps(self.results, self.plan)

    @property
    def left_out(self) -> list[WindowResult]:
        """Windows without a result."""
        return [result for result in self.results if result.trial is None]


class WindowsLog(ResultLog[WindowResult]):
    """The log of a run that goes on; see `ResultLog`."""

    def __init__(self, run: WindowsRun, folder: Path) -> None:
        super().__init__(_WINDOWS, folder, _head(run), _result_to_json)


def save_windows(run: WindowsRun, folder: Path) -> Path:
    """Write `windows.json` into a folder, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    return _WINDOWS.save(folder, _head(run), map(_result_to_json, run.results))


def load_windows(path: Path) -> WindowsRun:
    """Read a run: its folder, its `windows.json`, or the log of one that was cut off.

    Raises
    ------
    BadInput
        If there is none, or the file is damaged or of a newer version.
    """
    return _WINDOWS.load(path, _from_json)


def _head(run: WindowsRun) -> dict[str, Any]:
    return head_of(_WINDOWS.name, run) | {
        "spacing_px": run.spacing_px,
        "notices": run.notices,
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
    common = fields_of(head, WindowsSettings)
    if common["lattice"] is None:
        raise ValueError("windows need a lattice")
    run = WindowsRun(
        **common,
        plan=_plan(head["plan"], common["image"]),
        spacing_px=checked(float, head["spacing_px"]),
        notices=checked(list[str], head["notices"]),
    )
    run.results = [_result_from_json(record, run.plan) for record in records]
    # what does not fit together fails here, not where it is shown
    _ = run.table, run.maps
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
