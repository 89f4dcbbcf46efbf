"""A study in a thread of its own: what it finds reaches the window a few times a second.

There it is saved too, as it grows, so that a slow disk does not hold up the window.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.analyses.atoms.run import Status
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.study_autosave import Autosave, Keeping, forget_old_runs
from napari_reward_analysis.gui.analysis.thread import describe
from napari_reward_analysis.gui.widgets.activity import ActivityBar
from napari_reward_analysis.runs.analysis import Task

_LOG = logging.getLogger(__name__)

#: ms between two looks at what has come.
_INTERVAL = 100

#: Called in the thread: sets the study up.
Prepare = Callable[[], Task[Any]]


class StudyThread(QObject):
    """One study.

    Parameters
    ----------
    prepare : callable
        Sets the study up; may raise BadInput.
    title : str
        What goes on, for the activity dock.
    folder : Path
        Where studies are saved as they grow.
    keeping : Keeping
        How.

    Signals
    -------
    begun : object
        The study is set up: its run, without results.
    came : list
        Further results.
    warned : str
        Why the study is not saved on its own; it goes on.
    ended : str, str
        'done', 'cancelled' or 'failed', and a sentence where it failed.
    """

    begun = Signal(object)
    came = Signal(list)
    warned = Signal(str)
    ended = Signal(str, str)

    def __init__(self, prepare: Prepare, title: str, folder: Path, keeping: Keeping) -> None:
        super().__init__()
        self._prepare, self._title = prepare, title
        self._folder, self._keeping = folder, keeping
        self._saved: Autosave | None = None
        self._runs: deque[Any] = deque()
        self._found: deque[Any] = deque()
        self._warnings: deque[str] = deque()
        self._end: tuple[Status, str] = ("failed", "")
        self._cancelled = threading.Event()
        # no daemon: at exit the interpreter waits until the study is saved
        self._thread = threading.Thread(target=self._work, name="reward-analysis-study")
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Begin."""
        self._activity = ActivityBar(0, self._title)
        self._thread.start()
        self._timer.start()

    def cancel(self) -> None:
        """Ask the thread to stop after the trial it is at."""
        self._cancelled.set()

    # ---- in the thread

    def _work(self) -> None:
        try:
            self._end = (self._iterate(), "")
        except BadInput as error:
            self._end = ("failed", str(error))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the form must be usable again
            _LOG.exception("The study failed.")
            self._end = ("failed", f"The study failed: {describe(error)}.")
        finally:
            self._close()

    def _iterate(self) -> Status:
        task = self._prepare()
        self._runs.append(task.run)
        self._saved = Autosave(task.run, self._folder, self._keeping)
        self._warn(self._saved.open())
        with closing(task.steps):
            for result in task.steps:
                if result is not None:
                    self._found.append(result)
                    self._warn(self._saved.add(result))
                # at a pulse no finished result is waiting
                elif self._cancelled.is_set():
                    return "cancelled"
        return "done"

    def _close(self) -> None:
        if self._saved is None:
            return
        try:
            self._warn(self._saved.close(*self._end))
            forget_old_runs(self._folder, file=self._keeping.file)
        except Exception as error:  # noqa: BLE001 - the study itself is in the window
            _LOG.exception("The study could not be saved.")
            self._warn(f"This run is not saved on its own: {describe(error)}.")

    def _warn(self, message: str) -> None:
        if message:
            self._warnings.append(message)

    # ---- in the GUI thread

    def _collect(self) -> None:
        # asked first: whatever the thread found is then in the queues
        over = not self._thread.is_alive()
        if self._activity.cancelled:
            self.cancel()
        if self._runs:
            self.begun.emit(self._runs.popleft())
        found = [self._found.popleft() for _ in range(len(self._found))]
        if found:
            self.came.emit(found)
        while self._warnings:
            self.warned.emit(self._warnings.popleft())
        if over:
            self._timer.stop()
            self._activity.close()
            # this runs within the timer's own signal: it must not be deleted before it returns
            QTimer.singleShot(0, lambda: self.deleteLater())
            self.ended.emit(*self._end)
