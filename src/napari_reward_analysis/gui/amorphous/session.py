"""What a viewer's search of amorphous regions knows."""

from __future__ import annotations

from typing import Any

from psygnal import Signal

from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun
from napari_reward_analysis.gui.amorphous.classes import ClassPictures
from napari_reward_analysis.gui.analysis.session import Session, session_of


class RegionSession(Session[AmorphousRun]):
    """Runs of one viewer, what is shown of them, and the classes of their columns.

    Signals
    -------
    classes_changed
        Other classes are known, or none.
    """

    classes_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        #: Mean patches of the classes that were found last; None before.
        self.classes: ClassPictures | None = None
        #: What a run's trials share, by identifier; runs that were loaded have none.
        self.problems: dict[str, AmorphousProblem] = {}

    def set_classes(self, classes: ClassPictures | None) -> None:
        """Note the classes that were found."""
        self.classes = classes
        self.classes_changed.emit()

    def set_problem(self, run: str, problem: AmorphousProblem) -> None:
        """Note what the trials of a run share, by the run's identifier."""
        self.problems[run] = problem

    def _on_removed(self, run: AmorphousRun) -> None:
        self.problems.pop(run.identifier, None)


def region_session_of(viewer: Any) -> RegionSession:
    """The session of a viewer, or of the proxy of one, made when first asked for."""
    return session_of(viewer, "amorphous", RegionSession)
