"""Plot the Pareto front of a search for regions, without changes of the Matplotlib style."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_reward_analysis.io.atomic import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from napari_reward_analysis.analyses.amorphous.run import AmorphousRun

_CHOICE = "#D55E00"


def region_figure(run: AmorphousRun) -> Figure:
    """Plot perimeter against compactness, coloured by the unexplained disorder.

    Parameters
    ----------
    run : AmorphousRun
        A run with at least one trial.

    Returns
    -------
    matplotlib.figure.Figure
        Its size is 13 x 9 cm.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.1, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel("perimeter / outline of the field")
    axes.set_ylabel("compactness (1 = disk)")
    shown = [i for i, trial in enumerate(run.trials) if trial.feasible]
    if not shown:
        axes.text(0.5, 0.5, "no amorphous region", ha="center", transform=axes.transAxes)
        axes.set_title(run.image.name, fontsize="medium")
        return figure
    scores = [run.trials[i].score for i in shown]
    perimeter = np.array([score.perimeter for score in scores])
    compactness = np.array([score.compactness for score in scores])
    on_front = np.isin(shown, run.front)
    colour = [score.unexplained for score in scores]
    axes.scatter(perimeter, compactness, s=12, color="0.7", label=f"trials ({len(shown)})")
    points = axes.scatter(
        perimeter[on_front],
        compactness[on_front],
        s=34,
        c=np.array(colour)[on_front],
        cmap="viridis",
        edgecolors="k",
        linewidths=0.5,
        label=f"Pareto front ({on_front.sum()})",
        zorder=3,
    )
    figure.colorbar(points, ax=axes, label="unexplained disorder")
    chosen = run.proposed()
    if chosen is not None:
        score = run.trials[chosen].score
        axes.scatter(
            score.perimeter,
            score.compactness,
            s=130,
            marker="s",
            facecolors="none",
            edgecolors=_CHOICE,
            linewidths=1.5,
            label="proposed",
            zorder=4,
        )
    axes.set_title(run.image.name, fontsize="medium")
    axes.legend(fontsize="small", frameon=False)
    return figure


def save_region_front(run: AmorphousRun, path: Path) -> None:
    """Save the figure as PNG or SVG. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    figure = region_figure(run)
    kind = path.suffix.lstrip(".").lower() or "png"
    with atomic_path(path) as draft:
        figure.savefig(draft, format=kind, dpi=150)
