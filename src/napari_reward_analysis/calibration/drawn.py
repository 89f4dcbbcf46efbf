"""Find what is drawn into an image: scale bars, letters, dead lines and blocks without data.

A pixel of a drawn mark has exactly the highest or the lowest value of the image, and so have
its neighbours. A bar or a block may have another value. Clipped columns, counts of zero and
vacuum share this, but they differ in shape and in their surroundings. A mark is a rectangle or
consists of thin strokes, and the image beside it does not rise or fall towards it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import fft, ndimage
from scipy.spatial import ConvexHull

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray
from napari_reward_analysis.image import Image
from napari_reward_analysis.notices import Notice, Value, register_wording

#: Smallest number of pixels of a mark, and smallest straight run of pixels in it.
_MIN_PIXELS, _MIN_RUN = 10, 5
#: Beside a bar, pixels count as letters if fewer than this share of the others are as extreme.
_RARE = 0.001
#: Number of pixels from which a quantile of the image is estimated.
_SAMPLE = 200_000
#: Strokes that are no further apart than twice this many px belong to one mark.
_GAP = 2
#: The rim of a mark is masked as well: interpolation blends it with the image.
_RIM = 2
#: A stroke is at least this many times as long as half its width.
_SLIM = 5
#: Smallest width and length of a bar in px. It is at least this many times as long as wide,
#: and fills this share of a rectangle.
_BAR_WIDTH, _BAR_LENGTH = 2, 16
_BAR_ASPECT, _BAR_FILL = 2.5, 0.97
#: A block fills this share of its convex hull.
_BLOCK_FILL = 0.95
#: Half of the smallest width of a block without data in px.
_BLOCK_RADIUS = 6
#: Step from a mark to the pixels next to it and to those after them, as a fraction of the
#: typical step to the image. Beside a clipped column both are small.
_STEP_NEXT, _STEP_AFTER = 0.4, 0.6
#: The image is divided into this many parts along each side. If more than this share of the
#: parts has runs of the extreme value, the image itself is clipped.
_PARTS, _CLIPPED_SHARE = 8, 0.3
#: Smallest length of a dead line as a fraction of the field, its largest thickness in px, and
#: the largest share of the lines that can be dead.
_LINE_PART, _LINE_THICKNESS, _LINE_SHARE = 0.25, 3, 0.1
_SQUARE = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Pixels of an image that do not show the sample.

    Attributes
    ----------
    marks : ndarray of bool, shape (H, W)
        Scale bars, letters and drawn lines, with their rim.
    lines : ndarray of bool, shape (H, W)
        Dead lines of the scan or of the detector.
    blocks : ndarray of bool, shape (H, W)
        Saturated areas that are larger than a column, and areas without data.
    """

    marks: BoolArray
    lines: BoolArray
    blocks: BoolArray

    @cached_property
    def mask(self) -> BoolArray:
        """All of these pixels, shape (H, W)."""
        return np.asarray(self.marks | self.lines | self.blocks)


def drawn_pixels(image: Image) -> BoolArray:
    """Mask of what is drawn into an image.

    Parameters
    ----------
    image : Image
        The image.

    Returns
    -------
    ndarray of bool, shape (H, W)
        True on scale bars, letters, dead lines, saturated blocks and areas without data.
        False on clipped columns, on single saturated pixels and in the vacuum.
    """
    return find_drawn(image).mask


def without_drawn(image: Image) -> tuple[Image, Notice | None]:
    """The image without what is drawn into it, and a notice that says so.

    Parameters
    ----------
    image : Image
        The image.

    Returns
    -------
    image : Image
        The same image if nothing is drawn into it. Otherwise the drawn pixels are hidden, so
        that `Image.valid` is False there.
    notice : Notice or None
        Kinds of the drawn parts and their share of the field.
    """
    drawn = find_drawn(image)
    mask = drawn.mask & image.valid
    if not mask.any() or not _has_contrast(image.data[image.valid & ~mask]):
        return image, None
    shares: dict[str, Value] = {
        f"{name}_share": float((part & image.valid).mean())
        for name, part in (("marks", drawn.marks), ("lines", drawn.lines), ("blocks", drawn.blocks))
    }
    return replace(image, hidden=mask), Notice("drawn_into_image", shares)


