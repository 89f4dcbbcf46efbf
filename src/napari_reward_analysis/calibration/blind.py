"""Find the lattice of an image in the image itself, with the columns of its cell.

Nothing but the image is needed. The vectors come from the peaks of the spectrum of the field
and of parts of it. The columns come from the mean cell of the bare image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.calibration.cell_columns import CellColumns, columns_in
from napari_reward_analysis.calibration.fold import Folded, explained_by, fold_image
from napari_reward_analysis.calibration.measured import (
    MIN_CONFIDENCE,
    MeasuredVectors,
    vector_angle,
    vector_lengths,
)
from napari_reward_analysis.calibration.spectrum import power_spectra
from napari_reward_analysis.calibration.vectors import (
    lattice_confidence,
    reduce_basis,
    vectors_in,
)
from napari_reward_analysis.crystal.lattice import Column, Lattice
from napari_reward_analysis.image import Image

#: A lattice that explains so much of the spectrum of the whole field, and is seen in so much
#: of the field, needs no rival.
_CLEAR, _EVERYWHERE = 0.9, 0.8
#: A rival must explain more of the image by this factor.
_BETTER = 1.05
#: Vectors of two lattices are equal within this fraction.
_SAME = 0.03
#: Largest number of crystals, and smallest part of the field in which another is looked for.
_MOST_CRYSTALS, _SMALLEST_REST = 4, 0.05
#: Cells of grains of one crystal agree within this fraction, and within so many degrees.
_ONE_CELL, _ONE_ANGLE = 0.04, 2.5
#: Number of cells that must be seen.
_MIN_CELLS = 8
#: Smallest side in px of a part of the field that is looked at on its own.
_MIN_PART = 96
#: Columns have one name if their brightness differs by less than this fraction.
_ALIKE = 0.15
#: Largest distance, as a fraction of the nearest spacing, and difference in brightness of two
#: columns that a smaller cell would make one.
_ONE_PLACE, _ONE_BRIGHTNESS = 0.08, 0.1


@dataclass(frozen=True, eq=False)
class BlindLattice:
    """A lattice that was found in an image without any knowledge of the crystal.

    Attributes
    ----------
    vectors_px : ndarray, shape (2, 2)
        Rows: the vectors (y, x) of the primitive cell in px, at 60 to 90 degrees. The second
        one is reached from the first by a turn from x towards y.
    columns : CellColumns
        Places and brightness of the columns in this cell, the brightest at (0, 0).
    confidence : float
        Share of the amplitude of all peaks of the spectrum, where the lattice is seen, that it
        explains beyond chance, 0 to 1.
    seen : ndarray of bool, shape (H, W)
        The part of the field in which the lattice is seen, in tiles of several cells.
    """

    vectors_px: FloatArray
    columns: CellColumns
    confidence: float
    seen: BoolArray

    @property
    def lengths_px(self) -> tuple[float, float]:
        """Lengths of the two vectors in px."""
        return vector_lengths(self.vectors_px)

    @property
    def angle_deg(self) -> float:
        """Angle between the two vectors in degrees."""
        return vector_angle(self.vectors_px)

    @property
    def cell_area_px(self) -> float:
        """Area of the cell in square px."""
        return abs(float(np.linalg.det(self.vectors_px)))

    @property
    def share(self) -> float:
        """Share of the field in which the lattice is seen."""
        return float(self.seen.mean())

    @property
    def columns_per_cell(self) -> int:
        """Number of columns in the cell."""
        return len(self.columns)

    def lattice(self, pixel_size: float | None = None) -> Lattice:
        """The cell as a crystal lattice.

        Parameters
        ----------
        pixel_size : float, optional
            Pixel size in angstrom. Without it all lengths are in px, as if a pixel were one
            angstrom wide.

        Returns
        -------
        Lattice
            Its columns are named A, B, ... by falling brightness. Columns that are alike have
            the same name.
        """
        scale = 1.0 if pixel_size is None else pixel_size
        a, b = (length * scale for length in self.lengths_px)
        names = _names(self.columns.brightness)
        columns = tuple(
            Column(species=name, x=float(x), y=float(y), weight=float(weight))
            for name, (x, y), weight in zip(
                names, self.columns.places, self.columns.brightness, strict=True
            )
        )
        return Lattice(name=OWN_CELL, a=a, b=b, angle=self.angle_deg, columns=columns)


#: Name of a lattice that was found in the image.
OWN_CELL = "cell of the image"


def find_lattices(image: Image, *, region: BoolArray | None = None) -> tuple[BlindLattice, ...]:
    """Find the lattices of all crystals in an image, the strongest first.

    Parameters
    ----------
    image, region
        As in `find_lattice`.

    Returns
    -------
    tuple of BlindLattice
        Grains of one crystal count once, whatever their orientation. Empty if no lattice is
        seen.
    """
    found: list[BlindLattice] = []
    rest = np.ones(image.shape, dtype=bool) if region is None else region.astype(bool)
    for _ in range(_MOST_CRYSTALS):
        if (rest & image.valid).mean() < _SMALLEST_REST:
            break
        one = find_lattice(image, region=None if rest.all() else rest)
        if one is None:
            break
        if not any(_one_crystal(one, other) for other in found):
            found.append(one)
        left = rest & ~one.seen
        if left.sum() == rest.sum():
            break
        rest = left
    return tuple(found)


def find_lattice(image: Image, *, region: BoolArray | None = None) -> BlindLattice | None:
    """Find the lattice of the strongest crystal in an image, and the columns of its cell.

    Parameters
    ----------
    image : Image
        The image; its pixel size is not used.
    region : ndarray of bool, shape (H, W), optional
        Pixels to look at.

    Returns
    -------
    BlindLattice or None
        None if no lattice with columns is seen: in noise, fringes or an amorphous film.

    Raises
    ------
    BadInput
        If the field is below 16 px, or the region is empty.
    """
    usable = None if image.valid.all() else image.valid
    if region is not None:
        usable = image.valid & region.astype(bool)
    folded = _best_fold(image, region, usable)
    if folded is None:
        return None
    vectors, columns = _primitive(image, usable, folded)
    cells = float(folded.agrees.mean()) * math.prod(image.shape) / abs(np.linalg.det(vectors))
    if not len(columns) or cells < _MIN_CELLS:
        return None
    seen = folded.mask(image.shape)
    confidence = max(
        lattice_confidence(spectrum, vectors) for spectrum in power_spectra(image, part_of(seen))
    )
    if confidence < MIN_CONFIDENCE:
        return None
    vectors, columns = _oriented(vectors, columns)
    return BlindLattice(vectors, columns, confidence, seen)


def _one_crystal(one: BlindLattice, other: BlindLattice) -> bool:
    """Whether two lattices belong to one crystal.

    They have the same cell in any orientation, or one is made of halves of the other's vectors:
    a part with a boundary in it shows such cells.
    """
    halves = 2 * one.vectors_px @ np.linalg.inv(other.vectors_px)
    if np.abs(halves - np.rint(halves)).max() < 2 * _ONE_CELL:
        return True
    lengths = np.array(sorted(one.lengths_px)) / np.array(sorted(other.lengths_px))
    return bool(
        one.columns_per_cell == other.columns_per_cell
        and np.abs(lengths - 1).max() < _ONE_CELL
        and abs(one.angle_deg - other.angle_deg) < _ONE_ANGLE
    )


def part_of(seen: BoolArray) -> BoolArray | None:
    """The mask of the part where a lattice is seen; None if it is nearly the whole field."""
    return None if seen.mean() > _EVERYWHERE else seen


def _best_fold(image: Image, region: BoolArray | None, usable: BoolArray | None) -> Folded | None:
    """The mean cell of the lattice that explains most of the image."""
    found = [vectors_in(spectrum) for spectrum in power_spectra(image, region)]
    clear = max(found, key=lambda vectors: vectors.confidence)
    if clear.confidence >= _CLEAR:
        folded = fold_image(image.normalised, usable, clear.vectors_px)
        if folded.agrees.mean() >= _EVERYWHERE:
            return folded
    found += [
        vectors_in(spectrum)
        for part in _parts(image.shape)
        if usable is None or usable[part].mean() > 0.5
        for spectrum in power_spectra(_cut(image, part), None if region is None else region[part])
    ]
    best, most = None, 0.0
    rivals = _distinct(found)
    if len(rivals) == 1:
        return fold_image(image.normalised, usable, rivals[0])
    for vectors in rivals:
        explained = explained_by(image.normalised, usable, vectors)
        if explained > _BETTER * most:
            best, most = vectors, explained
    return None if best is None else fold_image(image.normalised, usable, best)


def _cut(image: Image, part: tuple[slice, slice]) -> Image:
    return Image(image.normalised[part])


def _parts(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Overlapping quarters of the field."""
    sides = [max(n // 2, _MIN_PART) for n in shape]
    if any(side >= n for side, n in zip(sides, shape, strict=True)):
        return []
    starts = [np.linspace(0, n - side, 3).astype(int) for n, side in zip(shape, sides, strict=True)]
    return [
        (slice(int(y), int(y) + sides[0]), slice(int(x), int(x) + sides[1]))
        for y in starts[0]
        for x in starts[1]
    ]


def _distinct(found: list[MeasuredVectors]) -> list[FloatArray]:
    """Vectors of the lattices that differ, the most certain first."""
    kept: list[FloatArray] = []
    for one in sorted(found, key=lambda vectors: -vectors.confidence):
        if one.confidence <= 0:
            continue
        if not any(_equal(one.vectors_px, other) for other in kept):
            kept.append(one.vectors_px)
    return kept


def _equal(one: FloatArray, other: FloatArray) -> bool:
    """Whether two pairs of vectors span the same lattice."""
    change = one @ np.linalg.inv(other)
    whole = np.rint(change)
    unimodular = abs(abs(np.linalg.det(whole)) - 1) < 0.5
    return bool(unimodular and np.abs(change - whole).max() < _SAME)


def _primitive(
    image: Image, usable: BoolArray | None, folded: Folded
) -> tuple[FloatArray, CellColumns]:
    """The smallest cell with the same columns."""
    vectors, cell, variance = folded.vectors_px, folded.cell, folded.variance
    columns = columns_in(cell, variance, vectors)
    smaller = smaller_cell(vectors, columns)
    if smaller is not None:
        again = fold_image(image.normalised, usable, smaller)
        vectors, columns = (
            again.vectors_px,
            columns_in(again.cell, again.variance, again.vectors_px),
        )
    return vectors, columns


def smaller_cell(vectors: FloatArray, columns: CellColumns) -> FloatArray | None:
    """Vectors of a smaller cell that repeats in the given one; None if there is none.

    Parameters
    ----------
    vectors : ndarray, shape (2, 2)
        Rows: the vectors of the cell.
    columns : CellColumns
        Its columns.
    """
    places, brightness = columns.places, columns.brightness
    if len(places) < 2:
        return None
    spacing = math.sqrt(abs(float(np.linalg.det(vectors))) / len(places))
    reach = _ONE_PLACE * spacing
    steps = [
        step
        for step in (places - places[0] + 0.5) % 1.0 - 0.5
        if np.hypot(*(step @ vectors)) > reach
        and _repeats(step, places, brightness, vectors, reach)
    ]
    if not steps:
        return None
    return _lattice_of([*vectors, *(np.array(steps) @ vectors)], len(steps) + 1, vectors)


def _repeats(
    step: FloatArray,
    places: FloatArray,
    brightness: FloatArray,
    vectors: FloatArray,
    reach: float,
) -> bool:
    """Whether the columns are the same after a step."""
    away = places[:, None] + step - places[None]
    away = (away - np.rint(away)) @ vectors
    distance = np.hypot(away[..., 0], away[..., 1])
    nearest = distance.argmin(axis=1)
    alike = np.abs(brightness - brightness[nearest]) < _ONE_BRIGHTNESS
    return bool(
        (distance.min(axis=1) < reach).all() and alike.all() and len(set(nearest)) == len(places)
    )


def _lattice_of(steps: list[FloatArray], repeats: int, vectors: FloatArray) -> FloatArray | None:
    """The shortest pair of the given vectors that spans the cell divided by the repeats."""
    area = abs(float(np.linalg.det(vectors))) / repeats
    pairs = [
        np.stack([one, other])
        for number, one in enumerate(steps)
        for other in steps[number + 1 :]
        if abs(abs(float(np.linalg.det([one, other]))) / area - 1) < 0.1
    ]
    if not pairs:
        return None
    return reduce_basis(min(pairs, key=lambda pair: float((pair**2).sum())))


def _oriented(vectors: FloatArray, columns: CellColumns) -> tuple[FloatArray, CellColumns]:
    """Reduced vectors in the order of a turn from x towards y, and places from the brightest."""
    reduced = reduce_basis(vectors)
    (ay, ax), (by, bx) = reduced
    if ax * by - ay * bx < 0:
        reduced = reduced[::-1]
    places = (columns.places - columns.places[0]) @ vectors @ np.linalg.inv(reduced)
    places = np.round(places % 1.0, 6) % 1.0
    return reduced, CellColumns(places, columns.brightness, columns.sigma_px)


def _names(brightness: FloatArray) -> list[str]:
    """Letters by falling brightness; columns that are alike share one."""
    names: list[str] = []
    letter, first = 0, float(brightness[0])
    for value in brightness:
        if value < (1 - _ALIKE) * first:
            letter, first = letter + 1, float(value)
        names.append(_letters(letter))
    return names


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    more, last = divmod(number, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)
