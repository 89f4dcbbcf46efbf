"""Tests of compactness and perimeter with known outlines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis.analyses.amorphous.regions.rewards import (
    NO_REGION,
    left_over,
    outlines,
    score_regions,
)


def disk(shape, centre, radius):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(y - centre[0], x - centre[1]) <= radius


@settings(max_examples=20)
@given(st.floats(12, 45), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_disk_has_compactness_one(radius, dy, dx):
    found = outlines(disk((120, 130), (60 + dy, 64 + dx), radius).astype(int))[0]
    assert found.compactness == pytest.approx(1, abs=0.06)
    assert found.perimeter_px == pytest.approx(2 * math.pi * radius, rel=0.05)
    assert found.centroid == pytest.approx((60 + dy, 64 + dx), abs=0.5)


def test_a_long_region_is_less_compact_than_a_square():
    square, long = np.zeros((2, 100, 100), int)
    square[20:60, 20:60] = 1
    long[40:50, 5:95] = 1
    # an outline that is measured in four directions is a little short on a square
    assert 1.1 < outlines(square)[0].compactness <= 4 / math.pi
    assert outlines(long)[0].compactness > 2.5


def test_two_disks_are_as_compact_as_one_and_have_twice_the_perimeter():
    one = disk((200, 200), (50, 50), 25).astype(int)
    two = one + 2 * disk((200, 200), (150, 140), 25)
    left = np.zeros(1)
    a, b = score_regions(one, left), score_regions(two, left)
    assert b.compactness == pytest.approx(a.compactness, abs=0.02)
    assert b.perimeter == pytest.approx(2 * a.perimeter, rel=0.02)
    assert (a.n_regions, b.n_regions) == (1, 2)
    assert a.perimeter == pytest.approx(a.perimeter_px / 800)
    assert b.area_fraction == pytest.approx((two > 0).mean())


@pytest.mark.parametrize("value", [0, 1])
def test_an_empty_and_a_full_mask_are_infeasible(value):
    assert score_regions(np.full((20, 20), value), np.zeros(3)) == NO_REGION
    assert not NO_REGION.feasible


@given(st.lists(st.booleans(), min_size=6, max_size=40), st.integers(0, 1000))
def test_what_is_unexplained_is_a_part(inside, seed):
    rng = np.random.default_rng(seed)
    n = len(inside)
    kinds = rng.choice(["A", "B"], n)
    left = left_over(np.array(inside), rng.standard_normal(n), np.ones(n), kinds)
    assert 0 <= left.sum() <= 1 + 1e-9
    assert (left >= 0).all()
