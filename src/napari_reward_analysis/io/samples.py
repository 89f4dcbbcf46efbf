"""Sample images of YBa2Cu3O7 and SrTiO3, which are simulated when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray
from napari_reward_analysis.crystal.lattice import lattice_preset
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.formats.file_image import Axis, FileImage
from napari_reward_analysis.io.formats.units import ANGSTROM
from napari_reward_analysis.io.napari_reader import LayerData, image_layer
from napari_reward_analysis.io.simulate import Pocket, Simulated, simulate

#: Angstrom per pixel of the samples.
PIXEL_SIZE = 0.18


def simulated_crystal() -> Simulated:
    """YBCO [100] without defects, 512 x 512 px, 60 counts at the brightest pixel."""
    return simulate(
        lattice_preset("YBCO[100]"),
        pixel_size=PIXEL_SIZE,
        rotation=1.5,
        origin=(3.0, 7.0),
        dose=60,
        seed=1,
        name="ybco_crystal",
    )


def simulated_pockets() -> Simulated:
    """YBCO [100] with two molten pockets, 512 x 512 px, 110 counts at the brightest pixel."""
    return simulate(
        lattice_preset("YBCO[100]"),
        pixel_size=PIXEL_SIZE,
        rotation=-1.0,
        origin=(5.0, 2.0),
        dose=110,
        seed=2,
        pockets=(
            Pocket(centre=(170.0, 340.0), radii=(15.0, 19.0), angle=25.0),
            Pocket(centre=(365.0, 145.0), radii=(9.0, 14.0), angle=-30.0),
        ),
        name="ybco_pockets",
    )


def simulated_grains() -> Simulated:
    """Two grains of SrTiO3 [001], 512 x 512 px, with 2 % of the columns missing."""
    left, right = (
        simulate(
            lattice_preset("SrTiO3[001]"),
            pixel_size=PIXEL_SIZE,
            rotation=rotation,
            origin=(4.0, 6.0),
            dose=50,
            vacant=0.02,
            seed=seed,
            name="sto_grains",
        )
        for seed, rotation in ((3, 4.0), (4, 31.0))
    )
    y, x = np.indices(left.image.shape)
    first = x < 300 - 0.25 * y
    pixels = np.where(first, left.image.data, right.image.data)
    parts = [_part(left, first), _part(right, ~first)]
    truth = {key: np.concatenate([part[0][key] for part in parts]) for key in parts[0][0]}
    return Simulated(
        replace(left.image, data=pixels),
        truth,
        left.mask,
        np.concatenate([part[1] for part in parts]),
    )


def _part(made: Simulated, where: BoolArray) -> tuple[dict[str, npt.NDArray[Any]], FloatArray]:
    """The columns and vacancies of an image in a part of it."""
    here = where[_pixels(made.truth["y"]), _pixels(made.truth["x"])]
    lost = where[_pixels(made.vacancies[:, 0]), _pixels(made.vacancies[:, 1])]
    return {key: values[here] for key, values in made.truth.items()}, made.vacancies[lost]


def _pixels(place: FloatArray) -> IntArray:
    return np.rint(place).astype(np.int64)


_SAMPLES: dict[str, Callable[[], Simulated]] = {
    "ybco_crystal": simulated_crystal,
    "ybco_pockets": simulated_pockets,
    "sto_grains": simulated_grains,
}

#: Names of the samples.
SAMPLES = tuple(_SAMPLES)


def sample_image(name: str = "ybco_crystal") -> Image:
    """A sample image by its name.

    Parameters
    ----------
    name : str
        One of :data:`SAMPLES`.

    Returns
    -------
    Image
        512 x 512 px, float32, 0.18 angstrom per pixel; equal on every call.

    Raises
    ------
    BadInput
        If there is no such sample.
    """
    if name not in _SAMPLES:
        raise BadInput(f"There is no sample {name!r}: choose from {', '.join(SAMPLES)}.")
    return _SAMPLES[name]().image


def ybco_crystal() -> list[LayerData]:
    """Image layer for File > Open Sample."""
    return [_layer("ybco_crystal")]


def ybco_pockets() -> list[LayerData]:
    """Image layer for File > Open Sample."""
    return [_layer("ybco_pockets")]


def sto_grains() -> list[LayerData]:
    """Image layer for File > Open Sample."""
    return [_layer("sto_grains")]


def _layer(name: str) -> LayerData:
    image = sample_image(name)
    axes = (Axis("y", PIXEL_SIZE, ANGSTROM), Axis("x", PIXEL_SIZE, ANGSTROM))
    return image_layer(FileImage(image.data, axes, name, metadata=dict(image.metadata)))
