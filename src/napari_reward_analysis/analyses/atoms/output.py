"""Save the results of a search for columns, and summarise them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_reward_analysis.analyses.atoms.figures import save_front
from napari_reward_analysis.analyses.atoms.overlay import save_overlay
from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.run import ATOMS_FORMAT, AtomsRun
from napari_reward_analysis.analyses.atoms.table import atoms_table
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Pick, picked

_DEFAULT = Pick()


def write_atoms(
    run: AtomsRun, folder: Path, pick: Pick = _DEFAULT, image: Image | None = None
) -> dict[str, Any]:
    """Write `run.json`, `atoms.csv`, `front.png` and `overlay.png`.

    A failed write leaves no partial file.

    Parameters
    ----------
    run : AtomsRun
        A run with a feasible trial. The picked trial gets sub-pixel positions if the
        settings ask for them.
    folder : Path
        An existing folder.
    pick : Pick
        The choice of the trial.
    image : Image, optional
        The image of the run, for `overlay.png` and for sub-pixel positions.

    Returns
    -------
    dict
        n_atoms (rows of the table), n_counted (columns within the analysed area, from which
        QC and ER follow), expected, qc, er, extra_rewards and parameters of the picked
        trial, n_trials, pick, pixel_size_A, area_fraction, oracles, notices.

    Raises
    ------
    BadInput
        If the picked trial has no result, or a file cannot be written.
    """
    position = picked(run, pick)
    assert position is not None  # Only a run with a feasible trial is saved.
    if image is not None and run.settings.refine:
        run.trials[position] = refine_trial(image, run.trials[position])
    trial = run.trials[position]
    run.choice = position if pick.choice.isdigit() else None
    ATOMS_FORMAT.save(run, folder)
    table = atoms_table(trial, run.physics, run.image.pixel_size)
    write_csv(folder / "atoms.csv", table)
    save_front(run, folder / "front.png")
    if image is not None:
        save_overlay(image, trial, run.physics, folder / "overlay.png")
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
        "notices": [sentence(notice) for notice in run.notices],
    }


def atoms_in_words(summary: dict[str, Any]) -> str:
    """Return the summary of `write_atoms` as one line."""
    outside = summary["n_atoms"] - summary["n_counted"]
    aside = f" ({outside} more just outside the crystal)" if outside else ""
    return (
        f"{summary['n_counted']} columns found{aside}, {summary['expected']:.1f} expected: "
        f"QC {summary['qc']:+.4f}, ER {summary['er']:.4f} "
        f"(trial {summary['pick']} of {summary['n_trials']})"
    )
