"""One whole 'amorphous' job: atoms, classes, search with a log on disk, results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.amorphous.figures import save_region_front
from napari_reward_analysis.analyses.amorphous.problem import (
    AmorphousProblem,
    AmorphousSettings,
)
from napari_reward_analysis.analyses.amorphous.run import (
    AmorphousLog,
    AmorphousRun,
    ColumnTable,
    Verdict,
    save_amorphous_run,
)
from napari_reward_analysis.analyses.amorphous.table import class_table, region_table
from napari_reward_analysis.analyses.atoms.run import ImageReference
from napari_reward_analysis.analyses.atoms.trials import (
    AtomsProblem,
    AtomsSettings,
    pick,
    require_feasible,
)
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.preflight import Preflight, measured_facts, run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv, write_mask
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.optimize.pareto import Metric
from napari_reward_analysis.search.loop import Search

Progress = Callable[[int, str], None]


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of an image with what is known about its lattice.

    Attributes
    ----------
    blobs : ndarray, shape (n, 4)
        y, x (px), sigma (px), response; NaN where only places are known. Of the whole
        field, disorder included.
    preflight : Preflight
        Image, lattice as seen, crystal region.
    """

    blobs: FloatArray
    preflight: Preflight


def search_atoms(
    image: Image,
    lattice: Lattice | None,
    settings: AtomsSettings,
    region: BoolArray | None = None,
) -> Atoms:
    """Find the atoms that an amorphous search starts from, by LoG* at its own choice.

    Raises
    ------
    BadInput
        If the input does not fit together, or no trial found five blobs.
    """
    problem = AtomsProblem(image, lattice, settings, region)
    trials = list(Search(problem))
    require_feasible(trials)
    position = pick(trials)
    assert position is not None  # required above
    return Atoms(trials[position].blobs.astype(float), problem.preflight)


def given_atoms(
    image: Image,
    points: FloatArray,
    lattice: Lattice | None,
    region: BoolArray | None = None,
) -> Atoms:
    """Atoms whose places are known."""
    blobs = np.full((len(points), 4), np.nan)
    blobs[:, :2] = points
    return Atoms(blobs, run_preflight(image, lattice, region=region))


def run_amorphous(
    atoms: Atoms,
    lattice: Lattice | None,
    settings: AmorphousSettings,
    folder: Path,
    *,
    labels: npt.ArrayLike | None = None,
    progress: Progress | None = None,
) -> AmorphousRun:
    """Search with a log on disk; an interruption keeps what was found.

    Parameters
    ----------
    atoms : Atoms
        As of `search_atoms` or `given_atoms`.
    lattice : Lattice or None
        The crystal.
    settings : AmorphousSettings
        What to search.
    folder : Path
        Where the log goes while the run goes on; made when missing.
    labels : array_like of str, optional
        Kinds of the atoms, given by the user.
    progress : callable, optional
        Called with the number of trials done and a remark.

    Returns
    -------
    AmorphousRun
        Status 'done', or 'cancelled' after a KeyboardInterrupt.

    Raises
    ------
    BadInput
        If the input does not fit together; the folder is then as it was.
    KeyboardInterrupt
        If it comes before the first trial.
    """
    found = atoms.preflight
    problem = AmorphousProblem(
        found.image,
        atoms.blobs[:, :2],
        lattice,
        found.measured,
        settings,
        region=found.region,
        labels=labels,
    )
    run = AmorphousRun(
        image=ImageReference.of(found.image),
        settings=settings,
        atoms=atoms.blobs,
        columns=ColumnTable.of(problem),
        verdict=Verdict.of(problem),
        lattice=lattice,
        measured=measured_facts(found),
        notices=list(found.notices),
        name=f"{found.image.name} amorphous",
    )
    existed = folder.exists()
    log = AmorphousLog(run, folder)
    try:
        _iterate(problem, run, log, progress)
    except BaseException:
        log.close()
        if not existed and not any(folder.iterdir()):
            folder.rmdir()
        raise
    save_amorphous_run(run, folder)
    log.close()
    return run


