"""Sample images of YBa2Cu3O7 [100], which are simulated when they are needed."""

from __future__ import annotations

from collections.abc import Callable

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


_SAMPLES: dict[str, Callable[[], Simulated]] = {
    "ybco_crystal": simulated_crystal,
    "ybco_pockets": simulated_pockets,
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


def _layer(name: str) -> LayerData:
    image = sample_image(name)
    axes = (Axis("y", PIXEL_SIZE, ANGSTROM), Axis("x", PIXEL_SIZE, ANGSTROM))
    return image_layer(FileImage(image.data, axes, name, metadata=dict(image.metadata)))
