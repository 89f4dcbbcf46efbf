"""LoG*: atomic columns by a Laplacian of Gaussian tuned to what the lattice predicts.

`find_atoms` is a generator: the script, the command line and the worker thread all
iterate it, and to cancel is to stop iterating.
"""

from __future__ import annotations

from collections.abc import Iterator

from napari_reward_analysis.analyses.atoms.problem import AtomsProblem, preflight_for
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.atoms.trial import (
    AtomTrial,
    front_of,
    pick,
    require_feasible,
)
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image
from napari_reward_analysis.search.loop import Search

__all__ = [
    "AtomTrial",
    "AtomsProblem",
    "AtomsSettings",
    "find_atoms",
    "front_of",
    "pick",
    "preflight_for",
    "require_feasible",
]


def find_atoms(
    image: Image,
    lattice: Lattice | None = None,
    settings: AtomsSettings | None = None,
    region: BoolArray | None = None,
) -> Iterator[AtomTrial]:
    """Search the LoG parameters whose blobs agree best with the lattice.

    Parameters
    ----------
    image : Image
        The image, with a pixel size unless `settings.count` is given.
    lattice : Lattice, optional
        What the crystal predicts.
    settings : AtomsSettings, optional
        Search and rewards.
    region : ndarray of bool, shape (H, W), optional
        The crystal, where it does not fill the field.

    Yields
    ------
    AtomTrial
        In the order of evaluation.

    Raises
    ------
    BadInput
        Before the first trial, if the input does not fit together.

    References
    ----------
    Barakati, Yuan, Goyal, Kalinin, arXiv 2404.14146.
    """
    yield from Search(AtomsProblem(image, lattice, settings or AtomsSettings(), region))
