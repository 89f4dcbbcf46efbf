"""Join pieces of one crystal between which its lattice changes smoothly.

Around a dislocation, the mean lattices of two sides differ as those of two grains do. But the
local lattices differ less at the line where the sides meet, while at a grain boundary they
differ as much as the mean lattices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.competition import Piece, followed_again
from napari_reward_analysis.calibration.following import follow_parts
from napari_reward_analysis.image import Image

#: Pieces meet where they are nearer to each other than this, in mean spacings.
_MEET = 1.0
#: They are one if, where they meet, the local lattices differ by less than this part of the
#: difference of the mean lattices.
_PART = 0.8
#: Mean lattices that differ by less are equal. Only a jump of the origin parts their pieces.
_EQUAL = 0.015
#: Mean lattices that differ by more are different grains.
_GRAINS = 0.15
#: Number of places at which the local lattices are compared.
_PLACES = 200


def merged(image: Image, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, with those joined between which the lattice changes smoothly.

    Parameters
    ----------
    image : Image
        The image.
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
            if not _smooth(piece, other):
                continue
            joined = _joined(image, piece, other)
            if joined is not None:
                left.remove(other)
                left.insert(0, joined)
                break
        else:
            done.append(piece)
    return done


def _smooth(piece: Piece, other: Piece) -> bool:
    """Whether the local lattices of two pieces are alike where the pieces meet."""
    if piece.lattice != other.lattice:
        return False
    change = _change(piece.followed.mean_cell(), other.followed.mean_cell())
    between = float(np.linalg.norm(change, 2))
    if between > _GRAINS:
        return False
    reach = _MEET * piece.spacing_px
    meet = _within(piece.mask, reach) & _within(other.mask, reach)
    places = np.argwhere(meet).astype(np.float64)
    if not len(places):
        return False
    places = places[:: max(1, len(places) // _PLACES)]
    pairs = zip(piece.followed.cells_at(places), other.followed.cells_at(places), strict=True)
    if between < _EQUAL:
        return True
    local = np.median([_change(first, second) for first, second in pairs], axis=0)
    return bool(np.linalg.norm(local, 2) < _PART * between)


def _joined(image: Image, piece: Piece, other: Piece) -> Piece | None:
    """Both pieces as one; None if the origin jumps between them."""
    large, small = sorted((piece, other), key=lambda p: -int(p.mask.sum()))
    both = large.mask | small.mask
    parts = follow_parts(image, large.measured, large.lattice, both)
    if len(parts) > 1:
        return None
    return followed_again(image, replace(large, mask=both))


def _change(first: FloatArray, second: FloatArray) -> FloatArray:
    """Relative change from one lattice to another, given by their vectors."""
    return np.asarray(np.linalg.solve(first, second) - np.eye(2))


def _within(mask: BoolArray, reach: float) -> BoolArray:
    return np.asarray(ndimage.distance_transform_edt(~mask) <= reach)
