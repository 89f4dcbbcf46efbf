"""Tests of the register of neighbouring windows with the lattice."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis.calibration.demodulation import Demodulator
from napari_reward_analysis.calibration.register import registered_amplitudes

pytestmark = pytest.mark.numeric

#: A square cell of 20 px, and its strongest reflections.
VECTORS = np.array([[0.0, 20.0], [20.0, 0.0]])
REFLECTIONS = np.array([[1, 0], [0, 1], [1, 1], [1, -1]])


def register(pixels, noise):
    """Mean amplitude and register of an image with white noise of some deviation."""
    demodulator = Demodulator(pixels.astype(np.float32), VECTORS, 0.45)
    density = len(REFLECTIONS) * noise**2
    maps = registered_amplitudes(demodulator, REFLECTIONS, density, 40.0, pixels.shape)
    return [float(values.mean()) for values in maps]


def test_a_crystal_is_in_register_and_noise_alone_is_not():
    y, x = np.indices((300, 300))
    crystal = np.cos(2 * np.pi * y / 20) + np.cos(2 * np.pi * x / 20)
    noise = np.random.default_rng(0).normal(0, 0.3, (3, 300, 300))

    amplitude, whole = register(crystal + noise[0], 0.3)
    rest, chance = np.mean([register(pixels, 0.3) for pixels in noise], axis=0)

    assert whole > 0.95
    assert rest < 0.02 * amplitude
    assert chance < 0.5
