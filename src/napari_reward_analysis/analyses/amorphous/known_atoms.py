"""Find or take the atoms with which a search for amorphous regions starts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import AtomTrial, pick, require_feasible
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.preflight import Preflight, run_preflight
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.search.loop import Search


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of an image with the preflight of the image.

    Attributes
    ----------
    blobs : ndarray, shape (n, 4)
        y, x (px), sigma (px), response, in the whole field with its disordered part. Sigma
        and response are NaN if only positions are known.
    preflight : Preflight
        Image, measured lattice and crystal region.
    """

    blobs: FloatArray
    preflight: Preflight


def search_atoms(
    image: Image,
    lattice: Lattice | None,
    settings: AtomsSettings,
    region: BoolArray | None = None,
    preflight: Preflight | None = None,
    others: Sequence[Lattice] = (),
) -> Atoms:
    """Find the atoms by LoG* and take its proposed trial.

    Raises
    ------
    BadInput
        If the inputs are inconsistent, or no trial found five blobs.
    """
    steps = searching_atoms(image, lattice, settings, region, preflight, others)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Atoms = end.value
            return found


def searching_atoms(
    image: Image,
    lattice: Lattice | None,
    settings: AtomsSettings,
    region: BoolArray | None = None,
    preflight: Preflight | None = None,
    others: Sequence[Lattice] = (),
) -> Generator[AtomTrial, None, Atoms]:
    """Do the same as `search_atoms` trial by trial. To cancel, stop the iteration.

    Yields
    ------
    AtomTrial
        Trials in the order of evaluation.

    Returns
    -------
    Atoms
        Atoms of the proposed trial.

    Raises
    ------
    BadInput
        If the inputs are inconsistent, or no trial found five blobs.
    """
    problem = AtomsProblem(image, lattice, settings, region, preflight, others)
    trials = []
    for trial in Search(problem):
        trials.append(trial)
        yield trial
    require_feasible(trials)
    position = pick(trials)
    assert position is not None  # checked above
    return Atoms(trials[position].blobs.astype(float), problem.preflight)


def given_atoms(
    image: Image,
    points: FloatArray,
    lattice: Lattice | None,
    region: BoolArray | None = None,
    preflight: Preflight | None = None,
) -> Atoms:
    """Convert known positions to atoms.

    Parameters
    ----------
    image, lattice, region
        Same as for `run_preflight`.
    points : ndarray, shape (n, 2) or (n, 4)
        y, x (px) and, if known, sigma (px) and response.
    preflight : Preflight, optional
        Preflight of the same image. It is computed if not given.

    Raises
    ------
    BadInput
        If the points have another shape.
    """
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1] not in (2, 4):
        raise BadInput(
            f"Known positions have the shape {points.shape}: give y and x for each atom."
        )
    blobs = np.full((len(points), 4), np.nan)
    blobs[:, : points.shape[1]] = points
    return Atoms(blobs, preflight or run_preflight(image, lattice, region=region))


def atoms_of(inputs: Inputs, settings: AmorphousSettings) -> Atoms:
    """Return the given atoms, or find them by LoG*.

    Parameters
    ----------
    inputs : Inputs
        Same as for `begin_amorphous`.
    settings : AmorphousSettings
        Settings, also for the search for atoms.

    Raises
    ------
    BadInput
        If the inputs are inconsistent, or no atoms are found.
    """
    atoms, points = inputs.given.get("atoms"), inputs.given.get("points")
    preflight: Preflight | None = inputs.given.get("preflight")
    image, lattice, region = inputs.image, inputs.lattice, inputs.region
    if isinstance(atoms, Atoms):
        return atoms
    if points is None:
        return search_atoms(image, lattice, settings.atoms_search, region, preflight, inputs.others)
    if preflight is None:
        calibrate = settings.calibrate
        preflight = run_preflight(
            image, lattice, region=region, calibrate=calibrate, others=inputs.others
        )
    return given_atoms(image, points, lattice, region, preflight)
