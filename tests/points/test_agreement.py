"""Tests of the one-to-one matching with an oracle."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_reward_analysis import BadInput
from napari_reward_analysis.points.agreement import agreement, per_class, require_within
from napari_reward_analysis.points.matching import match_points

GRID = np.stack(np.mgrid[10:60:10, 10:60:10], axis=-1).reshape(-1, 2).astype(float)


def test_missed_spurious_and_differences():
    found = np.vstack([GRID[1:] + np.array([0.3, 0.4]), [[100, 100]]])
    result = agreement(found, GRID)
    assert result.reach == 5
    assert (len(result.matched), result.missed.tolist()) == (24, [0])
    assert result.spurious.tolist() == [24]
    facts = result.facts(0.2)
    assert facts["precision"] == facts["recall"] == facts["f1"] == 0.96
    assert facts["count_ratio"] == 1
    assert facts["rms_px"] == pytest.approx(0.5)
    assert (facts["rms_A"], facts["median_A"]) == pytest.approx((0.1, 0.1))
    assert result.facts(None)["rms_A"] is None


def test_two_found_at_one_column_count_once():
    result = agreement(np.array([[10, 12.0], [10, 11.0]]), np.array([[10.0, 10.0]]), 3)
    assert result.matched.tolist() == [[1, 0]]
    assert result.spurious.tolist() == [0]


def test_nothing_found_is_no_agreement():
    result = agreement(np.empty((0, 2)), GRID)
    assert (result.f1, result.recall, result.precision) == (0, 0, 0)
    assert result.facts(1.0)["rms_px"] is None


@pytest.mark.parametrize("reach", [0.0, -1.0, float("nan")])
def test_an_impossible_distance_is_refused(reach):
    with pytest.raises(BadInput, match="matching distance"):
        agreement(GRID, GRID, reach)


def test_one_point_has_no_spacing():
    with pytest.raises(BadInput, match="give the matching distance"):
        agreement(GRID, GRID[:1])


def test_recall_of_each_class():
    classes = np.where(np.arange(25) < 5, "Ba", "Cu")
    table = per_class(agreement(GRID[1:], GRID), classes)
    assert table["Ba"] == {"matched": 4, "missed": 1, "recall": 0.8, "rms_px": 0.0}
    assert table["Cu"]["recall"] == 1


def test_points_that_are_nowhere_are_in_no_area():
    points = np.array([[2, 3], [np.nan, 3], [1e300, 3], [3, -np.inf], [4, 4], [1, 1], [5, 5]])
    inside = require_within(points, np.ones((6, 6), bool), "marked")
    assert inside.tolist() == [True, False, False, False, True, True, True]
    with pytest.raises(BadInput, match="marked lie outside the image"):
        require_within(points[1:4], np.ones((6, 6), bool), "marked")


def test_points_of_another_image_are_refused():
    with pytest.raises(BadInput, match="outside the image of 32 x 32 px"):
        require_within(GRID + 40, np.ones((32, 32), bool), "other.csv")


@settings(max_examples=60, deadline=None)
@given(
    arrays(float, st.tuples(st.integers(0, 12), st.just(2)), elements=st.floats(0, 50)),
    arrays(float, st.tuples(st.integers(2, 12), st.just(2)), elements=st.floats(0, 50)),
)
def test_every_point_is_in_one_place(found, oracle):
    result = agreement(found, oracle, 8.0)
    assert sorted([*result.matched[:, 0], *result.spurious]) == list(range(len(found)))
    assert sorted([*result.matched[:, 1], *result.missed]) == list(range(len(oracle)))
    assert (result.distances <= 8).all()
    assert 0 <= result.f1 <= 1


@given(
    arrays(float, st.tuples(st.integers(0, 9), st.just(2)), elements=st.floats(0, 30, width=16)),
    arrays(float, st.tuples(st.integers(0, 9), st.just(2)), elements=st.floats(0, 30, width=16)),
    st.floats(0.01, 100),
)
def test_pairs_are_those_of_all_distances_taken_nearest_first(found, known, reach):
    apart = np.sqrt(((found[:, None] - known[None]) ** 2).sum(axis=-1))
    pairs, taken = [], np.zeros_like(apart, bool)
    for i, j in sorted(np.ndindex(apart.shape), key=lambda pair: (apart[pair], pair)):
        if apart[i, j] <= reach and not taken[i].any() and not taken[:, j].any():
            taken[i, j] = True
            pairs.append((i, j))
    matches = match_points(found, known, reach)
    assert sorted(zip(matches.found, matches.known, strict=True)) == sorted(pairs)


def test_a_distance_beyond_the_image_needs_no_table_of_all_pairs():
    rng = np.random.default_rng(0)
    found, known = rng.uniform(0, 2000, (2, 4000, 2))
    tracemalloc.start()
    try:
        assert len(match_points(found, known, 1e5).found) == 4000
        assert tracemalloc.get_traced_memory()[1] < 100e6  # all pairs take 384 MB
    finally:
        tracemalloc.stop()
