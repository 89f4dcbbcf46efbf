"""One window that is done, and all of them as one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.analyses.windows.plan import Plan, Window
from napari_reward_analysis.analyses.windows.stitch import stitch
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.points.neighbours import neighbour_sums
from napari_reward_analysis.rewards.atoms import Physics

Table = dict[str, npt.NDArray[Any]]
Map = npt.NDArray[np.float64]

_COLUMNS = (
    "y_px",
    "x_px",
    "sigma_px",
    "response",
    "uncertainty_px",
    "is_counted",
    "ds_px",
    "window",
)


@dataclass(frozen=True, eq=False)
class WindowResult:
    """One window that is done.

    Attributes
    ----------
    window : Window
        Where it lies.
    trial : AtomTrial or None
        Its best setting, with blobs in px of the window; None where it was left out.
    physics : Physics or None
        N and DS of the window.
    reason : str
        Why it was left out, a sentence; empty otherwise.
    n_trials : int
        Settings that were evaluated.
    learnt_from : tuple of int
        Windows whose best settings were tried first.
    point : ndarray, shape (d,), optional
        The setting as a point of the search space, for the neighbours.
    seconds : float
        Time of its search.
    crystal : ndarray of bool, optional
        Where it sees crystal, in its own pixels; None where everywhere.
    """

    window: Window
    trial: AtomTrial | None = None
    physics: Physics | None = None
    reason: str = ""
    n_trials: int = 0
    learnt_from: tuple[int, ...] = ()
    point: UnitPoint | None = None
    seconds: float = 0.0
    crystal: BoolArray | None = None

    @property
    def points(self) -> npt.NDArray[np.float64]:
        """Columns of the window's crystal or just beside it, y and x in px of the image, (n, 2)."""
        if self.trial is None:
            return np.empty((0, 2))
        return self.trial.points[self.trial.shown].astype(float) + self.window.corner


def stitched_table(
    results: Sequence[WindowResult], plan: Plan, spacing_px: float, pixel_size: float | None
) -> Table:
    """The columns of the whole image, each once.

    Parameters
    ----------
    results : sequence of WindowResult
        In any order; those that were left out play no part.
    plan : Plan
        The windows.
    spacing_px : float
        Distance of the nearest columns.
    pixel_size : float or None
        In angstrom.

    Returns
    -------
    dict of ndarray
        The columns of `atoms_table`, and 'window', the index of the window each comes
        from. Neighbour sums are those of the whole image, errors those by the window's DS.
    """
    done = sorted(_done(results), key=lambda result: result.window.index)
    kept = stitch(
        [r.window for r in done],
        [r.points for r in done],
        plan.shape,
        spacing_px,
        [r.crystal for r in done],
    )
    rows = [_rows(r, kept.point[kept.window == k]) for k, r in enumerate(done)]
    whole = {name: np.concatenate([np.empty(0), *(r[name] for r in rows)]) for name in _COLUMNS}
    scale = np.nan if pixel_size is None else pixel_size
    sums = neighbour_sums(np.column_stack([whole["y_px"], whole["x_px"]])).astype(float)
    count, counted = len(sums), whole["is_counted"].astype(bool)
    return {
        "id": np.arange(count),
        "y_px": whole["y_px"],
        "x_px": whole["x_px"],
        "y_A": whole["y_px"] * scale,
        "x_A": whole["x_px"] * scale,
        "sigma_px": whole["sigma_px"],
        "response": whole["response"],
        "neighbour_sum_A": sums * scale,
        "is_error": counted & (sums < whole["ds_px"]),
        "class": np.full(count, "", dtype=object),
        "uncertainty_px": whole["uncertainty_px"],
        "uncertainty_A": whole["uncertainty_px"] * scale,
        "is_counted": counted,
        "window": whole["window"].astype(int),
    }


def window_maps(results: Sequence[WindowResult], plan: Plan) -> dict[str, Map]:
    """What differs from window to window, as arrays of the grid's shape.

    Returns
    -------
    dict of ndarray, shape (rows, columns)
        'n', 'expected', 'qc', 'er', 'n_trials', the further rewards and all parameters
        that are numbers; NaN where a window is not done or was left out, or has no such
        value.
    """
    maps: dict[str, Map] = {}
    for result in _done(results):
        for name, value in _values(result).items():
            grid = maps.setdefault(name, np.full(plan.grid, np.nan))
            grid[result.window.row, result.window.column] = value
    return maps


def _done(results: Sequence[WindowResult]) -> list[WindowResult]:
    return [result for result in results if result.trial is not None]


def _values(result: WindowResult) -> dict[str, float]:
    trial, physics = result.trial, result.physics
    assert trial is not None
    assert physics is not None
    numbers = {k: float(v) for k, v in trial.parameters.items() if not isinstance(v, str)}
    return {
        "n": float(trial.score.count),
        "expected": physics.expected,
        "qc": trial.score.qc,
        "er": trial.score.er,
        "n_trials": float(result.n_trials),
        **trial.extra_rewards,
        **numbers,
    }


def _rows(result: WindowResult, chosen: npt.NDArray[np.intp]) -> Table:
    trial, physics = result.trial, result.physics
    assert trial is not None
    assert physics is not None
    blobs = trial.blobs[trial.shown][chosen].astype(float)
    return {
        "y_px": result.points[chosen, 0],
        "x_px": result.points[chosen, 1],
        "sigma_px": blobs[:, 2],
        "response": blobs[:, 3],
        "uncertainty_px": trial.uncertainty[trial.shown][chosen].astype(float),
        "is_counted": trial.inside[trial.shown][chosen],
        "ds_px": np.full(len(chosen), physics.ds_px),
        "window": np.full(len(chosen), result.window.index),
    }
