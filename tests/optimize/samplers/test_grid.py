"""Tests of the grid: complete, from coarse to fine, the same for every seed."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.samplers import make_sampler
from napari_reward_analysis.optimize.space import Dimension, Space

NUMBERS = tuple(Dimension(name=name, low=0, high=1) for name in "abcd")
FILTER = Dimension(name="filter", scale="category", choices=("none", "gauss", "median"))
SIGMA = Dimension(name="sigma", low=0, high=1, active_if=("filter", ("gauss",)))


def ask(space, trials, count=None, seed=0):
    sampler = make_sampler("grid", space, seed, trials=trials)
    return np.array([sampler.ask() for _ in range(count or trials or 0)])


def test_two_numbers_make_a_full_factorial():
    points = ask(Space(dimensions=NUMBERS[:2]), 49)

    levels = np.linspace(0, 1, 7)
    expected = {(a, b) for a in levels for b in levels}
    assert {tuple(point) for point in points} == expected


@pytest.mark.parametrize("numbers", [1, 2, 3])
def test_the_levels_are_as_many_as_fit(numbers):
    points = ask(Space(dimensions=NUMBERS[:numbers]), 100)

    levels = {1: 100, 2: 10, 3: 4}[numbers]
    whole = points[: levels**numbers]
    assert [len(set(column)) for column in whole.T] == [levels] * numbers
    assert len({tuple(point) for point in points}) == 100  # the rest is new as well


def test_a_cancelled_search_has_tried_a_coarser_factorial():
    points = ask(Space(dimensions=NUMBERS[:2]), 81)

    for levels in (3, 5, 9):
        units = np.linspace(0, 1, levels)
        tried = {tuple(point) for point in points[: levels**2]}
        assert tried == {(a, b) for a in units for b in units}


def test_no_seed_changes_it():
    space = Space(dimensions=NUMBERS[:2])
    np.testing.assert_array_equal(ask(space, 30, seed=1), ask(space, 30, seed=2))


def test_without_a_number_of_trials_it_starts_with_three_levels():
    points = ask(Space(dimensions=NUMBERS[:2]), None, 25)
    assert {tuple(p) for p in points[:9]} == {(a, b) for a in (0, 0.5, 1) for b in (0, 0.5, 1)}
    assert len({tuple(p) for p in points}) == 25


def test_choices_are_all_tried_and_nothing_twice():
    space = Space(dimensions=(FILTER, SIGMA, NUMBERS[0]))
    points = ask(space, 100)

    seen = [tuple(sorted(space.decode(point, {}).items())) for point in points]
    assert len(set(seen)) == len(seen)
    # 2 L + L^2 <= 100: nine levels
    assert [sum(v["filter"] == name for v in map(dict, seen[:99])) for name in FILTER.choices] == [
        9,
        81,
        9,
    ]


def test_a_countable_space_is_enumerated_and_then_repeated():
    space = Space(dimensions=(FILTER, Dimension(name="number", low=2, high=5, scale="integer")))
    points = ask(space, 24)

    values = [tuple(space.decode(point, {}).items()) for point in points]
    assert len(set(values[:12])) == 12
    assert values[12:] == values[:12]


def test_a_single_trial_takes_the_middle():
    np.testing.assert_array_equal(ask(Space(dimensions=NUMBERS[:2]), 1), [[0.5, 0.5]])


def test_more_than_three_numbers_are_refused():
    with pytest.raises(BadInput, match=r"at most 3 numbers at once, not 4 \(a, b, c, d\)"):
        make_sampler("grid", Space(dimensions=NUMBERS), 0)
