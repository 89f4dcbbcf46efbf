"""A search of atoms in a thread of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.atoms.positions import Refiner
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import ImageReference, Run
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import (
    AtomTrial,
    front_of,
    pick,
    require_feasible,
)
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.preflight import measured_facts
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.detection.refine import Refined
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.thread import BaseSearch, End, Note, describe
from napari_reward_analysis.gui.atoms.session import Session
from napari_reward_analysis.gui.inputs.preflight_thread import SharedPreflight
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.search.loop import Search as Trials

_LOG = logging.getLogger(__name__)

#: Seconds after which what is left of a front waits until it is shown.
_REFINING = 1.5


@dataclass(frozen=True, eq=False)
class Request:
    """Everything that a search needs, as plain values.

    Attributes
    ----------
    frame : ShownImage
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed by the user, in angstrom; None takes the layer's.
    lattice : Lattice or None
        The crystal.
    settings : AtomsSettings
        Search and rewards.
    region : ndarray of bool or None
        The analysed pixels, drawn by the user.
    shared_preflight : SharedPreflight or None
        The preflight of this very image, which may have been made already.
    """

    frame: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    settings: AtomsSettings
    region: BoolArray | None = None
    shared_preflight: SharedPreflight | None = None


def run_trials(
    problem: AtomsProblem, *, told: Callable[[str], None] | None = None
) -> Iterator[AtomTrial]:
    """The trials of a search; what is worth knowing of it is told at its end."""
    search = Trials(problem)
    yield from search
    for notice in search.notices:
        if told is not None:
            told(sentence(notice))


@dataclass(frozen=True, eq=False)
class _Positions:
    """Sub-pixel positions of one trial."""

    index: int
    refined: Refined


class Search(BaseSearch[Run]):
    """One search of atoms: starts at `start`, fills the session, and tells it the end.

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
        self._name = session.free_name(request.frame.name)
        total = request.settings.trials if request.settings.search else 1
        super().__init__(session, request.frame.place, f"Find atoms: {self._name}", total, folder)
        self._atoms, self._request = session, request

    # ---- in the thread

    def _search(self) -> End:
        problem, run = self._prepare()
        self._begin(run)
        return self._iterate(problem)

    def _prepare(self) -> tuple[AtomsProblem, Run]:
        request = self._request
        image = request.frame.image(request.pixel_size)
        preflight = None if request.shared_preflight is None else request.shared_preflight.of(image)
        problem = AtomsProblem(image, request.lattice, request.settings, request.region, preflight)
        run = Run(
            image=ImageReference.of(problem.image),
            settings=request.settings,
            physics=problem.physics,
            lattice=request.lattice,
            region=problem.region,
            drawn=request.region is not None,
            measured=measured_facts(problem.preflight),
            notices=list(problem.notices),
            name=self._name,
        )
        return problem, run

    def _iterate(self, problem: AtomsProblem) -> End:
        trials: list[AtomTrial] = []
        if self._cancelled.is_set():
            return End("cancelled", "")
        for trial in run_trials(problem, told=lambda why: self._found.append(Note(why))):
            trials.append(trial)
            self._add(trial)
            if self._cancelled.is_set():
                return End("cancelled", "")
        try:
            require_feasible(trials)
        except BadInput as error:
            return End("done", str(error))
        if self._request.settings.refine:
            self._refine_front(problem, trials)
        return End("done", "")

    def _refine_front(self, problem: AtomsProblem, trials: list[AtomTrial]) -> None:
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
            self._warn(f"The columns stay on whole pixels: {describe(error)}.")
        if self._saved is not None:
            self._saved.refine(done)

    # ---- in the GUI thread

    def _is_trial(self, item: Any) -> bool:
        return isinstance(item, AtomTrial)

    def _take(self, trials: list[Any], others: list[Any]) -> None:
        if trials:
            self._atoms.extend(trials)
        positions = {item.index: item.refined for item in others if isinstance(item, _Positions)}
        if positions and self._atoms.growing is not None:
            self._atoms.set_refined(self._atoms.growing, positions)


def start_search(session: Session, request: Request, folder: Path | None) -> Search:
    """Start a search whose trials go into a session.

    The session holds on to it until it has ended, whatever becomes of the widget.
    """
    search = Search(session, request, folder)
    search.start()
    return search
