"""What is written of an oracle and of a comparison with it: tables, numbers, pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.oracle.figures import save_comparison_figure
from napari_reward_analysis.analyses.oracle.run import Comparison, TrialAgreement, save_comparison
from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.points.agreement import per_class
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.neighbours import neighbour_sums
from napari_reward_analysis.runs.journal import make_folder


def write_oracle(
    oracle: Oracle,
    folder: Path,
    image: Image | None,
    lattice: Lattice | None,
    pixel_size: float | None,
) -> None:
    """Write `oracle.csv` and, with the image, `oracle.png`, each whole or not at all.

    Parameters
    ----------
    oracle : Oracle
    folder : Path
        Made when missing.
    image : Image or None
        Under the marks of the picture.
    lattice : Lattice or None
        Tells which columns are too close.
    pixel_size : float or None
        Angstrom.

    Raises
    ------
    BadInput
        If something cannot be written.
    """
    make_folder(folder)
    write_csv(folder / "oracle.csv", oracle_table(oracle, pixel_size, lattice))
    if image is not None:
        save_comparison_figure(folder / "oracle.png", image, oracle.points, oracle.points, None)


def write_comparison(
    comparison: Comparison,
    folder: Path,
    image: Image | None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Write `oracle.json`, and where something is compared its table, numbers and picture.

    Parameters
    ----------
    comparison : Comparison
    folder : Path
        Gets `oracle.json`; where something is compared also `agreement.csv`,
        `comparison.json` and, with the image, `comparison.png`. Made when missing.
    image : Image or None
        Under the marks of the picture.
    facts : dict, optional
        Further entries of `comparison.json`.

    Raises
    ------
    BadInput
        If something cannot be written.
    """
    save_comparison(comparison, folder)
    found, result = comparison.found, comparison.result
    if found is None or result is None:
        return
    write_csv(folder / "agreement.csv", agreement_table(comparison))
    text = json.dumps(comparison_facts(comparison) | (facts or {}), indent=1)
    write_text(folder / "comparison.json", text + "\n")
    if image is not None:
        save_comparison_figure(
            folder / "comparison.png", image, found, comparison.oracle.points, result
        )


def comparison_facts(comparison: Comparison) -> dict[str, Any]:
    """What `comparison.json` holds: the numbers of the agreement, pairs, and every trial's F1."""
    oracle, found, result = comparison.oracle, comparison.found, comparison.result
    facts: dict[str, Any] = {
        "oracle": oracle.name,
        "n_oracle": len(oracle.points),
        "runs": [_facts_of_run(run) for run in comparison.runs],
    }
    if found is None or result is None:
        return facts
    return facts | {
        "compared": comparison.found_name,
        "n_found": len(found),
        **result.facts(comparison.image.pixel_size),
        "classes": per_class(result, oracle.classes),
        "matched_pairs": result.matched.tolist(),
        "missed_points": oracle.points[result.missed].round(4).tolist(),
        "spurious_points": found[result.spurious].round(4).tolist(),
    }


def best_of_run(run: TrialAgreement) -> dict[str, Any]:
    """Which trial agrees best, `best_trial`, with what F1, `best_f1`, and of how many, `n_best`.

    Of several that agree equally well it is the first; None where no trial has an F1.
    """
    if not np.isfinite(run.f1).any():
        return {"best_trial": None, "best_f1": None, "n_best": 0}
    best = int(np.nanargmax(run.f1))
    number = int(np.count_nonzero(run.f1 == run.f1[best]))
    return {"best_trial": run.indices[best], "best_f1": float(run.f1[best]), "n_best": number}


def _facts_of_run(run: TrialAgreement) -> dict[str, Any]:
    judged = np.flatnonzero(np.isfinite(run.f1)).tolist()
    return {
        "run": run.run,
        "name": run.name,
        **best_of_run(run),
        "f1_of_trials": {str(run.indices[k]): float(run.f1[k]) for k in judged},
    }


def oracle_table(
    oracle: Oracle, pixel_size: float | None, lattice: Lattice | None
) -> dict[str, npt.NDArray[Any]]:
    """The oracle's points with the columns of `atoms.csv`; the response is its confidence."""
    scale = np.nan if pixel_size is None else pixel_size
    sums = neighbour_sums(oracle.points).astype(float)
    known_ds = lattice is not None and pixel_size is not None and bool(lattice.columns)
    ds = lattice.default_ds / pixel_size if known_ds and lattice and pixel_size else 0.0
    nothing = np.full(len(oracle.points), np.nan)
    return {
        **_positions(oracle.points, pixel_size),
        "sigma_px": nothing,
        "response": oracle.confidence,
        "neighbour_sum_A": np.where(np.isfinite(sums), sums, np.nan) * scale,
        "is_error": sums < ds,
        "class": oracle.classes.astype(object),
        "uncertainty_px": nothing,
        "uncertainty_A": nothing,
    }


def agreement_table(comparison: Comparison) -> dict[str, npt.NDArray[Any]]:
    """Compared points with their kind: matched and spurious as found, missed as known.

    Beside their positions stand, of the matched ones, how far they lie from the oracle's
    (`dy_px, dx_px`: found less known), and the oracle's class where it has one.

    Raises
    ------
    ValueError
        If nothing was compared.
    """
    points, kinds = points_by_kind(comparison)
    size, result, oracle = comparison.image.pixel_size, comparison.result, comparison.oracle
    assert result is not None  # points_by_kind has seen to it
    offsets, classes = np.full((len(points), 2), np.nan), np.full(len(points), "", object)
    pairs, missed = kinds == "matched", kinds == "missed"
    offsets[pairs] = points[pairs] - oracle.points[result.matched[:, 1]]
    classes[pairs] = oracle.classes[result.matched[:, 1]]
    classes[missed] = oracle.classes[result.missed]
    distance = np.hypot(*offsets.T)
    return _positions(points, size) | {
        "agreement": kinds.astype(object),
        "dy_px": offsets[:, 0],
        "dx_px": offsets[:, 1],
        "distance_px": distance,
        "distance_A": distance * (np.nan if size is None else size),
        "class": classes,
    }


def points_by_kind(
    comparison: Comparison,
) -> tuple[FloatArray, npt.NDArray[np.str_]]:
    """Points (n, 2) and the kind of each: matched and spurious as found, missed as known.

    Raises
    ------
    ValueError
        If nothing was compared.
    """
    result, found, oracle = comparison.result, comparison.found, comparison.oracle.points
    if result is None or found is None:
        raise ValueError("nothing was compared")
    parts = {
        "matched": found[result.matched[:, 0]],
        "missed": oracle[result.missed],
        "spurious": found[result.spurious],
    }
    kinds = np.repeat(list(parts), [len(points) for points in parts.values()])
    return np.concatenate(list(parts.values())), kinds


def _positions(points: FloatArray, pixel_size: float | None) -> dict[str, npt.NDArray[Any]]:
    scale = np.nan if pixel_size is None else pixel_size
    return {
        "id": np.arange(len(points)),
        "y_px": points[:, 0],
        "x_px": points[:, 1],
        "y_A": points[:, 0] * scale,
        "x_A": points[:, 1] * scale,
    }
