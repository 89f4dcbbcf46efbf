"""A request of the form: plain values from which a thread sets an analysis up."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.analysis.thread import AnalysisThread, InWindow, Prepare
from napari_reward_analysis.gui.inputs.preflight_thread import SharedPreflight
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task


@dataclass(frozen=True, eq=False)
class Request:
    """Everything that an analysis needs, as plain values.

    Attributes
    ----------
    image : ShownImage
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed by the user, in angstrom; None takes the layer's.
    lattice : Lattice or None
        The crystal.
    settings : BaseModel
        What to do.
    region : ndarray of bool, shape (H, W), or None
        The analysed pixels, drawn by the user.
    preflight : SharedPreflight or None
        The preflight of this very image, which may have been made already.
    given : dict
        What else the analysis takes, see `Inputs`.
    """

    image: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    settings: BaseModel
    region: BoolArray | None = None
    preflight: SharedPreflight | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def inputs(self) -> Inputs:
        """Read the image; called in the thread.

        Raises
        ------
        BadInput
            If pixels or scale are of no use.
        """
        image = self.image.image(self.pixel_size)
        given = dict(self.given)
        found = None if self.preflight is None else self.preflight.of(image)
        if found is not None:
            given["preflight"] = found
        return Inputs(image, self.lattice, self.region, given)

    @property
    def total(self) -> int:
        """Number of trials asked for; 0 where only the analysis knows."""
        return int(getattr(self.settings, "trials", 0))


def prepared(analysis: Analysis[Any], request: Request, name: str) -> Prepare:
    """The way in which a thread sets up most analyses.

    Parameters
    ----------
    analysis : Analysis
    request : Request
        What the form asks for.
    name : str
        What the run is called.
    """

    def work() -> Generator[InWindow | None, None, Task[Any]]:
        yield None
        task = analysis.begin(request.inputs(), request.settings)
        task.run.name = name
        return task

    return work


def start(
    session: Session[Any],
    analysis: Analysis[Any],
    request: Request,
    prepare: Prepare,
    folder: Path | None,
    name: str,
) -> AnalysisThread:
    """Start a thread that sets an analysis up and iterates it.

    The session holds on to it until it has ended, whatever becomes of the window.

    Parameters
    ----------
    session : Session
        Receives the run and its trials.
    analysis : Analysis
    request : Request
        What the form asks for.
    prepare : Prepare
        Sets the analysis up; see `prepared`.
    folder : Path or None
        Where runs are saved as they grow; None for not at all.
    name : str
        What the run is called.
    """
    thread = AnalysisThread(
        session,
        prepare,
        analysis.format,
        folder,
        place=request.image.place,
        title=f"{analysis.title}: {name}",
        total=request.total,
    )
    thread.start()
    return thread
