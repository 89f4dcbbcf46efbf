"""An analysis: everything that command line, batch, window and script need to know of it.

Built-in analyses and those of other packages are used in the same way: looked up by name,
begun with inputs and settings, iterated, saved, and written as tables and figures.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.runs.files import RunFormat
from napari_reward_analysis.runs.registered import ANALYSES, all_analyses, find_analysis
from napari_reward_analysis.runs.run import BaseRun, Pick

__all__ = [
    "Analysis",
    "Inputs",
    "Pick",
    "Task",
    "all_analyses",
    "analysis_named",
    "register_analysis",
]

R = TypeVar("R", bound=BaseRun[Any])


@dataclass(frozen=True, eq=False)
class Inputs:
    """What an analysis starts from.

    Attributes
    ----------
    image : Image
        The image.
    lattice : Lattice or None
        The crystal.
    region : ndarray of bool, shape (H, W), or None
        Pixels to analyse, drawn by the user.
    given : dict
        What else an analysis takes, by the names that it knows: known positions, an
        oracle, the preflight of this very image.
    """

    image: Image
    lattice: Lattice | None = None
    region: BoolArray | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Task(Generic[R]):
    """An analysis that is set up and has not begun.

    Attributes
    ----------
    run : BaseRun
        Without trials.
    steps : generator
        Trials as they come. None is a pulse: work goes on, and no finished trial waits to
        be yielded. Whoever iterates can show progress, or cancel by ceasing to iterate and
        closing the generator; cancelling at a pulse loses nothing that is finished.
    total : int
        How many trials will come at most.
    finish : callable
        Called with the run when the iteration ended by itself: adds notices, and raises
        BadInput where nothing was found.
    """

    run: R
    steps: Generator[Any, None, None]
    total: int
    finish: Callable[[R], None] = lambda _run: None


@dataclass(frozen=True)
class Analysis(Generic[R]):
    """One analysis.

    Attributes
    ----------
    name : str
        The command, and the kind of its run files.
    title : str
        What windows and menus call it.
    help : str
        One line for the list of commands.
    settings : type
        Its settings, fields made by `option`.
    format : RunFormat
        How its runs are saved and loaded.
    begin : callable
        ``begin(inputs, settings)`` sets up a `Task`; raises BadInput where the inputs do
        not fit together.
    write : callable
        ``write(run, folder, pick, image)`` writes tables and figures of a run that is
        saved already, and returns the summary that ``--json`` prints. `image` may be None.
    describe : callable
        ``describe(summary)`` is the summary in a line or a few.
    remark : callable
        ``remark(trial)`` is a trial in a few words, for a progress bar.
    """

    name: str
    title: str
    help: str
    settings: type[BaseModel]
    format: RunFormat[R]
    begin: Callable[[Inputs, Any], Task[R]]
    write: Callable[[R, Path, Pick, Image | None], dict[str, Any]]
    describe: Callable[[dict[str, Any]], str] = lambda summary: ", ".join(
        f"{name} {value}" for name, value in summary.items()
    )
    remark: Callable[[Any], str] = lambda _trial: ""


def register_analysis(analysis: Analysis[Any]) -> None:
    """Make an analysis known to command line, window and `load_run`.

    Raises
    ------
    BadInput
        If its name is no plain word.
    """
    ANALYSES.add(analysis.name, analysis)


def analysis_named(name: str) -> Analysis[Any]:
    """The analysis of a name.

    Raises
    ------
    BadInput
        If there is none.
    """
    analysis: Analysis[Any] = find_analysis(name)
    return analysis


def picked(run: BaseRun[Any], pick: Pick) -> int | None:
    """Position of the trial that is written; None where no trial has a result.

    Raises
    ------
    BadInput
        If the trial of that number has no result.
    """
    if not pick.choice.isdigit():
        metric: Metric = "chebyshev" if pick.choice == "chebyshev" else "euclidean"
        return run.proposed(metric, scaled=pick.scaled)
    position = int(pick.choice)
    if position >= len(run.trials) or not run.trials[position].feasible:
        front = ", ".join(str(run.trials[i].index) for i in run.front) or "none"
        raise BadInput(
            f"Trial {pick.choice} has no result to export (the run is saved): "
            f"choose one of the front: {front}."
        )
    return position
