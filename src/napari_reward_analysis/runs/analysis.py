"""Describe an analysis to the command line, the window and scripts.

Built-in analyses and those of other packages are used in the same way. An analysis is looked
up by name and begun with inputs and settings. Its trials are iterated. Its run is saved, and
written as tables and figures.
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
    """The inputs of an analysis.

    Attributes
    ----------
    image : Image
        The image.
    lattice : Lattice or None
        The crystal.
    region : ndarray of bool, shape (H, W), or None
        Mask of the pixels to analyse, drawn by the user.
    given : dict
        Further inputs by name, such as known positions, an oracle, or the preflight of the
        same image. Each analysis defines the names.
    others : tuple of Lattice
        Further crystals in the same image.
    """

    image: Image
    lattice: Lattice | None = None
    region: BoolArray | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[Lattice, ...] = ()


@dataclass(frozen=True, eq=False)
class Task(Generic[R]):
    """An analysis that is set up but has not begun.

    Attributes
    ----------
    run : BaseRun
        The run, without trials.
    steps : generator
        Yields trials as they finish. It also yields None as a pulse: work goes on, and no
        finished trial waits to be yielded. To cancel, stop iterating and close the
        generator. Cancelling at a pulse loses no finished trial.
    total : int
        Largest number of trials.
    finish : callable
        Called with the run if the iteration ended by itself. It adds notices, and raises
        BadInput if nothing was found.
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
        Its name in windows and menus.
    help : str
        One line for the list of commands.
    settings : type
        Its settings model, with fields made by `option`.
    format : RunFormat
        The way its runs are saved and loaded.
    begin : callable
        ``begin(inputs, settings)`` returns a `Task`. It raises BadInput if the inputs do not
        fit together.
    write : callable
        ``write(run, folder, pick, image)`` writes tables and figures of a saved run, and
        returns the summary that ``--json`` prints. `image` may be None.
    describe : callable
        ``describe(summary)`` returns the summary as one or a few lines of text.
    remark : callable
        ``remark(trial)`` describes a trial in a few words, for a progress bar.
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
    """Add an analysis to the command line, the window and `load_run`.

    Raises
    ------
    BadInput
        If its name is not a plain word.
    """
    ANALYSES.add(analysis.name, analysis)


def analysis_named(name: str) -> Analysis[Any]:
    """Return the analysis of a name.

    Raises
    ------
    BadInput
        If there is none.
    """
    analysis: Analysis[Any] = find_analysis(name)
    return analysis


def picked(run: BaseRun[Any], pick: Pick) -> int | None:
    """Return the position of the trial to write; None if no trial has a result.

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
