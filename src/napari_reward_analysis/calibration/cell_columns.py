"""Find the columns in the mean cell of a lattice: their number, places and brightness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, optimize

from napari_reward_analysis.arrays import BoolArray, FloatArray, IntArray

ComplexArray = npt.NDArray[np.complex128]

#: A column is a maximum that rises above the nearest saddle by this fraction of the range of
#: the mean cell, and by this many times the noise.
MIN_RISE, _CERTAIN = 0.04, 5.0
#: A wave is kept if its power exceeds that of the noise by the first factor, and the cell has
#: columns only if a wave exceeds it by the second.
_KEPT, _SEEN = 6.0, 16.0
#: Fringes have less than this share of their power across the strongest wave.
_TWO_DIMENSIONS = 0.1
#: The cell is drawn on a grid of at most this many points a side, to find its maxima.
_FINE = 96
#: Columns in the flanks of others are added, at most so many, if together they explain this
#: part of the misfit, and this many times the power of the noise in one wave. Each must be so
#: many sigmas away from the others, and have this fraction of the height of the brightest.
_MOST_HIDDEN, _PART, _SURE, _APART, _HIDDEN = 4, 0.6, 20.0, 2.8, 0.08
#: Largest number of columns in a cell, and of waves that must be above the noise.
_MOST_COLUMNS, _ENOUGH_WAVES = 40, 12
#: Number of parameters of the shape, and largest logarithm of the ratio of the axes.
_N_SHAPE, _ELLIPSE = 5, 0.6
#: Largest move of a column in the fit, in fractions of the vectors.
_REACH = 0.08
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
    if power.max() <= _SEEN * floor or _across(np.maximum(power - floor, 0)) < _TWO_DIMENSIONS:
        return CellColumns(np.zeros((0, 2)), np.zeros(0), float("nan"))
    weight = np.where(power > _KEPT * floor, 1 - floor / np.maximum(power, 1e-300), 0.0)
    shape = _fine_shape(cell.shape)
    smooth = _drawn(waves * weight, shape)
    # Some waves of noise are kept by chance, and those are strong.
    by_chance = cell.size * np.exp(-_KEPT) * (_KEPT + 1)
    spread = float(np.sqrt(floor * (np.count_nonzero(weight) + by_chance)))
    rise = max(MIN_RISE * float(np.ptp(smooth)), _CERTAIN * spread)
    places = _maxima(smooth, rise)
    if not len(places):
        return CellColumns(np.zeros((0, 2)), np.zeros(0), float("nan"))
    return _fitted(waves, weight > 0, floor, places, vectors)


def _across(power: FloatArray) -> float:
    """Share of the power in waves that do not run along the strongest one."""
    y, x = (np.rint(np.fft.fftfreq(n, 1 / n)) for n in power.shape)
    top = np.unravel_index(power.argmax(), power.shape)
    along = y[:, None] * x[top[1]] == x * y[top[0]]
    return float(power[~along].sum() / power.sum())


def _fine_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Grid with about four points for each bin, or fewer in a large cell."""
    factor = min(4, max(_FINE // max(shape), 1))
    return shape[0] * factor, shape[1] * factor


def _drawn(waves: ComplexArray, shape: tuple[int, int]) -> FloatArray:
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
    flat = reconstruction(wide - rise, wide)  # type: ignore[no-untyped-call]
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


class _Waves:
    """The waves of a mean cell, and columns of one shape that are fitted to them.

    The shape is a Gaussian with a wider one under it. It is slightly elliptical, as a probe
    with astigmatism, or a column that is tilted or moved by drift.

    The parameters of a shape are: the logarithm of the width, the share of the wide Gaussian,
    the ratio of the widths, and two of the ellipse (the logarithm of the ratio of its axes,
    for axes along y and x, and along the diagonals).
    """

    def __init__(self, waves: ComplexArray, used: BoolArray, vectors: FloatArray) -> None:
        y, x = (np.fft.fftfreq(n, 1 / n) for n in waves.shape)
        grid = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)
        k = grid @ np.linalg.inv(vectors).T
        # One of each pair h, -h, within the resolution of a pixel.
        half = (grid[..., 0] > 0) | ((grid[..., 0] == 0) & (grid[..., 1] > 0))
        kept = half & ((k**2).sum(axis=-1) < 0.25)
        if np.count_nonzero(kept & used) >= _ENOUGH_WAVES:
            kept &= used
        self.h, self.k, self.seen = grid[kept], k[kept], waves[kept]
        self.vectors = vectors
        self.area = abs(float(np.linalg.det(vectors)))
        self.norm = float(np.linalg.norm(self.seen)) or 1.0

    def shapes(self, places: FloatArray, shape: FloatArray) -> ComplexArray:
        """Waves of columns of height 1, shape (waves, columns)."""
        width, tail, ratio, *ellipse = shape
        fall = (1 - tail) * self._gaussian(width, ellipse)
        fall += tail * self._gaussian(width + np.log(ratio), ellipse)
        return np.asarray(fall[:, None] * np.exp(-2j * np.pi * self.h @ places.T))

    def heights(self, places: FloatArray, shape: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Heights of the columns, not negative, and the part of the waves that is left."""
        columns = self.shapes(places, shape)
        both = np.concatenate([columns.real, columns.imag])
        target = np.concatenate([self.seen.real, self.seen.imag])
        found, _ = optimize.nnls(both, target)
        return found, (target - both @ found) / self.norm

    def fit(self, places: FloatArray, shape: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Move the columns and change their shape; also the misfit: the share of the power left."""

        def split(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
            return places + parameters[:-_N_SHAPE].reshape(-1, 2), parameters[-_N_SHAPE:]

        def misfit(parameters: FloatArray) -> FloatArray:
            return self.heights(*split(parameters))[1]

        start = np.concatenate([np.zeros(places.size), shape])
        reach = np.full(places.size, _REACH)
        low = np.concatenate([-reach, shape[:1] - 0.5, [0.0, 1.5, -_ELLIPSE, -_ELLIPSE]])
        high = np.concatenate([reach, shape[:1] + 0.5, [0.6, 4.0, _ELLIPSE, _ELLIPSE]])
        found = optimize.least_squares(misfit, start, bounds=(low, high), xtol=1e-5, ftol=1e-6)
        places, shape = split(found.x)
        return places % 1.0, shape, float((found.fun**2).sum())

    def noise(self, floor: float) -> float:
        """Misfit that noise alone would give, from the power of its waves."""
        return len(self.seen) * floor / self.norm**2

    def hidden(self, places: FloatArray, shape: FloatArray) -> FloatArray | None:
        """Place of the strongest column in what is left, away from the others."""
        columns = self.shapes(places, shape)
        found, _ = self.heights(places, shape)
        left = (self.seen - columns @ found) * self._gaussian(shape[0], shape[3:])
        n, m = (_FINE // 2,) * 2
        grid = np.stack(np.meshgrid(np.arange(n) / n, np.arange(m) / m, indexing="ij"), axis=-1)
        grid = grid.reshape(-1, 2)
        away = grid[:, None] - places
        away = (away - np.rint(away)) @ self.vectors
        free = np.hypot(away[..., 0], away[..., 1]).min(axis=1) > _APART * np.exp(shape[0])
        if not free.any():
            return None
        map_ = (left[None] * np.exp(2j * np.pi * grid[free] @ self.h.T)).real.sum(axis=1)
        return np.asarray(grid[free][map_.argmax()])

    def crowded(self, places: FloatArray, shape: FloatArray) -> bool:
        """Whether the last column has come near to another one."""
        away = places[:-1] - places[-1]
        away = (away - np.rint(away)) @ self.vectors
        nearest = float(np.hypot(away[:, 0], away[:, 1]).min())
        return nearest < _APART * float(np.exp(shape[0]))

    def _gaussian(self, width: float, ellipse: Sequence[float] | FloatArray) -> FloatArray:
        """Transform of a Gaussian of height 1, from the logarithm of its width."""
        straight, diagonal = ellipse
        (ky, kx), variance = self.k.T, np.exp(2 * width)
        size = np.hypot(straight, diagonal)
        # The exponential of a symmetric matrix without a trace.
        grow, skew = np.cosh(size), np.sinc(1j * size / np.pi).real
        squared = grow * (ky**2 + kx**2)
        squared += skew * (straight * (ky**2 - kx**2) + 2 * diagonal * ky * kx)
        fall = np.exp(-2 * np.pi**2 * variance * squared)
        return np.asarray(2 * np.pi * variance / self.area * fall)


def _fitted(
    waves: ComplexArray, used: BoolArray, floor: float, places: FloatArray, vectors: FloatArray
) -> CellColumns:
    """Fit the columns, and add those that are hidden in the flank of a brighter one."""
    all_waves = _Waves(waves, used, vectors)
    spacing = np.sqrt(all_waves.area / len(places))
    shapes = [
        np.array([np.log(spacing * part), 0.1, 2.5, 0, 0]) for part in np.geomspace(0.06, 0.5, 24)
    ]
    shape = min(shapes, key=lambda one: float(np.linalg.norm(all_waves.heights(places, one)[1])))
    places, shape, misfit = all_waves.fit(places, shape)
    while more := _with_hidden(all_waves, floor, places, shape, misfit):
        places, shape, misfit = more
    heights, _ = all_waves.heights(places, shape)
    order = np.argsort(-heights, kind="stable")
    order = order[heights[order] >= _FAINTEST * heights.max()]
    return CellColumns(places[order], heights[order] / heights.max(), float(np.exp(shape[0])))


def _with_hidden(
    waves: _Waves, floor: float, places: FloatArray, shape: FloatArray, misfit: float
) -> tuple[FloatArray, FloatArray, float] | None:
    """Places, shape and misfit with the columns that are hidden; None if there are none.

    Columns of one kind often come in pairs. Each alone explains little, and therefore a few
    are tried together.
    """
    unexplained = misfit - waves.noise(floor)
    most = min(_MOST_HIDDEN, _MOST_COLUMNS - len(places))
    for _ in range(most):
        place = waves.hidden(places, shape)
        if place is None:
            return None
        places, shape, left = waves.fit(np.vstack([places, place]), shape)
        heights, _ = waves.heights(places, shape)
        gain = misfit - left
        if heights[-1] < _HIDDEN * heights.max() or waves.crowded(places, shape):
            return None
        if gain > max(_PART * unexplained, _SURE * floor / waves.norm**2):
            return places, shape, left
    return None
