"""Make figures for reports, without changes of the Matplotlib backend or its global style."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_fronts
from napari_reward_analysis.io.atomic import atomic_path
from napari_reward_analysis.optimize.pareto import Metric, Objectives, pareto_front

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from napari_reward_analysis.analyses.atoms.run import Run

# The palette of Okabe and Ito is safe for colour-blind readers.
_ORACLES = ("#CC79A7", "#E69F00", "#56B4E9")
_FRONT, _EUCLIDEAN, _CHEBYSHEV = "#0072B2", "#D55E00", "#009E73"


def front_figure(run: Run) -> Figure:
    """Plot all feasible trials, the Pareto front and the proposed trials of a run.

    Parameters
    ----------
    run : Run
        A run with at least one trial.

    Returns
    -------
    matplotlib.figure.Figure
        Its size is 12 x 9 cm.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.7, 3.6), layout="constrained")
    axes = figure.add_subplot()
    feasible = [trial for trial in run.trials if trial.feasible]
    values = np.array([trial.score.objectives for trial in feasible]).reshape(-1, 2)
    axes.scatter(values[:, 0], values[:, 1], s=14, color="0.6", label=f"trials ({len(values)})")
    front = run.front
    steps = np.array([run.trials[i].score.objectives for i in front]).reshape(-1, 2)
    # With extra rewards, the front contains trials that QC and ER alone would exclude.
    line = steps[pareto_front(steps)]
    axes.step(line[:, 0], line[:, 1], where="post", color=_FRONT, linewidth=1)
    axes.scatter(
        steps[:, 0], steps[:, 1], s=26, color=_FRONT, label=f"Pareto front ({len(front)})", zorder=3
    )
    _oracle_fronts(axes, run)
    _mark(axes, run, "euclidean", "s", _EUCLIDEAN, 110)
    _mark(axes, run, "chebyshev", "D", _CHEBYSHEV, 190)
    _limits(axes, values, steps)
    axes.set_xlabel("|QC|, count mismatch")
    axes.set_ylabel("ER, share of columns too close")
    axes.set_title(f"{run.image.name}: N = {run.physics.expected:.0f}", fontsize="medium")
    axes.legend(fontsize="small", frameon=False)
    return figure


def save_front(run: Run, path: Path) -> None:
    """Save the plot of a run as PNG or SVG. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    figure = front_figure(run)
    kind = path.suffix.lstrip(".").lower() or "png"
    with atomic_path(path) as draft:
        figure.savefig(draft, format=kind, dpi=150)


def _oracle_fronts(axes: Axes, run: Run) -> None:
    fronts = oracle_fronts(run.trials, run.physics, run.oracles)
    for colour, (name, front) in zip(cycle(_ORACLES), fronts.items(), strict=False):
        points = np.array([objectives for _, objectives in front]).reshape(-1, 2)
        label = f"{name}: N = {run.oracles[name]:.0f}"
        axes.step(points[:, 0], points[:, 1], where="post", color=colour, linewidth=1)
        axes.scatter(points[:, 0], points[:, 1], s=26, marker="^", color=colour, label=label)


def _mark(axes: Axes, run: Run, metric: Metric, marker: str, colour: str, size: float) -> None:
    position = run.proposed(metric)
    if position is None:
        return
    axes.scatter(
        *run.trials[position].score.objectives,
        s=size,
        marker=marker,
        facecolors="none",
        edgecolors=colour,
        linewidths=1.5,
        label=f"{metric.capitalize()} choice",
        zorder=4,
    )


def _limits(axes: Axes, values: Objectives, front: Objectives) -> None:
    """Limit the axes to the front and its neighbourhood, so that outliers do not squeeze it."""
    for setter, axis in ((axes.set_xlim, 0), (axes.set_ylim, 1)):
        if len(front) == 0:
            continue
        reach = max(float(front[:, axis].max()) * 1.5, float(np.quantile(values[:, axis], 0.7)))
        top = max(reach, 0.02)
        setter(-0.05 * top, 1.05 * top)
