"""Plot the agreement with an oracle in three colours on the image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.image import Image
from napari_reward_analysis.io.atomic import atomic_path
from napari_reward_analysis.points.agreement import Agreement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Points = npt.NDArray[np.float64]
#: Colours of the oracle's columns and of each kind, in figures and in the window. They are
#: visible on a grey image and safe for colour-blind readers. Each kind also has its own shape.
ORACLE_COLOUR = "#ff7ad9"
KIND_COLOURS = {"matched": "#00c8ff", "missed": "#f0e442", "spurious": "#ff5a1f"}
_SHAPES = {"matched": "o", "missed": "s", "spurious": "D"}


def comparison_figure(
    image: Image, found: Points, oracle: Points, result: Agreement | None
) -> Figure:
    """Plot matched, missed and spurious columns on the image, or the oracle's columns alone.

    Parameters
    ----------
    image : Image
        The image.
    found, oracle : ndarray, shape (n, 2) and (m, 2)
        Found columns and columns of the oracle, y and x in px.
    result : Agreement or None
        Agreement of both. None plots only the columns of the oracle.

    Returns
    -------
    matplotlib.figure.Figure
        A figure of 18 x 19 cm.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.1, 7.5), layout="constrained")
    axes = figure.add_subplot()
    low, high = np.percentile(image.normalised, (0.5, 99.8))
    axes.imshow(image.normalised, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    axes.set_axis_off()
    if result is None:
        marks = {"oracle": oracle}
    else:
        marks = {
            "matched": found[result.matched[:, 0]],
            "missed": oracle[result.missed],
            "spurious": found[result.spurious],
        }
    for word, points in marks.items():
        axes.scatter(
            points[:, 1],
            points[:, 0],
            s=14,
            marker=_SHAPES.get(word, "o"),
            facecolors="none",
            edgecolors=KIND_COLOURS.get(word, ORACLE_COLOUR),
            linewidths=0.8,
            label=f"{word} ({len(points)})",
            # Marks at the border are shown completely, because missed columns are often there.
            clip_on=False,
        )
    legend = figure.legend(
        loc="outside lower center", ncols=3, fontsize="small", labelcolor="white", framealpha=1
    )
    # The colours need a dark background.
    legend.get_frame().set(facecolor="0.15", edgecolor="none")
    score = "" if result is None else f": F1 {result.f1:.3f}"
    axes.set_title(f"{image.name}{score}", fontsize="medium")
    return figure


def save_comparison_figure(
    path: Path, image: Image, found: Points, oracle: Points, result: Agreement | None
) -> None:
    """Save the figure as PNG. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    figure = comparison_figure(image, found, oracle, result)
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png", dpi=150)
