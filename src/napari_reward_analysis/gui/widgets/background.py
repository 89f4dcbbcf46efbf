"""Run short work outside the GUI thread: reading, hashing and writing files."""

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
    """One function in a thread. Its result is handed over in the GUI thread.

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
        """Start the thread."""
        self._thread.start()
        self._timer.start()

    def drop(self) -> None:
        """Ignore the result. The work itself runs to its end."""
        if not self._over:
            self._over = True
            self._timer.stop()

    @property
    def going_on(self) -> bool:
        """Whether the result has still to come."""
        return not self._over

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except (BadInput, InterruptedError) as error:
            # cancelled work has nothing to report
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - the user sees the message, the log has the rest
            _LOG.exception("A task failed.")
            self._error = f"{type(error).__name__}: {error}"

    def _collect(self) -> None:
        if self._thread.is_alive():
            return
        self.drop()
        # the timer calls this: it must not be deleted before the call returns
        QTimer.singleShot(0, lambda: self.deleteLater())
        if self._results:
            self._done(self._results[0])
        else:
            self._failed(self._error)
