"""A search in a thread of its own, and how its trials reach the window.

The thread puts what it finds into a queue; a timer of the GUI thread empties it a few
times a second, however many trials have come meanwhile. So there are no signals across
threads, a closed window cannot be hit by a late one, and every exception, of whatever
kind, is caught in one place and becomes a message.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import QObject, QTimer

from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.activity import ActivityBar
from napari_reward_analysis.gui.autosave import Autosave, forget_old_runs
from napari_reward_analysis.gui.frames import Frame
from napari_reward_analysis.gui.session import Session
from napari_reward_analysis.gui.surveying import Surveying
from napari_reward_analysis.image import BoolArray
from napari_reward_analysis.lattice import Lattice
from napari_reward_analysis.runs import ImageReference, Run, Status
from napari_reward_analysis.workflows.atoms import AtomsProblem, AtomsSettings, run_trials
from napari_reward_analysis.workflows.atoms_refine import Refiner
from napari_reward_analysis.workflows.atoms_trial import (
    AtomTrial,
    front_of,
    pick,
    require_feasible,
)
from napari_reward_analysis.workflows.survey import measured_facts

_LOG = logging.getLogger(__name__)

#: ms between two looks into the queue; more when showing takes long itself, drawing
#: included, so that at most a fifth of the window's time goes into it.
_INTERVAL = 60
_SHARE = 4

#: Seconds after which what is left of a front waits until it is shown.
_REFINING = 1.5


@dataclass(frozen=True, eq=False)
class Request:
    """Everything that a search needs, as plain values.

    Attributes
    ----------
    frame : Frame
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed by the user, in angstrom; None takes the layer's.
    lattice : Lattice or None
        The crystal.
    settings : AtomsSettings
        Search and rewards.
    region : ndarray of bool or None
        The analysed pixels, drawn by the user.
    surveying : Surveying or None
        The survey of this very image, which may have been made already.
    """

    frame: Frame
    pixel_size: float | None
    lattice: Lattice | None
    settings: AtomsSettings
    region: BoolArray | None = None
    surveying: Surveying | None = None


@dataclass(frozen=True, eq=False)
class _Positions:
    """Sub-pixel positions of one trial."""

    index: int
    refined: Refined


@dataclass(frozen=True)
class _Note:
    """What is worth knowing, though nothing is wrong."""

    text: str


@dataclass(frozen=True)
class _End:
    status: Status
    message: str


class Search(QObject):
    """One search: starts at `start`, fills the session, and tells it the end.

    Parameters
    ----------
    session : Session
        Receives the run and its trials.
    request : Request
        What to do.
    folder : Path or None
        Where runs are saved on their own; None for not at all.
    """

    def __init__(self, session: Session, request: Request, folder: Path | None) -> None:
        super().__init__()
        self._session, self._request, self._folder = session, request, folder
        self._name = session.free_name(request.frame.name)
        self._found: deque[Run | AtomTrial | _Positions | _Note | str | _End] = deque()
        self._cancelled = threading.Event()
        # no daemon: at exit the interpreter waits until the run is saved
        self._thread = threading.Thread(target=self._work, name="find-atoms")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._collect)
        self._shown_since = 0.0

    @property
    def total(self) -> int:
        """Number of trials asked for."""
        return self._request.settings.trials if self._request.settings.search else 1

    def start(self) -> None:
        """Begin."""
        self._session.begin(self, self.total)
        self._activity = ActivityBar(self.total, f"Find atoms: {self._name}")
        self._thread.start()
        self._timer.start(_INTERVAL)

    def cancel(self) -> None:
        """Ask the thread to stop after the trial it is at."""
        self._cancelled.set()

    # ---- in the thread

    def _work(self) -> None:
        end = _End("failed", "")
        saved: Autosave | None = None
        try:
            problem, run = self._prepare()
            self._found.append(run)
            if self._folder is not None:
                saved = Autosave(run, self._folder)
                self._warn(saved.open())
            end = self._iterate(problem, saved)
        except BadInput as error:
            end = _End("failed", str(error))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the form must be usable again
            _LOG.exception("The search failed.")
            end = _End("failed", f"The search failed: {_describe(error)}.")
        finally:
            self._close(saved, end)

    def _prepare(self) -> tuple[AtomsProblem, Run]:
        request = self._request
        image = request.frame.image(request.pixel_size)
        surveyed = None if request.surveying is None else request.surveying.of(image)
        problem = AtomsProblem(image, request.lattice, request.settings, request.region, surveyed)
        run = Run(
            image=ImageReference.of(problem.image),
            settings=request.settings,
            physics=problem.physics,
            lattice=request.lattice,
            region=problem.region,
            drawn=request.region is not None,
            measured=measured_facts(problem.survey),
            notices=list(problem.notices),
            name=self._name,
        )
        return problem, run

    def _iterate(self, problem: AtomsProblem, saved: Autosave | None) -> _End:
        trials: list[AtomTrial] = []
        if self._cancelled.is_set():
            return _End("cancelled", "")
        for trial in run_trials(problem, told=lambda why: self._found.append(_Note(why))):
            trials.append(trial)
            self._found.append(trial)
            if saved is not None:
                self._warn(saved.add(trial))
            if self._cancelled.is_set():
                return _End("cancelled", "")
        try:
            require_feasible(trials)
        except BadInput as error:
            return _End("done", str(error))
        if self._request.settings.refine:
            self._refine_front(problem, trials, saved)
        return _End("done", "")

    def _refine_front(
        self, problem: AtomsProblem, trials: list[AtomTrial], saved: Autosave | None
    ) -> None:
        """Sub-pixel positions for the front, the proposed trial first."""
        done: dict[int, Refined] = {}
        start = time.perf_counter()
        try:
            refiner = Refiner(problem.image)
            for position in dict.fromkeys([pick(trials), *front_of(trials)]):
                late = done and time.perf_counter() - start > _REFINING
                if position is None or late or self._cancelled.is_set():
                    break
                trial = trials[position]
                done[trial.index] = refiner.refined(trial)
                self._found.append(_Positions(trial.index, done[trial.index]))
        except Exception as error:  # noqa: BLE001 - what was found stays, on whole pixels
            _LOG.exception("The columns could not be refined.")
            self._warn(f"The columns stay on whole pixels: {_describe(error)}.")
        if saved is not None:
            saved.refine(done)

    def _close(self, saved: Autosave | None, end: _End) -> None:
        try:
            if saved is not None and self._folder is not None:
                self._warn(saved.close(end.status, end.message))
                forget_old_runs(self._folder)
        except Exception as error:  # noqa: BLE001 - the run itself is in the session
            _LOG.exception("The run could not be saved.")
            self._warn(f"This run is not saved on its own: {_describe(error)}.")
        finally:
            self._found.append(end)

    def _warn(self, message: str) -> None:
        if message:
            self._found.append(message)

    # ---- in the GUI thread

    def _collect(self) -> None:
        self._shown_since = time.perf_counter()
        trials: list[AtomTrial] = []
        positions: dict[int, Refined] = {}
        end: _End | None = None
        while self._found and end is None:
            item = self._found.popleft()
            if isinstance(item, AtomTrial):
                trials.append(item)
            elif isinstance(item, Run):
                self._grow(item)
            elif isinstance(item, _Positions):
                positions[item.index] = item.refined
            elif isinstance(item, _Note):
                self._session.noted.emit(item.text)
            elif isinstance(item, str):
                self._session.warned.emit(item)
            else:
                end = item
        if trials:
            self._session.extend(trials)
        if positions and self._session.growing is not None:
            self._session.set_refined(self._session.growing, positions)
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

    def _grow(self, run: Run) -> None:
        self._session.places[run.identifier] = self._request.frame.place
        self._session.grow(run)

    def _finish(self, end: _End) -> None:
        self._thread.join()
        # this runs within the timer's own signal: it must not be deleted before it returns
        QTimer.singleShot(0, lambda: self.deleteLater())
        self._session.end(end.status, end.message)
        self._activity.close()


def preload() -> threading.Thread:
    """Import in a thread what a search needs later.

    scikit-optimize and what it brings hold up all threads for a fifth of a second when
    they are imported; that is better felt when the widget opens than amid a run.
    """
    thread = threading.Thread(target=_import_model, name="find-atoms-preload")
    thread.start()
    return thread


def _import_model() -> None:
    try:
        importlib.import_module("skopt.learning")
    except ImportError:  # told, as a failure, by the search that needs it
        _LOG.exception("scikit-optimize cannot be imported.")


def _describe(error: BaseException) -> str:
    """An exception that nobody expected, in words."""
    kind = type(error).__name__
    if isinstance(error, MemoryError):
        return "there is not enough memory (MemoryError): close other programs or crop the image"
    text = " ".join(str(error).split()).rstrip(".")
    return f"{kind}: {text}" if text else kind


def start_search(session: Session, request: Request, folder: Path | None) -> Search:
    """Start a search whose trials go into a session.

    The session holds on to it until it has ended, whatever becomes of the widget.
    """
    search = Search(session, request, folder)
    search.start()
    return search
