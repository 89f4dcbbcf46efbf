"""A search of amorphous regions in a thread: atoms where none are given, classes, masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.amorphous.known_atoms import Atoms, given_atoms
from napari_reward_analysis.analyses.amorphous.problem import (
    AmorphousProblem,
    AmorphousSettings,
    AmorphousTrial,
)
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun, ColumnTable
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.run import ImageReference
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import pick, require_feasible
from napari_reward_analysis.arrays import BoolArray, FloatArray, StrArray
from napari_reward_analysis.calibration.preflight import Preflight, measured_facts
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.gui.amorphous.classes import ClassPictures, pictures_of
from napari_reward_analysis.gui.amorphous.session import RegionSession
from napari_reward_analysis.gui.analysis.thread import BaseSearch, End, Note
from napari_reward_analysis.gui.inputs.preflight_thread import SharedPreflight
from napari_reward_analysis.gui.layers.shown_image import ShownImage
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.search.loop import Search

#: Trials of the search for atoms where none are given.
ATOM_TRIALS = 25


@dataclass(frozen=True, eq=False)
class RegionRequest:
    """Everything that a search needs, as plain values.

    Attributes
    ----------
    frame : ShownImage
        The image; its pixels are read in the thread.
    pixel_size : float or None
        As typed by the user, in angstrom; None takes the layer's.
    lattice : Lattice or None
        The crystal.
    settings : AmorphousSettings
        What to search.
    region : ndarray of bool or None
        The judged pixels, drawn by the user.
    shared_preflight : SharedPreflight or None
        The preflight of this very image, which may have been made already.
    blobs : ndarray, shape (n, 4), or None
        The atoms as far as they are known; None to look for them first.
    labels : ndarray of str, shape (n,), or None
        Their classes, given by the user.
    key : tuple
        What image and atoms the classes belong to.
    only_classes : bool
        Find the classes and stop there.
    """

    frame: ShownImage
    pixel_size: float | None
    lattice: Lattice | None
    settings: AmorphousSettings
    region: BoolArray | None
    shared_preflight: SharedPreflight | None
    blobs: FloatArray | None
    labels: StrArray | None
    key: tuple[Any, ...]
    only_classes: bool = False


@dataclass(frozen=True)
class _Stage:
    """What is at work."""

    text: str


@dataclass(frozen=True, eq=False)
class _Shared:
    """What the trials of a run share."""

    run: AmorphousRun
    problem: AmorphousProblem


class RegionSearch(BaseSearch[AmorphousRun]):
    """One search of amorphous regions, or of the classes alone.

    Parameters
    ----------
    session : RegionSession
        Receives classes, run and trials.
    request : RegionRequest
        What to do.
    folder : Path or None
        Where runs are saved on their own; None for not at all.
    """

    def __init__(self, session: RegionSession, request: RegionRequest, folder: Path | None) -> None:
        self._name = session.free_name(f"{request.frame.name} amorphous")
        title = f"Amorphous regions: {self._name}"
        total = 1 if request.only_classes else request.settings.trials
        super().__init__(session, request.frame.place, title, total, folder)
        self._regions, self._request = session, request

    # ---- in the thread

    def _search(self) -> End:
        request = self._request
        image = request.frame.image(request.pixel_size)
        atoms = self._atoms(image)
        if atoms is None:
            return End("cancelled", "")
        self._found.append(_Stage("Classes of columns…"))
        problem = AmorphousProblem(
            atoms.preflight.image,
            atoms.blobs[:, :2],
            request.lattice,
            atoms.preflight.measured,
            request.settings,
            region=atoms.preflight.region,
            labels=request.labels,
        )
        given = request.labels is not None
        self._found.append(pictures_of(problem, atoms.blobs, request.key, given=given))
        if request.only_classes:
            return End("done", "")
        return self._iterate(problem, atoms)

    def _atoms(self, image: Image) -> Atoms | None:
        """Known atoms, or those that are found; None where the search was cancelled."""
        request = self._request
        self._found.append(_Stage("Lattice in the image…"))
        preflight = None if request.shared_preflight is None else request.shared_preflight.of(image)
        if request.blobs is not None:
            if preflight is not None:
                return Atoms(request.blobs, preflight)
            known = given_atoms(image, request.blobs[:, :2], request.lattice, request.region)
            return Atoms(request.blobs, known.preflight)
        return self._looked_for(image, preflight)

    def _looked_for(self, image: Image, preflight: Preflight | None) -> Atoms | None:
        request = self._request
        self._found.append(_Stage("Atoms by LoG*…"))
        settings = AtomsSettings(trials=ATOM_TRIALS, refine=False)
        problem = AtomsProblem(image, request.lattice, settings, request.region, preflight)
        trials = []
        for trial in Search(problem):
            trials.append(trial)
            if self._cancelled.is_set():
                return None
        require_feasible(trials)
        position = pick(trials)
        assert position is not None  # required above
        return Atoms(trials[position].blobs.astype(float), problem.preflight)

    def _iterate(self, problem: AmorphousProblem, atoms: Atoms) -> End:
        run = AmorphousRun(
            image=ImageReference.of(problem.image),
            settings=problem.settings,
            blobs=atoms.blobs,
            columns=ColumnTable.of(problem),
            verdict=problem.verdict,
            lattice=self._request.lattice,
            measured=measured_facts(atoms.preflight),
            notices=list(atoms.preflight.notices),
            name=self._name,
        )
        if self._cancelled.is_set():
            return End("cancelled", "")
        self._found.append(_Shared(run, problem))
        self._begin(run)
        search = Search(problem)
        for trial in search:
            self._add(trial)
            if self._cancelled.is_set():
                return End("cancelled", "")
        self._found.extend(Note(sentence(notice)) for notice in search.notices)
        return End("done", "")

    # ---- in the GUI thread

    def _is_trial(self, item: Any) -> bool:
        return isinstance(item, AmorphousTrial)

    def _take(self, trials: list[Any], others: list[Any]) -> None:
        session = self._regions
        for item in others:
            if isinstance(item, _Stage):
                session.staged.emit(item.text)
            elif isinstance(item, ClassPictures):
                session.set_classes(item)
            elif isinstance(item, _Shared):
                session.problems[item.run.identifier] = item.problem
        if trials:
            session.extend(trials)


def start_region_search(
    session: RegionSession, request: RegionRequest, folder: Path | None
) -> RegionSearch:
    """Start a search; the session holds on to it until it has ended."""
    search = RegionSearch(session, request, folder)
    search.start()
    return search
