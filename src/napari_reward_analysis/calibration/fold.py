"""Fold an image into one cell of a lattice, tile by tile, and align the tiles.

Every tile of a few cells has a mean cell of its own. The mean cells of the tiles are shifted
against each other until they agree, modulo the lattice, so that drift, bending and distortion
of the scan do not blur the mean cell of the image. Tiles that show something else do not agree
and are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, IntArray

ComplexArray = npt.NDArray[np.complex128]

#: Number of cells in a tile.
TILE_CELLS = 16
#: Largest number of tiles. In a larger field every second tile is used, or fewer.
_MAX_TILES = 256
#: Smallest and largest number of bins along each vector of the cell.
_BINS = 4, 128
#: At least this part of a tile must be valid.
_VALID_PART = 0.5
#: A tile shows the lattice if it contains the mean cell with this fraction of the usual
#: strength and with this many times the error of the strength.
_AGREES, _CERTAIN = 0.5, 5.0
#: A wave is used if its mean power over n tiles exceeds the noise by this over root n.
_BEYOND = 3.0
#: Signal-to-noise ratio of the mean cell of a tile from which its shift is certain.
_ENOUGH = 10.0
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Tiles:
    """Rectangular parts of an image, on a grid.

    Attributes
    ----------
    corners : ndarray of int, shape (n, 2)
        First row and column of each tile.
    side : tuple of int
        Height and width of a tile in px.
    grid : tuple of int
        Number of tiles along y and x.
    step : ndarray, shape (2,)
        Distance between neighbours along y and x in px.
    """

    corners: IntArray
    side: tuple[int, int]
    grid: tuple[int, int]
    step: FloatArray


@dataclass(frozen=True, eq=False)
class TileCells:
    """The mean cell of each tile.

    Attributes
    ----------
    cells : ndarray, shape (tiles, n, m)
        Means on a grid along the two vectors, without the level of the tile.
    total : ndarray, shape (tiles,)
        Variance of the tile without its level.
    explained : ndarray, shape (tiles,)
        Variance of the mean cell beyond what chance would give.
    noise : ndarray, shape (tiles,)
        Variance of one bin of the mean cell.
    """

    cells: FloatArray
    total: FloatArray
    explained: FloatArray
    noise: FloatArray


@dataclass(frozen=True, eq=False)
class Folded:
    """The mean cell of an image.

    Attributes
    ----------
    vectors_px : ndarray, shape (2, 2)
        Rows: the vectors (y, x) of the cell in px, fitted to the tiles.
    cell : ndarray, shape (n, m)
        Mean over the tiles that show the lattice, without the mean level.
    variance : float
        Variance of the noise of one bin.
    agrees : ndarray of bool, shape (tiles,)
        The tiles that show the lattice.
    tiles : Tiles
        The tiles.
    explained : float
        Variance that the mean cells of these tiles explain, averaged over all tiles.
    """

    vectors_px: FloatArray
    cell: FloatArray
    variance: float
    agrees: BoolArray
    tiles: Tiles
    explained: float

    def mask(self, shape: tuple[int, int]) -> BoolArray:
        """Pixels nearest to the tiles that show the lattice, shape (H, W)."""
        places = [
            np.minimum((np.arange(n) / step).astype(int), count - 1)
            for n, step, count in zip(shape, self.tiles.step, self.tiles.grid, strict=True)
        ]
        return self.agrees.reshape(self.tiles.grid)[np.ix_(*places)]


def cut_tiles(shape: tuple[int, int], area: float) -> Tiles:
    """Tiles of about an area in square px that cover the field, or a regular sample of them."""
    wanted = math.sqrt(area)
    counts = [max(round(n / wanted), 1) for n in shape]
    side = tuple(n // c for n, c in zip(shape, counts, strict=True))
    skip = max(math.ceil(math.sqrt(math.prod(counts) / _MAX_TILES)), 1)
    y, x = (np.arange(0, c, skip) * s for c, s in zip(counts, side, strict=True))
    corners = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)
    step = skip * np.array(side, dtype=np.float64)
    return Tiles(corners, (side[0], side[1]), (len(y), len(x)), step)


def bins_of(vectors: FloatArray) -> tuple[int, int]:
    """Number of bins of about one px along each vector of a cell."""
    n, m = np.clip(np.rint(np.hypot(*vectors.T)), *_BINS).astype(int)
    return int(n), int(m)


def fold_tiles(
    pixels: Float32Array,
    valid: BoolArray | None,
    vectors: FloatArray,
    tiles: Tiles,
    shifts: FloatArray | None = None,
    slopes: FloatArray | None = None,
) -> TileCells:
    """Mean cell of each tile.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Finite pixels.
    valid : ndarray of bool, shape (H, W), or None
        Pixels to use; None for all.
    vectors : ndarray, shape (2, 2)
        Rows: the vectors (y, x) of the cell in px.
    tiles : Tiles
        The tiles.
    shifts : ndarray, shape (tiles, 2), optional
        Shift of the lattice in each tile, in fractions of the vectors.
    slopes : ndarray, shape (tiles, 2, 2), optional
        Change of the shift per px along y and x in each tile.
    """
    n, m = bins = bins_of(vectors)
    inverse = np.linalg.inv(vectors)
    cells = np.zeros((len(tiles.corners), n, m))
    total, explained, noise = (np.zeros(len(cells)) for _ in range(3))
    local = np.stack(np.meshgrid(*(np.arange(s) for s in tiles.side), indexing="ij"), axis=-1)
    local = local.reshape(-1, 2).astype(np.float64)
    away = local - local.mean(axis=0)
    plane = np.concatenate([np.ones((len(away), 1)), away / np.abs(away).max()], axis=1)
    per_cell = abs(float(np.linalg.det(vectors)))
    for t, corner in enumerate(tiles.corners):
        box = tuple(slice(c, c + s) for c, s in zip(corner, tiles.side, strict=True))
        used = slice(None) if valid is None else np.flatnonzero(valid[box])
        values = pixels[box].ravel()[used].astype(np.float64)
        if len(values) < _VALID_PART * len(local) or len(values) < 2 * per_cell:
            continue
        basis = plane[used]
        values -= basis @ np.linalg.lstsq(basis, values, rcond=None)[0]
        change = inverse if slopes is None else inverse - slopes[t]
        place = away[used] @ change + (corner + local.mean(axis=0)) @ inverse
        if shifts is not None:
            place -= shifts[t]
        index = np.floor((place % 1.0) * bins).astype(int) % bins
        flat = index[:, 0] * m + index[:, 1]
        counts = np.bincount(flat, minlength=n * m)
        means = np.bincount(flat, values, n * m) / np.maximum(counts, 1)
        total[t] = float((values**2).mean())
        seen = float((counts * means**2).sum()) / len(values)
        # The mean of so many cells explains this share of anything.
        chance = per_cell / len(values)
        rest = (total[t] - seen) / (1 - chance)
        explained[t] = total[t] - rest
        noise[t] = rest * chance
        cells[t] = means.reshape(n, m)
    return TileCells(cells, total, explained, noise)


def align_tiles(folded: TileCells) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Shift the mean cells of the tiles until they agree.

    Returns
    -------
    cell : ndarray, shape (n, m)
        Mean of the tiles that agree.
    shifts : ndarray, shape (tiles, 2)
        Shift of each tile against it, in fractions of the vectors.
    agrees : ndarray of bool, shape (tiles,)
        The tiles that agree.
    """
    spectra = fft.fft2(folded.cells)
    spectra[:, 0, 0] = 0
    weights, _ = _signal(spectra, folded.noise)
    agrees = np.zeros(len(spectra), dtype=bool)
    agrees[np.argmax(folded.explained)] = True
    reference = spectra[agrees][0]
    shifts = np.zeros((len(spectra), 2))
    for _ in range(_ROUNDS):
        filtered = weights * reference
        noise = reference.size * folded.noise
        # The power of the mean of the tiles that agree, less that of its noise.
        floor = float((weights**2).sum()) * float(noise[agrees].sum()) / agrees.sum() ** 2
        power = float((np.abs(filtered) ** 2).sum()) - floor
        if power <= 0:
            break
        shifts, top = _tops(fft.ifft2(weights * spectra * filtered.conj()).real)
        strength = top * reference.size / power
        certain = strength > _CERTAIN * np.sqrt(noise / power)
        usual = float(np.median(strength[agrees]))
        best = int(np.argmax(np.where(certain, strength, 0)))
        agrees = certain & (strength >= _AGREES * min(usual, float(strength[best])))
        if not agrees.any():
            agrees[best] = True
        moved = spectra[agrees] * _phases(shifts[agrees], reference.shape)
        reference = moved.mean(axis=0)
    return fft.ifft2(reference).real, shifts, agrees


