"""Tests of the stitching of windows: their points have no doubles and no gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from napari_reward_analysis import BadInput, Image, free_lattice
from napari_reward_analysis.analyses.windows.plan import depths, plan_windows, side_in_px
from napari_reward_analysis.analyses.windows.stitch import stitch

SPACING = 10.0

shapes = st.tuples(st.integers(40, 220), st.integers(40, 220))
sides = st.floats(45, 120)
overlaps = st.floats(0, 0.5)


@given(shapes, st.floats(30, 300), st.floats(0, 0.5))
def test_windows_cover_every_pixel_and_overlap_as_asked(shape, side, overlap):
    plan = plan_windows(shape, side, overlap)
    covered = np.zeros(shape, int)
    for window in plan.windows:
        assert covered[window.slices].shape == (
            window.bottom - window.top,
            window.right - window.left,
        )
        covered[window.slices] += 1
    assert covered.min() >= 1
    for one in plan.windows:
        for other in plan.windows:
            if one.row == other.row and other.column == one.column + 1:
                size = one.right - one.left
                assert one.right - other.left >= overlap * size - 1


@given(shapes, sides, overlaps)
def test_waves_hold_every_window_once_and_no_neighbours(shape, side, overlap):
    waves = plan_windows(shape, side, overlap).waves
    windows = [w for wave in waves for w in wave]
    assert sorted(w.index for w in windows) == list(range(len(windows)))
    for wave in waves:
        assert not any(one.touches(other) for one in wave for other in wave)
    earlier = list(waves[0])
    for wave in waves[1:]:
        assert all(any(w.touches(e) for e in earlier) for w in wave)
        earlier += wave


@given(shapes, sides, st.floats(0.25, 0.5), st.integers(0, 2**32 - 1))
def test_each_column_is_kept_once_whatever_the_windows_make_of_it(shape, side, overlap, seed):
    rng = np.random.default_rng(seed)
    plan = plan_windows(shape, side, overlap)
    y, x = (np.arange(SPACING / 2, length, SPACING) for length in shape)
    columns = np.stack(np.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)
    columns = columns + rng.uniform(-0.5, 0.5, 2)
    # each window misplaces what it sees by less than a quarter of the spacing
    reported = []
    for window in plan.windows:
        seen = columns[depths(columns, [window], shape)[:, 0] > 0]
        angle, size = rng.uniform(0, 2 * np.pi, len(seen)), rng.uniform(0, 2.45, len(seen))
        reported.append(seen + (size * np.stack([np.sin(angle), np.cos(angle)])).T)

    kept = stitch(plan.windows, reported, shape, SPACING)

    points = np.array([reported[w][p] for w, p in zip(kept.window, kept.point, strict=True)])
    assert len(points) == len(columns)
    distance, nearest = cKDTree(columns).query(points)
    assert distance.max() < SPACING / 4
    assert len(set(nearest)) == len(columns)


@given(shapes, sides, overlaps, st.integers(0, 2**32 - 1))
def test_no_two_windows_keep_points_within_half_a_spacing(shape, side, overlap, seed):
    rng = np.random.default_rng(seed)
    plan = plan_windows(shape, side, overlap)
    clutter = [rng.uniform(w.corner, (w.bottom, w.right), (25, 2)) for w in plan.windows]

    kept = stitch(plan.windows, clutter, shape, SPACING)

    points = np.array([clutter[w][p] for w, p in zip(kept.window, kept.point, strict=True)])
    pairs = cKDTree(points).query_pairs(SPACING / 2, output_type="ndarray")
    assert (kept.window[pairs[:, 0]] == kept.window[pairs[:, 1]]).all()
    # nothing is lost in a core: what its own window saw is there, or a double of it
    whole = depths(np.concatenate(clutter), plan.windows, shape).argmax(axis=1)
    owned = np.concatenate(clutter)[whole == np.repeat(np.arange(len(clutter)), 25)]
    assert cKDTree(points).query(owned)[0].max() <= SPACING / 2


def test_the_core_of_a_window_that_was_left_out_goes_to_its_neighbours():
    plan = plan_windows((100, 180), 100, 0.2)
    left, right = plan.windows
    inside = np.array([[50.0, 82.0], [50.0, 98.0]])  # in both windows
    both = stitch([left, right], [inside, inside], plan.shape, SPACING)
    assert both.window.tolist() == [0, 1]
    alone = stitch([left], [inside], plan.shape, SPACING)
    assert alone.point.tolist() == [0, 1]


def test_a_place_goes_to_the_window_that_sees_crystal_there():
    plan = plan_windows((100, 180), 100, 0.2)
    left, right = plan.windows
    inside = np.array([[50.0, 82.0], [50.0, 98.0]])  # each window owns one of them
    dark = np.ones((100, 100), bool)
    dark[:, :30] = False  # the right window, 80 to 180, sees nothing in its left part
    only_right = np.array([[50.0, 120.0]])
    kept = stitch([left, right], [inside, only_right], plan.shape, SPACING, [None, dark])
    assert list(zip(kept.window, kept.point, strict=True)) == [(0, 0), (0, 1), (1, 0)]
    # without a better one, what a window marks beside its crystal stays
    kept = stitch([right], [inside], plan.shape, SPACING, [dark])
    assert kept.point.tolist() == [0, 1]


def test_no_points_make_an_empty_image():
    plan = plan_windows((100, 180), 100, 0.2)
    kept = stitch(plan.windows, [np.empty((0, 2)), np.empty((0, 2))], plan.shape, SPACING)
    assert len(kept.window) == len(kept.point) == 0
    assert len(stitch([], [], plan.shape, SPACING).window) == 0


def test_a_window_of_less_than_two_cells_is_refused():
    image, lattice = Image(np.eye(50), pixel_size=0.5), free_lattice(4.0, 4.0)
    assert side_in_px(image, lattice, 8.0, None) == 80
    assert side_in_px(image, lattice, 8.0, 8.0) == 16
    with pytest.raises(BadInput, match="smaller than two cells"):
        side_in_px(image, lattice, 8.0, 7.9)
