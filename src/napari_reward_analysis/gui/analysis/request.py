"""Define a request: plain values of the form from which a thread sets up an analysis."""

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
    """The inputs of an analysis as plain values.

    Attributes
    ----------
    image : ShownImage
        The image. Its pixels are read in the thread.
    pixel_size : float or None
        Pixel size that the user typed, in angstrom. None means the pixel size of the layer.
    lattice : Lattice or None
        The crystal.
    settings : BaseModel
        Settings of the analysis.
    region : ndarray of bool, shape (H, W), or None
        Mask of the analysed pixels, drawn by the user.
    preflight : SharedPreflight or None
        Preflight of the same image, if it was made already.
    given : dict
        Further inputs of the analysis, see `Inputs`.
    """

    image: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    settings: BaseModel
    region: BoolArray | None = None
    preflight: SharedPreflight | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def inputs(self) -> Inputs:
        """Read the image. It is called in the thread.

        Raises
        ------
        BadInput
            If the pixels or the scale are invalid.
        """
        image = self.image.image(self.pixel_size)
        given = dict(self.given)
        found = None if self.preflight is None else self.preflight.of(image)
        if found is not None:
            given["preflight"] = found
        return Inputs(image, self.lattice, self.region, given)

    @property
    def total(self) -> int:
        """Number of trials in the settings; 0 if only the analysis knows it."""
        return int(getattr(self.settings, "trials", 0))


def prepared(analysis: Analysis[Any], request: Request, name: str) -> Prepare:
    """Return the function with which a thread sets up most analyses.

    Parameters
    ----------
    analysis : Analysis
    request : Request
        Inputs of the form.
    name : str
        Name of the run.
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
    """Start a thread that sets up an analysis and iterates it.

    The session keeps the thread until it has ended, even if the window is closed.

    Parameters
    ----------
    session : Session
        It receives the run and its trials.
    analysis : Analysis
    request : Request
        Inputs of the form.
    prepare : Prepare
        Function that sets up the analysis, see `prepared`.
    folder : Path or None
        Folder in which growing runs are saved. None means that they are not saved.
    name : str
        Name of the run.
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
