"""Make the table of the found columns for the CSV file, the layer's features and scripts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.rewards.atoms import Physics

Table = dict[str, npt.NDArray[Any]]


def atoms_table(trial: AtomTrial, physics: Physics, pixel_size: float | None) -> Table:
    """Return one row for each column in the analysed area or just outside it.

    Parameters
    ----------
    trial : AtomTrial
        The trial.
    physics : Physics
        Contains DS for the error flag.
    pixel_size : float or None
        Pixel size in angstrom. Without it, values in angstrom are NaN.

    Returns
    -------
    dict of ndarray
        id, y_px, x_px, y_A, x_A, sigma_px, response, neighbour_sum_A, is_error, class,
        uncertainty_px, uncertainty_A, is_counted; strongest response first. Positions are
        refined if the trial has refined positions. The uncertainty is their standard
        deviation along one axis, or NaN. Neighbour sums and errors follow from the blobs.
        Columns just outside the crystal are not counted and are never errors.
    """
    shown = trial.shown
    blobs, sums = trial.blobs[shown].astype(float), trial.neighbour_sums[shown].astype(float)
    points, uncertainty = trial.points[shown].astype(float), trial.uncertainty[shown].astype(float)
    counted = trial.inside[shown]
    scale = np.nan if pixel_size is None else pixel_size
    return {
        "id": np.arange(len(blobs)),
        "y_px": points[:, 0],
        "x_px": points[:, 1],
        "y_A": points[:, 0] * scale,
        "x_A": points[:, 1] * scale,
        "sigma_px": blobs[:, 2],
        "response": blobs[:, 3],
        "neighbour_sum_A": sums * scale,
        "is_error": counted & (sums < physics.ds_px),
        "class": np.full(len(blobs), "", dtype=object),
        "uncertainty_px": uncertainty,
        "uncertainty_A": uncertainty * scale,
        "is_counted": counted,
    }
