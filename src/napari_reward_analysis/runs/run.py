"""A run as an object: its image, settings, trials, and how far it came.

Every analysis derives its run from `BaseRun`; what is special to it are further fields.
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
    """Which trial of a run is written.

    Attributes
    ----------
    choice : str
        'euclidean', 'chebyshev' or the number of a trial.
    scaled : bool
        Whether the objectives are scaled to the front's range first.
    """

    choice: str = "euclidean"
    scaled: bool = False


@dataclass(kw_only=True, repr=False)
class BaseRun(Generic[T]):
    """One analysis of one image.

    Attributes
    ----------
    image : ImageReference
        The image it belongs to.
    settings : BaseModel
        What the user asked for.
    lattice : Lattice or None
        The crystal.
    trials : list
        Results in the order in which they came: trials of a search, windows, rows of a
        study.
    notices : list of Notice
        What the user should know about image and search.
    name : str
        What the user calls the run.
    status : {'running', 'done', 'cancelled', 'failed'}
        How far it came.
    message : str
        Why it failed, when it did.
    choice : int or None
        Position of the trial that the user chose; None means the proposed one.
    created : str
        Time of the start, ISO 8601, UTC.
    versions : dict
        Versions of the packages that made it.
    identifier : str
        Unique name.
    pixels : Image or None
        The image itself, where it is in memory; not saved.
    """

    #: The analysis, as it is registered.
    kind: ClassVar[str] = ""
    #: What one of the trials is called, in the plural.
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
        """A few lines: how far it came, its image, its best trial."""
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
        """Position of the trial nearest to the ideal point; None where nothing is feasible."""
        trials: list[Any] = self.trials
        front = self.front
        if not front:
            return None
        return front[choose([trials[i].objectives for i in front], metric, scaled=scaled)]

    @property
    def best(self) -> Any:
        """The trial that the user chose, else the proposed one; None where there is none."""
        position = self.proposed() if self.choice is None else self.choice
        return None if position is None else self.trials[position]

    def has_result(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.trials)

    def keep_image(self, image: Image) -> None:
        """Keep the run's image in memory, for figures and sub-pixel positions.

        Raises
        ------
        BadInput
            If it is another image.
        """
        if not self.image.matches(image):
            raise BadInput(
                f"The run is of {self.image.name!r}, not of {image.name!r}: the pixels differ; "
                "choose the image that it was made on."
            )
        self.pixels = image

    def find_image(self) -> Image | None:
        """The run's image: as kept, or from its file; None where neither is there."""
        if self.pixels is None and self.image.source:
            try:
                found = read_image(self.image.source)
            except BadInput:
                return None  # moved away, or one frame of a stack
            if self.image.matches(found):
                self.pixels = found
        return self.pixels

    def need_image(self, image: Image | None = None) -> Image:
        """The run's image: the given one, or that of `find_image`.

        Raises
        ------
        BadInput
            If there is none, or the given one is another image.
        """
        if image is not None:
            self.keep_image(image)
        found = self.find_image()
        if found is None:
            raise BadInput(
                f"The image {self.image.name!r} is not at hand: give the one that the run was "
                "made on."
            )
        return found

    def save(self, folder: str | Path) -> dict[str, Any]:
        """Save the run, and write its tables and figures, as its command does.

        Parameters
        ----------
        folder : str or Path
            Made when missing.

        Returns
        -------
        dict
            The summary that the command prints with ``--json``.

        Raises
        ------
        BadInput
            If something cannot be written.
        """
        analysis, place = find_analysis(self.kind), Path(folder)
        analysis.format.save(self, place)
        pick = Pick() if self.choice is None else Pick(str(self.choice))
        summary: dict[str, Any] = analysis.write(self, place, pick, self.find_image())
        return summary
