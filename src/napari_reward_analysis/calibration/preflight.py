"""The preflight of an image: settle its scale and its crystalline area before a search.

The lattice is measured in the image itself. It shows whether the header's pixel size is
right and in which area columns are expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.choices import AreaRule, Calibration
from napari_reward_analysis.calibration.domains import Domain, find_domains
from napari_reward_analysis.calibration.drawn import without_drawn
from napari_reward_analysis.calibration.fitting import better_preset
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import (
    MeasuredLattice,
    require_found,
)
from napari_reward_analysis.calibration.notices import (
    better_preset_notice,
    crystal_share,
    domains_notice,
    header_notice,
    lattice_not_seen,
)
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice

#: From this share of the field on, a notice would call the crystal 100 % of it.
_ALL = 0.995


@dataclass(frozen=True, eq=False)
class Preflight:
    """An image as it will be analysed.

    Attributes
    ----------
    image : Image
        The image with the pixel size that is used. What is drawn into it, such as a scale
        bar, is hidden.
    region : ndarray of bool, shape (H, W), or None
        The crystal, drawn or found; None for the whole field.
    measured : MeasuredLattice or None
        The lattice as seen in the image, that of the largest domain; None if it was not
        measured.
    notices : tuple of Notice
        Facts that the user should know.
    domains : tuple of Domain
        The parts of the field in which a crystal is seen, the largest first.
    """

    image: Image
    region: BoolArray | None = None
    measured: MeasuredLattice | None = None
    notices: tuple[Notice, ...] = ()
    domains: tuple[Domain, ...] = ()


def run_preflight(
    image: Image,
    lattice: Lattice | None,
    *,
    region: BoolArray | None = None,
    calibrate: Calibration = "header",
    area: AreaRule = "crystal",
    others: Sequence[Lattice] = (),
) -> Preflight:
    """Measure the lattices in an image, and find their domains.

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
    others : sequence of Lattice
        Further crystals in the field.

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
    image, drawn = without_drawn(image)
    try:
        domains = find_domains(image, (lattice, *others), region)
        largest = domains[0].measured if domains else None
        measured = largest or measure_lattice(image, lattice, region=region)
        if calibrate == "lattice":
            require_found(measured)
    except BadInput:
        if calibrate == "lattice":
            raise
        return Preflight(image, region, notices=() if drawn is None else (drawn,))
    if calibrate == "lattice":
        image = replace(image, pixel_size=measured.pixel_size)
    notices = _notices(measured, calibrate, domains, drawn)
    if not domains and (better := better_preset(image, measured)) is not None:
        notices += (better_preset_notice(better, measured),)
    if region is None and area == "crystal":
        region, more = _found_region(measured, domains)
        notices += more
    return Preflight(image, region, measured, notices, domains)


def measured_facts(preflight: Preflight) -> dict[str, Any] | None:
    """The measured lattice as plain values, ready for JSON; None without one."""
    return None if preflight.measured is None else preflight.measured.facts()


def _notices(
    measured: MeasuredLattice,
    calibrate: Calibration,
    domains: Sequence[Domain],
    drawn: Notice | None,
) -> tuple[Notice, ...]:
    wrong_header = header_notice(measured) if calibrate == "header" else None
    found = (drawn, wrong_header, domains_notice(domains))
    return tuple(notice for notice in found if notice is not None)


def _found_region(
    measured: MeasuredLattice, domains: Sequence[Domain]
) -> tuple[BoolArray | None, tuple[Notice, ...]]:
    if not domains:
        return None, (lattice_not_seen(measured),)
    region = reduce(np.logical_or, [domain.mask for domain in domains])
    if region.all():
        return None, ()
    share = float(region.mean())
    return region, ((crystal_share(share),) if share < _ALL else ())
