"""Tests of QC and ER against Eqs. 1 and 2 of the paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.rewards.atoms import Physics, neighbour_sums, score_atoms


def square_grid(n, spacing):
    return np.stack(np.mgrid[:n, :n], -1).reshape(-1, 2) * spacing


def test_a_perfect_grid_has_no_errors_and_the_right_count():
    sums = neighbour_sums(square_grid(10, 8.0))

    score = score_atoms(sums, Physics(expected=100, ds_px=0.9 * 32))

    assert (score.count, score.qc, score.er, score.feasible) == (100, 0.0, 0.0, True)


def test_errors_are_counted_against_the_expectation_and_only_where_too_close():
    points = np.vstack([square_grid(10, 8.0), [[36.0, 36.0]]])  # one column too many, in between

    score = score_atoms(neighbour_sums(points), Physics(expected=50, ds_px=0.94 * 32))

    assert score.qc == pytest.approx((101 - 50) / 50)
    assert score.er == pytest.approx(5 / 50)  # the intruder and its four neighbours


def test_only_blobs_inside_the_area_are_counted_but_all_are_neighbours():
    points = square_grid(10, 8.0)
    inside = points[:, 1] < 40

    score = score_atoms(neighbour_sums(points), Physics(50, 28.8), inside)

    assert (score.count, score.qc, score.er) == (50, 0.0, 0.0)


def test_a_sum_of_exactly_ds_is_no_error():
    sums = np.array([29.0, 30.0, 30.0, 31.0, 31.0])
    assert score_atoms(sums, Physics(expected=10, ds_px=30)).er == pytest.approx(1 / 10)


@given(st.floats(0, 0.9), st.integers(5, 200))
def test_within_the_tolerance_any_count_is_as_good(tolerance, count):
    score = score_atoms(np.full(count, 99.0), Physics(100, 30, tolerance))

    assert score.qc == pytest.approx((count - 100) / 100)
    assert score.objectives[0] == pytest.approx(max(0, abs(score.qc) - tolerance))
    assert (score.objectives[0] == 0) == (abs(score.qc) <= tolerance)


@pytest.mark.parametrize("count", range(6))
def test_fewer_than_five_blobs_are_infeasible(count):
    score = score_atoms(neighbour_sums(square_grid(3, 9.0)[:count]), Physics(9, 30))

    assert score.feasible == (count >= 5)


@pytest.mark.parametrize("wrong", [0, -3, float("nan"), float("inf")])
def test_impossible_physics_is_refused(wrong):
    with pytest.raises(BadInput, match="expected count"):
        Physics(expected=wrong, ds_px=10)
    with pytest.raises(BadInput, match="DS"):
        Physics(expected=10, ds_px=wrong)
    with pytest.raises(BadInput, match="tolerance"):
        Physics(expected=10, ds_px=10, tolerance=-1 if wrong == 0 else wrong)


def test_a_tolerance_of_all_is_refused():
    with pytest.raises(BadInput, match="tolerance of 1 is impossible"):
        Physics(expected=10, ds_px=10, tolerance=1.0)
    assert Physics(expected=10, ds_px=10, tolerance=0.99).tolerance == 0.99
