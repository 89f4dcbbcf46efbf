"""Tests of expected gains against simulations, and in limiting cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from napari_reward_analysis.optimize.pareto import hypervolume
from napari_reward_analysis.optimize.samplers.acquisition import (
    chebyshev,
    expected_hypervolume_improvement,
    expected_scalar_improvement,
    folded_shortfall,
    normal_shortfall,
)

DRAWS = 1000


@settings(max_examples=50)
@given(st.integers(0, 1000), st.sampled_from([1, 2, 3]), st.booleans())
def test_expected_improvement_equals_a_simulation(seed, objectives, folded):
    rng = np.random.default_rng(seed)
    # ties in one objective, and points beyond the reference
    observed = np.round(1.3 * rng.random((5, objectives)), 1)
    mean, deviation = rng.random((1, objectives)), 0.05 + 0.3 * rng.random((1, objectives))
    reference = (1.1,) * objectives
    shortfall = {"shortfall": folded_shortfall} if folded else {}

    exact = expected_hypervolume_improvement(mean, deviation, observed, reference, **shortfall)[0]

    draws = mean + deviation * rng.standard_normal((DRAWS, objectives))
    draws = np.abs(draws) if folded else draws
    now = hypervolume(observed, reference)
    gains = [hypervolume(np.vstack([observed, draw]), reference) - now for draw in draws]
    assert exact == pytest.approx(np.mean(gains), abs=5 * np.std(gains) / np.sqrt(DRAWS) + 1e-3)


@pytest.mark.parametrize("mean", [-0.7, 0.0, 0.2, 1.5])
@pytest.mark.parametrize("deviation", [0.1, 0.8, 3.0])
@pytest.mark.parametrize("level", [0.05, 0.6, 2.0])
def test_shortfalls_equal_their_integrals(mean, deviation, level):
    z = np.linspace(mean - 9 * deviation, mean + 9 * deviation, 200_001)
    density = np.exp(-0.5 * ((z - mean) / deviation) ** 2) / deviation / np.sqrt(2 * np.pi)
    given = np.array([level]), np.array([mean]), np.array([deviation])

    plain = trapezoid(np.maximum(level - z, 0) * density, z)
    folded = trapezoid(np.maximum(level - np.abs(z), 0) * density, z)
    assert normal_shortfall(*given)[0] == pytest.approx(plain, abs=1e-6)
    assert folded_shortfall(*given)[0] == pytest.approx(folded, abs=1e-6)


def test_a_certain_prediction_gains_what_it_adds():
    gain = expected_hypervolume_improvement(
        np.array([[0.2, 0.2], [0.9, 0.9]]), np.full((2, 2), 1e-9), np.array([[0.5, 0.5]]), (1, 1)
    )
    np.testing.assert_allclose(gain, [0.64 - 0.25, 0.0], atol=1e-6)


def test_nothing_is_expected_below_zero_of_an_error():
    unknown = np.zeros((1, 2)), np.full((1, 2), 5.0)
    plain = expected_hypervolume_improvement(*unknown, np.empty((0, 2)), (1, 1))
    folded = expected_hypervolume_improvement(*unknown, np.empty((0, 2)), (1, 1), folded_shortfall)
    assert plain[0] > 1  # more than the whole square
    assert 0 < folded[0] < 1


def test_an_augmented_chebyshev_sum_is_the_largest_and_a_little_of_all():
    sums = chebyshev(np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([0.5, 1.0]))
    np.testing.assert_allclose(sums, [1 + 0.05 * 2, 3 + 0.05 * 3])


def test_the_scalar_gain_prefers_what_the_weights_ask_for():
    observed = np.array([[0.5, 0.5]])
    mean = np.array([[0.1, 0.5], [0.5, 0.1]])
    draws = np.random.default_rng(0).standard_normal((64, 2))

    first = expected_scalar_improvement(
        mean, np.full((2, 2), 0.01), observed, np.array([0.9, 0.1]), draws
    )
    second = expected_scalar_improvement(
        mean, np.full((2, 2), 0.01), observed, np.array([0.1, 0.9]), draws
    )
    assert first[0] > first[1]
    assert second[1] > second[0]


def test_the_scalar_gain_of_a_certain_prediction_is_the_difference():
    weights = np.array([0.3, 0.7])
    observed, mean = np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[0.2, 0.2]])
    gain = expected_scalar_improvement(
        mean, np.full((1, 2), 1e-12), observed, weights, np.ones((3, 2))
    )
    expected = chebyshev(observed, weights).min() - chebyshev(mean, weights)
    np.testing.assert_allclose(gain, expected)
