"""Plot the settings, rewards, counts and scores of a noise study against noise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_reward_analysis.analyses.noise.result import TUNED
from napari_reward_analysis.io.figure_file import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from napari_reward_analysis.analyses.noise.run import NoiseRun

# The palette of Okabe and Ito is safe for colour-blind readers.
_COLOURS = ("#0072B2", "#D55E00", "#009E73")


def noise_figure(run: NoiseRun) -> Figure:
    """Plot settings, rewards, counts and scores against noise, as mean and range of the seeds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 6.2), layout="constrained")
    (settings, rewards), (counts, scores) = figure.subplots(2, 2)
    methods = list(dict.fromkeys(result.method for result in run.trials))
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
    scores.set_title("scores (precision dotted, recall dashed)", fontsize="medium")
    for ax in (settings, rewards, counts, scores):
        kind, unit = run.settings.kind.capitalize(), run.settings.unit
        ax.set_xlabel(f"noise ({kind}, relative to the image's {unit})")
        if ax.lines:
            # The handles are long enough to distinguish dashed from solid lines with markers.
            ax.legend(fontsize="x-small", frameon=False, handlelength=3.5)
    if not scores.lines:
        scores.set_title("no known positions", fontsize="medium")
        scores.set_axis_off()
    return figure


def save_noise_figure(run: NoiseRun, path: Path) -> None:
    """Save the figure of a study. A failed save leaves no partial file.

    Raises
    ------
    BadInput
        If the file cannot be written.
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
