"""Tests of spaces: ranges, choices, and conditional parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.optimize.space import Dimension, Space

UNITS = st.floats(0, 1)

#: A filter that may be none, and a strength that only one of its choices has.
STAGES = Space(
    dimensions=(
        Dimension(name="filter", scale="category", choices=("none", "gauss", "median")),
        Dimension(name="sigma", low=0.5, high=3, active_if=("filter", ("gauss",))),
        Dimension(name="size", low=3, high=5, scale="integer", active_if=("filter", ("median",))),
        Dimension(name="threshold", low=1e-3, high=1, scale="log"),
    )
)


@given(st.lists(UNITS, min_size=3, max_size=3))
def test_a_space_never_leaves_its_ranges(point):
    space = Space(
        dimensions=(
            Dimension(name="low", low=0.5, high=3),
            Dimension(name="high", low=1, high=2, not_below="low"),
            Dimension(name="number", low=2, high=5, scale="integer"),
        )
    )
    values = space.decode(np.array(point), {"fixed": 7.0})

    assert 0.5 <= values["low"] <= 3
    assert min(values["low"], 2) <= values["high"] <= 2
    assert values["number"] in (2, 3, 4, 5)
    assert values["fixed"] == 7.0


def test_log_dimensions_meet_their_ends_and_the_geometric_mean():
    dimension = Dimension(name="threshold", low=1e-4, high=1, scale="log")
    assert [dimension.decode(u, 1e-4) for u in (0, 0.5, 1)] == pytest.approx([1e-4, 1e-2, 1])


@given(st.lists(UNITS, min_size=4, max_size=4))
def test_a_choice_brings_the_parameters_that_belong_to_it(point):
    values = STAGES.decode(np.array(point), {})

    expected = {
        "none": {"filter", "threshold"},
        "gauss": {"filter", "sigma", "threshold"},
        "median": {"filter", "size", "threshold"},
    }
    assert set(values) == expected[values["filter"]]
    names = [dimension.name for dimension in STAGES.dimensions]
    active = STAGES.active(np.array([point]))[0]
    assert {name for name, matters in zip(names, active, strict=True) if matters} == set(values)


def test_each_choice_has_an_equal_part_of_the_interval():
    chosen = [STAGES.decode(np.array([u, 0, 0, 0]), {})["filter"] for u in (0, 0.3, 0.34, 0.9, 1)]
    assert chosen == ["none", "none", "gauss", "median", "median"]


def test_an_inactive_parameter_is_not_taken_from_the_fixed_ones_either():
    values = STAGES.decode(np.array([0.0, 0.5, 0.5, 0.5]), {"sigma": 2.0})
    assert "sigma" not in values


@given(st.lists(UNITS, min_size=4, max_size=4))
def test_the_canonical_point_means_the_same_and_is_its_own(point):
    points = np.array([point])
    moved = STAGES.canonical(points)

    assert STAGES.decode(moved[0], {}) == STAGES.decode(points[0], {})
    np.testing.assert_array_equal(STAGES.canonical(moved), moved)


def test_points_that_mean_the_same_become_equal():
    first, second = STAGES.canonical(np.array([[0.1, 0.2, 0.9, 0.4], [0.3, 0.8, 0.1, 0.4]]))
    np.testing.assert_array_equal(first, second)


def test_a_condition_may_hang_on_another():
    space = Space(
        dimensions=(
            Dimension(name="a", scale="category", choices=("off", "on")),
            Dimension(name="b", scale="category", choices=("off", "on"), active_if=("a", ("on",))),
            Dimension(name="c", low=0, high=1, active_if=("b", ("on",))),
        )
    )
    assert set(space.decode(np.array([0.1, 0.9, 0.5]), {})) == {"a"}
    assert set(space.decode(np.array([0.9, 0.9, 0.5]), {})) == {"a", "b", "c"}
    np.testing.assert_array_equal(
        space.active(np.array([[0.1, 0.9, 0.5]]))[0], [True, False, False]
    )


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (dict(low=2, high=1), "range"),
        (dict(low=0, high=1, scale="log"), "range above zero"),
        (dict(low=float("nan"), high=1), "range"),
        (dict(low=1), "needs a range"),
        (dict(low=0, high=1, choices=("a", "b")), "scale 'category'"),
        (dict(scale="category", choices=("a",)), "two or more"),
        (dict(scale="category", choices=("a", "b", "a")), "two or more"),
    ],
)
def test_impossible_dimensions_are_refused(wrong, reason):
    with pytest.raises(ValueError, match=reason):
        Dimension(name="x", **wrong)


@pytest.mark.parametrize("condition", [("later", ("a",)), ("first", ("c",)), ("first", ())])
def test_a_condition_names_an_earlier_category_and_its_choices(condition):
    with pytest.raises(ValueError, match="no earlier category"):
        Space(
            dimensions=(
                Dimension(name="first", scale="category", choices=("a", "b")),
                Dimension(name="x", low=0, high=1, active_if=condition),
                Dimension(name="later", scale="category", choices=("a", "b")),
            )
        )


def test_a_parameter_is_searched_once():
    with pytest.raises(ValueError, match="searched twice"):
        Space(dimensions=(Dimension(name="x", low=0, high=1),) * 2)
