"""Figures of the studies: maps by window, curves by noise. Only figure objects, as in `plots`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_reward_analysis.io.atomic import atomic_path
from napari_reward_analysis.noise_runs import NoiseRun
from napari_reward_analysis.windows_runs import WindowsRun
from napari_reward_analysis.workflows.noise import TUNED
from napari_reward_analysis.workflows.windows_result import Map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

# blue, orange and green of Okabe and Ito: told apart by colour-blind readers
_COLOURS = ("#0072B2", "#D55E00", "#009E73")

#: What a reader calls the maps of `window_maps`, with their units.
_MAP_NAMES = {
    "n": "columns",
    "expected": "expected columns",
    "qc": "QC",
    "er": "ER",
    "n_trials": "trials",
    "min_sigma": "min sigma, px",
    "max_sigma": "max sigma, px",
    "num_sigma": "number of sigmas",
}


def map_name(key: str) -> str:
    """What a reader calls a map of `window_maps`, with its unit."""
    return _MAP_NAMES.get(key, key.replace("_", " "))


def maps_figure(run: WindowsRun) -> Figure:
    """One small picture for each of a run's maps; windows left out stay white."""
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


def _ticks(values: Map) -> list[float] | Locator:
    """Where the bar of a map is labelled: at the one value that there is, or at whole ones."""
    from matplotlib.ticker import MaxNLocator

    known = values[np.isfinite(values)]
    if len(known) and known.min() == known.max():
        return [float(known[0])]
    return MaxNLocator(5, integer=bool((known == np.round(known)).all()))


def save_maps(run: WindowsRun, path: Path) -> None:
    """Write the figure of all maps, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    save_figure(maps_figure(run), path)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG, whole or not at all."""
    with atomic_path(path) as draft:
        figure.savefig(draft, format=path.suffix.lstrip(".").lower() or "png", dpi=150)


def noise_figure(run: NoiseRun) -> Figure:
    """Settings, rewards, counts and scores against noise: means, and the range of the seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 6.2), layout="constrained")
    (settings, rewards), (counts, scores) = figure.subplots(2, 2)
    methods = list(dict.fromkeys(result.method for result in run.results))
    parameters = ("min_sigma", "max_sigma", "threshold")
    for name, colour in zip(parameters, _COLOURS, strict=True):
        _curve(settings, run, TUNED, name, colour, name)
    settings.set_yscale("log")
    settings.set_title(f"settings of {TUNED} (px; response)", fontsize="medium")
    for method, colour in zip(methods, _COLOURS, strict=False):
        _curve(rewards, run, method, "qc", colour, f"QC, {method}")
        _curve(rewards, run, method, "er", colour, f"ER, {method}", "--")
        _curve(counts, run, method, "n", colour, method)
        _curve(scores, run, method, "f1", colour, f"F1, {method}")
        _curve(scores, run, method, "precision", colour, "", ":")
        _curve(scores, run, method, "recall", colour, "", "--")
    _curve(counts, run, TUNED, "expected", "0.4", "expected", ":")
    rewards.set_title("rewards", fontsize="medium")
    counts.set_title("columns in the analysed area", fontsize="medium")
    scores.set_title("by known positions (precision dotted, recall dashed)", fontsize="medium")
    for ax in (settings, rewards, counts, scores):
        kind, unit = run.settings.kind.capitalize(), run.settings.unit
        ax.set_xlabel(f"noise ({kind}, in parts of the image's {unit})")
        if ax.lines:
            # long enough to tell a dashed line from a whole one, marker and all
            ax.legend(fontsize="x-small", frameon=False, handlelength=3.5)
    if not scores.lines:
        scores.set_title("no known positions to score by", fontsize="medium")
        scores.set_axis_off()
    return figure


def save_noise_figure(run: NoiseRun, path: Path) -> None:
    """Write the figure of a study, whole or not at all.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    save_figure(noise_figure(run), path)


def _curve(
    ax: Axes, run: NoiseRun, method: str, name: str, colour: str, label: str, style: str = "-"
) -> None:
    found = run.means(method, name)
    if len(found):
        level, mean, low, high = found.T
        ax.plot(level, mean, style, color=colour, label=label or None, marker=".")
        ax.fill_between(level, low, high, color=colour, alpha=0.15, linewidth=0)
