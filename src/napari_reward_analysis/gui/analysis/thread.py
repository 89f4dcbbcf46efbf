"""Run an analysis in a thread, and pass its trials to the window.

The thread puts its results into a queue. A timer of the GUI thread empties the queue a few
times a second. So no signal crosses threads, and no late signal reaches a closed window.
Every exception is caught in one place and becomes a message. A cancelled run is no longer
iterated.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QTimer

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.autosave import Autosave, forget_old_runs, not_saved
from napari_reward_analysis.gui.analysis.session import Session
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.activity import ActivityBar
from napari_reward_analysis.runs.analysis import Task
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.head import Status

_LOG = logging.getLogger(__name__)

#: Milliseconds between two looks into the queue. The interval grows if drawing is slow, so
#: that drawing takes at most a fifth of the window's time.
_INTERVAL = 60
_SHARE = 4


@dataclass(frozen=True, eq=False)
class InWindow:
    """A step that calls a function in the window's thread, in the order of the steps.

    Attributes
    ----------
    act : callable
        The function.
    """

    act: Callable[[], None]


@dataclass(frozen=True, eq=False)
class Amended:
    """A step that replaces an earlier trial by a refined one.

    Attributes
    ----------
    position : int
        Position of the trial in its run.
    trial : object
        The refined trial.
    """

    position: int
    trial: Any


#: Sets up an analysis in the thread. It yields None or `InWindow` during its work, so that it
#: can be cancelled. It returns the task, or None if nothing is left to do.
Prepare = Callable[[], Generator[InWindow | None, None, Task[Any] | None]]


@dataclass(frozen=True, eq=False)
class _End:
    """Status and message at the end of an analysis."""

    status: Status
    message: str = ""


class AnalysisThread(QObject):
    """The thread of one run. It passes trials and the end of the run to the session.

    Parameters
    ----------
    session : Session
        It receives the run and its trials.
    prepare : Prepare
        Function that sets up the analysis. It is called in the thread.
    files : RunFormat
        File format of the analysis.
    folder : Path or None
        Folder in which the run is saved. None means that it is not saved.
    place : Place
        Image and frame of the run.
    title : str
        Title in the activity dock.
    total : int
        Number of trials; 0 if only the task knows it.
    """

    def __init__(
        self,
        session: Session[Any],
        prepare: Prepare,
        files: RunFormat[Any],
        folder: Path | None,
        *,
        place: Place,
        title: str,
        total: int = 0,
    ) -> None:
        super().__init__()
        self._session, self._prepare, self._place = session, prepare, place
        self._files, self._folder = files, folder
        self._title, self._total = title, total
        self._found: deque[Any] = deque()
        self._cancelled = threading.Event()
        # not a daemon thread: at exit the interpreter waits until the run is saved
        self._thread = threading.Thread(target=self._work, name="reward-analysis")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._collect)
        self._shown_since = 0.0
        self._saved: Autosave | None = None

    def start(self) -> None:
        """Start the thread and the timer."""
        self._session.begin(self, self._total)
        self._activity = ActivityBar(self._total, self._title)
        self._thread.start()
        self._timer.start(_INTERVAL)

    def cancel(self) -> None:
        """Ask the thread to stop after its current step."""
        self._cancelled.set()

    # ---- in the thread

    def _work(self) -> None:
        end = _End("failed")
        task: Task[Any] | None = None
        try:
            over, task = self._iterated(self._prepare(), self._found.append)
            if over and task is not None:
                self._begin(task)
                over, _ = self._iterated(task.steps, lambda step: self._take(task.run, step))
            end = self._finished(task) if over else _End("cancelled")
        except BadInput as error:
            end = _End("failed", str(error))
        except BaseException as error:  # noqa: BLE001 - after any error the form must be usable again
            _LOG.exception("The analysis failed.")
            end = _End("failed", f"The search failed: {describe(error)}.")
        finally:
            self._complete(task)
            self._close(task, end)

    def _iterated(
        self, steps: Generator[Any, None, Any], take: Callable[[Any], None]
    ) -> tuple[bool, Any]:
        """Take all steps. Return True if none is left, and the return value of the steps."""
        try:
            while not self._cancelled.is_set():
                try:
                    step = next(steps)
                except StopIteration as stop:
                    return True, stop.value
                if step is not None:
                    take(step)
            return False, None
        finally:
            steps.close()

    def _begin(self, task: Task[Any]) -> None:
        # the window has its own copy of the run, with scores, name and choice
        run = replace(task.run, trials=[], notices=list(task.run.notices))
        self._found.append(InWindow(lambda: self._grow(run, task.total)))
        if self._folder is not None:
            self._saved = Autosave(task.run, self._folder, self._files)
            self._warn(self._saved.open())

    def _take(self, run: Any, step: Any) -> None:
        self._found.append(step)
        if isinstance(step, InWindow):
            return
        if isinstance(step, Amended):
            run.trials[step.position] = step.trial
            return
        run.trials.append(step)
        if self._saved is not None:
            self._warn(self._saved.add(step))

    def _finished(self, task: Task[Any] | None) -> _End:
        if task is None:
            return _End("done")
        known = len(task.run.notices)
        try:
            task.finish(task.run)
        except BadInput as error:
            # the search did not fail, it found nothing
            return _End("done", str(error))
        finally:
            new = task.run.notices[known:]
            self._found.append(InWindow(lambda: self._session.add_notices(new)))
        return _End("done")

    def _complete(self, task: Task[Any] | None) -> None:
        if task is not None:
            # the thread no longer changes the run, but saves it meanwhile
            run = replace(task.run, trials=list(task.run.trials))
            self._found.append(InWindow(lambda: self._session.complete(run)))

    def _close(self, task: Task[Any] | None, end: _End) -> None:
        try:
            if self._saved is not None and self._folder is not None and task is not None:
                task.run.status, task.run.message = end.status, end.message
                self._warn(self._saved.close())
                forget_old_runs(self._folder, self._files.file)
        except Exception as error:  # noqa: BLE001 - the run itself is in the session
            _LOG.exception("The run could not be saved.")
            self._warn(not_saved(f"{describe(error)}."))
        finally:
            self._found.append(end)

    def _warn(self, message: str) -> None:
        if message:
            self._found.append(InWindow(lambda: self._session.warned.emit(message)))

    # ---- in the GUI thread

    def _collect(self) -> None:
        self._shown_since = time.perf_counter()
        trials: list[Any] = []
        end: _End | None = None
        while self._found and end is None:
            step = self._found.popleft()
            if isinstance(step, InWindow | Amended | _End):
                self._extend(trials)
                trials = []
            if isinstance(step, InWindow):
                step.act()
            elif isinstance(step, Amended):
                self._session.amend(step.position, step.trial)
            elif isinstance(step, _End):
                end = step
            else:
                trials.append(step)
        self._extend(trials)
        if self._activity.cancelled:
            self._session.cancel()
        if end is not None:
            self._finish(end)
            return
        # a timer without delay fires after the changes have been painted
        QTimer.singleShot(0, self._rest)

    def _extend(self, trials: list[Any]) -> None:
        if trials:
            self._session.extend(trials)
            self._activity.advance(len(trials))

    def _rest(self) -> None:
        spent = 1000 * (time.perf_counter() - self._shown_since)
        self._timer.start(max(_INTERVAL, round(_SHARE * spent)))

    def _grow(self, run: Any, total: int) -> None:
        self._session.places[run.identifier] = self._place
        self._activity.expect(total)
        self._session.grow(run, total)

    def _finish(self, end: _End) -> None:
        self._thread.join()
        # the timer's signal calls this, so the timer must not be deleted before the return
        QTimer.singleShot(0, lambda: self.deleteLater())
        self._session.end(end.status, end.message)
        self._activity.close()


def describe(error: BaseException) -> str:
    """Return an unexpected exception as text."""
    kind = type(error).__name__
    if isinstance(error, MemoryError):
        return "there is not enough memory (MemoryError): close other programs or crop the image"
    text = " ".join(str(error).split()).rstrip(".")
    return f"{kind}: {text}" if text else kind
