"""Set up a search for amorphous regions: atoms where none are given, classes, masks."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from napari_reward_analysis.analyses.amorphous.execute import Atoms, given_atoms
from napari_reward_analysis.analyses.amorphous.problem import (
    AmorphousProblem,
    AmorphousSettings,
)
from napari_reward_analysis.analyses.amorphous.run import AmorphousRun, ColumnTable, Verdict
from napari_reward_analysis.analyses.atoms.run import ImageReference
from napari_reward_analysis.analyses.atoms.trials import (
    AtomsProblem,
    AtomsSettings,
    pick,
    require_feasible,
)
from napari_reward_analysis.arrays import FloatArray, StrArray
from napari_reward_analysis.calibration.preflight import Preflight, measured_facts
from napari_reward_analysis.gui.amorphous.classes import pictures_of
from napari_reward_analysis.gui.amorphous.session import RegionSession
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.analysis.thread import InWindow, Prepare
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Task
from napari_reward_analysis.search.loop import Search

#: Trials of the search for atoms where none are given.
ATOM_TRIALS = 25

Steps = Generator[InWindow | None, None, Any]


@dataclass(frozen=True, eq=False)
class RegionRequest(Request):
    """Everything that a search for amorphous regions needs, as plain values.

    Attributes
    ----------
    blobs : ndarray, shape (n, 4), or None
        The atoms as far as they are known; None to look for them first.
    labels : ndarray of str, shape (n,), or None
        Their classes, given by the user.
    key : tuple
        What image and atoms the classes belong to.
    """

    settings: AmorphousSettings
    blobs: FloatArray | None = None
    labels: StrArray | None = None
    key: tuple[Any, ...] = ()


def prepare_regions(
    session: RegionSession, request: RegionRequest, name: str, *, only_classes: bool = False
) -> Prepare:
    """Set up a search in the thread.

    Parameters
    ----------
    session : RegionSession
        Is told the stages, the classes and the problem of the run.
    request : RegionRequest
    name : str
        What the run is called.
    only_classes : bool
        Find the classes and stop there.
    """

    def work() -> Generator[InWindow | None, None, Task[Any] | None]:
        yield _stage(session, "Lattice in the image…")
        inputs = request.inputs()
        atoms: Atoms = yield from _atoms(session, request, inputs.image, inputs.given)
        yield _stage(session, "Classes of columns…")
        problem = _problem(request, atoms)
        given = request.labels is not None
        pictures = pictures_of(problem, atoms.blobs, request.key, given=given)
        yield InWindow(lambda: session.set_classes(pictures))
        if only_classes:
            return None
        run = _run(request, problem, atoms, name)
        yield InWindow(lambda: session.set_problem(run.identifier, problem))
        search = Search(problem)

        def finish(run: AmorphousRun) -> None:
            run.notices.extend(sentence(one) for one in search.notices)

        return Task(run, iter(search), request.settings.trials, finish)

    return work


def _stage(session: RegionSession, text: str) -> InWindow:
    return InWindow(lambda: session.staged.emit(text))


def _atoms(session: RegionSession, request: RegionRequest, image: Image, given: Any) -> Steps:
    """Known atoms, or those that are found."""
    found: Preflight | None = given.get("preflight")
    if request.blobs is not None:
        if found is None:
            points = request.blobs[:, :2]
            found = given_atoms(image, points, request.lattice, request.region).preflight
        return Atoms(request.blobs, found)
    yield _stage(session, "Atoms by LoG*…")
    settings = AtomsSettings(trials=ATOM_TRIALS, refine=False)
    problem = AtomsProblem(image, request.lattice, settings, request.region, found)
    trials = []
    for trial in Search(problem):
        trials.append(trial)
        yield None
    require_feasible(trials)
    position = pick(trials)
    assert position is not None  # required above
    return Atoms(trials[position].blobs.astype(float), problem.preflight)


def _problem(request: RegionRequest, atoms: Atoms) -> AmorphousProblem:
    return AmorphousProblem(
        atoms.preflight.image,
        atoms.blobs[:, :2],
        request.lattice,
        atoms.preflight.measured,
        request.settings,
        region=atoms.preflight.region,
        labels=request.labels,
    )


def _run(
    request: RegionRequest, problem: AmorphousProblem, atoms: Atoms, name: str
) -> AmorphousRun:
    return AmorphousRun(
        image=ImageReference.of(problem.image),
        settings=problem.settings,
        atoms=atoms.blobs,
        columns=ColumnTable.of(problem),
        verdict=Verdict.of(problem),
        lattice=request.lattice,
        measured=measured_facts(atoms.preflight),
        notices=[sentence(one) for one in atoms.preflight.notices],
        name=name,
    )
