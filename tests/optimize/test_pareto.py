"""Tests of fronts, hypervolume and the choice of a point against plain definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_reward_analysis.optimize.pareto import choose, hypervolume, pareto_front

OBJECTIVES = arrays(
    float,
    st.tuples(st.integers(0, 25), st.just(2)),
    # few distinct values, so that ties and equal rows are common
    elements=st.integers(0, 6).map(lambda k: k / 4),
)


def dominates(a, b):
    return (a <= b).all() and (a < b).any()


@given(OBJECTIVES, st.randoms())
def test_the_front_is_what_nothing_feasible_dominates(values, random):
    feasible = np.array([random.random() < 0.7 for _ in values], bool)

    front = pareto_front(values, feasible)

    usable = np.flatnonzero(feasible)
    expected = {
        tuple(values[i]) for i in usable if not any(dominates(values[j], values[i]) for j in usable)
    }
    assert {tuple(values[i]) for i in front} == expected
    assert len(front) == len(expected)  # ties once
    assert all(feasible[i] for i in front)
    assert list(values[front, 0]) == sorted(values[front, 0])


def test_rows_with_nan_are_never_on_the_front():
    assert pareto_front([[np.nan, 0.0], [1.0, 1.0]]) == [1]


@given(OBJECTIVES)
def test_hypervolume_equals_the_area_counted_on_a_grid(values):
    reference = (1.25, 1.25)
    steps = (np.arange(5) + 0.5) / 4
    x, y = np.meshgrid(steps, steps)
    covered = np.zeros_like(x, bool)
    for a, b in values:
        covered |= (x > a) & (y > b)

    assert hypervolume(values, reference) == pytest.approx(covered.sum() / 16)


@given(
    st.integers(1, 4).flatmap(
        lambda m: arrays(
            float,
            st.tuples(st.integers(0, 8), st.just(m)),
            elements=st.integers(0, 5).map(lambda k: k / 4),
        )
    )
)
def test_hypervolume_of_any_number_of_objectives_equals_the_cells_counted(values):
    size = values.shape[1]
    steps = (np.arange(4) + 0.5) / 4
    cells = np.stack(np.meshgrid(*[steps] * size, indexing="ij"), axis=-1).reshape(-1, size)
    covered = (cells[:, None] > values[None]).all(axis=2).any(axis=1)

    assert hypervolume(values, (1.0,) * size) == pytest.approx(covered.mean())


def test_hypervolume_of_nothing_is_nothing():
    assert hypervolume([], (1.0, 1.0, 1.0)) == 0.0
    assert hypervolume([[2.0, 0.0, 0.0]], (1.0, 1.0, 1.0)) == 0.0


def test_raw_and_scaled_choices_differ_as_they_should():
    front = [[0.0, 0.030], [0.01, 0.010], [0.40, 0.0]]

    assert choose(front, "euclidean", scaled=False) == 1
    assert choose(front, "chebyshev", scaled=False) == 1
    # scaled, the step from 0.030 to 0.010 is two thirds of the way
    assert choose(front, "euclidean", scaled=True) == 1
    assert choose([[0.0, 0.2], [0.19, 0.15], [0.2, 0.0]], "euclidean", scaled=False) in (0, 2)


def test_the_corner_may_lie_at_another_value_for_each_objective():
    assert hypervolume([[0.0, 0.0, 0.0]], (1.0, 2.0, 5.0)) == pytest.approx(10)
    assert hypervolume([[0.5, 1.0, 4.0], [0.0, 1.5, 2.0]], (1.0, 2.0, 5.0)) == pytest.approx(
        1.5 + 0.5 - 0.25
    )


def test_each_objective_is_scaled_by_its_own_range():
    assert choose([[0.0, 100.0], [1.0, 0.0], [0.4, 30.0]], scaled=True) == 2


def test_chebyshev_prefers_the_balanced_point():
    front = [[0.0, 1.0], [0.45, 0.55], [0.7, 0.1], [1.0, 0.0]]

    assert choose(front, "chebyshev") == 1
    assert choose(front, "euclidean") == 2


def test_an_empty_front_has_no_choice():
    with pytest.raises(ValueError, match="empty front"):
        choose(np.empty((0, 2)))


@given(OBJECTIVES.filter(len))
def test_a_choice_on_a_front_of_one_tie_is_valid(values):
    front = pareto_front(values)
    assert 0 <= choose(values[front]) < len(front)
