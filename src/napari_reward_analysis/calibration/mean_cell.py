"""Find the columns in the mean cell of a lattice: their number, places and brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage, optimize

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray

#: A column is a maximum that rises above the nearest saddle by this fraction of the range of
#: the mean cell, and by this many times the noise.
MIN_RISE, _CERTAIN = 0.04, 5.0
#: A wave is kept if its power exceeds that of the noise by this factor.
_KEPT = 4.0
#: The cell is drawn on a grid of at most this many points a side, to find its maxima.
_FINE = 96
#: Columns with less than this fraction of the brightest are not seen.
_FAINTEST = 0.03


@dataclass(frozen=True, eq=False)
class CellColumns:
    """The columns of a mean cell, brightest first.

    Attributes
    ----------
    places : ndarray, shape (n, 2)
        Fractional places along the two vectors, in [0, 1).
    brightness : ndarray, shape (n,)
        Height of each column relative to the brightest.
    sigma_px : float
        Width of the columns in px.
    """

    places: FloatArray
    brightness: FloatArray
    sigma_px: float

    def __len__(self) -> int:
        return len(self.places)


def columns_in(cell: FloatArray, variance: float, vectors: FloatArray) -> CellColumns:
    """The columns of a mean cell.

    Parameters
    ----------
    cell : ndarray, shape (n, m)
        Mean cell on a grid along the two vectors.
    variance : float
        Variance of the noise of each of its values.
    vectors : ndarray, shape (2, 2)
        Rows: the vectors (y, x) of the cell in px.

    Returns
    -------
    CellColumns
        Without columns if no maximum rises above the noise.
    """
    waves = fft.fft2(cell) / cell.size
    waves[0, 0] = 0
    floor = variance / cell.size
    power = np.abs(waves) ** 2
    weight = np.where(power > _KEPT * floor, 1 - floor / np.maximum(power, 1e-300), 0.0)
    shape = _fine_shape(cell.shape)
    smooth = _drawn(waves * weight, shape)
    spread = float(np.sqrt(floor * np.count_nonzero(weight)))
    rise = max(MIN_RISE * float(np.ptp(smooth)), _CERTAIN * spread)
    places = _maxima(smooth, rise)
    if not len(places):
        return CellColumns(np.zeros((0, 2)), np.zeros(0), float("nan"))
    return _fitted(waves, weight > 0, places, vectors)


def _fine_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Grid with about four points for each bin, or fewer in a large cell."""
    factor = min(4, max(_FINE // max(shape), 1))
    return shape[0] * factor, shape[1] * factor


def _drawn(waves: np.ndarray, shape: tuple[int, int]) -> FloatArray:
    """Sum of the waves on a finer grid."""
    fine = np.zeros(shape, dtype=complex)
    y, x = (np.rint(np.fft.fftfreq(n, 1 / n)).astype(int) for n in waves.shape)
    fine[np.ix_(y, x)] = waves
    return np.asarray(fft.ifft2(fine).real * fine.size)


def _maxima(cell: FloatArray, rise: float) -> FloatArray:
    """Fractional places of the maxima that rise far enough above the nearest saddle."""
    from skimage.morphology import reconstruction

    # One more half cell on every side makes the cell periodic.
    margin = [(n + 1) // 2 for n in cell.shape]
    wide = np.pad(cell, [(p, p) for p in margin], mode="wrap")
    flat = reconstruction(wide - rise, wide)
    labels: IntArray
    # A maximum is high enough if nothing higher can be reached within the rise.
    tops: BoolArray = wide - flat >= rise * (1 - 1e-9)
    labels, count = ndimage.label(tops, np.ones((3, 3)))
    places = np.array(
        ndimage.maximum_position(wide, labels, np.arange(1, count + 1)), dtype=np.float64
    ).reshape(-1, 2)
    places -= margin
    inside = np.all((places >= 0) & (places < cell.shape), axis=1)
    return np.asarray(places[inside] / cell.shape)


def _fitted(
    waves: np.ndarray, used: BoolArray, places: FloatArray, vectors: FloatArray
) -> CellColumns:
    """Fit round Gaussian columns of one width to the waves of the cell."""
    y, x = (np.fft.fftfreq(n, 1 / n) for n in waves.shape)
    grid = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)
    k2 = ((grid @ np.linalg.inv(vectors).T) ** 2).sum(axis=-1)
    # One of each pair h, -h, within the resolution of a pixel.
    half = (grid[..., 0] > 0) | ((grid[..., 0] == 0) & (grid[..., 1] > 0))
    kept = half & (k2 < 0.25)
    if np.count_nonzero(kept & used) >= 2 * len(places):
        kept &= used
    h, k2, seen = grid[kept], k2[kept], waves[kept]
    area = abs(float(np.linalg.det(vectors)))

    def model(places: FloatArray, sigma: float) -> np.ndarray:
        fall = 2 * np.pi * sigma**2 / area * np.exp(-2 * (np.pi * sigma) ** 2 * k2)
        return np.asarray(fall[:, None] * np.exp(-2j * np.pi * h @ places.T))

    def heights(places: FloatArray, sigma: float) -> tuple[FloatArray, float]:
        shape = model(places, sigma)
        both = np.concatenate([shape.real, shape.imag])
        target = np.concatenate([seen.real, seen.imag])
        found, rest = optimize.nnls(both, target)
        return found, rest

    spacing = np.sqrt(area / len(places))
    sigmas = spacing * np.geomspace(0.08, 0.5, 24)
    sigma = min(sigmas, key=lambda s: heights(places, float(s))[1])

    def misfit(parameters: FloatArray) -> FloatArray:
        moved = places + parameters[:-1].reshape(-1, 2)
        shape = model(moved, float(sigma * np.exp(parameters[-1])))
        both = np.concatenate([shape.real, shape.imag])
        target = np.concatenate([seen.real, seen.imag])
        found, _ = optimize.nnls(both, target)
        return np.asarray(both @ found - target)

    start = np.zeros(2 * len(places) + 1)
    limit = np.concatenate([np.full(2 * len(places), 0.05), [0.5]])
    scale = float(np.linalg.norm(seen)) or 1.0
    fit = optimize.least_squares(
        lambda p: misfit(p) / scale, start, bounds=(-limit, limit), xtol=1e-5, ftol=1e-6
    )
    places = (places + fit.x[:-1].reshape(-1, 2)) % 1.0
    sigma = float(sigma * np.exp(fit.x[-1]))
    found, _ = heights(places, sigma)
    order = np.argsort(-found, kind="stable")
    order = order[found[order] >= _FAINTEST * found.max()]
    return CellColumns(places[order], found[order] / found.max(), sigma)
