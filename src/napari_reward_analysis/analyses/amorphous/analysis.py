"""Register the search for amorphous regions as an analysis."""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.analyses.amorphous import HELP
from napari_reward_analysis.analyses.amorphous.known_atoms import Atoms, atoms_of
from napari_reward_analysis.analyses.amorphous.output import amorphous_in_words, write_amorphous
from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem
from napari_reward_analysis.analyses.amorphous.run import (
    AMORPHOUS_FORMAT,
    AmorphousRun,
    ColumnTable,
)
from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.calibration.preflight import measured_facts
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.runs.analysis import Analysis, Inputs, Task, register_analysis
from napari_reward_analysis.runs.head import ImageReference
from napari_reward_analysis.search.loop import Search


def begin_amorphous(inputs: Inputs, settings: AmorphousSettings) -> Task[AmorphousRun]:
    """Set up a search for amorphous regions. Atoms that are not given are found first.

    Parameters
    ----------
    inputs : Inputs
        Image, lattice and region. `given` may hold the known atoms as `points`, shape (n, 2)
        or (n, 4), or as an `Atoms` under `atoms`. It may also hold `labels`, the kinds of
        the atoms, shape (n,), and `preflight`, the `Preflight` of the same image.
    settings : AmorphousSettings
        Search and rewards.

    Raises
    ------
    BadInput
        If the inputs are inconsistent, or no atoms are found.
    """
    atoms = atoms_of(inputs, settings)
    problem = problem_of(atoms, inputs.lattice, settings, labels=inputs.given.get("labels"))
    return task_of(problem, atoms, inputs.lattice)


def problem_of(
    atoms: Atoms, lattice: Lattice | None, settings: AmorphousSettings, *, labels: Any = None
) -> AmorphousProblem:
    """Set up the problem of a search among these atoms, and find their kinds.

    Raises
    ------
    BadInput
        If image, atoms and settings are inconsistent.
    """
    preflight = atoms.preflight
    return AmorphousProblem(
        preflight.image,
        atoms.blobs[:, :2],
        lattice,
        preflight.measured,
        settings,
        region=preflight.region,
        labels=labels,
        domains=preflight.domains,
    )


def task_of(problem: AmorphousProblem, atoms: Atoms, lattice: Lattice | None) -> Task[AmorphousRun]:
    """Return the task of a problem that is set up already."""
    settings, preflight = problem.settings, atoms.preflight
    run = AmorphousRun(
        image=ImageReference.of(problem.image),
        settings=settings,
        blobs=atoms.blobs,
        columns=ColumnTable.of(problem),
        verdict=problem.verdict,
        lattice=lattice,
        measured=measured_facts(preflight),
        notices=list(preflight.notices),
        name=f"{problem.image.name} amorphous",
    )
    search = Search(problem)

    def finish(run: AmorphousRun) -> None:
        run.notices += search.notices

    total = settings.trials if problem.space.size else 1
    return Task(run=run, steps=iter(search), total=total, finish=finish)


AMORPHOUS = Analysis(
    name=AmorphousRun.kind,
    title="Amorphous regions",
    help=HELP,
    settings=AmorphousSettings,
    format=AMORPHOUS_FORMAT,
    begin=begin_amorphous,
    write=write_amorphous,
    describe=amorphous_in_words,
    remark=lambda trial: f"area {100 * trial.score.area_fraction:.1f} %",
)

register_analysis(AMORPHOUS)
