"""Tests of peaks of the power spectrum: sub-bin positions, and no peak in noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis import BadInput, Image
from napari_reward_analysis.calibration.spectrum import (
    TILE,
    find_peaks,
    power_spectra,
    power_spectrum,
)


def waves(shape, *terms):
    """Sum of plane waves (amplitude, ky, kx)."""
    y, x = np.indices(shape)
    return sum(a * np.cos(2 * np.pi * (ky * y + kx * x) + 0.7) for a, ky, kx in terms)


def test_a_plane_wave_has_half_its_amplitude_at_its_frequency():
    pixels = 5 + waves((200, 240), (0.5, 0.1234, 0.0567))
    pixels[0, 0], pixels[0, 1] = 4, 6  # a known range of 2, so that amplitudes halve

    peaks = find_peaks(power_spectrum(Image(pixels)))

    assert peaks.k[0] == pytest.approx([0.1234, 0.0567], abs=0.02 / 200)
    # half way between two bins along both axes a peak would be seen at 0.72 of its height
    assert 0.72 * 0.125 < peaks.amplitude[0] <= 0.125 * 1.001


@settings(max_examples=20)
@given(
    ky=st.floats(0.04, 0.4),
    kx=st.floats(-0.4, 0.4),
    seed=st.integers(0, 100),
    noise=st.floats(0.2, 2.0),
)
def test_the_error_of_a_peak_is_what_is_said(ky, kx, seed, noise):
    rng = np.random.default_rng(seed)
    shape = (180, 150)
    image = Image(waves(shape, (1.0, ky, kx)) + rng.normal(0, noise, shape))

    peaks = find_peaks(power_spectrum(image))

    off = (peaks.k[0] - [ky, kx]) * shape
    assert np.abs(off).max() < 5 * peaks.error[0]
    assert peaks.error[0] < 0.2


@pytest.mark.parametrize("seed", range(5))
def test_noise_and_speckle_have_no_peaks(seed):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(300, 220))
    speckle = np.fft.ifft2(
        np.fft.fft2(noise)
        * np.exp(-30 * np.hypot(np.fft.fftfreq(300)[:, None], np.fft.fftfreq(220)) ** 2)
    ).real
    slope = np.add.outer(np.linspace(0, 9, 300) ** 2, np.linspace(0, 40, 220))

    for pixels in (noise, speckle, noise + slope):
        # the threshold is meant to fail once in a hundred spectra
        assert len(find_peaks(power_spectrum(Image(pixels)))) <= 1


@pytest.mark.parametrize("axis", [0, 1])
def test_the_streaks_of_displaced_scan_lines_are_no_peaks(axis):
    """Lines shifted by a tenth of the period spread each reflection over a whole line."""
    rng = np.random.default_rng(3)
    period, shape = 12.0, (256, 256)
    y, x = np.indices(shape)
    shifted = x + rng.normal(0, 1.2, shape[0])[:, None]
    pixels = np.cos(2 * np.pi * shifted / period) + np.cos(2 * np.pi * y / period)
    pixels += rng.normal(0, 0.2, shape)

    peaks = find_peaks(power_spectrum(Image(pixels if axis else pixels.T)))

    assert sorted(np.hypot(*peaks.k[:2].T)) == pytest.approx([1 / period] * 2, rel=0.01)
    assert peaks.amplitude[2:].max(initial=0) < 0.15 * peaks.amplitude[1]


def test_a_large_field_is_cut_into_tiles_that_see_the_same():
    shape = (2 * TILE + 137, 400)
    rng = np.random.default_rng(1)
    pixels = waves(shape, (0.5, 0.1234, 0.0567)) + rng.normal(0, 0.5, shape)

    spectrum = power_spectrum(Image(pixels))
    peaks = find_peaks(spectrum)

    assert spectrum.shape == (TILE, 400)
    assert spectrum.tiles > 1
    assert len(peaks) == 1
    assert peaks.k[0] == pytest.approx([0.1234, 0.0567], abs=0.05 / 400)


def test_the_noise_is_measured_as_its_spectral_density():
    """White noise of variance v has the density v, in parts of the range."""
    rng = np.random.default_rng(0)
    image = Image(rng.normal(0, 3.0, (256, 300)))
    spectrum = power_spectrum(image)

    variance = float(np.var(image.normalised))
    density = float(np.median(spectrum.background)) * spectrum.noise_area
    assert density == pytest.approx(variance, rel=0.4)
    # the largest of four estimates is on the safe side
    assert density > 0.95 * variance


def test_pixels_outside_a_region_and_invalid_ones_are_not_seen():
    pixels = waves((200, 200), (1.0, 0.1, 0.02))
    pixels[:, 100:] = waves((200, 100), (1.0, 0.03, 0.17))
    region = np.zeros((200, 200), dtype=bool)
    region[:, :95] = True

    alone = power_spectra(Image(pixels), region)
    pixels[:, 95:] = np.nan
    invalid = power_spectra(Image(pixels))

    for spectrum in (*alone, *invalid):
        peaks = find_peaks(spectrum)
        assert peaks.k[0] == pytest.approx([0.1, 0.02], abs=1e-3)
        assert not np.any(np.hypot(*(peaks.k - [0.03, 0.17]).T) < 0.01)


def test_what_cannot_be_used_is_said():
    image = Image(np.random.default_rng(0).normal(size=(64, 64)))

    with pytest.raises(BadInput, match="draw the region on this image"):
        power_spectra(image, np.ones((3, 3), dtype=bool))
    with pytest.raises(BadInput, match="covers no pixel"):
        power_spectra(image, np.zeros((64, 64), dtype=bool))
    with pytest.raises(BadInput, match="too small to show a lattice"):
        power_spectra(Image(np.random.default_rng(0).normal(size=(10, 64))))


def test_the_background_of_a_transposed_image_is_the_transposed_background():
    rng = np.random.default_rng(5)
    pixels = waves((180, 260), (1.0, 0.1, 0.02)) + rng.normal(0, 0.3, (180, 260))

    spectrum, turned = (power_spectrum(Image(p)) for p in (pixels, pixels.T))

    np.testing.assert_allclose(turned.background, spectrum.background.T, rtol=1e-3)
