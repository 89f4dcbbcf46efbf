"""A run as an object: its image, settings, trials, and how far it came.

Every analysis derives its run from `BaseRun`; what is special to it are further fields.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.optimize.pareto import Metric, choose, pareto_front
from napari_reward_analysis.runs.head import ImageReference, Status, versions_now

T = TypeVar("T")


@dataclass(kw_only=True)
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
    """

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

    @property
    def front(self) -> list[int]:
        """Positions of the Pareto set in `trials`; empty for a run without objectives."""
        trials: list[Any] = self.trials
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
