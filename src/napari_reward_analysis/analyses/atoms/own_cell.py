"""Take the crystal from the image itself if the user gives neither a lattice nor a count."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_reward_analysis.calibration.blind import find_lattices
from napari_reward_analysis.calibration.drawn import without_drawn
from napari_reward_analysis.calibration.fitting import fitting_presets
from napari_reward_analysis.calibration.notices import cell_in_image
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice


@dataclass(frozen=True, eq=False)
class OwnCell:
    """The crystals of an image as the image shows them.

    Attributes
    ----------
    image : Image
        The image. Without a pixel size of its own, one pixel counts as one angstrom.
    lattices : tuple of Lattice
        A cell for each crystal, the strongest first.
    notices : tuple of Notice
        The cells, and the presets that fit them.
    """

    image: Image
    lattices: tuple[Lattice, ...]
    notices: tuple[Notice, ...]


def own_cell(image: Image) -> OwnCell | None:
    """Find the crystals of an image.

    Parameters
    ----------
    image : Image
        The image, with or without a pixel size.

    Returns
    -------
    OwnCell or None
        None if no lattice is seen, for instance in noise, fringes or an amorphous film.
    """
    shown, _ = without_drawn(image)
    try:
        found = find_lattices(shown)
    except BadInput:  # the field is too small to see a lattice
        return None
    if not found:
        return None
    notices = tuple(cell_in_image(blind, fitting_presets(shown, blind)) for blind in found)
    lattices = tuple(blind.lattice(image.pixel_size) for blind in found)
    scaled = image if image.pixel_size is not None else replace(image, pixel_size=1.0)
    return OwnCell(scaled, lattices, notices)