def find_drawn(image: Image) -> Drawn:
    """Find the drawn parts of an image by their kind.

    Parameters
    ----------
    image : Image
        The image.

    Returns
    -------
    Drawn
    """
    pixels, valid = image.data, image.valid
    finite = pixels[valid]
    lines = _dead_lines(pixels, valid)
    marks, blocks = np.zeros(image.shape, dtype=bool), np.zeros(image.shape, dtype=bool)
    for value in _drawn_values(pixels, valid):
        tied = (pixels == value) & ~lines
        # If most of the field has this value, it is that of the vacuum.
        if not _MIN_PIXELS <= np.count_nonzero(tied) <= 0.5 * len(finite):
            continue
        steps = _steps(pixels, valid, tied, value)
        if steps is None:
            continue
        bars, margins = _bars(tied, steps)
        blocks |= margins
        blocks |= _blocks(tied & ~bars & ~margins, steps, image, high=bool(value == finite.max()))
        marks |= _with_rim(bars | _letters(tied & ~bars & ~blocks, steps, bars))
    return Drawn(marks, lines & ~marks, blocks & ~marks)


def _drawn_values(pixels: np.ndarray[Any, Any], valid: BoolArray) -> list[Any]:
    """The highest and the lowest value, and the most frequent one in areas of one value."""
    flat = pixels[:-1, :-1] == pixels[1:, 1:]
    flat &= pixels[:-1, :-1] == pixels[:-1, 1:]
    flat &= pixels[:-1, :-1] == pixels[1:, :-1]
    finite = pixels[valid]
    values = [finite.max(), finite.min()]
    constant, counts = np.unique(pixels[:-1, :-1][flat], return_counts=True)
    if len(constant) and constant[counts.argmax()] not in values:
        values.append(constant[counts.argmax()])
    return values


def _steps(
    pixels: np.ndarray[Any, Any], valid: BoolArray, tied: BoolArray, value: Any
) -> FloatArray | None:
    """Distance of each pixel from a value; 1 is typical of the image.

    The result is NaN for invalid pixels, and None if the image has no other values.
    """
    away = np.where(valid, np.abs(pixels / 2.0 - value / 2.0), np.nan)
    others = _sample(away[valid & ~tied])
    return away / np.median(others) if len(others) else None


