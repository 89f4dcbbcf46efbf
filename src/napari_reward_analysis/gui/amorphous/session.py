"""The session of "Amorphous regions": runs, and the classes of their columns."""

from __future__ import annotations

from typing import Any

from psygnal import Signal

from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.gui.amorphous.classes import ClassPictures
from napari_reward_analysis.gui.analysis.session import Session, session_of


class RegionSession(Session[AmorphousRun]):
    """Runs of one viewer, the shown run, and the classes of its columns.

    Signals
    -------
    classes_changed
        The classes were found, or forgotten.
    """

    classes_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        #: The classes that were found last; None before.
        self.classes: ClassPictures | None = None
        #: Problems by identifier of the run; loaded runs have none.
        self.problems: dict[str, AmorphousProblem] = {}

    def set_classes(self, classes: ClassPictures | None) -> None:
        """Set the classes."""
        self.classes = classes
        self.classes_changed.emit()

    def set_problem(self, run: str, problem: AmorphousProblem) -> None:
        """Set the problem of a run by its identifier."""
        self.problems[run] = problem

    def _on_removed(self, run: AmorphousRun) -> None:
        self.problems.pop(run.identifier, None)


def region_session_of(viewer: Any) -> RegionSession:
    """The session of a viewer or its proxy, made by the first call."""
    return session_of(viewer, "amorphous", RegionSession)