def _signal(spectra: ComplexArray, noise: FloatArray) -> tuple[FloatArray, float]:
    """Weight of each wave in the mean cells, and the signal-to-noise ratio of one tile.

    The mean power over the tiles does not depend on their shifts.
    """
    count, n, m = spectra.shape
    floor = n * m * float(noise.mean())
    power = (np.abs(spectra) ** 2).mean(axis=0)
    beyond = power - floor * (1 + _BEYOND / np.sqrt(count))
    weights = np.where(beyond > 0, 1 - floor / np.maximum(power, 1e-300), 0.0)
    ratio = float((weights * np.maximum(power - floor, 0)).sum()) / max(floor, 1e-300)
    return weights, float(np.sqrt(ratio))


def fold_image(pixels: Float32Array, valid: BoolArray | None, vectors: FloatArray) -> Folded:
    """Mean cell of the part of an image that shows a lattice.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Finite pixels.
    valid : ndarray of bool, shape (H, W), or None
        Pixels to use; None for all.
    vectors : ndarray, shape (2, 2)
        Rows: the vectors (y, x) of the cell in px, good enough for one tile.
    """
    tiles, folded = _folded(pixels, valid, vectors)
    for _ in range(2):
        _, shifts, agrees = align_tiles(folded)
        slope = _mean_slope(shifts, agrees, tiles)
        vectors = np.asarray(np.linalg.inv(np.linalg.inv(vectors) - slope))
        folded = fold_tiles(pixels, valid, vectors, tiles)
    _, shifts, agrees = align_tiles(folded)
    slopes = _local_slopes(shifts, agrees, tiles)
    folded = fold_tiles(pixels, valid, vectors, tiles, slopes=slopes)
    cell, shifts, agrees = align_tiles(folded)
    count = max(int(agrees.sum()), 1)
    variance = float(folded.noise[agrees].sum()) / count**2
    explained = float(folded.explained[agrees].sum()) / len(agrees)
    return Folded(vectors, cell, variance, agrees, tiles, explained)


