"""Join pieces of one crystal between which its lattice changes smoothly.

Around a dislocation, the mean lattices of two sides differ as those of two grains do. But the
local lattice changes slowly from one side to the other, while at a grain boundary it changes
within a few columns by as much as the mean lattices differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.calibration.competition import Piece, followed_again
from napari_reward_analysis.calibration.flow import refine_lattice
from napari_reward_analysis.calibration.following import LocalLattice, follow_parts
from napari_reward_analysis.calibration.mean_cell import fold

#: The local lattices are compared so far from the line where the pieces meet, in mean
#: spacings of the columns.
_NEAR, _FAR = 1.0, 2.5
#: Pieces are one if the local lattices differ by less than this part of the difference of the
#: mean lattices.
_PART = 0.65
#: Their common lattice must agree with the image so well, as a part of the agreement before.
_KEPT = 0.75
#: Mean lattices that differ by less are equal. Only a jump of the origin parts their pieces.
_EQUAL = 0.015
#: Mean lattices that differ by more are different grains.
_GRAINS = 0.15
#: Number of places at which the local lattices are compared.
_PLACES = 300


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, with those joined between which the lattice changes smoothly.

    Parameters
    ----------
    pieces : sequence of Piece
        Connected pieces that do not overlap.

    Returns
    -------
    list of Piece
    """
    left = list(pieces)
    done: list[Piece] = []
    while left:
        piece = left.pop(0)
        for other in left:
            joined = _joined(piece, other)
            if joined is not None:
                left.remove(other)
                left.insert(0, joined)
                break
        else:
            done.append(piece)
    return done


def _joined(piece: Piece, other: Piece) -> Piece | None:
    """Both pieces as one; None if they are two domains."""
    large, small = sorted((piece, other), key=lambda p: -int(p.mask.sum()))
    if large.lattice != small.lattice:
        return None
    change = _change(large.followed.mean_cell(), small.followed.mean_cell())
    between = float(np.linalg.norm(change, 2))
    sides = _sides(large, small)
    if between > _GRAINS or sides is None:
        return None
    both = large.mask | small.mask
    image = large.image
    if len(follow_parts(image, large.measured, large.lattice, both)) > 1:
        return None
    joined = followed_again(replace(large, mask=both))
    kept = joined.agreement.strength[small.mask].sum()
    if kept < _KEPT * small.agreement.strength[small.mask].sum():
        return None
    if between > _EQUAL:
        cell = fold(image, large.followed, large.mask)
        local = refine_lattice(image, joined.followed, cell, both, large.spacing_px)
        if _step(local, large.spacing_px, *sides) > _PART * between:
            return None
    return joined


def _sides(large: Piece, small: Piece) -> tuple[FloatArray, FloatArray] | None:
    """Places on both sides of the line where two pieces meet; None if they do not meet."""
    near, far = _NEAR * large.spacing_px, _FAR * large.spacing_px
    bands = []
    for mine, others in ((large.mask, small.mask), (small.mask, large.mask)):
        away = ndimage.distance_transform_edt(~others)
        band = np.argwhere(mine & (away >= near) & (away <= far)).astype(np.float64)
        if not len(band):
            return None
        bands.append(band)
    here = bands[1][:: max(1, len(bands[1]) // _PLACES)]
    distance, nearest = cKDTree(bands[0]).query(here)
    opposite = distance <= 2 * far
    if not opposite.any():
        return None
    return here[opposite], bands[0][nearest[opposite]]


def _step(lattice: LocalLattice, reach: float, here: FloatArray, there: FloatArray) -> float:
    """Change of the local lattice from one side to the other, as a part of the cell."""
    pairs = zip(lattice.cells_at(here, reach), lattice.cells_at(there, reach), strict=True)
    change = np.median([_change(one, other) for one, other in pairs], axis=0)
    return float(np.linalg.norm(change, 2))


def _change(first: FloatArray, second: FloatArray) -> FloatArray:
    """Relative change from one cell to another, given by their vectors."""
    return np.asarray(np.linalg.solve(first, second) - np.eye(2))
