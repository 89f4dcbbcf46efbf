"""One whole 'oracle' job: columns of a network or a file, and a run compared with them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.oracle_counts import agreement_of_trials
from napari_reward_analysis.analyses.atoms.run import ImageReference, Run, load_run
from napari_reward_analysis.analyses.oracle.find import THRESHOLD, find_columns
from napari_reward_analysis.analyses.oracle.network import load_model
from napari_reward_analysis.analyses.oracle.run import Comparison, TrialAgreement
from napari_reward_analysis.analyses.oracle.table import (
    best_of_run,
    comparison_facts,
    write_comparison,
    write_oracle,
)
from napari_reward_analysis.calibration.choices import Calibration
from napari_reward_analysis.calibration.preflight import run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.known_positions import read_points
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.points.agreement import counted, half_spacing
from napari_reward_analysis.points.known import Oracle
from napari_reward_analysis.points.matching import points_within


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
    found = run_preflight(image, lattice, calibrate=rule, area="field")
    return found.image, [sentence(notice) for notice in found.notices]


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
    return Oracle.of_points(path.name, points, classes).within(np.ones(image.shape, bool))


def compare(
    run: Run, oracle: Oracle, image: Image, reach: float | None = None
) -> tuple[Comparison, int]:
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
    comparison : Comparison
    trial : int
        Index of the run's chosen trial.

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
    there = oracle.within(area)
    reach = half_spacing(there.points) if reach is None else reach
    trial, wanted = run.trials[position], points_within(oracle.points, area)
    found, inside = trial.points[trial.shown], trial.inside[trial.shown]
    count = counted(found, inside, oracle.points, wanted, reach)
    f1 = agreement_of_trials(run.trials, oracle.points, reach, area)
    comparison = Comparison(
        image=ImageReference.of(image),
        oracle=there,
        found=found[count].astype(np.float64),
        found_name=f"{run.name}, trial {trial.index}",
        reach=reach,
        runs=(TrialAgreement.of(run, f1),),
    )
    return comparison, trial.index


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
        As for `run_preflight`.
    folder : Path
        Gets `oracle.json`, `oracle.csv` and `oracle.png`; with a run `agreement.csv`,
        `comparison.json` and `comparison.png`. Made when missing.
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
    if distance is not None and not 0 < distance < math.inf:
        raise BadInput(
            f"A matching distance of {distance:g} angstrom is impossible: give one above 0."
        )
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
    summary: dict[str, Any] = {
        "n_oracle": len(known.points),
        "oracle": known.name,
        "pixel_size_A": image.pixel_size,
        "notices": notices,
    }
    if saved is None:
        found = Comparison(ImageReference.of(image), known, notices=tuple(notices))
        write_comparison(found, folder, image)
        write_oracle(known, folder, image, lattice, image.pixel_size)
        return summary
    compared, trial = compare(saved, known, image, reach)
    facts = {"trial": trial, **best_of_run(compared.runs[0])}
    # first what all the rest can be made from again
    write_comparison(replace(compared, notices=tuple(notices)), folder, image, facts)
    write_oracle(known, folder, image, lattice, image.pixel_size)
    lists = ("runs", "matched_pairs", "missed_points", "spurious_points")
    told = comparison_facts(compared) | facts
    # the summary's count is the one within the run's area, which the numbers rest on
    return summary | {key: value for key, value in told.items() if key not in lists}
