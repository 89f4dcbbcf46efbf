"""Probability of a column from amplitudes alone."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis.evidence.probability import presence

pytestmark = pytest.mark.numeric


def lattice(n: int = 20) -> np.ndarray:
    """Square lattice of n x n points."""
    return np.argwhere(np.ones((n, n))).astype(float) * 10


def judged(height: np.ndarray, error: float, points: np.ndarray | None = None) -> np.ndarray:
    """Probability of each column of one kind."""
    n = len(height)
    where = lattice() if points is None else points
    kind = np.zeros(n, np.int64)
    return presence(where, kind, height, np.full(n, error), np.zeros(n)).p_column


def test_the_share_of_columns_is_learnt_and_right():
    rng = np.random.default_rng(0)
    present = rng.random(400) > 0.1
    height = present + rng.normal(0, 0.3, 400)
    p_column = judged(height, 0.3)
    assert p_column.mean() == pytest.approx(present.mean(), abs=0.03)
    assert ((p_column > 0.5) == present).mean() > 0.95


def test_probability_rises_with_the_amplitude():
    rng = np.random.default_rng(1)
    height = 1 + rng.normal(0, 0.05, 400)
    height[:200:5] = np.linspace(-0.5, 1.5, 40)
    order = np.argsort(height)
    p_column = judged(height, 0.1)[order]
    assert np.corrcoef(np.arange(400), p_column)[0, 1] > 0
    assert p_column[height[order] < 0].max() < 0.1
    assert p_column[height[order] > 0.7].min() > 0.9


def test_a_hole_is_empty_although_all_neighbours_in_it_are():
    points = lattice()
    inside = np.hypot(*(points - 95).T) < 45
    rng = np.random.default_rng(2)
    height = np.where(inside, 0.0, 1.0) + rng.normal(0, 0.05, 400)
    p_column = judged(height, 0.05, points)
    assert p_column[inside].max() < 0.1
    assert p_column[~inside].min() > 0.9


def test_columns_fade_with_the_thickness():
    points = lattice()
    rng = np.random.default_rng(3)
    usual = 0.2 + 0.8 * points[:, 1] / 190
    height = usual * (1 + rng.normal(0, 0.05, 400))
    height[::40] = 0.0
    p_column = judged(height, 0.02, points)
    assert p_column[::40].max() < 0.1
    assert np.delete(p_column, np.arange(0, 400, 40)).min() > 0.9


def test_a_kind_that_does_not_show_is_undecided():
    rng = np.random.default_rng(4)
    points = np.vstack([lattice(), lattice() + 5])
    kind = np.repeat([0, 1], 400)
    height = np.concatenate([np.ones(400), np.zeros(400)]) + rng.normal(0, 0.05, 800)
    found = presence(points, kind, height, np.full(800, 0.05), np.zeros(800)).p_column
    assert (found[:400] > 0.9).all()
    assert (found[400:] <= 0.5).mean() > 0.99


def test_lone_columns_are_judged_by_their_noise():
    found = judged(np.array([1.0, 1.1]), 0.1, lattice(2)[:2])
    assert (found > 0.9).all()
