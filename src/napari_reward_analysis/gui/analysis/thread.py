"""A search of any analysis in a thread of its own, and how its trials reach the window.

The thread puts what it finds into a queue; a timer of the GUI thread empties it a few
times a second, however many trials have come meanwhile. So there are no signals across
threads, a closed window cannot be hit by a late one, and every exception, of whatever
kind, is caught in one place and becomes a message.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from qtpy.QtCore import QObject, QTimer

from napari_reward_analysis.analyses.atoms.run import Status
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.autosave import Autosave, forget_old_runs
from napari_reward_analysis.gui.analysis.session import BaseSession, R
from napari_reward_analysis.gui.layers.shown_image import Place
from napari_reward_analysis.gui.widgets.activity import ActivityBar

_LOG = logging.getLogger(__name__)

#: ms between two looks into the queue; more when showing takes long itself, drawing
#: included, so that at most a fifth of the window's time goes into it.
_INTERVAL = 60
_SHARE = 4


@dataclass(frozen=True)
class Note:
    """What is worth knowing, though nothing is wrong."""

    text: str


@dataclass(frozen=True)
class End:
    """How a search ended, and why where that needs words."""

    status: Status
    message: str


@dataclass(frozen=True, eq=False)
class Begun(Generic[R]):
    """The run that the search will fill."""

    run: R


class BaseSearch(QObject, Generic[R]):
    """One search: starts at `start`, fills the session, and tells it the end.

    An analysis implements `_search`, which runs in the thread, and `_take`, which
    receives in the GUI thread what `_search` put into `_found`.

    Parameters
    ----------
    session : BaseSession
        Receives the run and its trials.
    place : Place
        Image and frame that the run belongs to.
    title : str
        What goes on, for the activity dock.
    total : int
        Number of trials asked for.
    folder : Path or None
        Where runs are saved on their own; None for not at all.
    """

    def __init__(
        self, session: BaseSession[R], place: Place, title: str, total: int, folder: Path | None
    ) -> None:
        super().__init__()
        self._session, self._place, self._folder = session, place, folder
        self._title = title
        #: Number of trials asked for.
        self.total = total
        self._found: deque[Any] = deque()
        self._cancelled = threading.Event()
        # no daemon: at exit the interpreter waits until the run is saved
        self._thread = threading.Thread(target=self._work, name="reward-analysis-search")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._collect)
        self._shown_since = 0.0
        self._saved: Autosave | None = None

    def start(self) -> None:
        """Begin."""
        self._session.begin(self, self.total)
        self._activity = ActivityBar(self.total, self._title)
        self._thread.start()
        self._timer.start(_INTERVAL)

    def cancel(self) -> None:
        """Ask the thread to stop after the trial it is at."""
        self._cancelled.set()

    # ---- what an analysis implements

    def _search(self) -> End:
        """In the thread: the whole search."""
        raise NotImplementedError

    def _take(self, trials: list[Any], others: list[Any]) -> None:
        """In the GUI thread: what has come, trials and whatever else."""
        raise NotImplementedError

    def _is_trial(self, item: Any) -> bool:
        """Whether what came is a trial."""
        raise NotImplementedError

    # ---- in the thread

    def _work(self) -> None:
        end = End("failed", "")
        try:
            end = self._search()
        except BadInput as error:
            end = End("failed", str(error))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the form must be usable again
            _LOG.exception("The search failed.")
            end = End("failed", f"The search failed: {describe(error)}.")
        finally:
            self._close(end)

    def _begin(self, run: R) -> None:
        """Hand the run over, and start to save it."""
        self._found.append(Begun(run))
        if self._folder is not None:
            self._saved = Autosave(run, self._folder)
            self._warn(self._saved.open())

    def _add(self, trial: Any) -> None:
        """Hand a trial over, and save it."""
        self._found.append(trial)
        if self._saved is not None:
            self._warn(self._saved.add(trial))

    def _close(self, end: End) -> None:
        try:
            if self._saved is not None and self._folder is not None:
                self._warn(self._saved.close(end.status, end.message))
                forget_old_runs(self._folder)
        except Exception as error:  # noqa: BLE001 - the run itself is in the session
            _LOG.exception("The run could not be saved.")
            self._warn(f"This run is not saved on its own: {describe(error)}.")
        finally:
            self._found.append(end)

    def _warn(self, message: str) -> None:
        if message:
            self._found.append(message)

    # ---- in the GUI thread

    def _collect(self) -> None:
        self._shown_since = time.perf_counter()
        trials: list[Any] = []
        others: list[Any] = []
        end: End | None = None
        while self._found and end is None:
            item = self._found.popleft()
            if self._is_trial(item):
                trials.append(item)
            elif isinstance(item, Begun):
                self._grow(item.run)
            elif isinstance(item, Note):
                self._session.noted.emit(item.text)
            elif isinstance(item, str):
                self._session.warned.emit(item)
            elif isinstance(item, End):
                end = item
            else:
                others.append(item)
        self._take(trials, others)
        if self._activity.cancelled:
            self._session.cancel()
        if end is not None:
            self._finish(end)
            return
        self._activity.advance(len(trials))
        # a timer without delay comes when what was changed has been painted
        QTimer.singleShot(0, self._rest)

    def _rest(self) -> None:
        spent = 1000 * (time.perf_counter() - self._shown_since)
        self._timer.start(max(_INTERVAL, round(_SHARE * spent)))

    def _grow(self, run: R) -> None:
        self._session.places[run.identifier] = self._place
        self._session.grow(run)

    def _finish(self, end: End) -> None:
        self._thread.join()
        # this runs within the timer's own signal: it must not be deleted before it returns
        QTimer.singleShot(0, lambda: self.deleteLater())
        self._session.end(end.status, end.message)
        self._activity.close()


def describe(error: BaseException) -> str:
    """An exception that nobody expected, in words."""
    kind = type(error).__name__
    if isinstance(error, MemoryError):
        return "there is not enough memory (MemoryError): close other programs or crop the image"
    text = " ".join(str(error).split()).rstrip(".")
    return f"{kind}: {text}" if text else kind
