"""Compare positions with an oracle, in a thread."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from napari_reward_analysis.analyses.oracle.analysis import begin_oracle
from napari_reward_analysis.analyses.oracle.run import OracleRun
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.runs.analysis import Inputs

Kind = Literal["network", "model", "file", "points"]


@dataclass(frozen=True, eq=False)
class OracleRequest:
    """The inputs of a comparison, as plain values.

    Attributes
    ----------
    frame : ShownImage
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed, in angstrom; None takes that of the layer.
    lattice : Lattice or None
        The crystal.
    region : ndarray of bool, shape (H, W), or None
        The drawn region.
    given : dict
        The oracle, the compared positions and the judged runs; see `OracleProblem`.
    settings : OracleSettings
        Matching distance and area.
    """

    frame: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    region: BoolArray | None
    given: dict[str, Any]
    settings: OracleSettings


def work_out(request: OracleRequest, stop: threading.Event) -> OracleRun:
    """Find the columns of the oracle and compare.

    Parameters
    ----------
    request : OracleRequest
    stop : threading.Event
        When it is set, the work ends after the current tile or trial.

    Raises
    ------
    BadInput
        If the inputs do not fit together.
    InterruptedError
        If `stop` was set.
    """
    inputs = Inputs(
        request.frame.image(request.pixel_size), request.lattice, request.region, request.given
    )
    task = begin_oracle(inputs, request.settings)
    with closing(task.steps):
        for judged in task.steps:
            if stop.is_set():
                raise InterruptedError
            if judged is not None:
                task.run.trials.append(judged)
    task.run.status = "done"
    return task.run
