"""Tests of oracle counts: N from known positions, and a front for each oracle."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import AtomsSettings, BadInput, Image, free_lattice, iter_atoms
from napari_reward_analysis.analyses.atoms.oracle_counts import oracle_count, oracle_fronts
from napari_reward_analysis.rewards.atoms import Physics

AREA = np.zeros((50, 60), bool)
AREA[1:-1, 1:30] = True


def test_points_are_counted_where_columns_are():
    points = np.array([[5, 5], [10.4, 29.4], [10, 30.6], [0.2, 4], [48.4, 1.0], [80, 5]])
    assert oracle_count(points, AREA, "network") == 3


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (np.empty((0, 2)), "network has no point in the analysed area"),
        (np.array([[5.0, 45.0]]), "network has no point in the analysed area"),
        (np.array([[500.0, 45.0], [5, 5], [900, 4]]), "Most points of network lie outside"),
    ],
)
def test_an_oracle_of_another_image_is_one_sentence(points, sentence):
    with pytest.raises(BadInput, match=sentence):
        oracle_count(points, AREA, "network")


def test_each_oracle_has_its_own_front_on_the_same_trials():
    y, x = np.mgrid[:100, :100]
    rng = np.random.default_rng(0)
    image = Image(np.cos(y / 3) * np.cos(x / 3) + 0.2 * rng.standard_normal(y.shape), 0.2)
    trials = list(iter_atoms(image, free_lattice(2.67, 2.67), settings=AtomsSettings(trials=25)))

    fronts = oracle_fronts(trials, Physics(56, 55), {"density": 56, "network": 30})

    assert set(fronts) == {"density", "network"}
    assert fronts["density"] != fronts["network"]
    for name, count in (("density", 56), ("network", 30)):
        for position, (qc, _) in fronts[name]:
            assert qc == pytest.approx(abs(trials[position].score.count - count) / count)
