"""Find all domains of a field: the parts in which one crystal fits at one orientation.

Each crystal is measured in the part of the field that no domain explains yet. The clearest
one is taken, followed through its part of the field, and divided where its origin jumps. This
goes on until no other lattice is seen. At last all domains compete: a pixel belongs to the
one with which the image agrees best around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.calibration.competition import (
    Piece,
    Winners,
    contested,
    followed_again,
)
from napari_reward_analysis.calibration.following import MIN_CELLS, LocalLattice, follow_parts
from napari_reward_analysis.calibration.growth import completed, grown
from napari_reward_analysis.calibration.mean_cell import fold
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.merging import merged
from napari_reward_analysis.calibration.origin import placed_free_cell
from napari_reward_analysis.calibration.region import crystal_region
from napari_reward_analysis.calibration.shapes import connected, opened
from napari_reward_analysis.calibration.tiles import measured_in_tiles
from napari_reward_analysis.calibration.turns import turned_parts
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: From this agreement on, a domain explains a pixel.
_EXPLAINED = 0.7
#: All crystals in an image share the errors of its scan. One that seems to be strained by so
#: much more than the first is a mixture of others.
_MORE_STRAIN = 0.025
#: Another lattice is looked for in parts that are at least so wide, in longest cell vectors: at
#: the line where two domains meet, neither of them agrees with the image.
_WIDE = 2.0
#: Largest number of lattices, at any orientation, that are looked for.
_LATTICES = 12
#: Lattices are one if a step of one cell differs by less than this part.
_SAME_LATTICE = 0.015
#: The same for lattices that were measured in a tile, which may hold strain or a boundary.
_TILE_ERROR = 0.1
#: A crystal that explains a smaller share of the spectrum may hide others.
_CLEAR = 0.95
#: In a tile alone, a crystal must be seen with this confidence.
_SURE = 0.65
#: Another crystal explains a piece better if its confidence is higher by this.
_BETTER = 0.02
#: A hidden lattice must be stronger than the known ones by this part.
_STRONGER = 0.06


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
    followed : LocalLattice, optional
        Its lattice as followed through the mask; without it, it is followed where it is needed.
    """

    lattice: Lattice
    measured: MeasuredLattice
    mask: BoolArray
    followed: LocalLattice | None = None


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
        If the region is empty or has another shape.
    """
    allowed = _allowed(image, region)
    pieces: list[Piece] = []
    rest = region
    for _ in range(_LATTICES):
        new = _next_pieces(image, lattices, rest, pieces, allowed)
        if not new and not pieces:
            new = _first_in_tiles(image, lattices, allowed)
        if not new:
            break
        pieces, winners = contested([*pieces, *new], allowed)
        wide = 0.5 * _WIDE * min(max(piece.measured.lengths_px) for piece in pieces)
        rest = opened(allowed & (winners.part < _EXPLAINED), wide)
        if not rest.any():
            break
    if not pieces:
        return ()
    if any(piece.measured.confidence < _CLEAR for piece in pieces):
        pieces = _with_hidden(image, lattices, pieces, winners, allowed)
    if len(lattices) > 1:
        pieces, _ = contested(_named(lattices, pieces), allowed)
    parts = [part for piece in pieces for part in _turned(piece)]
    if len(parts) > len(pieces):
        pieces, _ = contested(parts, allowed)
    pieces = completed(merged(pieces), allowed)
    return tuple(_domains(pieces))


def _turned(piece: Piece) -> Iterator[Piece]:
    """The parts of a piece that are turned against each other."""
    parts = turned_parts(piece.followed)
    if len(parts) == 1:
        yield piece
        return
    for part in parts:
        near = piece.followed.grid.to_pixels(part.astype(float), piece.mask.shape) >= 0.5
        for mask in connected(piece.mask & near, MIN_CELLS * piece.measured.cell_area_px):
            yield followed_again(replace(piece, mask=mask))


def _named(lattices: Sequence[Lattice], pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, each with the crystal that explains it best."""
    named = []
    for piece in pieces:
        seen = _seen(piece.image, lattices, piece.mask)
        known = max((m.confidence for lattice, m in seen if lattice == piece.lattice), default=0.0)
        if seen and seen[0][1].confidence > known + _BETTER:
            lattice, measured = seen[0]
            piece = followed_again(replace(piece, lattice=lattice, measured=measured))
        named.append(piece)
    return named


def _with_hidden(
    image: Image,
    lattices: Sequence[Lattice],
    pieces: list[Piece],
    winners: Winners,
    allowed: BoolArray,
) -> list[Piece]:
    """The pieces, with those of lattices that are seen in a tile of the field alone."""
    known = [(piece.lattice, piece.measured) for piece in pieces]
    for lattice, measured in _in_tiles(image, lattices, allowed):
        if any(_same(lattice, measured, *other, _TILE_ERROR) for other in known):
            continue
        if measured.strain > pieces[0].measured.strain + _MORE_STRAIN:
            continue
        known.append((lattice, measured))
        new = [
            part
            for piece in _pieces_of(image, lattice, measured, allowed)
            for part in _stronger_parts(piece, pieces, winners)
        ]
        if new:
            taken = np.logical_or.reduce([piece.mask for piece in new])
            left = [replace(piece, mask=piece.mask & ~taken) for piece in pieces]
            left = [followed_again(piece) for piece in left if piece.mask.any()]
            pieces, winners = contested([*left, *new], allowed)
    return pieces


