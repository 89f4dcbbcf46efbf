"""Write the mask, the tables and the figure of a search for amorphous regions; sum it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.figures import save_region_front
from napari_reward_analysis.analyses.amorphous.run import AMORPHOUS_FORMAT, AmorphousRun
from napari_reward_analysis.analyses.amorphous.table import class_table, region_table
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv, write_mask
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Pick, picked

_DEFAULT = Pick()


def write_amorphous(
    run: AmorphousRun, folder: Path, pick: Pick = _DEFAULT, _image: Image | None = None
) -> dict[str, Any]:
    """Write `run.json`, `atoms.csv`, `regions.csv`, `mask.tif` and `front.png`.

    Parameters
    ----------
    run : AmorphousRun
        A run with at least one trial.
    folder : Path
        It exists.
    pick : Pick
        Which trial is written.

    Returns
    -------
    dict
        n_regions, area_fraction, compactness and perimeter_A (None where there is no
        region or no pixel size), n_atoms, n_trials, pick (None where nothing is
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
    mask = np.zeros(run.image.shape, bool) if trial is None else trial.mask
    regions = np.zeros(run.image.shape, np.uint8) if trial is None else trial.regions
    size = run.image.pixel_size
    write_csv(folder / "atoms.csv", columns_table(run, mask))
    write_csv(folder / "regions.csv", region_table(regions, size))
    write_mask(folder / "mask.tif", regions, size)
    save_region_front(run, folder / "front.png")
    score = None if trial is None else trial.score
    return {
        "n_regions": 0 if score is None else score.n_regions,
        "area_fraction": 0.0 if score is None else score.area_fraction,
        "compactness": None if score is None else score.compactness,
        "perimeter_A": None if score is None or size is None else score.perimeter_px * size,
        "n_atoms": len(run.atoms),
        "n_trials": len(run.trials),
        "pick": None if trial is None else trial.index,
        "region_exists": run.verdict.exists,
        "p_value": run.verdict.p_value,
        "largest_loss": run.verdict.largest_loss,
        "verdict": run.verdict.sentence,
        "pixel_size_A": size,
        "notices": [sentence(notice) for notice in run.notices],
    }


def columns_table(run: AmorphousRun, mask: BoolArray) -> dict[str, npt.NDArray[Any]]:
    """The atoms of a run with their classes, their contrast loss and whether a mask holds them.

    Parameters
    ----------
    run : AmorphousRun
        The run.
    mask : ndarray of bool, shape (H, W)
        True where the image is amorphous.
    """
    columns = run.columns
    on_site = columns.atom >= 0
    classes = np.full(len(run.atoms), "", dtype=columns.labels.dtype)
    loss = np.full(len(run.atoms), np.nan)
    classes[columns.atom[on_site]] = columns.labels[on_site]
    loss[columns.atom[on_site]] = columns.loss[on_site]
    size = run.image.pixel_size
    ds = run.lattice.default_ds / size if run.lattice is not None and size else None
    return class_table(run.atoms, classes, loss, mask, size, ds)


def amorphous_in_words(summary: dict[str, Any]) -> str:
    """The summary that `write_amorphous` gives, in two lines."""
    regions = "1 region" if summary["n_regions"] == 1 else f"{summary['n_regions']} regions"
    spent = f", {summary['seconds']:.1f} s" if "seconds" in summary else ""
    return (
        f"{summary['verdict']}\n{regions}, {100 * summary['area_fraction']:.1f} % of the field "
        f"({summary['n_trials']} trials{spent})"
    )
