"""The map that a mask's threshold cuts, of a run that was made here or loaded."""

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
    """Map of the level that a trial's threshold cuts; takes seconds where a run was loaded.

    Parameters
    ----------
    run : AmorphousRun
    trial : AmorphousTrial
        One of the run's.
    problem : AmorphousProblem or None
        What the run's trials share; None where the run was loaded: it is then made anew,
        from the run's atoms with their classes.
    frame : ShownImage
        The run's image.
    region : ndarray of bool or None
        The judged pixels where they were drawn; only needed where the run was loaded.

    Returns
    -------
    ndarray, shape (H, W)
        0 crystal to 1 nothing left of it.
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
    )
