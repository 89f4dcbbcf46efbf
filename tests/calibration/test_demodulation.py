"""Tests of local waves: amplitude and phase of a plane wave, also beyond the border."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis.calibration.demodulation import (
    Demodulator,
    continue_by_lattice,
    local_level,
)

pytestmark = pytest.mark.numeric

VECTORS = np.array([[2.3, 17.4], [20.1, -1.2]])


def crystal(shape, *terms):
    """Plane waves (amplitude, h, k) of the lattice."""
    y, x = np.indices(shape)
    inverse = np.linalg.inv(VECTORS)
    phases = [(a, inverse @ (h, k)) for a, h, k in terms]
    pixels = sum(a * np.cos(2 * np.pi * (q[0] * y + q[1] * x) + 0.4) for a, q in phases)
    return pixels.astype(np.float32)


def test_a_wave_has_its_amplitude_and_phase_up_to_the_border():
    pixels = 7 + crystal((150, 190), (1.0, 1, 0), (0.5, 1, 1), (0.8, 0, 2))
    demodulator = Demodulator(pixels, VECTORS, 0.45)

    for h, amplitude in (([1, 0], 1.0), ([1, 1], 0.5), ([0, 2], 0.8)):
        (wave,) = demodulator.waves(np.array([h]))
        inner = wave[1:-1, 1:-1]  # the outermost places may lie beyond the field
        assert np.abs(inner) == pytest.approx(amplitude / 2, abs=0.03)
        assert np.abs(np.angle(inner) - 0.4).max() < 0.08


def test_a_wave_that_is_not_there_is_not_seen():
    demodulator = Demodulator(crystal((150, 190), (1.0, 1, 0)), VECTORS, 0.45)

    (wave,) = demodulator.waves(np.array([[1, 1]]))

    assert np.abs(wave).max() < 0.03


def test_a_level_that_rises_steeply_changes_no_wave():
    """Ten times the wave's amplitude over each cell, steeper towards the far border."""
    pixels = crystal((150, 190), (1.0, 1, 0), (0.8, 0, 2))
    y, x = np.indices(pixels.shape)
    rising = (pixels + 30 * (x / 190) ** 2 + 20 * y / 150).astype(np.float32)
    flat, steep = (Demodulator(each, VECTORS, 0.45) for each in (pixels, rising))

    for h in ([1, 0], [0, 2]):
        (before,), (after,) = flat.waves(np.array([h])), steep.waves(np.array([h]))
        assert np.abs(after - before).max() < 0.12


def test_the_level_is_what_lies_under_the_lattice_up_to_the_border():
    y, x = np.indices((150, 190))
    slope = 3 + 0.5 * y - 0.2 * x
    pixels = (slope + crystal(slope.shape, (1.0, 1, 0), (0.6, 1, -1))).astype(np.float32)

    level = local_level(pixels, VECTORS, 0.45)

    # the slopes alone differ by 75 from border to border; linear between the pixels, the
    # cell's mean keeps a trace of the lattice
    assert level == pytest.approx(slope, abs=0.6)
    assert np.abs(level - slope)[30:-30, 30:-30].max() < 0.1


def test_the_grid_covers_the_field_and_maps_are_linear_on_it():
    demodulator = Demodulator(crystal((150, 190), (1.0, 1, 0)), VECTORS, 0.45)
    grid = demodulator.grid

    assert grid.y[0] <= 0
    assert grid.y[-1] >= 149
    assert grid.x[0] <= 0
    assert grid.x[-1] >= 189
    y, x = np.indices((150, 190))
    plane = 3 * grid.y[:, None] - 2 * grid.x[None] + 1
    assert grid.to_pixels(plane, (150, 190)) == pytest.approx(3 * y - 2 * x + 1, abs=1e-3)


@settings(max_examples=20)
@given(
    height=st.integers(60, 120),
    width=st.integers(60, 120),
    margin=st.integers(1, 70),
)
def test_a_crystal_goes_on_beyond_the_border(height, width, margin):
    whole = crystal((height + 2 * margin, width + 2 * margin), (1.0, 1, 0), (0.6, 0, 1))
    inside = whole[margin:-margin, margin:-margin]

    continued = continue_by_lattice(inside, VECTORS, margin)

    assert np.array_equal(continued[margin:-margin, margin:-margin], inside)
    # bilinear interpolation of waves of 17 px
    assert continued == pytest.approx(whole, abs=0.06)
