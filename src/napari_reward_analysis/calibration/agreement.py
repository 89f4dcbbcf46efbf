"""Measure how well an image agrees with a lattice that was followed, around each pixel.

The local waves of the image are compared with those that the followed lattice predicts there,
amplitude and phase. Another grain, another origin of the same crystal and amorphous material
have other phases and do not agree, however strong their waves are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.calibration.demodulation import Demodulator
from napari_reward_analysis.calibration.following import LocalLattice
from napari_reward_analysis.calibration.grid import on_grid
from napari_reward_analysis.calibration.reference import reference_amplitude
from napari_reward_analysis.calibration.register import power_area
from napari_reward_analysis.image import Image

#: Limits of the window (sigma in cells).
_MIN_WINDOW, _MAX_WINDOW = 0.6, 2.5
#: Allowed error of the agreement by noise.
_ERROR = 1 / 10


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of an image with a lattice around each pixel.

    Attributes
    ----------
    strength : ndarray, shape (H, W)
        Amplitude of the image along the waves that the lattice predicts. Of two lattices,
        the one with the larger strength explains more of the image.
    part : ndarray, shape (H, W)
        The same relative to the crystal nearby: about 1 in the domain, 0.5 at its edge, and
        about 0 elsewhere. It may be negative.
    amplitude : ndarray, shape (H, W)
        Amplitude of the same waves, whatever their phases are, relative to the crystal nearby.
    """

    strength: Float32Array
    part: Float32Array
    amplitude: Float32Array


def agreement(image: Image, lattice: LocalLattice, mask: BoolArray) -> Agreement:
    """Agreement of the image with a lattice around each pixel.

    Parameters
    ----------
    image : Image
        The image.
    lattice : LocalLattice
        A lattice that was followed in the image.
    mask : ndarray of bool, shape (H, W)
        The pixels in which it was followed.

    Returns
    -------
    Agreement
    """
    demodulator = Demodulator(image.normalised, lattice.vectors, _window(lattice))
    grid = demodulator.grid
    y, x = np.meshgrid(grid.y, grid.x, indexing="ij")
    offset = lattice.offset_at(np.column_stack([y.ravel(), x.ravel()])).reshape(*y.shape, 2)
    strength: FloatArray = np.zeros(y.shape)
    power: FloatArray = np.full(y.shape, -_noise(lattice, demodulator))
    waves = demodulator.waves(lattice.reflections)
    for wave, h, phase in zip(waves, lattice.reflections, lattice.phases, strict=True):
        power += np.abs(wave) ** 2
        strength += (wave * np.conj(phase) * np.exp(2j * np.pi * (offset @ h))).real
    strength /= math.sqrt(float((np.abs(lattice.phases) ** 2).sum()))
    usual = reference_amplitude(
        np.maximum(strength, 0), on_grid(mask, grid), grid, demodulator.spread
    )
    amplitude = np.sqrt(np.maximum(power, 0)) / usual
    return Agreement(
        *(grid.to_pixels(m, image.shape) for m in (strength, strength / usual, amplitude))
    )


def _noise(lattice: LocalLattice, demodulator: Demodulator) -> float:
    """Noise power of all waves in a window."""
    return float(lattice.density.sum()) / power_area(demodulator.spread)


def _window(lattice: LocalLattice) -> float:
    """Window (sigma in cells) in which noise changes the agreement only little."""
    power = np.abs(lattice.phases) ** 2
    noise = float((power * lattice.density).sum()) / (2 * float(power.sum()) ** 2)
    area = abs(float(np.linalg.det(lattice.vectors)))
    sigma = math.sqrt(noise / (4 * math.pi * area)) / _ERROR
    return min(max(sigma, _MIN_WINDOW), _MAX_WINDOW)
