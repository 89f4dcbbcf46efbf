"""The preflight of an image: settle its scale and its crystalline area before a search.

The lattice is measured in the image itself. It shows whether the header's pixel size is
right and in which area columns are expected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule, Calibration
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import (
    MeasuredLattice,
    require_found,
)
from napari_reward_analysis.calibration.notices import (
    crystal_share,
    header_notice,
    lattice_not_seen,
    second_grain_notice,
)
from napari_reward_analysis.calibration.region import crystal_region
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice


@dataclass(frozen=True, eq=False)
class Preflight:
    """An image as it will be analysed.

    Attributes
    ----------
    image : Image
        The image with the pixel size that is used.
    region : ndarray of bool, shape (H, W), or None
        The crystal, drawn or found; None for the whole field.
    measured : MeasuredLattice or None
        The lattice as seen in the image; None if it was not measured.
    notices : tuple of Notice
        Facts that the user should know.
    """

    image: Image
    region: BoolArray | None = None
    measured: MeasuredLattice | None = None
    notices: tuple[Notice, ...] = ()


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
        The crystal to look for. Without it nothing is measured.
    region : ndarray of bool, shape (H, W), optional
        Region that the user drew; it is used as it is.
    calibrate : {'header', 'lattice'}
        Source of the pixel size: the image, or the lattice that is seen in it.
    area : {'field', 'crystal'}
        Whether columns are expected in the whole field or only where the lattice is seen.
        If no lattice is seen, the whole field counts, and a notice says so.

    Returns
    -------
    Preflight

    Raises
    ------
    BadInput
        If the pixel size should come from a lattice that is not given or not seen.
    """
    if lattice is None:
        if calibrate == "lattice":
            raise BadInput(
                "The pixel size cannot come from a lattice without a crystal: choose a lattice."
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


def _notices(measured: MeasuredLattice, calibrate: Calibration) -> tuple[Notice, ...]:
    wrong_header = header_notice(measured) if calibrate == "header" else None
    found = (wrong_header, second_grain_notice(measured))
    return tuple(notice for notice in found if notice is not None)


def _found_region(
    image: Image, measured: MeasuredLattice
) -> tuple[BoolArray | None, tuple[Notice, ...]]:
    if not measured.found:
        return None, (lattice_not_seen(measured),)
    region = crystal_region(image, measured)
    if region.all():
        return None, ()
    notices = (crystal_share(float(region.mean())),)
    return (region if region.any() else None), notices
