"""An oracle's columns and what agrees with them, worked out in a thread."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from napari_reward_analysis.analyses.oracle.analysis import begin_oracle
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.runs.analysis import Inputs

Kind = Literal["network", "model", "file", "points"]


@dataclass(frozen=True, eq=False)
class OracleRequest:
    """Everything that the comparison needs, as plain values.

    Attributes
    ----------
    frame : ShownImage
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed, in angstrom; None takes the layer's.
    lattice : Lattice or None
        Gives the pixel size where the image has none, and the crystal's area.
    area : {'field', 'crystal'}
    region : ndarray of bool, shape (H, W), or None
        The compared pixels where they are drawn.
    given : dict
        The oracle, what is compared and the runs that are judged too, see `OracleProblem`.
    distance : float or None
        Of matching, in angstrom; None for half the oracle's spacing.
    """

    frame: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    area: AreaRule
    region: BoolArray | None
    given: dict[str, Any]
    distance: float | None


def work_out(request: OracleRequest, stop: threading.Event) -> OracleRun:
    """Find or take the oracle and compare.

    Parameters
    ----------
    request : OracleRequest
    stop : threading.Event
        When set, no further tile of the image is looked at and no further trial judged.

    Raises
    ------
    BadInput
        If anything does not fit.
    InterruptedError
        If it was stopped.
    """
    inputs = Inputs(
        request.frame.image(request.pixel_size), request.lattice, request.region, request.given
    )
    settings = OracleSettings(distance=request.distance, area=request.area)
    task = begin_oracle(inputs, settings)
    with closing(task.steps):
        for judged in task.steps:
            if stop.is_set():
                raise InterruptedError
            if judged is not None:
                task.run.trials.append(judged)
    task.run.status = "done"
    return task.run
