"""Measure the amplitude of a lattice in each window, and the register of the windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special

from napari_reward_analysis.arrays import FloatArray, IntArray
from napari_reward_analysis.calibration.demodulation import ComplexArray, Demodulator
from napari_reward_analysis.calibration.grid import Grid

AnyFloats = npt.NDArray[np.floating[Any]]

_TINY = float(np.finfo(np.float32).tiny)


def registered_amplitudes(
    demodulator: Demodulator,
    reflections: IntArray,
    density: float,
    reach: float,
    shape: tuple[int, int],
) -> tuple[FloatArray, FloatArray]:
    """Amplitude in each window, and its register with neighbouring windows.

    Parameters
    ----------
    demodulator : Demodulator
        Demodulator of the image.
    reflections : ndarray of int, shape (n, 2)
        Reflections that are summed.
    density : float
        Spectral density of the noise, summed over the reflections.
    reach : float
        Sigma in px of the window over which neighbours must be in register.
    shape : tuple of int
        Shape of the image.

    Returns
    -------
    amplitude, register : ndarray, shape (h, w)
        Maps on the grid of the demodulator; the register is 0 to 1.

    Notes
    -----
    The register is the smaller of two numbers. The first is the amplitude of the mean
    wave over the mean amplitude. It is 1 in one crystal of any outline and
    contrast, and small where phases scatter. The second is the amplitude that the slope
    of the phase would leave in a full window. It is small in a rotated grain, also at the
    border of the field.
    """
    grid, windows = demodulator.grid, _windows(demodulator, reach, shape)
    power, of_mean, in_step, weight = np.zeros((4, *windows.small.shape))
    for wave in demodulator.waves(reflections):
        for part in (wave.real, wave.imag):
            power += part**2
            of_mean += _averaged(part, windows.sigmas) ** 2
        local = _averaged(np.abs(wave) ** 2, windows.sigmas)
        in_step += local * np.exp(-((2 * np.pi * windows.reach) ** 2) * _slope(wave, windows, grid))
        weight += local
    amplitude = np.sqrt(np.maximum(power - density * windows.small, 0.0))
    mean = np.maximum(_averaged(amplitude, windows.sigmas), _TINY)
    coherent = np.sqrt(np.maximum(of_mean - density * windows.wide, 0.0)) / mean
    straight = np.sqrt(in_step / np.maximum(weight, _TINY))
    return amplitude, np.minimum(np.minimum(coherent, straight), 1.0)


def power_area(spread: FloatArray) -> float:
    """Area over which a Gaussian window averages noise power, in square px."""
    return 4 * math.pi * math.sqrt(float(np.linalg.det(spread)))


@dataclass(frozen=True, eq=False)
class _Windows:
    """Noise that is left after averaging in the two windows, at each place.

    Attributes
    ----------
    reach : float
        Sigma of the wide window in px.
    sigmas : tuple of float
        The same sigma in steps of the grid.
    small, wide : ndarray, shape (h, w)
        Remaining noise power over its spectral density.
    """

    reach: float
    sigmas: tuple[float, float]
    small: FloatArray
    wide: FloatArray


def _windows(demodulator: Demodulator, reach: float, shape: tuple[int, int]) -> _Windows:
    grid, spread = demodulator.grid, demodulator.spread
    both = spread + reach**2 * np.eye(2)
    # Near the border, a part of the window lies outside the field.
    small = 1 / (power_area(spread) * _coverage(grid, spread, shape))
    wide = _coverage(grid, both, shape) / power_area(both)
    return _Windows(reach, (reach / grid.steps[0], reach / grid.steps[1]), small, wide)


def _coverage(grid: Grid, spread: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Fraction of a Gaussian window inside the field, at each point of the grid."""
    parts = [
        special.ndtr((places + 0.5) / sigma) - special.ndtr((places - length + 0.5) / sigma)
        for places, length, sigma in zip(
            (grid.y, grid.x), shape, np.sqrt(np.diag(spread)), strict=True
        )
    ]
    return np.outer(*parts)


def _slope(wave: ComplexArray, windows: _Windows, grid: Grid) -> FloatArray:
    """Squared difference of local frequency and lattice frequency, in 1 / px^2."""
    total = np.zeros(wave.shape)
    for axis, step in enumerate(grid.steps):
        # The last point has no next neighbour and takes the value of the point before.
        ahead, here = np.delete(wave, 0, axis), np.delete(wave, -1, axis)
        turn = ahead * here.conj()
        turn = np.concatenate([turn, np.take(turn, [-1], axis)], axis)
        mean = [_averaged(part, windows.sigmas) for part in (turn.real, turn.imag)]
        total += (np.arctan2(mean[1], mean[0]) / (2 * np.pi * step)) ** 2
    return total


def _averaged(part: AnyFloats, sigmas: tuple[float, float]) -> AnyFloats:
    """Gaussian mean with zeros outside the field, whose effect cancels in a ratio."""
    averaged: AnyFloats = ndimage.gaussian_filter(part, sigmas, mode="constant", truncate=3)
    return averaged