def explained_by(pixels: Float32Array, valid: BoolArray | None, vectors: FloatArray) -> float:
    """Variance that the mean cells of the tiles that agree explain, averaged over all tiles."""
    folded = _folded(pixels, valid, vectors)[1]
    agrees = align_tiles(folded)[2]
    return float(folded.explained[agrees].sum()) / len(agrees)


def _folded(
    pixels: Float32Array, valid: BoolArray | None, vectors: FloatArray
) -> tuple[Tiles, TileCells]:
    """Mean cells of tiles of `TILE_CELLS` cells, or of larger ones in noise."""
    area = TILE_CELLS * abs(float(np.linalg.det(vectors)))
    tiles = cut_tiles(pixels.shape, area)
    folded = fold_tiles(pixels, valid, vectors, tiles)
    ratio = _signal(fft.fft2(folded.cells), folded.noise)[1]
    if ratio < _ENOUGH and len(tiles.corners) > 1:
        tiles = cut_tiles(pixels.shape, (_ENOUGH / max(ratio, 1.0)) ** 2 * area)
        folded = fold_tiles(pixels, valid, vectors, tiles)
    return tiles, folded


def _phases(shifts: FloatArray, shape: tuple[int, ...]) -> ComplexArray:
    """Factors that move mean cells back by their shifts."""
    y, x = (np.fft.fftfreq(n, 1 / n) for n in shape)
    turns = shifts[:, 0, None, None] * y[:, None] + shifts[:, 1, None, None] * x
    return np.asarray(np.exp(2j * np.pi * turns))


def _tops(correlation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Place, in fractions of the cell, and height of the largest value of each map."""
    count, n, m = correlation.shape
    best = correlation.reshape(count, -1).argmax(axis=1)
    y, x = np.unravel_index(best, (n, m))
    at = np.arange(count)
    middle = correlation[at, y, x]
    dy = _vertex(correlation[at, y - 1, x], middle, correlation[at, (y + 1) % n, x])
    dx = _vertex(correlation[at, y, x - 1], middle, correlation[at, y, (x + 1) % m])
    return np.stack([(y + dy) / n, (x + dx) / m], axis=1), middle


def _vertex(before: FloatArray, at: FloatArray, after: FloatArray) -> FloatArray:
    """Top of the parabola through three values, from the middle one."""
    bend = np.minimum(before - 2 * at + after, -1e-30)
    return np.asarray(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))


def _differences(
    shifts: FloatArray, agrees: BoolArray, tiles: Tiles, axis: int
) -> tuple[FloatArray, BoolArray]:
    """Change of the shift from each tile to the next along an axis, per px, and if it is known."""
    field = shifts.reshape(*tiles.grid, 2)
    known = agrees.reshape(tiles.grid)
    change = np.diff(field, axis=axis)
    change -= np.rint(change)
    ends = [slice(None), slice(None)]
    starts = list(ends)
    starts[axis], ends[axis] = slice(None, -1), slice(1, None)
    both = known[tuple(starts)] & known[tuple(ends)]
    return change / tiles.step[axis], both


def _mean_slope(shifts: FloatArray, agrees: BoolArray, tiles: Tiles) -> FloatArray:
    """Usual change of the shift per px along y and x, shape (2, 2)."""
    slope = np.zeros((2, 2))
    for axis in (0, 1):
        change, both = _differences(shifts, agrees, tiles, axis)
        if both.any():
            slope[axis] = np.median(change[both], axis=0)
    return slope


def _local_slopes(shifts: FloatArray, agrees: BoolArray, tiles: Tiles) -> FloatArray:
    """Change of the shift per px in each tile, from its neighbours, shape (tiles, 2, 2)."""
    slopes = np.zeros((*tiles.grid, 2, 2))
    for axis in (0, 1):
        change, both = _differences(shifts, agrees, tiles, axis)
        total, count = np.zeros((*tiles.grid, 2)), np.zeros(tiles.grid)
        for side in (slice(None, -1), slice(1, None)):
            where: list[slice] = [slice(None), slice(None)]
            where[axis] = side
            total[tuple(where)] += np.where(both[..., None], change, 0.0)
            count[tuple(where)] += both
        slopes[:, :, axis] = total / np.maximum(count, 1)[..., None]
    return slopes.reshape(-1, 2, 2)
