"""The atoms that a search for amorphous regions starts from."""

from __future__ import annotations

from collections.abc import Generator
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
    preflight: Preflight | None = None,
) -> Atoms:
    """Find the atoms by LoG* at its own choice.

    Raises
    ------
    BadInput
        If the input does not fit together, or no trial found five blobs.
    """
    steps = searching_atoms(image, lattice, settings, region, preflight)
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
) -> Generator[AtomTrial, None, Atoms]:
    """Like `search_atoms`, trial by trial: whoever wants to cancel stops iterating.

    Yields
    ------
    AtomTrial
        In the order of evaluation.

    Returns
    -------
    Atoms

    Raises
    ------
    BadInput
        If the input does not fit together, or no trial found five blobs.
    """
    problem = AtomsProblem(image, lattice, settings, region, preflight)
    trials = []
    for trial in Search(problem):
        trials.append(trial)
        yield trial
    require_feasible(trials)
    position = pick(trials)
    assert position is not None  # required above
    return Atoms(trials[position].blobs.astype(float), problem.preflight)


def given_atoms(
    image: Image,
    points: FloatArray,
    lattice: Lattice | None,
    region: BoolArray | None = None,
    preflight: Preflight | None = None,
) -> Atoms:
    """Atoms whose places are known.

    Parameters
    ----------
    image, lattice, region
        As for `run_preflight`.
    points : ndarray, shape (n, 2) or (n, 4)
        y, x (px) and, where they are known, sigma (px) and response.
    preflight : Preflight, optional
        Of this very image; made here otherwise.

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
    """The given atoms, or those that LoG* finds.

    Parameters
    ----------
    inputs : Inputs
        As of `begin_amorphous`.
    settings : AmorphousSettings
        How the atoms are searched.

    Raises
    ------
    BadInput
        If the input does not fit together, or no atoms are found.
    """
    atoms, points = inputs.given.get("atoms"), inputs.given.get("points")
    preflight: Preflight | None = inputs.given.get("preflight")
    image, lattice, region = inputs.image, inputs.lattice, inputs.region
    if isinstance(atoms, Atoms):
        return atoms
    if points is None:
        return search_atoms(image, lattice, settings.atoms_search, region, preflight)
    if preflight is None:
        calibrate = settings.calibrate
        preflight = run_preflight(image, lattice, region=region, calibrate=calibrate)
    return given_atoms(image, points, lattice, region, preflight)
