"""Give each pixel to the lattice with which the image agrees best around it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array, IntArray
from napari_reward_analysis.calibration.agreement import Agreement, agreement
from napari_reward_analysis.calibration.following import MIN_CELLS, LocalLattice, follow_lattice
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.reference import EDGE
from napari_reward_analysis.calibration.shapes import connected
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image

#: Pixels between two pieces may belong to one of them if the way through them is so short (in
#: cells).
_GAP = 3.0
#: Between pieces of one lattice, whose cells differ by less than the first number, there is no
#: gap if the way is shorter than the second: where the origin jumps, neither agrees.
_EQUAL, _NO_GAP = 0.015, 1.5
#: Rounds of the competition. After each one, the lattices are followed in their new parts.
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of the field, with the lattice that was followed in it.

    Attributes
    ----------
    image : Image
        The image.
    lattice : Lattice
        The crystal.
    measured : MeasuredLattice
        Its lattice as measured.
    followed : LocalLattice
        Its lattice as followed in this part.
    mask : ndarray of bool, shape (H, W)
        The pixels.
    """

    image: Image
    lattice: Lattice
    measured: MeasuredLattice
    followed: LocalLattice
    mask: BoolArray

    @cached_property
    def agreement(self) -> Agreement:
        """Agreement of the image with the followed lattice."""
        return agreement(self.image, self.followed, self.mask)

    @property
    def cell_px(self) -> float:
        """Side of a square of the area of the cell, in px."""
        return math.sqrt(self.measured.cell_area_px)

    @property
    def spacing_px(self) -> float:
        """Mean spacing of the columns in px."""
        return math.sqrt(self.measured.cell_area_px / self.lattice.columns_per_cell)


@dataclass(frozen=True, eq=False)
class Winners:
    """The lattice that agrees best with the image around each pixel.

    Attributes
    ----------
    owner : ndarray of int, shape (H, W)
        Its number.
    strength, part, amplitude : ndarray, shape (H, W)
        Its agreement.
    """

    owner: IntArray
    strength: Float32Array
    part: Float32Array
    amplitude: Float32Array


def contested(pieces: Sequence[Piece], allowed: BoolArray) -> tuple[list[Piece], Winners]:
    """Let pieces compete for their pixels and for the gaps between them.

    Parameters
    ----------
    pieces : sequence of Piece
        The pieces; they may overlap.
    allowed : ndarray of bool, shape (H, W)
        Pixels that may belong to a piece.

    Returns
    -------
    pieces : list of Piece
        Connected pieces that do not overlap. Small ones are left out.
    winners : Winners
        The lattices of the given pieces, in the last round.
    """
    pieces = list(pieces)
    for round_ in range(_ROUNDS):
        winners = _winners(pieces)
        if len(pieces) == 1:
            break
        masks = _shares(pieces, winners.owner, _eligible(pieces, winners.part) & allowed)
        pieces = [
            replace(piece, mask=mask)
            for piece, share in zip(pieces, masks, strict=True)
            for mask in connected(share, MIN_CELLS * piece.measured.cell_area_px)
        ]
        if round_ < _ROUNDS - 1:
            pieces = [followed_again(piece) for piece in pieces]
    return pieces, winners


def followed_again(piece: Piece) -> Piece:
    """The piece with its lattice followed through its mask."""
    followed = follow_lattice(piece.image, piece.measured, piece.lattice, piece.mask)
    return replace(piece, followed=followed)


def _winners(pieces: Sequence[Piece]) -> Winners:
    """The piece with the largest strength at each pixel."""
    first = pieces[0].agreement
    owner = np.zeros(first.part.shape, dtype=np.int64)
    maps = [first.strength.copy(), first.part.copy(), first.amplitude.copy()]
    for number, piece in enumerate(pieces[1:], 1):
        here = piece.agreement
        better = here.strength > maps[0]
        owner[better] = number
        for values, new in zip(maps, (here.strength, here.part, here.amplitude), strict=True):
            np.copyto(values, new, where=better)
    return Winners(owner, *maps)


def _eligible(pieces: Sequence[Piece], part: Float32Array) -> BoolArray:
    """The pixels of all pieces, and those between two pieces that agree with one of them."""
    union = np.logical_or.reduce([piece.mask for piece in pieces])
    away = [ndimage.distance_transform_edt(~piece.mask) / piece.cell_px for piece in pieces]
    for first, second in itertools.combinations(range(len(pieces)), 2):
        way = away[first] + away[second]
        union |= (way <= _GAP) & (part >= EDGE)
        if _one_lattice(pieces[first], pieces[second]):
            union |= way <= _NO_GAP
    return np.asarray(union)


def _one_lattice(piece: Piece, other: Piece) -> bool:
    """Whether two pieces differ by their origin at most."""
    if piece.lattice != other.lattice:
        return False
    change = np.linalg.solve(piece.measured.vectors_px, other.measured.vectors_px) - np.eye(2)
    return float(np.linalg.norm(change, 2)) < _EQUAL


def _shares(pieces: Sequence[Piece], owner: IntArray, eligible: BoolArray) -> list[BoolArray]:
    """The pixels of each piece, without specks; these go to the nearest piece."""
    masks = []
    for number, piece in enumerate(pieces):
        parts = connected(eligible & (owner == number), MIN_CELLS * piece.measured.cell_area_px)
        masks.append(np.logical_or.reduce([np.zeros_like(eligible), *parts]))
    left = eligible & ~np.logical_or.reduce(masks)
    if left.any():
        away = [
            ndimage.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
            for mask in masks
        ]
        nearest = np.argmin(away, axis=0)
        masks = [mask | (left & (nearest == number)) for number, mask in enumerate(masks)]
    return masks
