"""Derive N and DS in pixels from crystal and image. The rewards need both numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.crystal.lattice import DS_FRACTION, N_NEIGHBOURS, Lattice
from napari_reward_analysis.detection import BlobFinder
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.rewards.atoms import MIN_BLOBS, Physics, neighbour_sums


def analysed_area(image: Image, region: BoolArray | None) -> BoolArray:
    """Return the pixels in which columns are counted and expected, shape (H, W).

    The outermost pixels are excluded. A maximum there can be the flank of a column whose
    centre is outside the field.

    Raises
    ------
    BadInput
        If the region has another shape or contains no valid pixel.
    """
    if min(image.shape) < 3:
        raise BadInput(
            f"An image of {image.shape[0]} x {image.shape[1]} px is too small to hold a column: "
            "choose a larger one."
        )
    if region is not None and region.shape != image.shape:
        raise BadInput(
            f"The region has {region.shape} pixels and the image {image.shape}: "
            "draw the region on this image."
        )
    area = image.valid & counting_area(image.shape, region)
    if region is not None and not area.any():
        raise BadInput("The region covers no pixel of the image: draw it on the crystal.")
    return area


def counting_area(shape: tuple[int, int], region: BoolArray | None) -> BoolArray:
    """Return `analysed_area` of an image whose pixels are all valid, shape (H, W)."""
    area = np.ones(shape, bool) if region is None else region.astype(bool)
    area[[0, -1]] = False
    area[:, [0, -1]] = False
    return area


def derive_physics(
    image: Image,
    lattice: Lattice | None,
    area: BoolArray,
    *,
    count: float | None = None,
    ds: float | None = None,
    species: tuple[str, ...] | None = None,
    measured: MeasuredLattice | None = None,
    domains: Sequence[Domain] = (),
) -> tuple[Physics, float]:
    """Derive N, DS and the smallest column spacing for one image.

    Parameters
    ----------
    image : Image
        The image.
    lattice : Lattice or None
        The crystal.
    area : ndarray of bool, shape (H, W)
        The analysed pixels.
    count : float, optional
        N as given by the user. By default it follows from the lattice.
    ds : float, optional
        DS in angstrom, or in pixels if the image has no pixel size. By default it follows
        from the lattice, or without a lattice from the spacing measured in the image.
    species : tuple of str, optional
        Species whose columns are expected.
    measured : MeasuredLattice, optional
        The lattice as measured in the image. If it was found, count and spacing follow from
        it and not from the pixel size of the header, which is often wrong.
    domains : sequence of Domain
        The domains of the field. N is the sum over them.

    Returns
    -------
    physics : Physics
        N and DS in pixels.
    spacing_px : float
        Smallest distance between columns in pixels.

    Raises
    ------
    BadInput
        If the pixel size, the lattice or the count is missing or impossible.
    """
    if lattice is None and count is None:
        raise BadInput(
            "Neither a lattice nor a count is given: choose a lattice, or give the expected "
            "number of columns.",
            "no_expected_count",
        )
    if lattice is None or (image.pixel_size is None and count is not None):
        return _without_lattice(image, area, _required(count), ds)
    pixel_size = image.require_pixel_size()
    scale = measured.pixel_size if measured is not None and measured.found else pixel_size
    chosen = lattice if species is None else lattice.choose(species)
    area_angstrom = float(np.count_nonzero(area)) * scale**2
    if count is None and area_angstrom < lattice.area:
        raise BadInput(
            f"The analysed area of {area_angstrom:.3g} square angstrom is smaller than one cell "
            f"of {lattice.name} ({lattice.area:.3g}): check the pixel size or enlarge the region."
        )
    expected = count
    if expected is None and domains:
        expected = expected_in(domains, area, species)
    elif expected is None:
        expected = chosen.expected_count(area_angstrom)
    _check_ds(ds, chosen)
    ds_px = chosen.default_ds / scale if ds is None else ds / pixel_size
    physics = Physics(expected, ds_px)
    _check_ds_px(physics.ds_px)
    # All columns are visible, not only those of the expected species.
    return physics, min(lattice.spacing, chosen.spacing) / scale


def expected_in(
    domains: Sequence[Domain], area: BoolArray, species: tuple[str, ...] | None = None
) -> float:
    """Return the number of columns that all domains together have in an area.

    Parameters
    ----------
    domains : sequence of Domain
        The domains, the largest first. The largest also counts for pixels of the area that
        belong to no domain, for instance in a region that the user drew.
    area : ndarray of bool, shape (H, W)
        The analysed pixels.
    species : tuple of str, optional
        Species whose columns are expected.
    """
    rest, total = area.copy(), 0.0
    for domain in domains:
        total += _count_in(domain, float(np.count_nonzero(area & domain.mask)), species)
        rest &= ~domain.mask
    return total + _count_in(domains[0], float(np.count_nonzero(rest)), species)


def _count_in(domain: Domain, area_px: float, species: tuple[str, ...] | None) -> float:
    known = {*domain.lattice.species, *domain.lattice.faint_species}
    asked = None if species is None else tuple(name for name in species if name in known)
    if asked == ():
        return 0.0
    chosen = domain.lattice if asked is None else domain.lattice.choose(asked)
    return domain.measured.expected_count(area_px, chosen.columns_per_cell)


def seen_sum(image: Image, area: BoolArray, count: float) -> float:
    """Return the typical smallest neighbour sum of the `count` strongest LoG maxima, in pixels.

    It replaces the neighbour sum of the lattice if no lattice is given. The tenth percentile
    is low enough for the most closely spaced kind of column, and high enough to ignore a few
    columns that were found twice.
    """
    spacing = mean_spacing(area, count)
    sigma = min(max(0.2 * spacing, 0.7), min(image.shape) / 4)
    finder = BlobFinder(image.normalised)
    found = finder.candidates(sigma, sigma, 1).blobs
    inside = area[found[:, 0].astype(int), found[:, 1].astype(int)]
    strongest = found[inside][: max(MIN_BLOBS, round(count))]
    if len(strongest) < MIN_BLOBS:
        raise BadInput("The image has fewer than five maxima: give DS.", "no_ds")
    return float(np.quantile(neighbour_sums(strongest[:, :2]), 0.1))


def mean_spacing(area: BoolArray, count: float) -> float:
    """Return the square root of the area per column, in pixels."""
    return math.sqrt(float(np.count_nonzero(area)) / count)


def _without_lattice(
    image: Image, area: BoolArray, count: float, ds: float | None
) -> tuple[Physics, float]:
    if count > np.count_nonzero(area):
        raise BadInput(
            f"A count of {count:g} columns is larger than the number of pixels in the analysed "
            "area: check the count."
        )
    if ds is None:
        ds_px = DS_FRACTION * seen_sum(image, area, count)
    else:
        ds_px = ds / (image.pixel_size or 1.0)
    _check_ds_px(ds_px)
    # The smallest spacing is somewhat below the mean spacing.
    return Physics(count, ds_px), 0.8 * mean_spacing(area, count)


def _required(count: float | None) -> float:
    if count is None or not count > 0:
        raise BadInput(f"An expected count of {count} is impossible: give a positive number.")
    return count


def _check_ds(ds: float | None, lattice: Lattice) -> None:
    sums = lattice.neighbour_sums.values()
    if ds is not None and ds > max(sums):
        raise BadInput(
            f"A DS of {ds:g} angstrom is above every neighbour sum of {lattice.name} "
            f"(at most {max(sums):.3g}), so that each correct column would count as an error: "
            f"choose one below {min(sums):.3g}."
        )


def _check_ds_px(ds_px: float) -> None:
    if ds_px <= N_NEIGHBOURS:
        raise BadInput(
            f"A DS of {ds_px:.3g} px is too small, since four neighbours are at least one pixel "
            "away each: choose a larger DS or check the pixel size."
        )
