"""The mean cell of a domain: all of its pixels folded into one cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray
from napari_reward_analysis.calibration.demodulation import local_level
from napari_reward_analysis.calibration.following import LocalLattice
from napari_reward_analysis.image import Image

#: Bins along a vector of the cell are a multiple of this number, so that origins that are
#: equal by symmetry lie on bins; about one for each pixel, and at most so many.
_MULTIPLE, _MOST = 24, 192
#: Width (sigma in px) by which the bins are smoothed, so that none is empty.
_SMOOTH = 0.7
#: Parts of the domain that are folded separately, and the cells that each needs.
_PARTS, _CELLS = 24, 4.0
#: Side in cells of the pieces of which the parts consist. They are spread over the domain.
_PIECE = 2.0


@dataclass(frozen=True, eq=False)
class MeanCell:
    """The mean cell of a domain, as a whole and in parts.

    Attributes
    ----------
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors (y, x) in px.
    parts : ndarray, shape (p, n, m)
        Mean intensity of each part of the domain, above the local level. The bins run along
        the first and the second vector; bin i is centred on the fraction i / n. The scatter
        of the parts tells how sure their mean is.
    """

    vectors: FloatArray
    parts: FloatArray

    @property
    def mean(self) -> FloatArray:
        """The mean over all parts, shape (n, m)."""
        return np.asarray(self.parts.mean(axis=0))


def fold(image: Image, lattice: LocalLattice, mask: BoolArray) -> MeanCell:
    """Fold the pixels of a domain into one cell.

    Parameters
    ----------
    image : Image
        The image.
    lattice : LocalLattice
        Its lattice in the domain.
    mask : ndarray of bool, shape (H, W)
        Pixels of the domain.

    Returns
    -------
    MeanCell
    """
    vectors = lattice.vectors
    lengths = np.hypot(*vectors.T)
    shape = _MULTIPLE * np.rint(lengths / _MULTIPLE).astype(int)
    shape = np.clip(shape, _MULTIPLE, _MOST)
    at = np.flatnonzero(mask & image.valid)
    number, parts = _part_of(at, image.shape, vectors)
    for coordinate, bins in zip(lattice.fractional_map(image.shape), shape, strict=True):
        place = np.rint(coordinate.ravel()[at] * bins).astype(np.int64) % bins
        number = number * bins + place
    pixels = image.normalised - local_level(image.normalised, vectors, 1.0)
    size = parts * int(np.prod(shape))
    counts = np.bincount(number, minlength=size).reshape(parts, *shape)
    sums = np.bincount(number, pixels.ravel()[at], size).reshape(parts, *shape)
    sigmas = (0.0, *(_SMOOTH * shape / lengths))
    weight, total = (
        ndimage.gaussian_filter(values.astype(float), sigmas, mode="wrap")
        for values in (counts, sums)
    )
    return MeanCell(vectors, total / np.maximum(weight, 1e-6 * weight.mean()))


def _part_of(at: IntArray, shape: tuple[int, int], vectors: FloatArray) -> tuple[IntArray, int]:
    """Number of the part to which each pixel belongs, and the number of parts."""
    area = abs(float(np.linalg.det(vectors)))
    side = _PIECE * math.sqrt(area)
    y, x = np.divmod(at, shape[1])
    across = int(shape[1] / side) + 1
    piece = across * (y / side).astype(np.int64) + (x / side).astype(np.int64)
    there = np.bincount(piece) > 0
    number = np.cumsum(there) - 1
    parts = int(min(max(len(at) / area / _CELLS, 1.0), _PARTS, there.sum()))
    return number[piece] % parts, parts
