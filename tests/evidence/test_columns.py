"""Profiles of columns, and the columns outside the image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis.evidence.bumps import Bumps, render
from napari_reward_analysis.evidence.outside import columns_outside
from napari_reward_analysis.evidence.profile import fit_profile

pytestmark = pytest.mark.numeric

SHAPE = (180, 200)


def rows_of_two_kinds(shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A lattice whose rows are of two kinds in turn, with a rim outside the image."""
    grid = np.argwhere(np.ones((18, 20)))
    points = (grid - 2) * 13.0 + shift
    return points, (grid[:, 0] % 2).astype(np.int64)


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_the_profile_of_each_kind_is_found(noise):
    points, kind = rows_of_two_kinds(3.0)
    true = np.array([[0.8, 0.2], [0.3, 0.7]])
    widths = np.array([2.0, 3.5])
    height = np.where(kind == 0, 1.0, 0.5)
    pixels = render(Bumps(points, widths, true[kind]), height, SHAPE)
    pixels += np.random.default_rng(0).normal(0.3, noise, SHAPE).astype(np.float32)
    found = fit_profile(pixels, np.ones(SHAPE, bool), points, kind, height, 13.0)
    distance = np.linspace(0, 8, 30)

    def shape(weights: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
        return (weights * np.exp(-0.5 * (distance[:, None] / sigmas) ** 2)).sum(axis=1)

    for number in (0, 1):
        wanted = shape(true[number], widths)
        np.testing.assert_allclose(shape(found.weights[number], found.widths), wanted, atol=0.06)


def test_columns_outside_continue_the_lattice():
    points, kind = rows_of_two_kinds(3.0)
    inside = np.all((points > -0.5) & (points < np.array(SHAPE) - 0.5), axis=1)
    rng = np.random.default_rng(1)
    sites = points[inside] + rng.normal(0, 0.3, (inside.sum(), 2))
    found = columns_outside(sites, kind[inside], SHAPE, 13.0, 13.0)
    beyond = np.maximum(-points, points - np.subtract(SHAPE, 1)).max(axis=1)
    distance = np.sqrt(((points[:, None] - found.points) ** 2).sum(axis=2))
    near = (beyond > 1.5) & (beyond < 8.0)
    assert (distance[near].min(axis=1) < 2.0).all()
    assert (distance[beyond > 0].min(axis=0) < 2.0).all()
    np.testing.assert_array_equal(found.kind[distance[near].argmin(axis=1)], kind[near])


@pytest.mark.parametrize("count", [0, 1])
def test_lone_columns_tell_nothing_of_the_outside(count):
    points = np.full((count, 2), 5.0)
    assert len(columns_outside(points, np.zeros(count, np.int64), SHAPE, 13.0, 13.0).points) == 0
