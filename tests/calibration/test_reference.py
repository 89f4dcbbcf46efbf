"""Tests of the amplitude of the full crystal with artificial maps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_reward_analysis.calibration.grid import Grid
from napari_reward_analysis.calibration.reference import reference_amplitude

pytestmark = pytest.mark.numeric

#: Places 8 px apart, and a window that is round.
GRID = Grid(np.arange(40) * 8.0, np.arange(50) * 8.0)
SPREAD = np.diag([144.0, 144.0])
V, U = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 50), indexing="ij")
SIGMA = 12.0 / 8
EVERYWHERE = np.ones(V.shape, dtype=bool)


def seen(amplitude):
    """Return the amplitude in windows across edges."""
    return ndimage.gaussian_filter(amplitude, SIGMA, mode="nearest")


def test_a_parabola_is_followed_over_a_factor_of_twenty():
    wanted = np.exp(-1.2 * U - 0.3 * V - 0.4 * U * V - 0.2 * V**2)

    found = reference_amplitude(wanted, EVERYWHERE, GRID, SPREAD)

    assert wanted.max() / wanted.min() > 20
    assert found == pytest.approx(wanted, rel=0.03)


def test_pockets_do_not_pull_it_down():
    wanted = np.exp(-0.8 * U)
    pocket = np.hypot(V, U - 0.3) < 0.45

    amplitude = seen(np.where(pocket, 0.3 * wanted, wanted))
    found = reference_amplitude(amplitude, EVERYWHERE, GRID, SPREAD)

    assert found == pytest.approx(wanted, rel=0.06)


def test_what_is_weak_and_apart_does_not_shape_it():
    """Speckle in register beyond a gap is not the crystal's faint side."""
    amplitude = seen(np.where(U < 0, 1.0, np.where(U < 0.4, 0.01, 0.2)))

    found = reference_amplitude(amplitude, EVERYWHERE, GRID, SPREAD)

    assert found == pytest.approx(1.0, rel=0.05)


def test_what_is_fainter_than_the_faint_side_and_apart_does_not_shape_it():
    wanted = np.exp(-1.6 * (U + 1))
    faint = wanted[U < 0].min()
    amplitude = seen(np.where(U < 0, wanted, np.where(U < 0.4, 0.001, 0.95 * faint)))

    found = reference_amplitude(amplitude, EVERYWHERE, GRID, SPREAD)

    assert found[:, :20] == pytest.approx(wanted[:, :20], rel=0.1)
    assert found[U > 0.4].min() > faint


def test_beyond_the_crystal_it_stays_within_what_the_crystal_has():
    """The surface rises without limit where nothing holds it."""
    wanted = np.exp(1.5 * U)
    amplitude = seen(np.where((U > -0.5) & (U < 0), wanted, 0.0))

    found = reference_amplitude(amplitude, EVERYWHERE, GRID, SPREAD)

    assert np.exp(-0.75) * 0.9 < found.min() < found.max() < 1.1


def test_one_very_bright_place_is_not_the_crystal():
    amplitude = np.ones(V.shape)
    amplitude[12, 17] = 50.0

    found = reference_amplitude(amplitude, EVERYWHERE, GRID, SPREAD)

    assert found == pytest.approx(1.0, rel=0.05)


def test_windows_across_an_edge_do_not_bend_it():
    """A straight edge, seen in windows that are partly beyond it."""
    amplitude = seen(np.where(V < 0, 1.0, 0.0))

    found = reference_amplitude(amplitude, EVERYWHERE, GRID, SPREAD)

    assert found[:20] == pytest.approx(1.0, rel=0.12)


@pytest.mark.parametrize("contrast", [1.0, 1e-5])
def test_few_windows_bend_it_little(contrast):
    """A crystal of three windows, with the noise that these have, has no slope to speak of."""
    small = np.hypot(V * 20 * 8, U * 25 * 8) < 40
    noise = np.random.default_rng(0).normal(0, 0.1, V.shape)
    amplitude = contrast * seen(np.where(small, np.exp(noise), 0.0))

    found = reference_amplitude(amplitude, small, GRID, SPREAD)

    assert found[small] == pytest.approx(contrast, rel=0.25)


def test_nothing_in_register_leaves_the_strongest():
    amplitude = 1 + V**2

    found = reference_amplitude(amplitude, ~EVERYWHERE, GRID, SPREAD)

    assert found == pytest.approx(2.0)
