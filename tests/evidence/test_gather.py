"""Sums over pixels against direct sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis.evidence.bumps import Bumps, moments, overlaps, render
from napari_reward_analysis.evidence.gather import Pixels
from napari_reward_analysis.evidence.visible import Visible

pytestmark = pytest.mark.numeric

SHAPE = (60, 72)


def gaussians(points: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussians at the pixels, shape (n, H, W)."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    square = (y - points[:, 0, None, None]) ** 2 + (x - points[:, 1, None, None]) ** 2
    return np.exp(-0.5 * square / sigma**2)


def some_points(seed: int, n: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).uniform((-2, -2), np.add(SHAPE, 1), (n, 2))


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), sigma=st.floats(0.8, 3.9))
def test_moments_are_the_direct_sums(seed, sigma):
    image = np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)
    points = some_points(seed)
    found = Pixels(image).moments(points, sigma)
    expected = (gaussians(points, sigma) * image).sum(axis=(1, 2))
    np.testing.assert_allclose(found[:, 0], expected, atol=0.01 * sigma)
    step = np.array([1e-4, 0.0])
    moved = (gaussians(points + step, sigma) * image).sum(axis=(1, 2))
    np.testing.assert_allclose(found[:, 1], (moved - expected) / 1e-4, atol=0.02)


@pytest.mark.parametrize("sigma", [5.0, 8.0])
def test_wide_gaussians_are_summed_in_blocks(sigma):
    smooth = gaussians(some_points(1, 30), 4.0).sum(axis=0).astype(np.float32)
    points = np.random.default_rng(2).uniform(0.4, 0.6, (8, 2)) * SHAPE
    found = Pixels(smooth).moments(points, sigma, 0)[:, 0]
    expected = (gaussians(points, sigma) * smooth).sum(axis=(1, 2))
    np.testing.assert_allclose(found, expected, rtol=0.003)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), hidden=st.booleans())
def test_overlaps_are_the_sums_of_products_over_visible_pixels(seed, hidden):
    rng = np.random.default_rng(seed)
    widths, weights = np.array([1.5, 3.0]), rng.uniform(0.2, 1, (12, 2))
    bumps = Bumps(some_points(seed), widths, weights)
    seen = np.ones(SHAPE, bool)
    seen[20:30, 10:40] = not hidden
    images = sum(weights[:, k, None, None] * gaussians(bumps.points, widths[k]) for k in (0, 1))
    expected = np.einsum("nij,mij->nm", images * seen, images)
    found = overlaps(bumps, bumps, Visible(seen))
    dense = np.zeros_like(expected)
    dense[found.first, found.second] = found.value
    np.testing.assert_allclose(dense, expected, atol=0.01 * expected.max())


def test_what_is_rendered_has_the_moments_of_the_overlaps():
    bumps = Bumps(some_points(5), np.array([1.5, 3.0]), np.full((12, 2), 0.5))
    heights = np.random.default_rng(6).uniform(0.5, 1.5, 12)
    image = render(bumps, heights, SHAPE)
    pairs = overlaps(bumps, bumps, Visible(np.ones(SHAPE, bool)))
    expected = np.bincount(pairs.first, pairs.value * heights[pairs.second], 12)
    np.testing.assert_allclose(
        moments(Pixels(image), bumps, 0)[:, 0], expected, atol=0.01 * expected.max()
    )
