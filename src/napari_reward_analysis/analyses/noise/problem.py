"""An image with everything that a noise study of it needs."""

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

#: Finds columns in an image: y and x in px, shape (n, 2).
ColumnFinder = Callable[[Image], FloatArray]


@dataclass(frozen=True, eq=False)
class NoiseProblem:
    """One noise study, before it begins.

    Attributes
    ----------
    image : Image
        The image, as clean as there is one.
    lattice : Lattice or None
        The crystal; may be left out where `settings.atoms.count` is given.
    settings : NoiseSettings
        Levels, noise, seeds and search.
    region : ndarray of bool, shape (H, W), or None
        The crystal, drawn by the user: all methods are counted and scored within it, at
        each level. Points outside are kept, and paired with known ones just inside.
    oracle : callable or None
        Finds columns in each noisy image, for comparison.
    known : ndarray, shape (n, 2), or None
        Known positions, y and x in px. They score what was found and play no part in it.
    """

    image: Image
    lattice: Lattice | None = None
    settings: NoiseSettings = field(default_factory=NoiseSettings)
    region: BoolArray | None = None
    oracle: ColumnFinder | None = None
    known: FloatArray | None = None

    @classmethod
    def of(cls, inputs: Inputs, settings: NoiseSettings) -> NoiseProblem:
        """The study of the inputs of an analysis.

        Parameters
        ----------
        inputs : Inputs
            `given` may hold 'oracle', a function that finds columns, the path of a network,
            or True for the package's own; and 'known', positions or the path of a table.
        settings : NoiseSettings
            Levels, noise, seeds and search.

        Raises
        ------
        BadInput
            If network or table cannot be read or do not fit.
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
    """A network as the oracle of a study.

    Parameters
    ----------
    model : path-like, optional
        An ONNX file; without it the package's own network.

    Raises
    ------
    BadInput
        If the extra `oracle` or the file is missing, or the file is no such network.
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
