"""Set up a search for amorphous regions: atoms where none are given, classes, masks."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from napari_reward_analysis.analyses.amorphous.analysis import problem_of, task_of
from napari_reward_analysis.analyses.amorphous.known_atoms import (
    Atoms,
    given_atoms,
    searching_atoms,
)
from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.arrays import FloatArray, StrArray
from napari_reward_analysis.gui.amorphous.classes import pictures_of
from napari_reward_analysis.gui.amorphous.session import RegionSession
from napari_reward_analysis.gui.analysis.request import Request
from napari_reward_analysis.gui.analysis.thread import InWindow, Prepare
from napari_reward_analysis.runs.analysis import Inputs, Task

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
        atoms: Atoms = yield from _atoms(session, request, inputs)
        yield _stage(session, "Classes of columns…")
        labels = request.labels
        problem = problem_of(atoms, request.lattice, request.settings, labels=labels)
        pictures = pictures_of(problem, atoms.blobs, request.key, given=labels is not None)
        yield InWindow(lambda: session.set_classes(pictures))
        if only_classes:
            return None
        task = task_of(problem, atoms, request.lattice)
        task.run.name = name
        yield InWindow(lambda: session.set_problem(task.run.identifier, problem))
        return task

    return work


def _stage(session: RegionSession, text: str) -> InWindow:
    return InWindow(lambda: session.staged.emit(text))


def _atoms(session: RegionSession, request: RegionRequest, inputs: Inputs) -> Steps:
    """Known atoms, or those that are found."""
    image, found = inputs.image, inputs.given.get("preflight")
    if request.blobs is not None:
        return given_atoms(image, request.blobs, request.lattice, request.region, found)
    yield _stage(session, "Atoms by LoG*…")
    settings = request.settings.atoms_search
    steps = searching_atoms(image, request.lattice, settings, request.region, found)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        yield None
