"""Write the table and the picture of a noise study, and sum it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.noise.figures import save_noise_figure
from napari_reward_analysis.analyses.noise.run import NoiseRun
from napari_reward_analysis.analyses.noise.table import noise_table
from napari_reward_analysis.io.writers import write_csv


def write_noise(run: NoiseRun, folder: Path) -> dict[str, Any]:
    """Write `noise.csv` and `noise.png`, each whole or not at all.

    Parameters
    ----------
    run : NoiseRun
        With at least one result.
    folder : Path
        It exists.

    Returns
    -------
    dict
        levels, unit, n_results, and methods with their mean counts (and F1 where positions
        are known) by level.

    Raises
    ------
    BadInput
        If something cannot be written.
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
    """The summary that `write_noise` gives: a line per method, means level by level."""
    lines = [f"Columns at noise in parts of the image's {summary['unit']}:"]
    for method, means in summary["methods"].items():
        # a run that was interrupted has no values at its last levels
        counts = zip(means["n"], summary["levels"], strict=False)
        at = ", ".join(f"{count:.0f} at {level:g}" for count, level in counts)
        scored = ", ".join(f"{f1:.3f}" for f1 in means["f1"])
        lines.append(f"{method}: {at}" + (f"; F1 {scored}" if scored else ""))
    return "\n".join(lines)
