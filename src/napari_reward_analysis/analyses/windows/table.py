"""Make the tables of sliding windows: columns of the whole image, and results of windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.windows.plan import Plan
from napari_reward_analysis.analyses.windows.result import WindowResult
from napari_reward_analysis.analyses.windows.stitch import stitch
from napari_reward_analysis.arrays import Indices
from napari_reward_analysis.points.neighbours import neighbour_sums

Table = dict[str, npt.NDArray[Any]]

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


def stitched_table(
    results: Sequence[WindowResult], plan: Plan, spacing_px: float, pixel_size: float | None
) -> Table:
    """Return the columns of the whole image, each once.

    Parameters
    ----------
    results : sequence of WindowResult
        Results in any order. Windows without a result are ignored.
    plan : Plan
        The windows.
    spacing_px : float
        Smallest distance between columns in px.
    pixel_size : float or None
        Pixel size in angstrom.

    Returns
    -------
    dict of ndarray
        The columns of `atoms_table`, and 'window', the index of the source window. Neighbour
        sums are computed over the whole image. Errors follow from the DS of the window.
    """
    done = [result for result in in_plan_order(results) if result.trial is not None]
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


def window_table(results: Iterable[WindowResult]) -> Table:
    """Return a row for each window, in the order of the plan.

    Returns
    -------
    dict of ndarray
        'window', 'row', 'column', 'top', 'bottom', 'left', 'right' (pixels, with bottom and
        right excluded), 'reason' (for a missing result, otherwise empty), 'seconds', and
        the values of `WindowResult.values`; NaN for missing values.
    """
    ordered = in_plan_order(results)
    names = list(dict.fromkeys(name for result in ordered for name in result.values()))
    whole = ("index", "row", "column", "top", "bottom", "left", "right")
    table: Table = {
        "window" if name == "index" else name: np.array(
            [getattr(result.window, name) for result in ordered], int
        )
        for name in whole
    }
    table["reason"] = np.array([result.reason for result in ordered], dtype=object)
    table["seconds"] = np.array([result.seconds for result in ordered], float)
    for name in names:
        table[name] = np.array([result.values().get(name, np.nan) for result in ordered], float)
    return table


def in_plan_order(results: Iterable[WindowResult]) -> list[WindowResult]:
    """Return the results sorted by the index of their window."""
    return sorted(results, key=lambda result: result.window.index)


def _rows(result: WindowResult, chosen: Indices) -> Table:
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