def _stronger_parts(piece: Piece, pieces: Sequence[Piece], winners: Winners) -> Iterator[Piece]:
    """The parts of a piece in which its lattice is stronger than all known ones."""
    strength = piece.agreement.strength
    mean, usual = (
        ndimage.gaussian_filter(values, piece.cell_px) for values in (strength, winners.strength)
    )
    stronger = piece.mask & (mean > (1 + _STRONGER) * usual)
    for part in connected(stronger, MIN_CELLS * piece.measured.cell_area_px):
        # In strained crystal, a known lattice may fit as well if it is followed there alone.
        best = np.zeros_like(strength)
        for rival in pieces:
            if (rival.mask & part).any():
                again = followed_again(replace(rival, mask=part)).agreement
                np.maximum(best, again.strength, out=best)
        if np.median(strength[part] - (1 + _STRONGER) * best[part]) > 0:
            yield followed_again(replace(piece, mask=part))


def _first_in_tiles(image: Image, lattices: Sequence[Lattice], allowed: BoolArray) -> list[Piece]:
    """Pieces of the clearest lattice of all tiles, where many grains hide each other."""
    for lattice, measured in _in_tiles(image, lattices, allowed):
        if measured.confidence < _SURE:
            break
        new = _pieces_of(image, lattice, measured, allowed)
        if new:
            return new
    return []


def _in_tiles(
    image: Image, lattices: Sequence[Lattice], allowed: BoolArray
) -> list[tuple[Lattice, MeasuredLattice]]:
    """The lattices that are seen in tiles of the field, the clearest first."""
    found = [
        (lattice, measured)
        for lattice in lattices
        for measured in measured_in_tiles(image, lattice, allowed)
    ]
    return sorted(found, key=lambda pair: -pair[1].confidence)


def _allowed(image: Image, region: BoolArray | None) -> BoolArray:
    """The pixels that may be looked at."""
    if region is None:
        return image.valid
    if region.shape != image.shape:
        raise BadInput(
            f"The region has {region.shape} pixels, but the image has {image.shape}: "
            "draw the region on this image."
        )
    allowed = image.valid & region.astype(bool)
    if not allowed.any():
        raise BadInput("The region covers no pixel of the image: draw it on the crystal.")
    return np.asarray(allowed, dtype=bool)


def _next_pieces(
    image: Image,
    lattices: Sequence[Lattice],
    rest: BoolArray | None,
    pieces: Sequence[Piece],
    allowed: BoolArray,
) -> list[Piece]:
    """Pieces of the clearest lattice in a part of the field that is no known one."""
    for lattice, measured in _seen(image, lattices, rest):
        known = [(piece.lattice, piece.measured) for piece in pieces]
        if any(_same(lattice, measured, *other, _SAME_LATTICE) for other in known):
            continue
        if pieces and measured.strain > pieces[0].measured.strain + _MORE_STRAIN:
            continue
        new = _pieces_of(image, lattice, measured, allowed if rest is None else rest)
        if new:
            taken = np.logical_or.reduce([piece.mask for piece in pieces] + [~allowed])
            return [grown(piece, taken) for piece in new]
    return []


def _pieces_of(
    image: Image, lattice: Lattice, measured: MeasuredLattice, allowed: BoolArray
) -> list[Piece]:
    """The connected parts of a measured lattice, parted where its origin jumps."""
    mask = crystal_region(image, measured) & allowed
    return [
        piece
        for part in connected(mask, MIN_CELLS * measured.cell_area_px)
        for piece in _followed(image, lattice, measured, part)
    ]


def _seen(
    image: Image, lattices: Sequence[Lattice], region: BoolArray | None
) -> list[tuple[Lattice, MeasuredLattice]]:
    """The lattices that are seen in a part of the field, the clearest first."""
    found = []
    for lattice in lattices:
        measured = _measured(image, lattice, region)
        if measured is not None:
            found.append((lattice, measured))
    return sorted(found, key=lambda pair: -pair[1].confidence)


def _measured(image: Image, lattice: Lattice, region: BoolArray | None) -> MeasuredLattice | None:
    """The lattice as measured in a part of the field; None if it is not seen there."""
    try:
        measured = measure_lattice(image, lattice, region=region)
    except BadInput:  # the field is too small
        return None
    return measured if measured.found else None


def _same(
    lattice: Lattice,
    measured: MeasuredLattice,
    other: Lattice,
    known: MeasuredLattice,
    error: float,
) -> bool:
    """Whether a lattice is known already."""
    change = np.linalg.solve(known.vectors_px, measured.vectors_px) - np.eye(2)
    return lattice == other and float(np.linalg.norm(change, 2)) < error


def _followed(
    image: Image, lattice: Lattice, measured: MeasuredLattice, mask: BoolArray
) -> Iterator[Piece]:
    """The parts of a mask between jumps of the lattice's origin."""
    parts = follow_parts(image, measured, lattice, mask)
    for part in parts:
        near = mask
        if len(parts) > 1:
            near = mask & (part.grid.to_pixels(part.inside.astype(float), image.shape) >= 0.5)
        yield Piece(image, lattice, measured, part, near)


def _domains(pieces: Sequence[Piece]) -> Iterator[Domain]:
    """The pieces as domains, the largest first."""
    for piece in sorted(pieces, key=lambda piece: -int(piece.mask.sum())):
        measured = piece.measured if len(pieces) == 1 else _measured_again(piece)
        lattice, followed = piece.lattice, piece.followed
        if lattice.unplaced:
            lattice = placed_free_cell(fold(piece.image, followed, piece.mask), lattice)
        yield Domain(lattice, measured, piece.mask, followed)


def _measured_again(piece: Piece) -> MeasuredLattice:
    """The lattice as measured in one domain, or as before if it is seen worse there."""
    again = _measured(piece.image, piece.lattice, piece.mask)
    if again is None or again.confidence < piece.measured.confidence:
        return piece.measured
    return again
