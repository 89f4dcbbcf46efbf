"""The problem of a noise study: an image with the data that the study needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.oracle.find import find_columns
from napari_reward_analysis.analyses.oracle.network import load_model
from napari_reward_analysis.analyses.oracle.sources import oracle_of_file
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image
from napari_reward_analysis.runs.analysis import Inputs

#: Function that finds columns in an image and returns y and x in px, shape (n, 2).
ColumnFinder = Callable[[Image], FloatArray]


@dataclass(frozen=True, eq=False)
class NoiseProblem:
    """One noise study, ready to begin.

    Attributes
    ----------
    image : Image
        The image with as little noise as possible.
    lattice : Lattice or None
        The crystal. It is optional if `settings.atoms.count` is given.
    settings : NoiseSettings
        Levels, noise, seeds and search.
    region : ndarray of bool, shape (H, W), or None
        The crystal region as drawn by the user. Counts and scores of all methods refer to it
        at each level. Points outside stay, since they can pair with known points inside.
    oracle : callable or None
        Function that finds columns in each noisy image, for comparison.
    known : ndarray, shape (n, 2), or None
        Known positions, y and x in px. They serve for scores and not for the search.
    """

    image: Image
    lattice: Lattice | None = None
    settings: NoiseSettings = field(default_factory=NoiseSettings)
    region: BoolArray | None = None
    oracle: ColumnFinder | None = None
    known: FloatArray | None = None

    @classmethod
    def of(cls, inputs: Inputs, settings: NoiseSettings) -> NoiseProblem:
        """Return the study for the inputs of an analysis.

        Parameters
        ----------
        inputs : Inputs
            Image, lattice and region. `given` may hold 'oracle': a function that finds
            columns, the path of a network, or True for the network of the package. It may
            also hold 'known': positions, or the path of a table.
        settings : NoiseSettings
            Levels, noise, seeds and search.

        Raises
        ------
        BadInput
            If the network or the table cannot be read or does not fit.
        """
        return cls(
            inputs.image,
            inputs.lattice,
            settings,
            inputs.region,
            _oracle(inputs.given.get("oracle")),
            _known(inputs.given.get("known"), inputs.image),
        )

    @property
    def total(self) -> int:
        """Number of results."""
        methods = 2 if self.oracle is None else 3
        return methods * self.settings.seeds * len(self.settings.levels)


def network_oracle(model: str | Path | None = None) -> ColumnFinder:
    """Return a network as the oracle of a study.

    Parameters
    ----------
    model : path-like, optional
        An ONNX file. The default is the network of the package.

    Raises
    ------
    BadInput
        If the extra `oracle` or the file is missing, or the file is not a suitable network.
    """
    network = load_model(None if model is None else Path(model))
    return lambda noisy: find_columns(noisy, network).points


def _oracle(given: Any) -> ColumnFinder | None:
    if given is None or given is False:
        return None
    if callable(given):
        finder: ColumnFinder = given
        return finder
    return network_oracle(None if given is True else given)


def _known(given: Any, image: Image) -> FloatArray | None:
    if given is None:
        return None
    if isinstance(given, str | Path):
        return oracle_of_file(image, Path(given)).points
    return np.asarray(given, np.float64).reshape(-1, 2)
