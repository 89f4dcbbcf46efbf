"""Compute the map that a mask's threshold is applied to, for new and for loaded runs."""

from __future__ import annotations

import numpy as np

from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem, AmorphousTrial
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.gui.layers.shown_image import ShownImage


def likelihood_map(
    run: AmorphousRun,
    trial: AmorphousTrial,
    problem: AmorphousProblem | None,
    frame: ShownImage,
    region: BoolArray | None,
) -> Float32Array:
    """Map that a trial's threshold is applied to. It takes seconds for a loaded run.

    Parameters
    ----------
    run : AmorphousRun
    trial : AmorphousTrial
        A trial of the run.
    problem : AmorphousProblem or None
        The problem of the run. None for a loaded run: the problem is then made again from
        the atoms of the run with their classes.
    frame : ShownImage
        Image of the run.
    region : ndarray of bool or None
        The drawn region; needed for a loaded run only.

    Returns
    -------
    ndarray, shape (H, W)
        0 is crystal; 1 means that no contrast is left.
    """
    return (problem or _anew(run, frame, region)).level_map(trial.parameters)


def _anew(run: AmorphousRun, frame: ShownImage, region: BoolArray | None) -> AmorphousProblem:
    found = run_preflight(frame.image(run.image.pixel_size), run.lattice, region=region)
    columns = run.columns
    labels = np.full(len(run.blobs), "", dtype=columns.labels.dtype)
    on_site = columns.atom >= 0
    labels[columns.atom[on_site]] = columns.labels[on_site]
    return AmorphousProblem(
        found.image,
        run.blobs[:, :2],
        run.lattice,
        found.measured,
        run.settings,
        region=found.region,
        labels=labels,
        domains=found.domains,
    )
