"""Measure a crystal in parts of the field, where other grains do not hide it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: The tiles are so large a part of the field along each axis, and overlap by half.
_PART = 0.5
#: A tile is looked at if so large a part of it may be.
_ALLOWED = 0.5
#: Smallest side of a tile in px.
_SMALLEST = 48


def measured_in_tiles(image: Image, lattice: Lattice, allowed: BoolArray) -> list[MeasuredLattice]:
    """The crystal as measured in each tile of a field in which it is seen.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice
        The crystal.
    allowed : ndarray of bool, shape (H, W)
        Pixels to look at.

    Returns
    -------
    list of MeasuredLattice
        The clearest first. They are given as if they had been measured in the whole field.
    """
    found = []
    for rows in _cuts(image.shape[0]):
        for columns in _cuts(image.shape[1]):
            part = allowed[rows, columns]
            if part.mean() >= _ALLOWED:
                measured = _measured(image, lattice, rows, columns, part)
                found += [] if measured is None else [measured]
    return sorted(found, key=lambda measured: -measured.confidence)


def _measured(
    image: Image, lattice: Lattice, rows: slice, columns: slice, allowed: BoolArray
) -> MeasuredLattice | None:
    """The crystal in one tile; None if it is not seen there."""
    pixels = image.normalised[rows, columns]
    scale = float(np.ptp(pixels))
    if not scale:
        return None
    tile = Image(pixels, pixel_size=image.pixel_size)
    try:
        measured = measure_lattice(tile, lattice, region=None if allowed.all() else allowed)
    except BadInput:  # the tile is too small
        return None
    if not measured.found:
        return None
    return replace(
        measured,
        field_px=image.shape,
        reflection_amplitudes=scale * measured.reflection_amplitudes,
        reflection_noise=scale**2 * measured.reflection_noise,
    )


def _cuts(length: int) -> list[slice]:
    """Overlapping parts of a length."""
    size = max(round(_PART * length), min(_SMALLEST, length))
    starts = np.linspace(0, length - size, 3).round().astype(int)
    return [slice(int(start), int(start) + size) for start in dict.fromkeys(starts)]
