"""Let a piece of crystal grow over the strained parts of its field.

The first measure of a crystal takes its mean lattice. Beyond a dislocation and in bent crystal
this lattice does not fit, but the one that was followed to there does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.competition import Piece, followed_again
from napari_reward_analysis.calibration.region import MIN_CELLS, cleaned
from napari_reward_analysis.calibration.shapes import opened

#: A piece grows where the agreement with its lattice, continued straight on, is so large.
_CONTINUED = 0.7
#: It is completed where the agreement with its lattice, followed, is so large.
_FOLLOWED = 0.5
#: It grows into parts that are at least so wide, in mean spacings of the columns, for so many
#: rounds. Into a grain that is turned by a few degrees, its lattice fits less far.
_WIDE, _ROUNDS = 1.8, 8


def grown(piece: Piece, taken: BoolArray) -> Piece:
    """The piece with all that its lattice explains when it is continued straight on.

    Parameters
    ----------
    piece : Piece
        The piece.
    taken : ndarray of bool, shape (H, W)
        Pixels into which it must not grow.
    """
    for _ in range(_ROUNDS):
        free = ~(piece.mask | taken)
        if not free.any():
            break
        joined = _joined(piece, free & (piece.agreement.part >= _CONTINUED))
        if joined.sum() - piece.mask.sum() < piece.measured.cell_area_px:
            break
        piece = followed_again(replace(piece, mask=joined))
    return piece


def completed(pieces: Sequence[Piece], allowed: BoolArray) -> list[Piece]:
    """The pieces with all that is left of the field and agrees with their followed lattices.

    Parameters
    ----------
    pieces : sequence of Piece
        All pieces; no other lattice is seen in the rest.
    allowed : ndarray of bool, shape (H, W)
        Pixels that may belong to a piece.
    """
    pieces = list(pieces)
    for number, piece in enumerate(pieces):
        free = allowed & ~np.logical_or.reduce([other.mask for other in pieces])
        # Strained crystal is as strong as any other, but out of phase.
        strong = free & (piece.agreement.amplitude >= _FOLLOWED)
        if (_joined(piece, strong) & free).any():
            trial = followed_again(replace(piece, mask=piece.mask | strong))
            more = strong & (trial.agreement.part >= _FOLLOWED)
            piece = replace(piece, mask=_joined(piece, more))
        # Small holes are no holes: the window cannot resolve them.
        filled = cleaned(piece.mask, MIN_CELLS * piece.measured.cell_area_px) & free
        if (filled & ~piece.mask).any() or piece is not pieces[number]:
            piece = followed_again(replace(piece, mask=piece.mask | filled))
        pieces[number] = piece
    return pieces


def _joined(piece: Piece, more: BoolArray) -> BoolArray:
    """The mask of a piece, with the wide parts of another mask that touch it."""
    wide = opened(more, 0.5 * _WIDE * piece.spacing_px)
    return np.asarray(ndimage.binary_propagation(piece.mask, mask=piece.mask | wide))
