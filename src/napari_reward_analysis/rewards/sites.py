"""The reward vacancy: lattice sites that do not hold exactly one point.

The vectors of the lattice are known from the spectrum of the image, but its origin is not.
The origin is found from the points: first for the whole field, then locally, so that the
sites follow a slightly bent field.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.projected import Lattice
from napari_reward_analysis.rewards.protocol import Detection, register_reward

#: A point occupies a site within this fraction of the smallest spacing.
TOLERANCE = 0.3
#: Number of points whose median offset is the local offset.
_LOCAL = 24
#: Number of bins of the cell along each vector.
_BINS = 48


@register_reward("vacancy", label="sites not taken once", needs=("lattice", "vectors"))
def vacancy(detection: Detection) -> float:
    """Share of the lattice sites in the area that are empty or taken more than once.

    Returns
    -------
    float
        (empty sites + surplus points) / sites, at most 1. A point is surplus if its site is
        already taken or if it is on no site.
    """
    lattice, vectors, points = detection.lattice, detection.vectors_px, detection.points
    assert lattice is not None  # both are needs of this reward
    assert vectors is not None
    if len(points) < len(lattice.columns):
        return 1.0
    sites = lattice_sites(points, lattice, vectors, detection)
    if not len(sites):
        return 1.0
    reach = TOLERANCE * detection.spacing_px
    distance, site = cKDTree(sites).query(points, distance_upper_bound=reach)
    matched = np.flatnonzero(np.isfinite(distance))
    taken, first = np.unique(site[matched], return_index=True)
    more = np.ones(len(points), dtype=bool)
    more[matched[first]] = False
    deep = _away_from_border(sites, detection, reach)
    empty = int(np.delete(deep, taken).sum())
    surplus = int((more & _away_from_border(points, detection, reach)).sum())
    return min((empty + surplus) / max(int(deep.sum()), 1), 1.0)


def lattice_sites(
    points: FloatArray, lattice: Lattice, vectors: FloatArray, detection: Detection
) -> FloatArray:
    """Expected positions of the columns, (y, x) in px, shape (m, 2).

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Points from which the origin of the lattice is found.
    lattice : Lattice
        The crystal with its columns.
    vectors : ndarray, shape (2, 2)
        The cell's vectors in px.
    detection : Detection
        Holds the area.
    """
    moved = _all_sites(_placed(points, lattice, vectors), vectors, detection.area.shape)
    # The sites follow the points around them, which allows for strain.
    distance, nearest = cKDTree(moved).query(points)
    near = distance < 0.5 * detection.spacing_px
    if np.count_nonzero(near) >= _LOCAL:
        shift = points[near] - moved[nearest[near]]
        _, around = cKDTree(points[near]).query(moved, k=_LOCAL)
        moved = moved + np.median(shift[around], axis=1)
    pixels = np.rint(moved).astype(int)
    shape = np.array(detection.area.shape)
    inside = np.asarray(((pixels >= 0) & (pixels < shape)).all(axis=1))
    inside[inside] = detection.area[tuple(pixels[inside].T)]
    return np.asarray(moved[inside])


def _all_sites(columns: FloatArray, vectors: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Sites in the field and in a margin, for columns at fractions of the cell."""
    corners = np.array([(y, x) for y in (0, shape[0]) for x in (0, shape[1])], float)
    cells = corners @ np.linalg.inv(vectors)
    low, high = np.floor(cells.min(axis=0)) - 1, np.ceil(cells.max(axis=0)) + 1
    i, j = (np.arange(a, b + 1) for a, b in zip(low, high, strict=True))
    whole = np.stack(np.meshgrid(i, j, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray((whole[:, None] + columns[None]).reshape(-1, 2) @ vectors)


def _placed(points: FloatArray, lattice: Lattice, vectors: FloatArray) -> FloatArray:
    """The columns of the cell, moved to fit the points; fractions, shape (c, 2).

    The density of the points within the cell is correlated with that of the columns. A
    cell and the same cell rotated by 180 degrees have equal spectra, so both are tried.
    """
    cell = points @ np.linalg.inv(vectors)
    seen = np.fft.fft2(_density(cell))
    columns = np.array([(c.x, c.y) for c in lattice.columns])
    best, placed = -np.inf, columns
    for turned in (columns, -columns):
        match = np.fft.ifft2(seen * np.conj(np.fft.fft2(_density(turned)))).real
        if match.max() > best:
            best = float(match.max())
            peak = divmod(int(np.argmax(match)), _BINS)
            placed = turned + np.array(peak) / _BINS
    return np.asarray(placed)


def _density(fractions: FloatArray) -> FloatArray:
    """Smoothed density of positions in the periodic cell."""
    first, second = (fractions % 1.0).T
    counts, _, _ = np.histogram2d(first, second, bins=_BINS, range=[[0, 1], [0, 1]])
    return np.asarray(ndimage.gaussian_filter(counts, 1.5, mode="wrap"))


def _away_from_border(
    places: FloatArray, detection: Detection, depth: float
) -> npt.NDArray[np.bool_]:
    pixels = np.rint(places).astype(int)
    shape = np.array(detection.area.shape)
    inside = ((pixels >= 0) & (pixels < shape)).all(axis=1)
    pixels = np.clip(pixels, 0, shape - 1)
    return np.asarray(inside & (detection.depth_px[pixels[:, 0], pixels[:, 1]] > depth))
