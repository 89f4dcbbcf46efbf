"""The session of an analysis in a viewer: its runs, the shown run, and the chosen trial.

The session is the only state of the window. Plot, lists and overlays respond to its signals.
It does not use Qt or layers. Only the GUI thread uses it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from psygnal import Signal

from napari_reward_analysis.gui.analysis.notices import notices_in_words
from napari_reward_analysis.notices import Notice
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.runs.head import Status
from napari_reward_analysis.runs.run import BaseRun

_METRICS: tuple[Metric, ...] = ("euclidean", "chebyshev")


class Cancellable(Protocol):
    """A running search."""

    def cancel(self) -> None:
        """Ask the search to stop. It ends a moment later."""
        ...


R = TypeVar("R", bound=BaseRun[Any])


class Session(Generic[R]):
    """The runs of one analysis in one viewer, with the shown run and trial.

    An analysis with further state derives its session from this class.

    Signals
    -------
    runs_changed
        A run was added, removed or renamed.
    run_changed
        Another run is shown, or none.
    trials_changed
        The shown run has new trials, or the scores of its trials changed.
    selection_changed
        Another trial of the shown run is selected.
    search_changed
        A search started, is being cancelled, or ended.
    progressed
        The growing run has new trials. It need not be the shown run.
    warned : str
        Something failed, but the search goes on.
    noted : str
        A fact about a search without a fault.
    staged : str
        The stage of an analysis before its first trial.
    """

    runs_changed = Signal()
    run_changed = Signal()
    trials_changed = Signal()
    selection_changed = Signal()
    search_changed = Signal()
    progressed = Signal()
    warned = Signal(str)
    noted = Signal(str)
    staged = Signal(str)

    #: Fields of the growing run that `complete` does not replace.
    own_fields: ClassVar[frozenset[str]] = frozenset({"name", "choice", "notices"})

    def __init__(self) -> None:
        self._runs: list[R] = []
        self._current: R | None = None
        self._front: list[int] = []
        self._proposed: dict[Metric, int | None] = {}
        #: The growing run; None before its first trial or if no search runs.
        self.growing: R | None = None
        #: The run of the last search; None if the search ended before its first trial.
        self.ended: R | None = None
        self._search: Cancellable | None = None
        self.cancelling = False
        #: Total number of trials of the search; 0 if it is not known yet.
        self.total = 0
        #: Status and message at the end of the last search; None before the first search.
        self.outcome: tuple[Status, str] | None = None
        #: Place of each run's result, by identifier. Only the overlay uses the values.
        self.places: dict[str, Any] = {}

    # ---- the runs

    @property
    def runs(self) -> tuple[R, ...]:
        """All runs, oldest first."""
        return tuple(self._runs)

    @property
    def current(self) -> R | None:
        """The shown run."""
        return self._current

    def add(self, run: R) -> None:
        """Add a new or loaded run, and show it.

        A run that was loaded before is only shown.
        """
        known = next((r for r in self._runs if r.identifier == run.identifier), None)
        if known is None:
            run.name = run.name or self.free_name(run.image.name)
            self._runs.append(run)
            self._on_added(run)
            self.runs_changed.emit()
        self.show(known or run)

    def show(self, run: R | None) -> None:
        """Show a run of this session, or none."""
        if run is self._current:
            return
        self._current = run
        self._on_shown()
        self._count_anew()
        self.run_changed.emit()

    def remove(self, run: R) -> None:
        """Remove a run, which must not be growing."""
        # compare by identity: equal runs are still different runs
        place = next(i for i, known in enumerate(self._runs) if known is run)
        del self._runs[place]
        self.places.pop(run.identifier, None)
        self._on_removed(run)
        if run is self._current:
            self.show(self._runs[min(place, len(self._runs) - 1)] if self._runs else None)
        self.runs_changed.emit()

    def free_name(self, image_name: str) -> str:
        """Return an unused name for the next run on an image."""
        taken = {run.name for run in self._runs}
        number = 1
        while (name := f"{image_name} #{number}") in taken:
            number += 1
        return name

    def rename(self, run: R, name: str) -> None:
        """Rename a run. A blank name is ignored."""
        if name.strip():
            run.name = name.strip()
            self.runs_changed.emit()

    # ---- a search

    @property
    def searching(self) -> bool:
        """True if a search is running."""
        return self._search is not None

    def begin(self, search: Cancellable, total: int) -> None:
        """Register the start of a search with this number of trials."""
        self._search, self.cancelling, self.total = search, False, total
        self.search_changed.emit()

    def cancel(self, _sender: object = None) -> None:
        """Ask the search to stop, if there is one."""
        if self._search is not None and not self.cancelling:
            self.cancelling = True
            self._search.cancel()
            self.search_changed.emit()

    def grow(self, run: R, total: int | None = None) -> None:
        """Show the run to which the search will add its trials."""
        self.growing = run
        if total is not None:
            self.total = total
        self.add(run)
        self.progressed.emit()

    def extend(self, trials: Sequence[Any]) -> None:
        """Score trials and add them to the growing run."""
        run = self.growing
        if run is None or not trials:
            return
        since = len(run.trials)
        run.trials.extend(self._scored(run, trials))
        if run is self._current:
            self._trials_changed(since)
        self.progressed.emit()

    def amend(self, position: int, trial: Any) -> None:
        """Replace a trial of the growing run by a refined one."""
        run = self.growing
        if run is None:
            return
        run.trials[position] = trial
        if run is self._current:
            self._trials_changed()

    def complete(self, run: R) -> None:
        """Copy values that an analysis added to its run at the end.

        The growing run keeps its name and its chosen trial, which the user may have changed.
        """
        growing = self.growing
        if growing is None:
            return
        for name in {one.name for one in fields(run)} - self.own_fields:
            value = getattr(run, name)
            setattr(growing, name, list(value) if isinstance(value, list) else value)
        if growing is self._current:
            self._trials_changed()

    def add_notices(self, notices: Sequence[Notice]) -> None:
        """Add notices from the end of the search to the growing run."""
        if self.growing is not None:
            self.growing.notices.extend(notices)
        for notice in notices:
            self.noted.emit(notices_in_words([notice]))

    def end(self, status: Status, message: str = "") -> None:
        """Register the end of the search.

        A run without a result is removed.
        """
        run = self.growing
        if run is not None:
            run.status, run.message = status, message
        self.ended = run if run is not None and holds_something(run) else None
        self.growing, self._search, self.cancelling = None, None, False
        if run is not None and self.ended is None:
            self.remove(run)
        self.outcome = (status, message)
        self.search_changed.emit()

    # ---- the shown run

    @property
    def front(self) -> list[int]:
        """Positions of the shown run's Pareto set, by its first objective."""
        return self._front

    def proposed(self, metric: Metric) -> int | None:
        """Return the position of the shown run's Euclidean or Chebyshev choice."""
        return self._proposed.get(metric)

    @property
    def selected(self) -> int | None:
        """Position of the shown trial: the user's choice, else the proposed one."""
        run = self._current
        if run is None:
            return None
        return self.proposed("euclidean") if run.choice is None else run.choice

    def select(self, position: int | None) -> None:
        """Choose a trial of the shown run. None means the proposed one."""
        if self._current is None:
            return
        self._current.choice = position
        self._on_selected()
        self.selection_changed.emit()

    # ---- internals

    def _trials_changed(self, since: int = 0) -> None:
        before = self.selected
        self._count_anew(since)
        self.trials_changed.emit()
        if self.selected != before:
            self.selection_changed.emit()

    def _count_anew(self, since: int = 0) -> None:
        """Update front and choices. The front of the trials before `since` is known."""
        run = self._current
        if run is None or not run.trials or not hasattr(run.trials[0], "objectives"):
            self._front, self._proposed = [], {}
            return
        # a dominated trial stays dominated, so only the front and new trials are compared
        rows = [*(self._front if since else []), *range(since, len(run.trials))]
        part: R = replace(run, trials=[run.trials[row] for row in rows])
        self._front = [rows[k] for k in part.front]
        proposed = {metric: part.proposed(metric) for metric in _METRICS}
        self._proposed = {m: None if k is None else rows[k] for m, k in proposed.items()}

    # ---- parts that an analysis can replace

    def _on_added(self, run: R) -> None:
        """Respond to an added run."""

    def _on_removed(self, run: R) -> None:
        """Respond to a removed run."""

    def _on_shown(self) -> None:
        """Respond before another run is shown."""

    def _on_selected(self) -> None:
        """Respond to another selected trial."""

    def _scored(self, _run: R, trials: Sequence[Any]) -> Sequence[Any]:
        """Return the trials to add to the growing run."""
        return trials


def holds_something(run: BaseRun[Any]) -> bool:
    """Return True if a run has trials or another result."""
    return bool(run.trials) or run.has_result()


_SESSIONS: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()
S = TypeVar("S", bound=Session[Any])


def session_of(viewer: Any, analysis: str, make: Callable[[], S]) -> S:
    """Return the session of an analysis in a viewer. It is made at the first call.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        The viewer, or a proxy of it. napari gives every plugin widget its own proxy of the
        same viewer.
    analysis : str
        Name of the analysis.
    make : callable
        Makes the session.
    """
    sessions = _SESSIONS.setdefault(getattr(viewer, "__wrapped__", viewer), {})
    if analysis not in sessions:
        sessions[analysis] = make()
    found: S = sessions[analysis]
    return found
