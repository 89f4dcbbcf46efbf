"""A study in a thread of its own: what it finds reaches the window a few times a second."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined, unused-ignore]

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.activity import ActivityBar
from napari_reward_analysis.gui.searching import describe

_LOG = logging.getLogger(__name__)

#: ms between two looks at what has come.
_INTERVAL = 100

#: Called in the thread with an event that ends the results within a trial when it is set:
#: the run before its first result, and its results one by one.
Prepare = Callable[[threading.Event], tuple[Any, Iterator[Any]]]


class StudyThread(QObject):
    """One study.

    Parameters
    ----------
    prepare : callable
        Sets the study up; may raise BadInput.
    title : str
        What goes on, for the activity dock.

    Signals
    -------
    begun : object
        The study is set up: its run, without results.
    came : list
        Further results.
    ended : str, str
        'done', 'cancelled' or 'failed', and a sentence where it failed.
    """

    begun = Signal(object)
    came = Signal(list)
    ended = Signal(str, str)

    def __init__(self, prepare: Prepare, title: str) -> None:
        super().__init__()
        self._prepare, self._title = prepare, title
        self._runs: deque[Any] = deque()
        self._found: deque[Any] = deque()
        self._end = ("failed", "")
        self._cancelled = threading.Event()
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

    def _iterate(self) -> str:
        run, results = self._prepare(self._cancelled)
        self._runs.append(run)
        for result in results:
            self._found.append(result)
        return "cancelled" if self._cancelled.is_set() else "done"

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
        if over:
            self._timer.stop()
            self._activity.close()
            # this runs within the timer's own signal: it must not be deleted before it returns
            QTimer.singleShot(0, lambda: self.deleteLater())
            self.ended.emit(*self._end)
