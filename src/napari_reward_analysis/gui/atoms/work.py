"""Set up a search for atoms, and fit sub-pixel positions to its front when it is over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

from napari_reward_analysis.analyses.atoms.positions import Refiner
from napari_reward_analysis.gui.analysis.request import Request, prepared
from napari_reward_analysis.gui.analysis.thread import Amended, InWindow, Prepare, describe
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.image import Image
from napari_reward_analysis.runs.analysis import Analysis, Task

_LOG = logging.getLogger(__name__)

#: Seconds after which what is left of a front waits until it is shown.
REFINING_SECONDS = 1.5


def prepare_atoms(
    session: AtomsSession, analysis: Analysis[Any], request: Request, name: str
) -> Prepare:
    """Set up a search in the thread; where the settings ask for it, the front is refined.

    Parameters
    ----------
    session : AtomsSession
        Is warned where the positions stay on whole pixels.
    analysis : Analysis
        The search for atoms.
    request : Request
        What the form asks for.
    name : str
        What the run is called.
    """
    plain = prepared(analysis, request, name)

    def work() -> Generator[InWindow | None, None, Task[Any] | None]:
        task = yield from plain()
        if task is None or not task.run.settings.refine:
            return task
        steps = _with_refined_front(task, lambda: request.inputs().image, session.warned.emit)
        return replace(task, steps=steps)

    return work


def _with_refined_front(
    task: Task[Any], image: Callable[[], Image], warn: Callable[[str], None]
) -> Generator[Any, None, None]:
    yield from task.steps
    try:
        yield from _refined(task.run, image)
    except Exception as error:  # noqa: BLE001 - what was found stays, on whole pixels
        _LOG.exception("The columns could not be refined.")
        sentence = f"The columns stay on whole pixels: {describe(error)}."
        yield InWindow(lambda: warn(sentence))


def _refined(run: Any, image: Callable[[], Image]) -> Iterator[Amended]:
    """The front with sub-pixel positions, the proposed trial first."""
    start, refiner = time.perf_counter(), None
    for position in dict.fromkeys([run.proposed(), *run.front]):
        if position is None or (refiner and time.perf_counter() - start > REFINING_SECONDS):
            return
        refiner = refiner or Refiner(image())
        trial = run.trials[position]
        yield Amended(position, replace(trial, refined=refiner.refined(trial)))
