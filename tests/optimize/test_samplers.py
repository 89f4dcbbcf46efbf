"""Samplers: repeatable, inside the cube, and worth their cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.optimize.pareto import hypervolume
from napari_reward_analysis.optimize.samplers import (
    expected_hypervolume_improvement,
    make_sampler,
)
from napari_reward_analysis.optimize.space import Dimension, Space

NAMES = ("skopt", "sobol", "random")


def run(name, objective, size, trials, seed):
    sampler = make_sampler(name, size, seed)
    points, values = [], []
    for _ in range(trials):
        point = sampler.ask()
        result = objective(point)
        sampler.tell(point, result)
        points.append(point)
        values.append(result or (2.0, 2.0))
    return np.array(points), np.array(values)


def narrow(point):
    """Two conflicting valleys in three of five dimensions, as a noisy image has them."""
    x = np.asarray(point)
    base = 4 * ((x[0] - 0.8) ** 2 + (x[1] - 0.15) ** 2)
    return float(base + abs(x[2] - 0.3)), float(base + abs(x[2] - 0.4))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_asks_the_same_points_inside_the_cube(name):
    first, _ = run(name, narrow, 5, 20, seed=3)
    again, _ = run(name, narrow, 5, 20, seed=3)
    other, _ = run(name, narrow, 5, 20, seed=4)

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ((first >= 0) & (first <= 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_failures_constant_objectives_and_one_dimension_are_survived(name):
    run(name, lambda point: None, 2, 16, seed=0)
    run(name, lambda point: (0.0, 0.0), 1, 16, seed=0)
    points, _ = run(name, lambda p: None if p[0] < 0.5 else (float(p[0]), 1.0), 1, 20, seed=0)
    assert len(points) == 20


def test_the_model_beats_even_coverage_on_a_narrow_problem():
    volume = {
        name: np.mean(
            [hypervolume(run(name, narrow, 5, 40, seed)[1], (1.0, 1.0)) for seed in range(3)]
        )
        for name in NAMES
    }
    assert volume["skopt"] > volume["sobol"]
    assert volume["skopt"] > volume["random"]


@given(st.integers(0, 1000))
def test_expected_improvement_equals_a_simulation(seed):
    rng = np.random.default_rng(seed)
    observed = rng.random((4, 2))
    mean, deviation = rng.random((1, 2)), 0.05 + 0.3 * rng.random((1, 2))
    reference = (1.1, 1.1)

    exact = expected_hypervolume_improvement(mean, deviation, observed, reference)[0]

    draws = mean + deviation * rng.standard_normal((1500, 2))
    now = hypervolume(observed, reference)
    gains = [hypervolume(np.vstack([observed, draw]), reference) - now for draw in draws]
    assert exact == pytest.approx(np.mean(gains), abs=5 * np.std(gains) / np.sqrt(1500) + 1e-3)


def test_a_certain_prediction_gains_what_it_adds():
    gain = expected_hypervolume_improvement(
        np.array([[0.2, 0.2], [0.9, 0.9]]), np.full((2, 2), 1e-9), np.array([[0.5, 0.5]]), (1, 1)
    )
    np.testing.assert_allclose(gain, [0.64 - 0.25, 0.0], atol=1e-6)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
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


@pytest.mark.parametrize(
    "wrong",
    [dict(low=2, high=1), dict(low=0, high=1, scale="log"), dict(low=float("nan"), high=1)],
)
def test_impossible_dimensions_are_refused(wrong):
    with pytest.raises(ValueError, match=r"range"):
        Dimension(name="x", **wrong)
