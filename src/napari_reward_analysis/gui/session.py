"""What a viewer's analysis knows: its runs, the one that is shown, and its choice.

The session is the only state of the GUI. Plot, table and overlay listen to its signals
and to nothing else; it knows neither Qt nor layers, so that it can be tested alone. It
is used from the GUI thread only.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from psygnal import Signal

from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.rewards.atoms import AtomScore, Physics
from napari_reward_analysis.runs import Run, Status
from napari_reward_analysis.workflows.atoms_trial import AtomTrial

_METRICS: tuple[Metric, ...] = ("euclidean", "chebyshev")


class Cancellable(Protocol):
    """A search that is going on."""

    def cancel(self) -> None:
        """Ask it to stop; it ends a moment later."""
        ...


class Session:
    """Runs of one viewer and what is shown of them.

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
    refined
        The selected trial has sub-pixel positions now.
    search_changed
        A search started, is being cancelled, or ended.
    progressed
        The growing run has more trials, shown or not.
    edited_changed
        The shown points were edited by hand, or no longer differ from the trial.
    oracles_changed
        The shown run has more or fewer oracles.
    warned : str
        Something went wrong beside the search, which goes on.
    noted : str
        What is worth knowing of a search in which nothing went wrong.
    """

    runs_changed = Signal()
    run_changed = Signal()
    trials_changed = Signal()
    selection_changed = Signal()
    refined = Signal()
    search_changed = Signal()
    progressed = Signal()
    edited_changed = Signal()
    oracles_changed = Signal()
    warned = Signal(str)
    noted = Signal(str)

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._current: Run | None = None
        self._front: list[int] = []
        self._proposed: dict[Metric, int | None] = {}
        self._edited: AtomScore | None = None
        self._starting_physics: dict[str, Physics] = {}
        #: The run that is growing, None before its first trial and when none is.
        self.growing: Run | None = None
        self._search: Cancellable | None = None
        self.cancelling = False
        #: Trials that the search was asked for.
        self.total = 0
        #: How the last search ended: status and message; None before there was one.
        self.outcome: tuple[Status, str] | None = None
        #: Where each run's result is shown, by identifier; only the overlay looks inside.
        self.places: dict[str, Any] = {}

    # ---- the runs

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        return tuple(self._runs)

    @property
    def current(self) -> Run | None:
        """The run that is shown."""
        return self._current

    def add(self, run: Run) -> None:
        """Take up a run, new or loaded, and show it.

        A run that is here already (loaded twice) is only shown.
        """
        known = next((r for r in self._runs if r.identifier == run.identifier), None)
        if known is None:
            run.name = run.name or self.free_name(run.image.name)
            self._runs.append(run)
            self._starting_physics[run.identifier] = run.physics
            self.runs_changed.emit()
        self.show(known or run)

    def show(self, run: Run | None) -> None:
        """Show a run of this session, or none."""
        if run is self._current:
            return
        self._current = run
        self._edited = None
        self._count_anew()
        self.run_changed.emit()

    def remove(self, run: Run) -> None:
        """Take a run off the list; it must not be growing."""
        # by identity: runs that look alike are different runs
        place = next(i for i, known in enumerate(self._runs) if known is run)
        del self._runs[place]
        self.places.pop(run.identifier, None)
        self._starting_physics.pop(run.identifier, None)
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

    def rename(self, run: Run, name: str) -> None:
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

    def grow(self, run: Run) -> None:
        """Show the run that the search will fill."""
        self.growing = run
        self.add(run)

    def extend(self, trials: Sequence[AtomTrial]) -> None:
        """Add trials to the growing run, scored as it is by now."""
        run = self.growing
        if run is None or not trials:
            return
        if run.physics != self._starting_physics[run.identifier]:
            trials = [trial.rescored(run.physics) for trial in trials]
        since = len(run.trials)
        run.trials.extend(trials)
        if run is self._current:
            self._trials_changed(since)
        self.progressed.emit()

    def end(self, status: Status, message: str = "") -> None:
        """Note that the search is over, one way or another."""
        run = self.growing
        if run is not None:
            run.status, run.message = status, message
        self.growing, self._search, self.cancelling = None, None, False
        self.outcome = (status, message)
        self.search_changed.emit()

    # ---- the shown run

    @property
    def front(self) -> list[int]:
        """Positions of the shown run's Pareto set, by |QC|."""
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
        """Choose a trial of the shown run; None goes back to the proposed one.

        Points edited by hand are forgotten here: who wants to keep them, copies first.
        """
        if self._current is None:
            return
        self._current.choice = position
        self.set_edited(None)
        self.selection_changed.emit()

    def rescore(self, physics: Physics) -> None:
        """Judge all trials of the shown run by another N or DS, without a search."""
        run = self._current
        if run is None or run.physics == physics:
            return
        run.rescore(physics)
        self._trials_changed()

    def set_refined(self, run: Run, positions: Mapping[int, Refined]) -> None:
        """Give trials of a run sub-pixel positions, shown or not, by their index."""
        for place, trial in enumerate(run.trials):
            if trial.index in positions and trial.refined is None:
                # the trial may have been scored anew while it was being refined
                run.trials[place] = replace(trial, refined=positions[trial.index])
                if run is self._current and place == self.selected:
                    self.refined.emit()

    def set_oracle(self, name: str, count: float | None) -> None:
        """Give the shown run an oracle's count, or take it away with None."""
        run = self._current
        if run is None:
            return
        if count is None:
            run.oracles.pop(name, None)
        else:
            run.oracles[name] = count
        self.oracles_changed.emit()

    def starting_physics(self, run: Run) -> Physics:
        """N and DS as they were when the run came."""
        return self._starting_physics[run.identifier]

    # ---- edits by hand

    @property
    def edited(self) -> AtomScore | None:
        """Score of the points as edited by hand, None while they are the trial's."""
        return self._edited

    def set_edited(self, score: AtomScore | None) -> None:
        """Note how the edited points score; None when they are the trial's again."""
        if score != self._edited:
            if score is not None and self._current is not None:
                # a run that goes on must not move on to another trial meanwhile
                self._current.choice = self.selected
            self._edited = score
            self.edited_changed.emit()

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
        if run is None:
            self._front, self._proposed = [], {}
            return
        # what was dominated stays so: a long run is not searched again from its start
        rows = [*(self._front if since else []), *range(since, len(run.trials))]
        part = replace(run, trials=[run.trials[row] for row in rows])
        self._front = [rows[k] for k in part.front]
        proposed = {metric: part.proposed(metric) for metric in _METRICS}
        self._proposed = {m: None if k is None else rows[k] for m, k in proposed.items()}


_SESSIONS: weakref.WeakKeyDictionary[Any, Session] = weakref.WeakKeyDictionary()


def session_of(viewer: Any) -> Session:
    """The session of a viewer, made when first asked for.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
        Or the proxy of one: every plugin widget gets a proxy of its own, and all of
        them mean the same viewer.
    """
    return _SESSIONS.setdefault(getattr(viewer, "__wrapped__", viewer), Session())
