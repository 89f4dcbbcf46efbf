"""Save the results of a search for amorphous regions, and summarise them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.amorphous.figures import save_region_front
from napari_reward_analysis.analyses.amorphous.overlay import save_region_overlay
from napari_reward_analysis.analyses.amorphous.run import AMORPHOUS_FORMAT, AmorphousRun
from napari_reward_analysis.analyses.amorphous.table import columns_table, region_table
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv, write_mask
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Pick, picked

_DEFAULT = Pick()


def write_amorphous(
    run: AmorphousRun, folder: Path, pick: Pick = _DEFAULT, image: Image | None = None
) -> dict[str, Any]:
    """Write `run.json`, `atoms.csv`, `regions.csv`, `mask.tif`, `front.png`, `overlay.png`.

    Parameters
    ----------
    run : AmorphousRun
        A run with at least one trial.
    folder : Path
        An existing folder.
    pick : Pick
        The choice of the trial.
    image : Image, optional
        The image of the run, for `overlay.png`.

    Returns
    -------
    dict
        n_regions, area_fraction, compactness (None without a region), perimeter_A (None
        without a region or a pixel size), n_atoms, n_trials, pick (None if nothing is
        amorphous), region_exists, p_value, largest_loss, verdict, pixel_size_A, notices.

    Raises
    ------
    BadInput
        If the picked trial has no result, or a file cannot be written.
    """
    position = picked(run, pick)
    run.choice = position if pick.choice.isdigit() else None
    AMORPHOUS_FORMAT.save(run, folder)
    trial = None if position is None else run.trials[position]
    regions = np.zeros(run.image.shape, np.uint8) if trial is None else trial.regions
    size = run.image.pixel_size
    write_csv(folder / "atoms.csv", columns_table(run, regions > 0))
    write_csv(folder / "regions.csv", region_table(regions, size))
    write_mask(folder / "mask.tif", regions, size)
    save_region_front(run, folder / "front.png")
    if image is not None:
        save_region_overlay(image, regions, folder / "overlay.png")
    score = None if trial is None else trial.score
    return {
        "n_regions": 0 if score is None else score.n_regions,
        "area_fraction": 0.0 if score is None else score.area_fraction,
        "compactness": None if score is None else score.compactness,
        "perimeter_A": None if score is None or size is None else score.perimeter_px * size,
        "n_atoms": len(run.blobs),
        "n_trials": len(run.trials),
        "pick": None if trial is None else trial.index,
        "region_exists": run.verdict.exists,
        "p_value": run.verdict.p_value,
        "largest_loss": run.verdict.largest_loss,
        "verdict": run.verdict.sentence,
        "pixel_size_A": size,
        "notices": [sentence(notice) for notice in run.notices],
    }


def amorphous_in_words(summary: dict[str, Any]) -> str:
    """Return the summary of `write_amorphous` as two lines."""
    regions = "1 region" if summary["n_regions"] == 1 else f"{summary['n_regions']} regions"
    return (
        f"{summary['verdict']}\n{regions}, {100 * summary['area_fraction']:.1f} % of the field "
        f"({summary['n_trials']} trials)"
    )
