"""Tests of the surrogate: certain at data, uncertain far from data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from napari_reward_analysis.optimize.samplers.surrogate import Encoding, Surrogate
from napari_reward_analysis.optimize.space import Dimension, Space

pytestmark = pytest.mark.numeric


@pytest.fixture(scope="module")
def wave():
    """A sine from 0 to 0.5, and the surrogate that was fitted to it."""
    x = np.linspace(0, 0.5, 12)[:, None]
    model = Surrogate(np.zeros(1, int))
    model.fit(x, 3 + 2 * np.sin(8 * x[:, 0]), kernel=True)
    return x, model


def test_the_mean_follows_the_data(wave):
    x, model = wave
    between = (x[1:] + x[:-1]) / 2
    mean, _ = model.predict(between)
    np.testing.assert_allclose(mean, 3 + 2 * np.sin(8 * between[:, 0]), atol=0.05)


def test_the_deviation_is_small_at_the_data_and_grows_away_from_it(wave):
    x, model = wave
    _, at_data = model.predict(x)
    _, away = model.predict(np.array([[0.6], [0.8], [1.0]]))
    assert at_data.max() < 0.1
    assert (np.diff([at_data.max(), *away]) > 0).all()


def test_far_from_all_data_the_deviation_is_that_of_the_prior(wave):
    _, model = wave
    _, far = model.predict(np.array([[1e3], [1e6]]))
    assert far[0] == pytest.approx(far[1])
    assert 0.3 < far[0] < 10  # the values have a standard deviation of 1.4


def test_each_dimension_has_a_length_scale_of_its_own():
    """Two of three dimensions change nothing, and a few dozen points show it."""
    points, others = (qmc.Sobol(3, rng=seed).random(32) for seed in (0, 1))
    model = Surrogate(np.arange(3))
    for _ in range(2):  # a fit goes on where the last one ended
        model.fit(points, np.sin(6 * points[:, 0]), kernel=True)
    mean, deviation = model.predict(others)
    np.testing.assert_allclose(mean, np.sin(6 * others[:, 0]), atol=0.03)
    assert deviation.max() < 0.05


def test_values_that_are_all_alike_are_predicted_as_such():
    model = Surrogate(np.zeros(1, int))
    model.fit(np.linspace(0, 1, 5)[:, None], np.full(5, 7.0), kernel=True)
    mean, deviation = model.predict(np.array([[0.3], [0.9]]))
    np.testing.assert_allclose(mean, 7)
    assert (deviation < 1e-6).all()


def test_two_choices_are_as_far_apart_as_the_ends_of_a_range():
    space = Space(
        dimensions=(
            Dimension(name="filter", scale="category", choices=("none", "gauss", "median")),
            Dimension(name="threshold", low=0, high=1),
        )
    )
    encoding = Encoding(space)
    points = space.canonical(np.array([[0.1, 0.0], [0.5, 0.0], [0.9, 0.0], [0.1, 1.0]]))
    features = encoding.features(points)
    assert encoding.groups.tolist() == [0, 0, 0, 1]
    for other in features[1:]:
        assert np.linalg.norm(other - features[0]) == pytest.approx(1)
