"""The session of an analysis in a viewer: its runs, the shown run, and the chosen trial.

The session is the only state of the window. Plot, lists and overlays listen to its signals
and to nothing else; it knows neither Qt nor layers. It is used from the GUI thread only.
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
    """A search that is going on."""

    def cancel(self) -> None:
        """Ask it to stop; it ends a moment later."""
        ...


R = TypeVar("R", bound=BaseRun[Any])


class Session(Generic[R]):
    """Runs of one analysis in one viewer, and what is shown of them.

    An analysis with more to know derives its own from it.

    Signals
    -------
    runs_changed
        A run came, went or was renamed.
    run_changed
        Another run is shown, or none.
    trials_changed
        The shown run has more trials, or its trials were scored anew.
    selection_changed
        Another trial of the shown run is selected.
    search_changed
        A search started, is being cancelled, or ended.
    progressed
        The growing run has more trials, shown or not.
    warned : str
        Something went wrong beside the search, which goes on.
    noted : str
        A fact about a search in which nothing went wrong.
    staged : str
        What an analysis is at before its first trial.
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

    #: What a growing run has of its own, so that `complete` leaves it alone.
    own_fields: ClassVar[frozenset[str]] = frozenset({"name", "choice", "notices"})

    def __init__(self) -> None:
        self._runs: list[R] = []
        self._current: R | None = None
        self._front: list[int] = []
        self._proposed: dict[Metric, int | None] = {}
        #: The run that is growing, None before its first trial and when none is.
        self.growing: R | None = None
        #: The run that the last search filled; None where it ended before its first trial.
        self.ended: R | None = None
        self._search: Cancellable | None = None
        self.cancelling = False
        #: Trials that the search will have; 0 where that is not known yet.
        self.total = 0
        #: How the last search ended: status and message; None before there was one.
        self.outcome: tuple[Status, str] | None = None
        #: Where each run's result is shown, by identifier; only the overlay looks inside.
        self.places: dict[str, Any] = {}

    # ---- the runs

    @property
    def runs(self) -> tuple[R, ...]:
        """All runs, oldest first."""
        return tuple(self._runs)

    @property
    def current(self) -> R | None:
        """The run that is shown."""
        return self._current

    def add(self, run: R) -> None:
        """Take up a run, new or loaded, and show it.

        A run that is here already (loaded twice) is only shown.
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
        """Take a run off the list; it must not be growing."""
        # by identity: runs that look alike are different runs
        place = next(i for i, known in enumerate(self._runs) if known is run)
        del self._runs[place]
        self.places.pop(run.identifier, None)
        self._on_removed(run)
        if run is self._current:
            self.show(self._runs[min(place, len(self._runs) - 1)] if self._runs else None)
        self.runs_changed.emit()

    def free_name(self, image_name: str) -> str:
        """A name for the next run on an image."""
        taken = {run.name for run in self._runs}
        number = 1
        while (name := f"{image_name} #{number}") in taken:
            number += 1
        return name

    def rename(self, run: R, name: str) -> None:
        """Call a run something else; blanks alone are no name."""
        if name.strip():
            run.name = name.strip()
            self.runs_changed.emit()

    # ---- a search

    @property
    def searching(self) -> bool:
        """Whether a search is going on."""
        return self._search is not None

    def begin(self, search: Cancellable, total: int) -> None:
        """Note that a search of so many trials has started."""
        self._search, self.cancelling, self.total = search, False, total
        self.search_changed.emit()

    def cancel(self, _sender: object = None) -> None:
        """Ask the search to stop, if there is one."""
        if self._search is not None and not self.cancelling:
            self.cancelling = True
            self._search.cancel()
            self.search_changed.emit()

    def grow(self, run: R, total: int | None = None) -> None:
        """Show the run that the search will fill with so many trials."""
        self.growing = run
        if total is not None:
            self.total = total
        self.add(run)
        self.progressed.emit()

    def extend(self, trials: Sequence[Any]) -> None:
        """Add trials to the growing run, scored as it is by now."""
        run = self.growing
        if run is None or not trials:
            return
        since = len(run.trials)
        run.trials.extend(self._scored(run, trials))
        if run is self._current:
            self._trials_changed(since)
        self.progressed.emit()

    def amend(self, position: int, trial: Any) -> None:
        """Put a trial that is known better now in its place in the growing run."""
        run = self.growing
        if run is None:
            return
        run.trials[position] = trial
        if run is self._current:
            self._trials_changed()

    def complete(self, run: R) -> None:
        """Take over what an analysis has added to its run at the end.

        The growing run keeps what the user has changed meanwhile: its name and choice.
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
        """Add what the search has told at its end to the growing run."""
        if self.growing is not None:
            self.growing.notices.extend(notices)
        for notice in notices:
            self.noted.emit(notices_in_words([notice]))

    def end(self, status: Status, message: str = "") -> None:
        """Note that the search is over, one way or another.

        A run that holds nothing is taken off the list.
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
        """Position of the shown run's Euclidean or Chebyshev choice."""
        return self._proposed.get(metric)

    @property
    def selected(self) -> int | None:
        """Position of the trial to show: the user's choice, else the proposed one."""
        run = self._current
        if run is None:
            return None
        return self.proposed("euclidean") if run.choice is None else run.choice

    def select(self, position: int | None) -> None:
        """Choose a trial of the shown run; None goes back to the proposed one."""
        if self._current is None:
            return
        self._current.choice = position
        self._on_selected()
        self.selection_changed.emit()

    # ---- within

    def _trials_changed(self, since: int = 0) -> None:
        before = self.selected
        self._count_anew(since)
        self.trials_changed.emit()
        if self.selected != before:
            self.selection_changed.emit()

    def _count_anew(self, since: int = 0) -> None:
        """Find front and choices; of the trials before `since` the front is known."""
        run = self._current
        if run is None or not run.trials or not hasattr(run.trials[0], "objectives"):
            self._front, self._proposed = [], {}
            return
        # what was dominated stays so: a long run is not searched again from its start
        rows = [*(self._front if since else []), *range(since, len(run.trials))]
        part: R = replace(run, trials=[run.trials[row] for row in rows])
        self._front = [rows[k] for k in part.front]
        proposed = {metric: part.proposed(metric) for metric in _METRICS}
        self._proposed = {m: None if k is None else rows[k] for m, k in proposed.items()}

    # ---- what an analysis adds

    def _on_added(self, run: R) -> None:
        """A run is taken up."""

    def _on_removed(self, run: R) -> None:
        """A run is taken off the list."""

    def _on_shown(self) -> None:
        """Another run is about to be shown."""

    def _on_selected(self) -> None:
        """Another trial is selected."""

    def _scored(self, _run: R, trials: Sequence[Any]) -> Sequence[Any]:
        """Trials as they enter the growing run."""
        return trials


def holds_something(run: BaseRun[Any]) -> bool:
    """Whether a run has anything to show or to save: trials, or another result."""
    return bool(run.trials) or run.has_result()


_SESSIONS: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()
S = TypeVar("S", bound=Session[Any])


def session_of(viewer: Any, analysis: str, make: Callable[[], S]) -> S:
    """The session of an analysis in a viewer, made when first asked for.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Or the proxy of one: every plugin widget gets a proxy of its own, and all of
        them mean the same viewer.
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
