"""Tests of sub-pixel positions: exact without noise, and never worse than the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from napari_reward_analysis import Image, lattice_preset
from napari_reward_analysis.detection import BlobFinder
from napari_reward_analysis.detection.refine import refine
from napari_reward_analysis.io.simulate import simulate

pytestmark = pytest.mark.numeric


def columns(shape, points, heights, sigma, noise=0.0, seed=0):
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = sum(
        h * np.exp(-((y - p) ** 2 + (x - q) ** 2) / (2 * sigma**2))
        for (p, q), h in zip(points, heights, strict=True)
    )
    image = image + 0.1 + 0.0005 * x + noise * np.random.default_rng(seed).standard_normal(shape)
    return image.astype(np.float32)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(2.0, 4.0), st.floats(0.6, 1.6))
def test_positions_are_exact_without_noise_whatever_the_first_guess(seed, sigma, guess):
    rng = np.random.default_rng(seed)
    grid = np.stack(np.mgrid[1:4, 1:4], -1).reshape(-1, 2) * 5.0 * sigma
    true = grid + rng.uniform(-0.5, 0.5, grid.shape)
    heights = rng.uniform(0.3, 1.0, len(true))
    image = columns((int(20 * sigma), int(20 * sigma)), true, heights, sigma)

    found = refine(image, np.round(true), guess * sigma)

    np.testing.assert_allclose(found.points, true, atol=0.01)


def test_columns_at_the_border_are_fitted_alike_on_every_side():
    sigma, edge = 3.0, 61 - 1
    true = [(30.0, 1.2), (1.2, 30.0), (30.0, edge - 1.2), (edge - 1.2, 30.0), (30.0, 30.0)]
    image = columns((61, 61), true, [1.0] * 5, sigma)

    found = refine(image, np.round(true), sigma)

    np.testing.assert_allclose(found.points, true, atol=0.02)


def test_a_faint_column_is_not_drawn_to_a_bright_one():
    sigma, true = 3.0, [(30.0, 30.0), (30.0, 39.3)]
    image = columns((60, 70), true, [1.0, 0.2], sigma)

    found = refine(image, [(30, 30), (30, 39)], sigma)

    np.testing.assert_allclose(found.points, true, atol=0.02)


@pytest.mark.parametrize(
    ("name", "limit"),
    [("YBCO[100]", 0.02), ("SrTiO3[001]", 0.02), ("Si[110]", 0.02)],
)
def test_clean_crystals_reach_a_fiftieth_of_the_spacing(name, limit):
    lattice = lattice_preset(name)
    made = simulate(lattice, (256, 256), 0.15, rotation=11)
    true = np.column_stack([made.truth["y"], made.truth["x"]])
    true = true[((true > 12) & (true < 243)).all(axis=1)]

    found = refine(made.image.normalised, np.round(true), 3.0)

    error = np.sqrt(((found.points - true) ** 2).sum(axis=1).mean()) * 0.15
    assert error < limit * lattice.spacing


def test_noise_is_not_fitted_and_the_uncertainty_is_honest():
    rng = np.random.default_rng(3)
    grid = np.stack(np.mgrid[1:16, 1:16], -1).reshape(-1, 2) * 16.0
    true = grid + rng.uniform(-0.5, 0.5, grid.shape)
    image = columns((256, 256), true, np.ones(len(true)), 3.0, noise=0.15)
    image = Image(image).normalised
    span = 1 / np.ptp(columns((256, 256), true, np.ones(len(true)), 3.0, noise=0.15))

    found = refine(image, np.round(true), 3.0, noise=0.15 * span)

    error = found.points - true
    assert np.sqrt((error**2).mean()) < np.sqrt(((np.round(true) - true) ** 2).mean())
    pull = error / found.uncertainty[:, None]
    assert 0.6 < pull.std() < 1.6


@settings(max_examples=30)
@given(
    st.integers(0, 10_000), st.integers(2, 150), st.floats(0.3, 12.0), st.sampled_from([0.0, 0.3])
)
def test_points_are_neither_lost_nor_merged_nor_exchanged(seed, number, sigma, noise):
    """Whatever the image holds: here it is noise, and no blob is where the points are."""
    rng = np.random.default_rng(seed)
    image = rng.random((60, 80)).astype(np.float32)
    start = np.unique(rng.integers(0, 60, (number, 2)), axis=0).astype(float)

    found = refine(image, start, sigma, noise)

    assert found.points.shape == start.shape
    assert np.isfinite(found.points).all()
    assert ((found.points > -0.5) & (found.points < [59.5, 79.5])).all()
    stayed = np.isnan(found.uncertainty)
    np.testing.assert_array_equal(found.points[stayed], start[stayed])
    before = np.linalg.norm(start[:, None] - start[None], axis=-1)
    after = np.linalg.norm(found.points[:, None] - found.points[None], axis=-1)
    assert (after >= 0.5 * before - 1e-9).all()
    moved = np.linalg.norm(found.points - start, axis=-1)
    np.fill_diagonal(before, np.inf)
    assert (moved < 0.5 * before.min(axis=1)).all()


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_starts_may_be_a_sigma_off(seed):
    rng = np.random.default_rng(seed)
    sigma = 3.0
    true = np.stack(np.mgrid[1:6, 1:6], -1).reshape(-1, 2) * 5.0 * sigma
    image = columns((90, 90), true, rng.uniform(0.4, 1.0, len(true)), sigma)
    angle, radius = rng.uniform(0, 2 * np.pi, len(true)), sigma * rng.uniform(0, 1, len(true))

    start = true + radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    found = refine(image, start, 1.2 * sigma)

    np.testing.assert_allclose(found.points, true, atol=0.05)


def test_columns_in_one_place_stay_there():
    image = columns((60, 60), [(30, 30)], [1], 3.0)

    found = refine(image, [(30, 30), (30, 30), (31, 30)], 3.0)

    np.testing.assert_array_equal(found.points[:2], [(30, 30), (30, 30)])


@pytest.mark.parametrize("level", [0.6, 1.0])
def test_in_strong_noise_the_fit_is_no_worse_than_the_pixel(level):
    lattice = lattice_preset("YBCO[100]")
    made = simulate(lattice, (384, 384), 0.18, noise=level, seed=5)
    image = made.image
    true = np.column_stack([made.truth["y"], made.truth["x"]])
    finder = BlobFinder(image.normalised)
    blobs = finder.find(3, 3, 1, 3 * finder.space.response_noise(3.0), 0.3)

    found = refine(image.normalised, blobs[:, :2], 3.0, finder.space.noise)

    distance, nearest = cKDTree(true).query(blobs[:, :2])
    near = distance < 3.0
    assert near.sum() > 100
    error = np.hypot(*(found.points - true[nearest])[near].T)
    assert np.sqrt((error**2).mean()) <= np.sqrt((distance[near] ** 2).mean())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_few_points_are_fine(number):
    image = columns((40, 40), [(12.3, 11.8), (25.0, 25.6)], [1, 1], 3.0)
    start = np.array([(12, 12), (25, 26)])[:number]

    found = refine(image, start, 3.0)

    assert found.points.shape == (number, 2)
    assert found.uncertainty.shape == (number,)
