"""Save the results of a search for columns, and summarise them."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.figures import save_front
from napari_reward_analysis.analyses.atoms.overlay import save_overlay
from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.run import ATOMS_FORMAT, AtomsRun
from napari_reward_analysis.analyses.atoms.table import atoms_table, vacancy_table
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.runs.analysis import Pick, picked

_DEFAULT = Pick()


def write_atoms(
    run: AtomsRun, folder: Path, pick: Pick = _DEFAULT, image: Image | None = None
) -> dict[str, Any]:
    """Write `run.json`, `atoms.csv`, `vacancies.csv`, `front.png` and `overlay.png`.

    A failed write leaves no partial file.

    Parameters
    ----------
    run : AtomsRun
        A finished run. The picked trial gets sub-pixel positions if the settings ask for
        them. The tables are empty if the image shows no column.
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
        QC and ER follow), n_vacant and n_undecided (sites without a column), n_domains,
        n_unsupported (found, but not supported by the image), expected, qc, er, false_rate,
        extra_rewards and parameters of the picked trial, n_trials, pick, pixel_size_A,
        area_fraction, oracles, notices. Values of a missing trial are None.

    Raises
    ------
    BadInput
        If the picked trial has no result, or a file cannot be written.
    """
    position = picked(run, pick)
    if position is not None and image is not None and run.settings.refine:
        run.trials[position] = refine_trial(image, run.trials[position])
    trial = None if position is None else run.trials[position]
    run.choice = position if pick.choice.isdigit() else None
    ATOMS_FORMAT.save(run, folder)
    table = atoms_table(trial, run.physics, run.image.pixel_size, run.sites)
    vacancies = vacancy_table(run, trial)
    write_csv(folder / "atoms.csv", table)
    write_csv(folder / "vacancies.csv", vacancies)
    save_front(run, folder / "front.png")
    if image is not None:
        save_overlay(image, trial, run.physics, folder / "overlay.png", vacancies)
    return {
        "n_atoms": len(table["id"]),
        "n_counted": 0 if trial is None else trial.score.count,
        "n_vacant": int(np.count_nonzero(vacancies["state"] == "vacant")),
        "n_undecided": int(np.count_nonzero(vacancies["state"] == "undecided")),
        "n_domains": 0 if run.domains is None else len(run.domains.facts),
        "n_unsupported": 0 if trial is None else trial.n_unsupported,
        "expected": 0.0 if run.found_nothing else run.physics.expected,
        "qc": None if trial is None else trial.score.qc,
        "er": None if trial is None else trial.score.er,
        "false_rate": None if trial is None or isnan(trial.false_rate) else trial.false_rate,
        "extra_rewards": {} if trial is None else trial.extra_rewards,
        "parameters": {} if trial is None else trial.parameters,
        "n_trials": len(run.trials),
        "pick": None if trial is None else trial.index,
        "pixel_size_A": run.image.pixel_size,
        "area_fraction": 1.0 if run.region is None else float(run.region.mean()),
        "oracles": run.oracles,
        "notices": [sentence(notice) for notice in run.notices],
    }


def atoms_in_words(summary: dict[str, Any]) -> str:
    """Return the summary of `write_atoms` as one line."""
    if summary["pick"] is None:
        return "0 columns found"
    outside = summary["n_atoms"] - summary["n_counted"]
    aside = f" ({outside} more just outside the crystal)" if outside else ""
    empty = [f"{summary[f'n_{state}']} sites {state}" for state in ("vacant", "undecided")]
    sites = f", {' and '.join(empty)}" if summary["false_rate"] is not None else ""
    return (
        f"{summary['n_counted']} columns found{aside}{sites}, {summary['expected']:.1f} expected: "
        f"QC {summary['qc']:+.4f}, ER {summary['er']:.4f} "
        f"(trial {summary['pick']} of {summary['n_trials']})"
    )
