"""Tests of neighbour pairs and sums against the plain definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial import cKDTree

from napari_reward_analysis.points import neighbours
from napari_reward_analysis.points.neighbours import neighbour_sums, pairs_within

POINTS = arrays(float, st.tuples(st.integers(5, 60), st.just(2)), elements=st.floats(-1e3, 1e3))
PIXELS = arrays(int, st.tuples(st.integers(0, 60), st.just(2)), elements=st.integers(0, 40))


@given(POINTS)
def test_neighbour_sums_equal_the_plain_definition(points):
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    expected = np.sort(distances, axis=1)[:, 1:5].sum(axis=1)

    np.testing.assert_allclose(neighbour_sums(points), expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("spread", [1.0, 40.0, 1e6])
def test_neighbour_sums_are_exact_however_uneven_the_points_are(spread):
    rng = np.random.default_rng(4)
    crowd, sparse = rng.random((3000, 2)) * 100, rng.random((1200, 2)) * 100 * spread
    points = np.vstack([crowd, sparse, crowd[:7]])

    distances, _ = cKDTree(points).query(points, k=5)

    np.testing.assert_allclose(neighbour_sums(points), distances[:, 1:].sum(axis=1), rtol=1e-6)


@given(POINTS | PIXELS.filter(lambda points: len(points) > 4))
def test_neighbour_sums_do_not_depend_on_the_way_they_are_found(points):
    by_cells = neighbour_sums(points)
    distances, _ = cKDTree(points).query(points, k=5)

    np.testing.assert_allclose(by_cells, distances[:, 1:].sum(axis=1), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("number", [0, 1, 4])
def test_without_four_others_there_is_no_sum(number):
    assert np.isposinf(neighbour_sums(np.arange(2.0 * number).reshape(-1, 2))).all()


@given(POINTS | PIXELS, st.floats(0, 2000), st.booleans())
def test_pairs_are_all_those_within_reach(points, reach, crowded):
    with pytest.MonkeyPatch.context() as patch:
        if crowded:
            patch.setattr(neighbours, "CROWD", 0)
        first, second, distance = pairs_within(points, reach)

    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)
    expected = {(i, j) for i, j in np.argwhere(gaps <= reach) if i < j and reach > 0}
    found = {(min(i, j), max(i, j)) for i, j in zip(first, second, strict=True)}
    assert len(first) == len(found)
    # at the very limit the last digit of a distance decides
    assert all(gaps[i, j] == pytest.approx(reach) for i, j in found ^ expected)
    np.testing.assert_allclose(distance, gaps[first, second], rtol=1e-9)
