"""Make a figure of the image with its amorphous regions, for reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.image import Image
from napari_reward_analysis.io.figure_file import save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colour of amorphous regions in figures and in the window.
REGION_COLOUR = "#e0409f"
_WIDTH, _OPACITY = 7.1, 0.25


def region_overlay_figure(image: Image, regions: npt.NDArray[np.integer]) -> Figure:
    """Plot the image with its amorphous regions, outlined and numbered.

    Parameters
    ----------
    image : Image
        The image.
    regions : ndarray of int, shape (H, W)
        0 for crystal, and the numbers of the regions from 1.

    Returns
    -------
    matplotlib.figure.Figure
        A figure 18 cm wide.
    """
    from matplotlib.colors import to_rgba
    from matplotlib.figure import Figure

    height, width = image.shape
    figure = Figure(figsize=(_WIDTH, _WIDTH * height / width + 0.3), layout="constrained")
    axes = figure.add_subplot()
    low, high = np.percentile(image.normalised, (0.5, 99.8))
    axes.imshow(image.normalised, cmap="gray", vmin=low, vmax=max(high, low + 1e-6))
    axes.set_axis_off()
    numbers = [int(number) for number in np.unique(regions) if number]
    if numbers:
        shade = np.zeros((height, width, 4), np.float32)
        shade[regions > 0] = to_rgba(REGION_COLOUR, _OPACITY)
        axes.imshow(shade)
        axes.contour(regions > 0, levels=[0.5], colors=REGION_COLOUR, linewidths=1.2)
    for number in numbers:
        y, x = (float(np.median(places)) for places in np.nonzero(regions == number))
        axes.text(x, y, str(number), color="white", ha="center", va="center", weight="bold")
    part = float(np.count_nonzero(regions)) / regions.size
    words = {0: "no amorphous region", 1: "1 amorphous region"}.get(
        len(numbers), f"{len(numbers)} amorphous regions"
    )
    share = f", {100 * part:.1f} % of the field" if numbers else ""
    axes.set_title(f"{image.name}: {words}{share}", fontsize="medium")
    return figure


def save_region_overlay(image: Image, regions: npt.NDArray[np.integer], path: Path) -> None:
    """Save the figure. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    figure = region_overlay_figure(image, regions)
    save_figure(figure, path)
