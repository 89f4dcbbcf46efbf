"""Lay the sites of all lattices over an image, from the image alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray, StrArray
from napari_reward_analysis.calibration.domains import Domain
from napari_reward_analysis.calibration.flow import refine_lattice
from napari_reward_analysis.calibration.following import LocalLattice, follow_lattice
from napari_reward_analysis.calibration.mean_cell import fold
from napari_reward_analysis.calibration.origin import Placed, place_columns
from napari_reward_analysis.image import Image

#: A site may lie so far beyond the edge of its domain, in smallest spacings, if a column is seen
#: there: one with so large a part of the contrast of so many columns of its kind nearby, and
#: with so many times the contrast that noise has or with half of the contrast of the others.
_RIM, _CONTRAST, _NEARBY, _NOISE, _HALF = 1.5, 0.3, 6, 3.5, 0.5
#: Sites are kept so far beyond the edge if noise hides such columns, in smallest spacings.
_HIDDEN_RIM = 0.5
#: Widths (sigma) of the two Gaussian means whose difference is the contrast of a column, in
#: smallest spacings.
_INNER, _OUTER = 0.2, 0.45
#: Two sites nearer than this part of the smallest spacing are one, or exclude each other.
_SAME, _EXCLUSIVE = 0.2, 0.6
#: Steps towards a site.
_STEPS = 4
#: Half a pixel: from the centre of a border pixel to the edge of the image.
_HALF_PX = 0.5


@dataclass(frozen=True, eq=False)
class Sites:
    """The sites of all domains.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Ideal positions in px, in the lattice fitted to the neighbourhood.
    domain : ndarray of int, shape (n,)
        Number of the domain, from 0.
    uv : ndarray of int, shape (n, 2)
        Indices of the cell.
    sublattice : ndarray of int, shape (n,)
        Index into the columns of the domain's lattice.
    species : ndarray of str, shape (n,)
        Name of the column; several with a slash if the image cannot tell which one it is.
    spacing_px : float
        Smallest spacing of columns in px.
    """

    yx: FloatArray
    domain: IntArray
    uv: IntArray
    sublattice: IntArray
    species: StrArray
    spacing_px: float


def find_sites(image: Image, domains: Sequence[Domain]) -> Sites:
    """Find the sites of all domains from the bare image, without any found column.

    Parameters
    ----------
    image : Image
        The image in which the domains were found.
    domains : sequence of Domain
        The domains, with placed columns.

    Returns
    -------
    Sites
        They cover each domain up to the outermost pixels of the field, and the columns of
        its lattice that are seen close to its edge. Beside a dislocation, the indices of
        cells may repeat.
    """
    spacing = min((_spacing(domain) for domain in domains), default=math.nan)
    taken = np.zeros(image.shape, dtype=bool)
    for domain in domains:
        taken |= domain.mask
    if not domains:
        return _joined([_none()], spacing)
    parts = [_sites_of(image, domain, number, taken) for number, domain in enumerate(domains)]
    return _without_rivals(_joined(parts, spacing), domains)


def _sites_of(image: Image, domain: Domain, number: int, taken: BoolArray) -> Sites:
    """The sites of one domain."""
    spacing = _spacing(domain)
    followed = domain.followed
    if followed is None:
        followed = follow_lattice(image, domain.measured, domain.lattice, domain.mask)
    cell = fold(image, followed, domain.mask)
    mean_spacing = math.sqrt(domain.measured.cell_area_px / domain.lattice.columns_per_cell)
    followed = refine_lattice(image, followed, cell, domain.mask, mean_spacing)
    placed = place_columns(cell, domain.lattice)
    beyond = _beyond(domain.mask)
    near = domain.mask | ((beyond <= _RIM * spacing) & ~taken)
    places = [
        (yx, np.full(len(yx), j))
        for j, yx in enumerate(_places(followed, placed, near, _SAME * spacing))
    ]
    yx = np.concatenate([part[0] for part in places])
    kind = np.concatenate([part[1] for part in places])
    uv = np.rint(followed.fractional(yx) - placed.basis[kind]).astype(np.int64)
    names = np.array(placed.names, dtype=np.str_)
    sites = Sites(yx, np.full(len(yx), number), uv, kind, names[kind], spacing)
    return sites if domain.mask.all() else _selected(sites, _kept(image, sites, beyond, followed))


def _kept(image: Image, sites: Sites, beyond: FloatArray, lattice: LocalLattice) -> BoolArray:
    """Mark the sites in a domain, and those beyond it at which a column is seen.

    `beyond` is the distance of each pixel from the domain in px.
    """
    pixel = np.clip(np.rint(sites.yx).astype(int), 0, np.array(image.shape) - 1)
    away = beyond[pixel[:, 0], pixel[:, 1]]
    kept = away == 0
    widths = [part * sites.spacing_px for part in (_INNER, _OUTER)]
    inner, outer = (ndimage.gaussian_filter(image.normalised, width) for width in widths)
    # Variance of the difference of two Gaussian means of white noise.
    both = 1 / widths[0] ** 2 + 1 / widths[1] ** 2 - 4 / (widths[0] ** 2 + widths[1] ** 2)
    noise = math.sqrt(float(np.median(lattice.density)) * both / (4 * math.pi))
    contrast = (inner - outer)[pixel[:, 0], pixel[:, 1]]
    for kind in np.unique(sites.sublattice):
        mine = np.flatnonzero(sites.sublattice == kind)
        inside, outside = mine[kept[mine]], mine[~kept[mine]]
        if len(inside) >= _NEARBY and len(outside):
            _, near = cKDTree(sites.yx[inside]).query(sites.yx[outside], _NEARBY)
            usual = np.median(contrast[inside][near], axis=1)
            least = np.maximum(_CONTRAST * usual, np.minimum(_NOISE * noise, _HALF * usual))
            seen = contrast[outside] > least
            hidden = usual < _NOISE * noise
            kept[outside] = seen | (hidden & (away[outside] <= _HIDDEN_RIM * sites.spacing_px))
    return np.asarray(kept)


def _places(
    lattice: LocalLattice, placed: Placed, near: BoolArray, same: float
) -> Iterator[FloatArray]:
    """Positions of the sites of each sublattice."""
    starts = _starts(lattice, near)
    for place in placed.basis:
        yx = starts
        for _ in range(_STEPS):
            away = place - lattice.fractional(yx)
            yx = yx + (away - np.rint(away)) @ lattice.vectors
        pixel = np.rint(yx).astype(int)
        shape = np.array(near.shape)
        inside = np.all((yx >= -_HALF_PX) & (yx <= shape - 1 + _HALF_PX), axis=1)
        pixel = np.clip(pixel, 0, shape - 1)
        yx = yx[inside & near[pixel[:, 0], pixel[:, 1]]]
        yield _distinct(yx, same)


def _starts(lattice: LocalLattice, near: BoolArray) -> FloatArray:
    """Points that lie half a cell apart, in and around a part of the field.

    Each point is the start of the way to its nearest site. There are four for each site, so
    that none is missed where the lattice is strained.
    """
    shape = np.array(near.shape)
    corners = np.array([[y, x] for y in (0, shape[0] - 1) for x in (0, shape[1] - 1)])
    counts = corners @ np.linalg.inv(lattice.vectors)
    low, high = np.floor(counts.min(axis=0)) - 1, np.ceil(counts.max(axis=0)) + 1
    ranges = [np.arange(a, b + 0.5, 0.5) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 2)
    points = points @ lattice.vectors
    reach = np.abs(lattice.vectors).sum(axis=0)
    kept = np.all((points >= -reach) & (points <= shape - 1 + reach), axis=1)
    return np.asarray(points[kept])


def _distinct(yx: FloatArray, same: float) -> FloatArray:
    """The points without those that repeat an earlier one."""
    pairs = cKDTree(yx).query_pairs(same, output_type="ndarray")
    first = np.ones(len(yx), dtype=bool)
    first[pairs.max(axis=1)] = False
    return np.asarray(yx[first])


def _beyond(mask: BoolArray) -> FloatArray:
    """Distance of each pixel from a mask in px."""
    if mask.all():
        return np.zeros(mask.shape)
    return np.asarray(ndimage.distance_transform_edt(~mask))


def _without_rivals(sites: Sites, domains: Sequence[Domain]) -> Sites:
    """The sites without those that are too near to a site of another domain."""
    if len(domains) < 2:
        return sites
    depth = np.zeros(len(sites.yx))
    shape = np.array(domains[0].mask.shape)
    pixel = np.clip(np.rint(sites.yx).astype(int), 0, shape - 1)
    for number, domain in enumerate(domains):
        mine = sites.domain == number
        # Beyond the border of the field the domain goes on.
        distance = ndimage.distance_transform_edt(np.pad(domain.mask, 1, mode="edge"))
        depth[mine] = distance[1:-1, 1:-1][pixel[mine, 0], pixel[mine, 1]]
    pairs = cKDTree(sites.yx).query_pairs(_EXCLUSIVE * sites.spacing_px, output_type="ndarray")
    pairs = pairs[sites.domain[pairs[:, 0]] != sites.domain[pairs[:, 1]]]
    kept = np.ones(len(sites.yx), dtype=bool)
    first_is_worse = depth[pairs[:, 0]] < depth[pairs[:, 1]]
    kept[np.where(first_is_worse, pairs[:, 0], pairs[:, 1])] = False
    return _selected(sites, kept)


def _spacing(domain: Domain) -> float:
    """Smallest spacing of the columns of a domain in px."""
    return domain.lattice.spacing / domain.measured.pixel_size


def _selected(sites: Sites, which: BoolArray) -> Sites:
    return Sites(
        sites.yx[which],
        sites.domain[which],
        sites.uv[which],
        sites.sublattice[which],
        sites.species[which],
        sites.spacing_px,
    )


def _joined(parts: Sequence[Sites], spacing: float) -> Sites:
    return Sites(
        np.concatenate([part.yx for part in parts]),
        np.concatenate([part.domain for part in parts]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.sublattice for part in parts]),
        np.concatenate([part.species for part in parts]),
        spacing,
    )


def _none() -> Sites:
    number = np.zeros(0, dtype=np.int64)
    return Sites(
        np.zeros((0, 2)), number, np.zeros((0, 2), dtype=np.int64), number, np.zeros(0, "U1"), 0.0
    )
