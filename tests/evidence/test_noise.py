"""The noise of images: its growth with intensity, its place, and what pixels have in common."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as ndi
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis.evidence.correlation import noise_growth
from napari_reward_analysis.evidence.noise import first_variance, noise_variance

pytestmark = pytest.mark.numeric

SHAPE = (200, 220)
EVERYWHERE = np.ones(SHAPE, bool)


def model() -> np.ndarray:
    """Intensity between 0.1 and 1."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    waves = np.cos(2 * np.pi * y / 15) * np.cos(2 * np.pi * x / 15)
    return (0.55 + 0.45 * waves).astype(np.float32)


def test_white_noise_is_the_same_everywhere():
    rest = np.random.default_rng(0).normal(0, 0.2, SHAPE).astype(np.float32)
    variance = noise_variance(rest, model(), EVERYWHERE, 10.0)
    np.testing.assert_allclose(variance, 0.04, rtol=0.25)
    assert first_variance(rest + model(), EVERYWHERE) == pytest.approx(0.04, rel=0.15)


def test_counting_noise_grows_with_the_intensity():
    intensity = model()
    counts = np.random.default_rng(1).poisson(intensity * 50) / 50
    rest = (counts - intensity).astype(np.float32)
    variance = noise_variance(rest, intensity, EVERYWHERE, 10.0)
    bright, dark = intensity > 0.9, intensity < 0.2
    assert variance[bright].mean() == pytest.approx(0.95 / 50, rel=0.15)
    assert variance[dark].mean() == pytest.approx(0.15 / 50, rel=0.3)


def test_noise_of_a_part_of_the_image_stays_there():
    rest = np.random.default_rng(2).normal(0, 0.1, SHAPE).astype(np.float32)
    rest[:, 110:] *= 3
    variance = noise_variance(rest, model(), EVERYWHERE, 6.0)
    assert variance[:, :80].mean() == pytest.approx(0.01, rel=0.15)
    assert variance[:, 140:].mean() == pytest.approx(0.09, rel=0.15)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), blur=st.sampled_from([0.0, 0.6, 1.0, 1.5]))
def test_growth_is_that_of_matched_amplitudes(seed, blur):
    """The amplitude of a Gaussian scatters more in smooth noise than in white noise."""
    rest = np.random.default_rng(seed).normal(size=SHAPE)
    if blur:
        rest = ndi.gaussian_filter(rest, blur)
        rest /= rest.std()
    sigma = 3.0
    found = noise_growth(
        rest.astype(np.float32), np.ones(SHAPE, np.float32), EVERYWHERE, sigma, 0.0
    )
    # The sum over a Gaussian is the smoothed image times its volume.
    sums = ndi.gaussian_filter(rest, sigma)[15:-15, 15:-15] * 2 * np.pi * sigma**2
    white = np.sqrt(np.pi) * sigma
    assert found == pytest.approx(sums.std() / white, rel=0.2)


def test_too_few_pixels_tell_nothing_of_growth():
    near = np.zeros(SHAPE, bool)
    near[:20, :20] = True
    rest = np.ones(SHAPE, np.float32)
    assert noise_growth(rest, rest, near, 3.0, 0.0) == 1.0
