"""Find all domains of a field: the parts in which one crystal fits at one orientation.

Each crystal is measured in the part of the field that no domain explains yet. The clearest
one is taken, and its domains are marked. This goes on until no lattice is seen in the rest.
Where two lattices claim a pixel, it goes to the one that is stronger there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array, IntArray
from napari_reward_analysis.calibration.following import follow_lattice
from napari_reward_analysis.calibration.mean_cell import fold
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.origin import placed_free_cell
from napari_reward_analysis.calibration.reference import EDGE
from napari_reward_analysis.calibration.region import MIN_CELLS, cleaned, lattice_order
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: A domain has at least so many cells.
_CELLS = 8.0
#: Smallest share of the field in which another lattice is looked for.
_REST = 0.02
#: Largest number of lattices, at any orientation, that are looked for.
_LATTICES = 12


@dataclass(frozen=True, eq=False)
class Domain:
    """A connected part of the field in which one crystal fits the image.

    Attributes
    ----------
    lattice : Lattice
        The crystal. The columns of a free cell are placed where the image shows them.
    measured : MeasuredLattice
        Its lattice as measured in this part of the image.
    mask : ndarray of bool, shape (H, W)
        The pixels. Domains do not overlap.
    """

    lattice: Lattice
    measured: MeasuredLattice
    mask: BoolArray


@dataclass(frozen=True, eq=False)
class _Claim:
    """A lattice, and its strength around each pixel."""

    lattice: Lattice
    measured: MeasuredLattice
    order: Float32Array


def find_domains(
    image: Image, lattices: Sequence[Lattice], region: BoolArray | None = None
) -> tuple[Domain, ...]:
    """Find all domains of some crystals in an image.

    Parameters
    ----------
    image : Image
        The image, with or without a pixel size.
    lattices : sequence of Lattice
        The crystals to look for.
    region : ndarray of bool, shape (H, W), optional
        Pixels to look at; the whole field by default.

    Returns
    -------
    tuple of Domain
        The largest first; empty if none of the lattices is seen.

    Raises
    ------
    BadInput
        If the region is empty or has another shape, or the field is below 16 px.
    """
    allowed = image.valid if region is None else image.valid & region
    if region is not None and not allowed.any():
        raise BadInput("The region covers no pixel of the image: draw it on the crystal.")
    claims: list[_Claim] = []
    owner = np.full(image.shape, -1)
    while len(claims) < _LATTICES:
        rest = region if not claims else allowed & (owner < 0)
        if rest is not None and rest.mean() < _REST:
            break
        for claim in _seen(image, lattices, rest):
            shared = _owners([*claims, claim], allowed)
            gained = int((shared == len(claims)).sum())
            if gained >= _CELLS * claim.measured.cell_area_px:
                claims.append(claim)
                owner = shared
                break
        else:
            break
    found = [d for i, claim in enumerate(claims) for d in _parts(image, claim, owner, i)]
    return tuple(sorted(found, key=lambda domain: -int(domain.mask.sum())))


def _seen(image: Image, lattices: Sequence[Lattice], region: BoolArray | None) -> Iterator[_Claim]:
    """The lattices that are seen in a part of the field, the clearest first."""
    found = []
    for lattice in lattices:
        measured = _measured(image, lattice, region)
        if measured is not None:
            found.append((lattice, measured))
    for lattice, measured in sorted(found, key=lambda pair: -pair[1].confidence):
        yield _Claim(lattice, measured, lattice_order(image, measured))


def _measured(image: Image, lattice: Lattice, region: BoolArray | None) -> MeasuredLattice | None:
    """The lattice as measured in a part of the field; None if it is not seen there."""
    try:
        measured = measure_lattice(image, lattice, region=region)
    except BadInput:  # fewer than two cells
        return None
    return measured if measured.found else None


def _owners(claims: Sequence[_Claim], allowed: BoolArray) -> IntArray:
    """Number of the claim that each pixel belongs to; -1 for none."""
    order = np.stack([claim.order for claim in claims])
    owner = np.where(allowed & (order.max(axis=0) >= EDGE), order.argmax(axis=0), -1)
    for number, claim in enumerate(claims):
        mask = cleaned(owner == number, MIN_CELLS * claim.measured.cell_area_px)
        free = (owner == number) | (owner < 0)
        owner = np.where(mask & free & allowed, number, np.where(owner == number, -1, owner))
    return owner


def _parts(image: Image, claim: _Claim, owner: IntArray, number: int) -> Iterator[Domain]:
    """The connected parts of a lattice."""
    labels, count = ndimage.label(owner == number)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    for label in range(1, count + 1):
        if sizes[label] < _CELLS * claim.measured.cell_area_px:
            continue
        mask = labels == label
        measured = _measured_again(image, claim, mask)
        lattice = claim.lattice
        if lattice.unplaced:
            followed = follow_lattice(image, measured, lattice.columns_per_cell, mask)
            lattice = placed_free_cell(fold(image, followed, mask), lattice)
        yield Domain(lattice, measured, mask)


def _measured_again(image: Image, claim: _Claim, mask: BoolArray) -> MeasuredLattice:
    """The lattice as measured in one domain, or as before if it is seen worse there."""
    if mask.all():
        return claim.measured
    again = _measured(image, claim.lattice, mask)
    if again is None or again.confidence < claim.measured.confidence:
        return claim.measured
    return again
