"""Save the table and the maps of sliding windows, and summarise them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_reward_analysis.analyses.windows.figures import save_maps
from napari_reward_analysis.analyses.windows.run import WindowsRun
from napari_reward_analysis.io.atomic import atomic_path
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence


def write_windows(run: WindowsRun, folder: Path) -> dict[str, Any]:
    """Write `atoms.csv`, `maps.tif` and `maps.png`. A failed write leaves no partial file.

    Parameters
    ----------
    run : WindowsRun
        A run with at least one result.
    folder : Path
        An existing folder.

    Returns
    -------
    dict
        n_atoms, n_windows, n_left_out, left_out (reasons), grid, qc and er (means), n_trials,
        pixel_size_A, notices.

    Raises
    ------
    BadInput
        If a file cannot be written.
    """
    table, maps = run.stitched, run.maps
    write_csv(folder / "atoms.csv", table)
    stack = np.stack([maps[name] for name in maps]).astype(np.float32)
    with atomic_path(folder / "maps.tif") as draft:
        tifffile.imwrite(draft, stack, imagej=True, metadata={"axes": "ZYX", "Labels": list(maps)})
    save_maps(run, folder / "maps.png")
    return {
        "n_atoms": len(table["id"]),
        "n_windows": len(run.trials),
        "n_left_out": len(run.left_out),
        "left_out": {r.window.index: r.reason for r in run.left_out},
        "grid": list(run.plan.grid),
        "qc": float(np.nanmean(maps["qc"])),
        "er": float(np.nanmean(maps["er"])),
        "n_trials": sum(result.n_trials for result in run.trials),
        "pixel_size_A": run.image.pixel_size,
        "notices": [sentence(notice) for notice in run.notices],
    }


def windows_in_words(summary: dict[str, Any]) -> str:
    """Return the summary of `write_windows` as one line."""
    return (
        f"{summary['n_atoms']} columns found in {summary['n_windows']} windows, "
        f"{summary['n_left_out']} of them without a result; mean QC {summary['qc']:+.4f}, "
        f"ER {summary['er']:.4f}"
    )
