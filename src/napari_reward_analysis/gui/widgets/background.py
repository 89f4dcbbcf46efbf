"""Short work off the GUI thread: reading, hashing, writing files."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from qtpy.QtCore import QObject, QTimer

from napari_reward_analysis.errors import BadInput

_LOG = logging.getLogger(__name__)
_INTERVAL = 30

T = TypeVar("T")


class BackgroundTask(QObject, Generic[T]):
    """One function in a thread, whose result comes back to the GUI thread.

    Parameters
    ----------
    work : callable
        Called in the thread.
    done : callable
        Called with the result in the GUI thread.
    failed : callable
        Called with a sentence in the GUI thread when `work` raised.
    """

    def __init__(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._work, self._done, self._failed = work, done, failed
        self._results: list[T] = []
        self._error = ""
        self._over = False
        self._thread = threading.Thread(target=self._run, name="napari-reward-analysis-task")
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._timer.start()

    def drop(self) -> None:
        """Take no more interest in the result; the work itself goes on to its end."""
        if not self._over:
            self._over = True
            self._timer.stop()

    @property
    def going_on(self) -> bool:
        """Whether the result is still awaited."""
        return not self._over

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except (BadInput, InterruptedError) as error:
            # work that was told to stop has nothing to report
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - told to the user; the log has the rest
            _LOG.exception("A task failed.")
            self._error = f"{type(error).__name__}: {error}"

    def _collect(self) -> None:
        if self._thread.is_alive():
            return
        self.drop()
        # this runs within the timer's own signal: it must not be deleted before it returns
        QTimer.singleShot(0, lambda: self.deleteLater())
        if self._results:
            self._done(self._results[0])
        else:
            self._failed(self._error)
