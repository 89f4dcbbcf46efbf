"""Tests of the scaling of objectives for the models."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis.optimize.samplers.scaling import Scaling


def test_errors_are_measured_from_zero():
    scaling = Scaling.of([(1.0, 4.0), (3.0, 8.0)], 2)

    assert scaling.positive
    np.testing.assert_array_equal(scaling.lowest, [0, 0])
    np.testing.assert_array_equal(scaling.scaled([(0.0, 0.0)]), [[0, 0]])


def test_what_falls_below_zero_is_measured_from_the_lowest():
    scaling = Scaling.of([(-1.0, 4.0), (3.0, 8.0)], 2)

    assert not scaling.positive
    np.testing.assert_array_equal(scaling.lowest, [-1, 4])


def test_a_failure_is_as_bad_as_the_worst_that_is_told_apart():
    values = [(0.2, 0.1), None, (0.4, 0.3), (1e6, 1e6), (0.3, 0.2)]
    scaling = Scaling.of(values, 3)

    scaled = scaling.scaled(values)
    np.testing.assert_allclose(scaled[1], np.arcsinh(10))
    np.testing.assert_allclose(scaled[1], scaled[3])
    assert (scaled[[0, 4]] < scaled[1]).all()
    assert (scaled < scaling.reference).all()


def test_the_unit_is_that_of_the_initial_design():
    values = [(k / 10, 1.0) for k in range(1, 11)]
    assert Scaling.of(values, 10).unit[0] == pytest.approx(0.775)
    assert Scaling.of([*values, (90.0, 1.0)], 10).unit[0] == pytest.approx(0.775)
    # perfect values say nothing of the scale
    assert Scaling.of([(0.0, 1.0), (0.0, 1.0), (0.5, 1.0)], 2).unit[0] == 0.5
