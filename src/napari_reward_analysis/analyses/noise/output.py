"""Save the table and the figure of a noise study, and summarise it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.noise.figures import save_noise_figure
from napari_reward_analysis.analyses.noise.run import NoiseRun
from napari_reward_analysis.analyses.noise.table import noise_table
from napari_reward_analysis.io.writers import write_csv


def write_noise(run: NoiseRun, folder: Path) -> dict[str, Any]:
    """Write `noise.csv` and `noise.png`. A failed write leaves no partial file.

    Parameters
    ----------
    run : NoiseRun
        A run with at least one result.
    folder : Path
        An existing folder.

    Returns
    -------
    dict
        levels, unit, n_results, and methods with their mean n, qc, er and f1 at each level.

    Raises
    ------
    BadInput
        If a file cannot be written.
    """
    write_csv(folder / "noise.csv", noise_table(run.trials))
    save_noise_figure(run, folder / "noise.png")
    methods = list(dict.fromkeys(result.method for result in run.trials))
    return {
        "levels": list(run.settings.levels),
        "unit": run.settings.unit,
        "n_results": len(run.trials),
        "methods": {
            method: {
                name: [round(float(value), 5) for value in run.means(method, name)[:, 1]]
                for name in ("n", "qc", "er", "f1")
            }
            for method in methods
        },
    }


def noise_in_words(summary: dict[str, Any]) -> str:
    """Return the summary of `write_noise` as one line for each method, with means by level."""
    lines = [f"Columns at noise relative to the image's {summary['unit']}:"]
    for method, means in summary["methods"].items():
        # An interrupted run has no values at its last levels.
        counts = zip(means["n"], summary["levels"], strict=False)
        at = ", ".join(f"{count:.0f} at {level:g}" for count, level in counts)
        scored = ", ".join(f"{f1:.3f}" for f1 in means["f1"])
        lines.append(f"{method}: {at}" + (f"; F1 {scored}" if scored else ""))
    return "\n".join(lines)