def _sample(values: FloatArray) -> FloatArray:
    """Evenly spaced values, enough for a quantile."""
    return values[:: max(len(values) // _SAMPLE, 1)]


def _bars(tied: BoolArray, steps: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Long filled rectangles: bars, and margins that are as long as the field."""
    bars, margins = np.zeros_like(tied), np.zeros_like(tied)
    for shape in ((_BAR_WIDTH, _BAR_LENGTH), (_BAR_LENGTH, _BAR_WIDTH)):
        if not _has_run(tied if shape[0] < shape[1] else tied.T, _BAR_LENGTH):
            continue
        # The opening removes what touches a bar: clipped pixels and letters.
        straight = ndimage.binary_opening(tied, np.ones(shape, dtype=bool))
        for part, mine in _parts(straight):
            short, long = sorted(mine.shape)
            long_enough = long >= _BAR_ASPECT * short and mine.mean() >= _BAR_FILL
            if long_enough and _is_sharp(part, mine, steps):
                (margins if long in tied.shape else bars)[part] |= mine
    return bars, margins


def _blocks(tied: BoolArray, steps: FloatArray, image: Image, *, high: bool) -> BoolArray:
    """Large areas of one value: saturated, or without data and with sharp and straight edges."""
    blocks = np.zeros_like(tied)
    smallest: float = _BLOCK_RADIUS
    if not _has_run(tied, 2 * _BLOCK_RADIUS) or not _opened(tied, _BLOCK_RADIUS).any():
        return blocks
    column = _column_radius(image, tied)
    for part, mine in _parts(tied):
        if min(mine.shape) < 2 * smallest:
            continue
        inner = ndimage.distance_transform_edt(np.pad(mine, 1))[1:-1, 1:-1]
        if inner.max() < smallest:
            continue
        if high and inner.max() >= 2 * column:
            # The blocks without the columns that touch them.
            blocks[part] |= mine
            continue
        if _solidity(mine) >= _BLOCK_FILL and _is_sharp(part, mine, steps, straight=True):
            blocks[part] |= mine
    return blocks


def _solidity(mask: BoolArray) -> float:
    """Area of a part over that of its convex hull."""
    edge = mask & ~ndimage.binary_erosion(mask)
    corners = np.argwhere(edge)[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    return float(np.count_nonzero(mask) / ConvexHull(corners.reshape(-1, 2)).volume)


def _letters(tied: BoolArray, steps: FloatArray, bars: BoolArray) -> BoolArray:
    """Groups of thin strokes with sharp edges, with the space between the strokes."""
    found = np.zeros_like(tied)
    near, clipped = _near_bars(bars), _is_clipped(tied)
    if clipped and not near.any():
        return found
    if clipped:
        # Single strokes only: with the gaps closed, pixels of the image would join them.
        inked = groups = tied & near
    else:
        inked = tied
        beyond = _sample(steps[~near & ~tied & np.isfinite(steps)])
        if near.any() and len(beyond):
            # Small letters are blended with the image: no pixel has the exact value.
            inked = (tied | (near & (steps < np.quantile(beyond, _RARE)))) & ~bars
        groups = _closed(inked, _GAP)
    for part, group in _parts(groups):
        mine = inked[part] & group
        if np.count_nonzero(mine) < _MIN_PIXELS:
            continue
        run = _longest_run(mine)
        half_width = ndimage.distance_transform_cdt(np.pad(mine, 1)).max()
        if run >= max(_MIN_RUN, _SLIM * half_width) and _is_sharp(part, mine, steps):
            found[part] |= group
    return found


def _is_sharp(
    part: tuple[slice, slice], mine: BoolArray, steps: FloatArray, *, straight: bool = False
) -> bool:
    """Whether the image beside an area does not approach the value of the area."""
    wide = tuple(
        slice(max(s.start - _GAP, 0), min(s.stop + _GAP, n))
        for s, n in zip(part, steps.shape, strict=True)
    )
    area = np.zeros(steps.shape, dtype=bool)[wide]
    corner = [s.start - w.start for s, w in zip(part, wide, strict=True)]
    area[corner[0] : corner[0] + mine.shape[0], corner[1] : corner[1] + mine.shape[1]] = mine
    once = ndimage.binary_dilation(area, _SQUARE)
    twice = ndimage.binary_dilation(once, _SQUARE)
    around = steps[wide]
    following = around[twice & ~once & np.isfinite(around)]
    adjacent = around[once & ~area & np.isfinite(around)]
    if not len(adjacent):
        return False
    if straight:
        # Beside the vacuum some of the pixels are nearly as dark as the vacuum.
        return bool(np.quantile(adjacent, 0.25) >= _STEP_NEXT)
    after = float(np.median(following)) if len(following) else 1.0
    return bool(np.median(adjacent) >= _STEP_NEXT and after >= _STEP_AFTER)


def _is_clipped(tied: BoolArray) -> bool:
    """Whether runs of the extreme value are found all over the field."""
    y, x = np.nonzero(tied[:, 1:] & tied[:, :-1])
    cells = (y * _PARTS // tied.shape[0]) * _PARTS + x * _PARTS // tied.shape[1]
    return len(np.unique(cells)) > _CLIPPED_SHARE * _PARTS**2


def _near_bars(bars: BoolArray) -> BoolArray:
    """Places where the letters of a scale bar can be."""
    near = np.zeros_like(bars)
    for part, mine in _parts(bars):
        reach = max(mine.shape) // 3
        near[tuple(slice(max(s.start - reach, 0), s.stop + reach) for s in part)] = True
    return near


def _dead_lines(pixels: np.ndarray[Any, Any], valid: BoolArray) -> BoolArray:
    """Thin lines of one value along the rows or the columns."""
    # Runs of the most usual value are the vacuum.
    usual = np.median(pixels[valid])
    rows = _constant_runs(pixels, valid, usual)
    columns = _constant_runs(pixels.T, valid.T, usual).T
    return rows | columns


def _constant_runs(pixels: np.ndarray[Any, Any], valid: BoolArray, usual: Any) -> BoolArray:
    """Long runs of one value along the rows, without areas that are thick or many."""
    height, width = pixels.shape
    least = max(round(_LINE_PART * width), 16)
    found = np.zeros(pixels.shape, dtype=bool)
    if width <= least:
        return found
    same = (pixels[:, 1:] == pixels[:, :-1]) & valid[:, 1:] & valid[:, :-1]
    same &= pixels[:, 1:] != usual
    # Only rows with enough equal pixels can hold a long run.
    for row in np.flatnonzero(same.sum(axis=1) >= least - 1):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], same[row].view(np.int8), [0]])))
        for start, stop in edges.reshape(-1, 2):
            if stop - start >= least - 1:
                found[row, start : stop + 1] = True
    for part, mine in _parts(found):
        if mine.shape[0] > _LINE_THICKNESS:
            found[part] &= ~mine
    if np.count_nonzero(found.any(axis=1)) > _LINE_SHARE * height:
        found[:] = False
    return found


def _column_radius(image: Image, tied: BoolArray) -> float:
    """Distance in px at which the autocorrelation of the image has fallen to half."""
    pixels = np.where(tied, np.median(image.normalised), image.normalised)
    pixels = pixels - ndimage.gaussian_filter(pixels, min(image.shape) / 16)
    spectrum = np.abs(fft.rfft2(pixels)) ** 2
    correlation = fft.irfft2(spectrum, image.shape)
    falls: list[int] = []
    for line in (correlation[: image.shape[0] // 2, 0], correlation[0, : image.shape[1] // 2]):
        # The value at distance 0 contains the noise.
        below = np.flatnonzero(line[1:] < 0.5 * line[1])
        falls.append(int(below[0]) + 1 if len(below) else len(line))
    return float(max(falls))


def _parts(mask: BoolArray) -> Iterator[tuple[tuple[slice, slice], BoolArray]]:
    """Connected parts of a mask that are not tiny: the box of each, and the part in this box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return
    top, left = rows[0], columns[0]
    labels: IntArray
    labels, _ = ndimage.label(mask[top : rows[-1] + 1, left : columns[-1] + 1], _SQUARE)
    boxes = ndimage.find_objects(labels)
    for number in np.flatnonzero(np.bincount(labels.ravel())[1:] >= _MIN_PIXELS):
        y, x = boxes[number]
        box = slice(y.start + top, y.stop + top), slice(x.start + left, x.stop + left)
        yield box, labels[y, x] == number + 1


def _closed(mask: BoolArray, gap: int) -> BoolArray:
    """The mask with gaps of up to twice this many px filled."""
    padded = np.pad(mask, gap)
    closed: BoolArray = ndimage.binary_closing(padded, _SQUARE, iterations=gap)
    return closed[gap:-gap, gap:-gap]


def _opened(mask: BoolArray, radius: int) -> BoolArray:
    """The mask without parts that are thinner than twice a radius."""
    size = 2 * radius - 1
    eroded: BoolArray = ndimage.minimum_filter(mask, size, mode="nearest")
    return eroded


def _with_rim(mask: BoolArray) -> BoolArray:
    if not mask.any():
        return mask
    grown: BoolArray = ndimage.binary_dilation(mask, _SQUARE, iterations=_RIM)
    return grown


def _has_run(mask: BoolArray, length: int) -> bool:
    """Whether the rows may hold a run of this length; a fast test that errs on one side."""
    # A run contains a whole one of the pieces that are half as long.
    piece = length // 2
    pieces = mask[:, : mask.shape[1] // piece * piece].reshape(mask.shape[0], -1, piece)
    return bool(pieces.all(axis=2).any())


def _longest_run(mask: BoolArray) -> int:
    """Length of the longest straight run along the rows or the columns."""
    longest = 0
    for rows in (mask, mask.T):
        run = np.zeros(rows.shape[0], dtype=int)
        for column in rows.T:
            run = (run + 1) * column
            longest = max(longest, int(run.max()))
    return longest


def _has_contrast(pixels: np.ndarray[Any, Any]) -> bool:
    return pixels.size > 0 and bool(pixels.min() < pixels.max())


def _drawn_into_image(values: Any) -> str:
    kinds = {
        "marks_share": "A scale bar, letters or other marks cover",
        "lines_share": "Dead lines cover",
        "blocks_share": "Saturated areas or areas without data cover",
    }
    told = [
        f"{words} {_percent(values[key])} of the field."
        for key, words in kinds.items()
        if values.get(key, 0) > 0
    ]
    return " ".join([*told, "No columns are looked for there."])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else "less than 0.1 %"


register_wording("drawn_into_image", _drawn_into_image)
