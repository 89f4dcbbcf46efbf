"""One whole 'atoms' job: search, keep a log, write the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.atoms.figures import save_front
from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.run import ImageReference, Run, RunLog, save_run
from napari_reward_analysis.analyses.atoms.table import atoms_table
from napari_reward_analysis.analyses.atoms.trials import (
    AtomsProblem,
    AtomsSettings,
    require_feasible,
)
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.preflight import measured_facts
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.search.loop import Search

Progress = Callable[[int, str], None]


def run_atoms(
    image: Image,
    lattice: Lattice | None,
    settings: AtomsSettings,
    folder: Path,
    *,
    region: BoolArray | None = None,
    oracles: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Search with a log on disk; an interruption keeps what was found.

    Parameters
    ----------
    image, lattice, settings, region
        As for `find_atoms`.
    folder : Path
        Where the log goes while the run goes on; made when missing.
    oracles : mapping, optional
        Counts of other oracles by name, for fronts of their own.
    progress : callable, optional
        Called with the number of trials done and a remark.

    Returns
    -------
    Run
        Status 'done', or 'cancelled' after a KeyboardInterrupt.

    Raises
    ------
    BadInput
        If the input does not fit together, or no trial found five blobs; the folder is
        then as it was.
    KeyboardInterrupt
        If it comes before the first feasible trial.
    """
    problem = AtomsProblem(image, lattice, settings, region)
    run = Run(
        image=ImageReference.of(problem.image),
        settings=settings,
        physics=problem.physics,
        lattice=lattice,
        region=problem.region,
        drawn=region is not None,
        measured=measured_facts(problem.preflight),
        notices=list(problem.notices),
        oracles=dict(oracles or {}),
        name=f"{image.name} atoms",
    )
    existed = folder.exists()
    log = RunLog(run, folder)
    try:
        _iterate(problem, run, log, progress)
        require_feasible(run.trials)
    except BaseException:
        log.close()
        if not existed and not any(folder.iterdir()):
            folder.rmdir()
        raise
    save_run(run, folder)
    log.close()
    return run


def write_results(
    run: Run,
    folder: Path,
    choice: str = "euclidean",
    *,
    scaled: bool = False,
    image: Image | None = None,
) -> dict[str, Any]:
    """Write `run.json`, `atoms.csv` and `front.png`, each whole or not at all.

    Parameters
    ----------
    run : Run
        A run with a feasible trial.
    folder : Path
        Where to.
    choice : str
        'euclidean', 'chebyshev' or the number of a trial.
    scaled : bool
        Measure the distances after scaling each objective to the front's range.
    image : Image, optional
        The run's image, for sub-pixel positions of the chosen trial where the settings
        ask for them.

    Returns
    -------
    dict
        n_atoms (rows of the table), n_counted (those within the analysed area, on which QC
        and ER rest), expected, qc, er, n_trials, pick; the further rewards and the parameters of
        the pick; and what they rest on: pixel_size_A, area_fraction, oracles, notices.

    Raises
    ------
    BadInput
        If the chosen trial has no result, or a file cannot be written.
    """
    position = _chosen(run, choice, scaled)
    if image is not None and run.settings.refine:
        run.trials[position] = refine_trial(image, run.trials[position])
    trial = run.trials[position]
    run.choice = position if choice.isdigit() else None
    save_run(run, folder)
    table = atoms_table(trial, run.physics, run.image.pixel_size)
    write_csv(folder / "atoms.csv", table)
    save_front(run, folder / "front.png")
    return {
        "n_atoms": len(table["id"]),
        "n_counted": trial.score.count,
        "expected": run.physics.expected,
        "qc": trial.score.qc,
        "er": trial.score.er,
        "extra_rewards": trial.extra_rewards,
        "parameters": trial.parameters,
        "n_trials": len(run.trials),
        "pick": trial.index,
        "pixel_size_A": run.image.pixel_size,
        "area_fraction": 1.0 if run.region is None else float(run.region.mean()),
        "oracles": run.oracles,
        "notices": run.notices,
    }


def _iterate(problem: AtomsProblem, run: Run, log: RunLog, progress: Progress | None) -> None:
    try:
        search = Search(problem)
        for trial in search:
            run.trials.append(trial)
            log.add(trial)
            if progress is not None:
                progress(len(run.trials), f"QC {trial.score.qc:+.3f} ER {trial.score.er:.3f}")
    except KeyboardInterrupt:
        if not any(trial.feasible for trial in run.trials):
            raise
        run.status = "cancelled"
    else:
        run.notices += map(sentence, search.notices)
        run.status = "done"


def _chosen(run: Run, choice: str, scaled: bool) -> int:
    if not choice.isdigit():
        metric: Metric = "chebyshev" if choice == "chebyshev" else "euclidean"
        position = run.proposed(metric, scaled=scaled)
        assert position is not None  # a run without a feasible trial never gets here
        return position
    position = int(choice)
    if position >= len(run.trials) or not run.trials[position].feasible:
        front = ", ".join(str(run.trials[i].index) for i in run.front)
        raise BadInput(
            f"Trial {choice} has no result to export (the run is saved): "
            f"choose one of the front: {front}."
        )
    return position
