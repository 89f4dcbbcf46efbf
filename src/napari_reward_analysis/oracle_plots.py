"""Agreement with an oracle as a picture: three colours on the image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.image import Image
from napari_reward_analysis.io.atomic import atomic_path
from napari_reward_analysis.oracles.agreement import Agreement

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Points = npt.NDArray[np.float64]
# bluish green, blue and vermilion of Okabe and Ito; each has a shape of its own as well
_MATCHED, _MISSED, _SPURIOUS = ("#009E73", "o"), ("#56B4E9", "s"), ("#D55E00", "D")


def comparison_figure(
    image: Image, found: Points, oracle: Points, result: Agreement | None
) -> Figure:
    """The image with what is matched, missed and spurious; or the oracle's columns alone.

    Parameters
    ----------
    image : Image
        Under the marks.
    found, oracle : ndarray, shape (n, 2) and (m, 2)
        y and x in px.
    result : Agreement or None
        Of the two; None marks the oracle's.

    Returns
    -------
    matplotlib.figure.Figure
        18 x 19 cm.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.1, 7.5), layout="constrained")
    axes = figure.add_subplot()
    low, high = np.percentile(image.normalised, (0.5, 99.8))
    axes.imshow(image.normalised, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    axes.set_axis_off()
    if result is None:
        marks = [("oracle", oracle, _MATCHED)]
    else:
        marks = [
            ("matched", found[result.matched[:, 0]], _MATCHED),
            ("missed", oracle[result.missed], _MISSED),
            ("spurious", found[result.spurious], _SPURIOUS),
        ]
    for word, points, (colour, shape) in marks:
        axes.scatter(
            points[:, 1],
            points[:, 0],
            s=14,
            marker=shape,
            facecolors="none",
            edgecolors=colour,
            linewidths=0.8,
            label=f"{word} ({len(points)})",
        )
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    score = "" if result is None else f": F1 {result.f1:.3f}"
    axes.set_title(f"{image.name}{score}", fontsize="medium")
    return figure


def save_comparison_figure(
    path: Path, image: Image, found: Points, oracle: Points, result: Agreement | None
) -> None:
    """Write the figure as PNG, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    figure = comparison_figure(image, found, oracle, result)
    with atomic_path(path) as draft:
        figure.savefig(draft, format="png", dpi=150)
