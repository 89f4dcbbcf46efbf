"""Plot the maps of sliding windows, one for each setting and reward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_reward_analysis.analyses.windows.maps import map_name
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.io.figure_file import save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

    from napari_reward_analysis.analyses.windows.run import WindowsRun


def maps_figure(run: WindowsRun) -> Figure:
    """Plot one small picture for each map of a run. Windows without a result stay white."""
    from matplotlib.figure import Figure

    maps = run.maps
    columns = min(4, max(1, len(maps)))
    rows = -(-len(maps) // columns)
    figure = Figure(figsize=(2.4 * columns, 2.2 * rows), layout="constrained")
    axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for ax, (name, values) in zip(axes, maps.items(), strict=False):
        shown = ax.imshow(np.ma.masked_invalid(values), cmap="viridis")
        figure.colorbar(shown, ax=ax, shrink=0.8, ticks=_ticks(values))
        ax.set_title(map_name(name), fontsize="small")
    for ax in axes:
        ax.set_axis_off()
    return figure


def _ticks(values: FloatArray) -> list[float] | Locator:
    """Return the ticks of a colour bar: the only value, or whole numbers for whole values."""
    from matplotlib.ticker import MaxNLocator

    known = values[np.isfinite(values)]
    if len(known) and known.min() == known.max():
        return [float(known[0])]
    return MaxNLocator(5, integer=bool((known == np.round(known)).all()))


def save_maps(run: WindowsRun, path: Path) -> None:
    """Save the figure of all maps. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    save_figure(maps_figure(run), path)
