"""Define a run: its image, settings, trials and status.

Every analysis derives its run from `BaseRun` and adds fields of its own.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.optimize.pareto import Metric, choose, pareto_front
from napari_reward_analysis.runs.head import ImageReference, Status, versions_now
from napari_reward_analysis.runs.registered import find_analysis

T = TypeVar("T")


@dataclass(frozen=True)
class Pick:
    """The choice of the trial to write.

    Attributes
    ----------
    choice : str
        'euclidean', 'chebyshev' or the number of a trial.
    scaled : bool
        Scale the objectives to the range of the front first.
    """

    choice: str = "euclidean"
    scaled: bool = False


@dataclass(kw_only=True, repr=False)
class BaseRun(Generic[T]):
    """One analysis of one image.

    Attributes
    ----------
    image : ImageReference
        The image of the run.
    settings : BaseModel
        Settings of the user.
    lattice : Lattice or None
        The crystal.
    trials : list
        Results in the order in which they came: trials of a search, windows, or rows of a
        study.
    notices : list of Notice
        Facts about image and search that the user should know.
    name : str
        Name of the run.
    status : {'running', 'done', 'cancelled', 'failed'}
        Progress of the run.
    message : str
        Reason of a failure; empty otherwise.
    choice : int or None
        Position of the trial that the user chose. None means the proposed one.
    created : str
        Time of the start, ISO 8601, UTC.
    versions : dict
        Versions of the packages that made the run.
    identifier : str
        Unique name.
    pixels : Image or None
        The image with its pixels if it is in memory. It is not saved.
    """

    #: Name of the registered analysis.
    kind: ClassVar[str] = ""
    #: Word for the trials, in the plural.
    noun: ClassVar[str] = "trials"

    image: ImageReference
    settings: BaseModel
    lattice: Lattice | None = None
    trials: list[T] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    name: str = ""
    status: Status = "running"
    message: str = ""
    choice: int | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = field(default_factory=versions_now)
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)
    pixels: Image | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        """Describe status, image and best trial in a few lines."""
        image, front = self.image, self.front
        size = image.pixel_size
        lines = [
            f"{type(self).__name__} {self.name!r}: {self.status}, {len(self.trials)} {self.noun}"
            + (f", {len(front)} on the front" if front else ""),
            f"image: {image.name!r}, {image.shape[0]} x {image.shape[1]} px, pixel size "
            + ("not known" if size is None else f"{size:.5g} angstrom"),
        ]
        if self.best is not None:
            lines.append(f"best: {self.best!r}")
        return f"<{chr(10).join(lines)}>"

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto set in `trials`; empty for a run without objectives."""
        trials: list[Any] = self.trials
        if not trials or not hasattr(trials[0], "objectives"):
            return []
        values = [trial.objectives for trial in trials]
        return pareto_front(values, [trial.feasible for trial in trials])

    def proposed(self, metric: Metric = "euclidean", *, scaled: bool = False) -> int | None:
        """Position of the trial nearest to the ideal point; None if no trial is feasible."""
        trials: list[Any] = self.trials
        front = self.front
        if not front:
            return None
        return front[choose([trials[i].objectives for i in front], metric, scaled=scaled)]

    @property
    def best(self) -> Any:
        """The trial that the user chose, else the proposed one; None if there is none."""
        position = self.proposed() if self.choice is None else self.choice
        return None if position is None else self.trials[position]

    def has_result(self) -> bool:
        """Return True if the run holds a result."""
        return bool(self.trials)

    def keep_image(self, image: Image) -> None:
        """Keep the run's image in memory, for figures and sub-pixel positions.

        Raises
        ------
        BadInput
            If the pixels differ from those of the run.
        """
        if not self.image.matches(image):
            raise BadInput(
                f"The run is of {self.image.name!r}, not of {image.name!r}: the pixels differ; "
                "choose the image that it was made on."
            )
        self.pixels = image

    def find_image(self) -> Image | None:
        """Return the image from memory or from its file; None if neither exists."""
        if self.pixels is None and self.image.source:
            try:
                found = read_image(self.image.source)
            except BadInput:
                return None  # the file was moved, or the image was one frame of a stack
            if self.image.matches(found):
                self.pixels = found
        return self.pixels

    def need_image(self, image: Image | None = None) -> Image:
        """Return the given image, or else that of `find_image`.

        Raises
        ------
        BadInput
            If there is no image, or the given one has other pixels.
        """
        if image is not None:
            self.keep_image(image)
        found = self.find_image()
        if found is None:
            raise BadInput(
                f"The image {self.image.name!r} was not found: give the image that the run was "
                "made on."
            )
        return found

    def save(self, folder: str | Path) -> dict[str, Any]:
        """Save the run, and write its tables and figures.

        Parameters
        ----------
        folder : str or Path
            Folder of the files. It is made if missing.

        Returns
        -------
        dict
            The summary that the command prints with ``--json``.

        Raises
        ------
        BadInput
            If a file cannot be written.
        """
        analysis, place = find_analysis(self.kind), Path(folder)
        analysis.format.save(self, place)
        pick = Pick() if self.choice is None else Pick(str(self.choice))
        summary: dict[str, Any] = analysis.write(self, place, pick, self.find_image())
        return summary
