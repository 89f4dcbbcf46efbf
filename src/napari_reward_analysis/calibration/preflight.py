"""What an image is before anything is searched: its scale, and where it is crystal.

The lattice is measured in the image itself. It tells whether the header's pixel size is
right, and over which pixels columns are to be expected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule, Calibration
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import (
    MeasuredLattice,
    disagreement,
    require_found,
    second_grain_notice,
)
from napari_reward_analysis.calibration.region import crystal_region
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image


@dataclass(frozen=True, eq=False)
class Preflight:
    """An image as it will be analysed.

    Attributes
    ----------
    image : Image
        With the pixel size that is used.
    region : ndarray of bool, shape (H, W), or None
        The crystal, drawn or found; None for the whole field.
    measured : MeasuredLattice or None
        The lattice as seen in the image; None where none was looked for.
    notices : tuple of str
        What the user should know, a sentence each.
    """

    image: Image
    region: BoolArray | None = None
    measured: MeasuredLattice | None = None
    notices: tuple[str, ...] = ()


def run_preflight(
    image: Image,
    lattice: Lattice | None,
    *,
    region: BoolArray | None = None,
    calibrate: Calibration = "header",
    area: AreaRule = "crystal",
) -> Preflight:
    """Measure the lattice in an image, and find its crystal.

    Parameters
    ----------
    image : Image
        The image, with or without a pixel size.
    lattice : Lattice or None
        The crystal to look for; without it nothing can be measured.
    region : ndarray of bool, shape (H, W), optional
        Drawn by the user: used as it is.
    calibrate : {'header', 'lattice'}
        Whose pixel size is used: the image's own, or the one that the lattice shows.
    area : {'field', 'crystal'}
        Whether columns are expected in the whole field or where the lattice is seen. A
        lattice that is not seen leaves the whole field, with a notice.

    Returns
    -------
    Preflight

    Raises
    ------
    BadInput
        If the pixel size shall come from a lattice that is not given or not seen.
    """
    if lattice is None:
        if calibrate == "lattice":
            raise BadInput(
                "The pixel size cannot come from a lattice that is not given: choose a lattice."
            )
        return Preflight(image, region)
    try:
        measured = measure_lattice(image, lattice, region=region)
        if calibrate == "lattice":
            require_found(measured)
    except BadInput:
        if calibrate == "lattice":
            raise
        return Preflight(image, region)
    if calibrate == "lattice":
        image = replace(image, pixel_size=measured.pixel_size)
    notices = _notices(measured, calibrate)
    if region is None and area == "crystal":
        region, more = _found_region(image, measured)
        notices += more
    return Preflight(image, region, measured, notices)


def measured_facts(preflight: Preflight) -> dict[str, Any] | None:
    """The measured lattice as plain values, ready for JSON; None without one."""
    return None if preflight.measured is None else preflight.measured.facts()


def _notices(measured: MeasuredLattice, calibrate: Calibration) -> tuple[str, ...]:
    wrong_header = disagreement(measured) if calibrate == "header" else None
    found = (wrong_header, second_grain_notice(measured))
    return tuple(notice for notice in found if notice is not None)


def _found_region(
    image: Image, measured: MeasuredLattice
) -> tuple[BoolArray | None, tuple[str, ...]]:
    if not measured.found:
        sentence = (
            f"No lattice of {measured.name} is seen in the image (confidence "
            f"{measured.confidence:.2f}): the whole field counts."
        )
        return None, (sentence,)
    region = crystal_region(image, measured)
    if region.all():
        return None, ()
    if not region.any():
        return None, ("No part of the field is surely crystal: the whole field counts.",)
    part = float(region.mean())
    return region, (f"{part:.0%} of the field is crystal; columns are expected only there.",)
