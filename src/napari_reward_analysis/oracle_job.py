"""One whole 'oracle' job: columns of a network or a file, and a run compared with them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.atomic import write_text
from napari_reward_analysis.io.journal import make_folder
from napari_reward_analysis.io.points import read_points
from napari_reward_analysis.io.writers import write_csv
from napari_reward_analysis.lattice import Lattice
from napari_reward_analysis.neighbours import neighbour_sums
from napari_reward_analysis.oracle_plots import save_comparison
from napari_reward_analysis.oracles.agreement import (
    Agreement,
    agreement,
    half_spacing,
    per_class,
    points_within,
)
from napari_reward_analysis.oracles.find import THRESHOLD, find_columns
from napari_reward_analysis.oracles.model import load_model
from napari_reward_analysis.runs import Run, load_run
from napari_reward_analysis.workflows.oracle import agreement_of_trials
from napari_reward_analysis.workflows.survey import Calibration, survey

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Oracle:
    """Known positions in an image.

    Attributes
    ----------
    name : str
        The model's or the file's.
    points : ndarray, shape (n, 2)
        y and x in px.
    confidence : ndarray, shape (n,)
        0 to 1 of a network; NaN from a file.
    classes : ndarray of str, shape (n,)
        Empty words where not known.
    """

    name: str
    points: FloatArray
    confidence: FloatArray
    classes: npt.NDArray[Any]


def scaled(
    image: Image, lattice: Lattice | None, calibrate: Calibration
) -> tuple[Image, list[str]]:
    """The image with the pixel size that is used, and notices.

    Without a pixel size of its own it takes the lattice's, where one is given.

    Raises
    ------
    BadInput
        If the pixel size shall come from a lattice that is not given or not seen.
    """
    rule: Calibration = calibrate
    if image.pixel_size is None and lattice is not None:
        rule = "lattice"
    found = survey(image, lattice, calibrate=rule, area="field")
    return found.image, list(found.notices)


def oracle_of_network(image: Image, model: Path | None, threshold: float = THRESHOLD) -> Oracle:
    """Columns of a network, the package's own without a file.

    Raises
    ------
    BadInput
        If the network is missing or does not fit, or it finds nothing.
    """
    network = load_model(model)
    columns = find_columns(image, network, threshold)
    if not len(columns.points):
        raise BadInput(
            f"{network.name} sees no column in {image.name!r}: check the pixel size, "
            "or lower --threshold."
        )
    return Oracle(network.name, columns.points, columns.confidence, columns.classes)


def oracle_of_file(image: Image, path: Path) -> Oracle:
    """Positions of a table or of another program.

    Raises
    ------
    BadInput
        If there are none, or they belong to another image.
    """
    points, classes = read_points(path)
    inside = points_within(points, np.ones(image.shape, bool), path.name)
    return Oracle(path.name, points[inside], np.full(inside.sum(), np.nan), classes[inside])


def compare(
    run: Run, oracle: Oracle, image: Image, reach: float | None = None
) -> tuple[Agreement, Oracle, FloatArray, dict[str, Any]]:
    """A run's chosen result against an oracle, over the run's area.

    Parameters
    ----------
    run : Run
        A run on this image.
    oracle : Oracle
        Over the whole field.
    image : Image
        The image of both.
    reach : float, optional
        Largest distance of a pair in px; half the oracle's nearest spacing without it.

    Returns
    -------
    result : Agreement
    oracle : Oracle
        Its points within the run's area.
    found : ndarray, shape (n, 2)
        The run's, y and x in px.
    facts : dict
        What `comparison.json` holds.

    Raises
    ------
    BadInput
        If the run is of another image or has no result.
    """
    if not run.image.matches(image):
        raise BadInput(
            f"The run is of {run.image.name!r}, not of {image.name!r}: the pixels differ; "
            "choose the image that it was made on."
        )
    position = run.choice if run.choice is not None else run.proposed()
    if position is None:
        raise BadInput("The run has no trial with a result: choose another run.")
    area = np.ones(image.shape, bool) if run.region is None else run.region
    inside = points_within(oracle.points, area, oracle.name)
    there = Oracle(
        oracle.name, oracle.points[inside], oracle.confidence[inside], oracle.classes[inside]
    )
    reach = half_spacing(there.points) if reach is None else reach
    trial = run.trials[position]
    found = trial.points[trial.inside].astype(np.float64)
    result = agreement(found, there.points, reach)
    by_trial = agreement_of_trials(run.trials, there.points, reach)
    best = int(np.nanargmax(by_trial))
    facts = {
        "oracle": oracle.name,
        "n_oracle": len(there.points),
        "n_found": len(found),
        "trial": trial.index,
        **result.facts(image.pixel_size),
        "classes": per_class(result, there.classes),
        "best_trial": run.trials[best].index,
        "best_f1": float(by_trial[best]),
        "f1_of_trials": {
            str(t.index): float(value)
            for t, value in zip(run.trials, by_trial, strict=True)
            if np.isfinite(value)
        },
        "matched_pairs": result.matched.tolist(),
        "missed_points": there.points[result.missed].round(4).tolist(),
        "spurious_points": found[result.spurious].round(4).tolist(),
    }
    return result, there, found, facts


def run_oracle(
    image: Image,
    lattice: Lattice | None,
    folder: Path,
    *,
    calibrate: Calibration = "header",
    model: Path | None = None,
    points: Path | None = None,
    run: Path | None = None,
    distance: float | None = None,
    threshold: float = THRESHOLD,
) -> dict[str, Any]:
    """Find or read an oracle, compare a run with it, and write the results.

    Parameters
    ----------
    image, lattice, calibrate
        As for `survey`.
    folder : Path
        Gets `oracle.csv` and `oracle.png`; with a run `comparison.json` and
        `comparison.png`. Made when missing.
    model : Path, optional
        An ONNX file instead of the package's network.
    points : Path, optional
        Known positions instead of a network.
    run : Path, optional
        A saved run to compare.
    distance : float, optional
        Matching distance in angstrom.
    threshold : float
        Least height of a peak in the network's map.

    Returns
    -------
    dict
        n_oracle, oracle, pixel_size_A, notices; with a run the numbers of its agreement.

    Raises
    ------
    BadInput
        If anything does not fit; nothing is written then.
    """
    if not 0 < threshold < 1:
        raise BadInput(f"A threshold of {threshold:g} is impossible: give one between 0 and 1.")
    saved = None if run is None else load_run(run)
    image, notices = scaled(image, lattice, calibrate)
    reach = None if distance is None else distance / image.require_pixel_size()
    known = (
        oracle_of_network(image, model, threshold)
        if points is None
        else oracle_of_file(image, points)
    )
    if image.pixel_size is None and points is None and model is None:
        notices.append(
            "The pixel size is not known: the network's scale was guessed from the spacing seen in "
            "the image; give the pixel size or the lattice to be sure."
        )
    compared = None if saved is None else compare(saved, known, image, reach)
    make_folder(folder)
    write_csv(folder / "oracle.csv", oracle_table(known, image.pixel_size, lattice))
    save_comparison(folder / "oracle.png", image, known.points, known.points, None)
    summary: dict[str, Any] = {
        "n_oracle": len(known.points),
        "oracle": known.name,
        "pixel_size_A": image.pixel_size,
        "notices": notices,
    }
    if compared is None:
        return summary
    result, there, found, facts = compared
    write_text(folder / "comparison.json", json.dumps(facts, indent=1) + "\n")
    save_comparison(folder / "comparison.png", image, found, there.points, result)
    lists = ("f1_of_trials", "matched_pairs", "missed_points", "spurious_points")
    # the summary's count is the one within the run's area, which the numbers rest on
    return summary | {key: value for key, value in facts.items() if key not in lists}


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
        "id": np.arange(len(oracle.points)),
        "y_px": oracle.points[:, 0],
        "x_px": oracle.points[:, 1],
        "y_A": oracle.points[:, 0] * scale,
        "x_A": oracle.points[:, 1] * scale,
        "sigma_px": nothing,
        "response": oracle.confidence,
        "neighbour_sum_A": np.where(np.isfinite(sums), sums, np.nan) * scale,
        "is_error": sums < ds,
        "class": oracle.classes.astype(object),
        "uncertainty_px": nothing,
        "uncertainty_A": nothing,
    }
