"""Tests of the soft window: it covers the structure if a part of the field is empty."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import Image
from napari_reward_analysis.calibration.spectrum import power_spectra
from napari_reward_analysis.calibration.taper import structure_window


def columns(shape, noise):
    """A square lattice of 14 px with some noise."""
    y, x = np.indices(shape)
    waves = np.cos(2 * np.pi * x / 14) + np.cos(2 * np.pi * y / 14)
    return waves + np.random.default_rng(0).normal(0, noise, shape)


@pytest.mark.parametrize("noise", [0.0, 0.1, 3.0])
def test_a_full_field_counts_alike(noise):
    image = Image(columns((300, 340), noise))

    assert structure_window(image, None) is None
    assert len(power_spectra(image)) == 1


def test_the_window_fades_out_before_the_vacuum():
    pixels = columns((320, 400), 0.0)
    pixels[:, 200:] = 0
    pixels += np.random.default_rng(1).normal(0, 0.05, pixels.shape)

    window = structure_window(Image(pixels), None)

    assert window is not None
    assert window[:, :140].min() > 0.95
    assert window[:, 200:].max() < 0.1
    assert np.all(np.diff(window[160, 100:260]) <= 1e-6)
    assert np.abs(np.diff(window[160])).max() < 0.05  # it fades over dozens of pixels
    part, whole = power_spectra(Image(pixels))
    assert part.noise_area < 0.7 * whole.noise_area


def test_noise_over_the_vacuum_is_no_structure():
    pixels = columns((320, 400), 0.0)
    pixels[:, 200:] = 0
    pixels += np.random.default_rng(1).normal(0, 0.3, pixels.shape)

    window = structure_window(Image(pixels), None)

    assert window is not None
    assert window[:, :140].min() > 0.95
    assert window[:, 240:].max() < 0.1


def test_a_narrow_strip_without_structure_is_left_as_it_is():
    """Cells differ, too: a window is worth it from a tenth of the field on."""
    pixels = columns((320, 400), 0.0)
    pixels[:, 360:] = 0
    pixels += np.random.default_rng(1).normal(0, 0.05, pixels.shape)

    assert structure_window(Image(pixels), None) is None


def test_a_darker_layer_is_no_vacuum():
    pixels = columns((320, 400), 0.02)
    pixels[:, 200:] *= 0.35

    assert structure_window(Image(pixels), None) is None


def test_noise_that_covers_the_edge_needs_no_window():
    pixels = columns((320, 400), 0.0)
    pixels[:, 200:] = 0

    assert (
        structure_window(Image(pixels + np.random.default_rng(1).normal(0, 2, pixels.shape)), None)
        is None
    )


def test_what_may_not_be_used_has_no_weight():
    pixels = columns((320, 400), 0.0)
    pixels[:200] = 0
    pixels += np.random.default_rng(1).normal(0, 0.05, pixels.shape)
    usable = np.ones(pixels.shape, dtype=bool)
    usable[:, :100] = False

    window = structure_window(Image(pixels), usable)

    assert window is not None
    assert not window[:, :100].any()
    assert window[280:, 200:].min() > 0.95
    assert not window[:150].any()
