"""Make a figure of the image with the found columns, for reports."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.figure_file import save_figure
from napari_reward_analysis.rewards.atoms import Physics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from napari_reward_analysis.analyses.atoms.table import Table

#: Colours of correct columns, errors, and columns outside the analysed area, in figures and
#: in the window. They are visible on a grey image and safe for colour-blind readers.
RIGHT_COLOUR, ERROR_COLOUR, OUTSIDE_COLOUR = "#00c8ff", "#ff5a1f", "#c8c8c8"
#: Colours of vacant and of undecided sites.
VACANT_COLOUR, UNDECIDED_COLOUR = "#ffd000", "#ff7ad9"

#: Width of the figure in inches, and size of a mark as a fraction of the column spacing.
_WIDTH, _MARK = 7.1, 0.6


def overlay_figure(
    image: Image, trial: AtomTrial | None, physics: Physics, vacancies: Table | None = None
) -> Figure:
    """Plot the columns of one trial on the image.

    Parameters
    ----------
    image : Image
        The image of the trial.
    trial : AtomTrial or None
        The trial. Without a trial the figure shows the image alone.
    physics : Physics
        Contains DS. A column with a smaller neighbour sum is an error.
    vacancies : dict of ndarray, optional
        Sites without a column, see `vacancy_table`.

    Returns
    -------
    matplotlib.figure.Figure
        A figure 18 cm wide, with a circle for each column, a diamond for each error, a pale
        circle for each column outside the analysed area, and a cross for each vacant site.
    """
    from matplotlib.figure import Figure

    height, width = image.shape
    figure = Figure(figsize=(_WIDTH, _WIDTH * height / width + 0.6), layout="constrained")
    axes = figure.add_subplot()
    low, high = np.percentile(image.normalised, (0.5, 99.8))
    axes.imshow(image.normalised, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    axes.set_axis_off()
    if trial is None:
        axes.set_title(f"{image.name}: no columns", fontsize="medium")
        return figure
    errors = trial.inside & (trial.neighbour_sums < physics.ds_px)
    kinds = (
        ("columns", trial.inside & ~errors, RIGHT_COLOUR, "o"),
        ("too close", errors, ERROR_COLOUR, "D"),
        ("not counted", trial.outside, OUTSIDE_COLOUR, "o"),
    )
    size = _mark_size(trial, width)
    for word, chosen, colour, shape in kinds:
        if not chosen.any():
            continue
        axes.scatter(
            trial.points[chosen, 1],
            trial.points[chosen, 0],
            s=size,
            marker=shape,
            facecolors="none",
            edgecolors=colour,
            linewidths=min(0.8, math.sqrt(size) / 6),
            label=f"{word} ({np.count_nonzero(chosen)})",
        )
    _mark_vacancies(axes, vacancies, size)
    legend = figure.legend(
        loc="outside lower center", ncols=5, fontsize="small", labelcolor="white", framealpha=1
    )
    # The colours need a dark background.
    legend.get_frame().set(facecolor="0.15", edgecolor="none")
    axes.set_title(
        f"{image.name}: QC {trial.score.qc:+.4f}, ER {trial.score.er:.4f}", fontsize="medium"
    )
    return figure


def _mark_vacancies(axes: Axes, vacancies: Table | None, size: float) -> None:
    for state, colour in (("vacant", VACANT_COLOUR), ("undecided", UNDECIDED_COLOUR)):
        chosen = np.flatnonzero(vacancies["state"] == state) if vacancies else np.empty(0, int)
        if vacancies and len(chosen):
            axes.scatter(
                vacancies["x_px"][chosen],
                vacancies["y_px"][chosen],
                s=size,
                marker="x",
                color=colour,
                linewidths=max(0.8, math.sqrt(size) / 6),
                label=f"{state} ({len(chosen)})",
            )


def save_overlay(
    image: Image,
    trial: AtomTrial | None,
    physics: Physics,
    path: Path,
    vacancies: Table | None = None,
) -> None:
    """Save the figure. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    figure = overlay_figure(image, trial, physics, vacancies)
    save_figure(figure, path)


def _mark_size(trial: AtomTrial, width: int) -> float:
    """Return the area of a mark in square points, without overlap between neighbours."""
    sums = trial.neighbour_sums
    spacing = float(np.median(sums)) / 4 if len(sums) else width / 10
    points = _MARK * spacing * _WIDTH * 72 / width
    return min(max(points, 1.0), 12.0) ** 2