def write_regions(
    run: AmorphousRun, folder: Path, choice: str = "euclidean", *, scaled: bool = False
) -> dict[str, Any]:
    """Write `run.json`, `atoms.csv`, `regions.csv`, `mask.tif` and `front.png`.

    Parameters
    ----------
    run : AmorphousRun
        A run with at least one trial.
    folder : Path
        Where to.
    choice : str
        'euclidean', 'chebyshev' or the number of a trial.
    scaled : bool
        Scale the objectives to the front's range before choosing.

    Returns
    -------
    dict
        n_regions, area_fraction, compactness and perimeter_A (None where there is no
        region or no pixel size), n_atoms, n_trials, pick (None where nothing is
        amorphous), region_exists, p_value, largest_loss, verdict, pixel_size_A, notices.

    Raises
    ------
    BadInput
        If the chosen trial has no result, or a file cannot be written.
    """
    position = _chosen(run, choice, scaled)
    run.choice = position if choice.isdigit() else None
    save_amorphous_run(run, folder)
    trial = None if position is None else run.trials[position]
    mask = np.zeros(run.image.shape, bool) if trial is None else trial.mask
    regions = np.zeros(run.image.shape, np.uint8) if trial is None else trial.regions
    size = run.image.pixel_size
    write_csv(folder / "atoms.csv", _atoms_table(run, mask))
    write_csv(folder / "regions.csv", region_table(regions, size))
    write_mask(folder / "mask.tif", regions, size)
    save_region_front(run, folder / "front.png")
    score = None if trial is None else trial.score
    return {
        "n_regions": 0 if score is None else score.n_regions,
        "area_fraction": 0.0 if score is None else score.area_fraction,
        "compactness": None if score is None else score.compactness,
        "perimeter_A": None if score is None or size is None else score.perimeter_px * size,
        "n_atoms": len(run.atoms),
        "n_trials": len(run.trials),
        "pick": None if trial is None else trial.index,
        "region_exists": run.verdict.exists,
        "p_value": run.verdict.p_value,
        "largest_loss": run.verdict.largest_loss,
        "verdict": run.verdict.sentence,
        "pixel_size_A": size,
        "notices": run.notices,
    }


def _atoms_table(run: AmorphousRun, mask: BoolArray) -> dict[str, npt.NDArray[Any]]:
    columns = run.columns
    on_site = columns.atom >= 0
    classes = np.full(len(run.atoms), "", dtype=columns.labels.dtype)
    loss = np.full(len(run.atoms), np.nan)
    classes[columns.atom[on_site]] = columns.labels[on_site]
    loss[columns.atom[on_site]] = columns.loss[on_site]
    size = run.image.pixel_size
    ds = run.lattice.default_ds / size if run.lattice is not None and size else None
    return class_table(run.atoms, classes, loss, mask, size, ds)


def _iterate(
    problem: AmorphousProblem, run: AmorphousRun, log: AmorphousLog, progress: Progress | None
) -> None:
    try:
        search = Search(problem)
        for trial in search:
            run.trials.append(trial)
            log.add(trial)
            if progress is not None:
                progress(len(run.trials), f"area {trial.score.area_fraction:.1%}")
    except KeyboardInterrupt:
        if not run.trials:
            raise
        run.status = "cancelled"
    else:
        run.notices += map(sentence, search.notices)
        run.status = "done"


def _chosen(run: AmorphousRun, choice: str, scaled: bool) -> int | None:
    if not choice.isdigit():
        metric: Metric = "chebyshev" if choice == "chebyshev" else "euclidean"
        return run.proposed(metric, scaled=scaled)
    position = int(choice)
    if position >= len(run.trials) or not run.trials[position].feasible:
        front = ", ".join(str(run.trials[i].index) for i in run.front) or "none"
        raise BadInput(
            f"Trial {choice} has no region to export (the run is saved): "
            f"choose one of the front: {front}."
        )
    return position
