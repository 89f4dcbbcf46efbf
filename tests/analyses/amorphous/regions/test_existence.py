"""Tests of the comparison with the crystal's statistics, and of masks from levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import ContrastLoss
from napari_reward_analysis.analyses.amorphous.classes.neighbour_means import NeighbourMean
from napari_reward_analysis.analyses.amorphous.classes.scatter_mean import ScatterMean
from napari_reward_analysis.analyses.amorphous.regions import existence
from napari_reward_analysis.analyses.amorphous.regions.existence import ask_existence
from napari_reward_analysis.analyses.amorphous.regions.levels import (
    likelihood_level,
    posterior_level,
)
from napari_reward_analysis.analyses.amorphous.regions.masks import (
    mask_of,
    number_regions,
    without_regions,
)
from napari_reward_analysis.analyses.amorphous.verdict import Verdict

pytestmark = pytest.mark.numeric


def crystal(seed, loss=0.0, size=30, scatter=0.1):
    """Columns of one kind on a square, those in a disk with a loss."""
    rng = np.random.default_rng(seed)
    yx = np.argwhere(np.ones((size, size))) * 10.0
    damaged = np.hypot(*(yx - 150).T) < 30
    level = scatter * rng.standard_normal(len(yx)) + loss * damaged
    labels = np.full(len(yx), "A")
    kept = ContrastLoss(level, np.ones(len(yx)), ~damaged, {"A": scatter}, {})
    return yx, labels, kept, damaged


def test_chance_alone_is_seldom_called_amorphous():
    p_values = []
    for seed in range(40):
        yx, labels, kept, _ = crystal(seed, scatter=0.3)
        p_values.append(ask_existence(yx, labels, kept, 8.0, seed).p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.2
    assert np.mean(p_values) > 0.3


def test_a_small_region_is_found_and_said():
    yx, labels, kept, damaged = crystal(0, loss=0.6)
    found = ask_existence(yx, labels, kept, 8.0)
    assert found.exists
    assert found.p_value == pytest.approx(1 / 500)
    assert found.significant[damaged].mean() > 0.6
    assert not found.significant[~damaged].all()
    assert Verdict.of(found).sentence.startswith("An amorphous region exists (p <= 0.002). Columns")


def test_a_sure_but_slight_loss_is_not_amorphous():
    yx, labels, kept, _ = crystal(0, loss=0.1, scatter=0.01)
    found = ask_existence(yx, labels, kept, 8.0)
    assert found.p_value < 0.01
    assert not found.exists
    assert "counts as amorphous from 15 %." in Verdict.of(found).sentence


def alike(seed, size=30):
    """Crystal in which neighbours lose contrast together, as with a slow drift."""
    yx, labels, kept, _ = crystal(seed, size=size, scatter=0.3)
    level = NeighbourMean(yx, 10.0)(kept.loss)
    return yx, labels, replace(kept, loss=level, reference=np.ones(len(yx), bool))


def test_neighbours_that_are_alike_are_not_taken_for_a_region():
    p_values = []
    for seed in range(10):
        yx, labels, kept = alike(seed)
        found = ask_existence(yx, labels, kept, 12.0, seed)
        p_values.append(found.p_value)
        order = np.random.default_rng(seed).permutation(len(yx))
        apart = ask_existence(yx, labels, replace(kept, loss=kept.loss[order]), 12.0, seed)
        assert found.bound > 1.2 * apart.bound
    assert np.median(p_values) > 0.05


def test_one_draw_more_hardly_moves_the_bound(monkeypatch):
    for seed in range(3):
        yx, labels, kept = alike(seed, size=12)
        bounds = []
        # the draws are made in batches of fifty: the last one holds a single draw
        for draws in (450, 451):
            monkeypatch.setattr(existence, "DRAWS", draws)
            bounds.append(ask_existence(yx, labels, kept, 12.0).bound)
        assert bounds[0] > existence.MIN_LOSS
        assert bounds[1] == pytest.approx(bounds[0], rel=0.02)


def test_rounding_is_no_evidence():
    yx, labels, kept, _ = crystal(0)
    alike_all = replace(kept, loss=np.full(len(yx), 0.1))
    assert ask_existence(yx, labels, alike_all, 8.0).p_value == 1


def test_specks_and_holes_smaller_than_the_window_are_not_seen():
    level = np.zeros((200, 200))
    level[20:120, 20:120] = 1
    level[60:64, 60:64] = 0  # a hole
    level[160:164, 160:164] = 1  # a speck
    mask = mask_of(level, 0.5, sigma=6.0)
    assert mask[20:120, 20:120].all()
    assert mask.sum() == 100 * 100


def test_regions_are_numbered_by_size_and_can_be_chosen():
    mask = np.zeros((60, 60), bool)
    mask[:5, :5] = mask[20:40, 20:40] = mask[50:58, 50:58] = True
    regions = number_regions(mask)
    assert (regions[0, 0], regions[30, 30], regions[55, 55]) == (3, 1, 2)
    assert regions.dtype == np.uint8
    np.testing.assert_array_equal(without_regions(mask, np.array([[30.0, 30.0]])), regions == 1)


def test_more_regions_than_a_byte_can_number_lose_the_smallest():
    mask = np.zeros((120, 120), bool)
    mask[::4, ::4] = True
    mask[0:2, 0:2] = True
    regions = number_regions(mask)
    assert regions.max() == 255
    assert regions[0, 0] == 1


def test_a_map_of_means_keeps_what_is_constant_and_fades_where_told():
    rng = np.random.default_rng(0)
    yx = rng.uniform(0, 99, (400, 2))
    mean = ScatterMean(yx, (100, 100), 6.0)
    flat = mean.grid.to_pixels(mean(np.full(400, 0.7)), (100, 100))
    np.testing.assert_allclose(flat, 0.7, atol=1e-5)
    slope = mean.at(mean(yx[:, 0]), yx)
    middle = (np.abs(yx - 50) < 25).all(axis=1)
    assert np.abs(slope - yx[:, 0])[middle].max() < 5
    lonely = ScatterMean(yx[:1], (100, 100), 6.0)
    assert lonely.at(lonely(np.ones(1), prior=1.0), yx[:1])[0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("components", [1, 4])
def test_likelihood_is_scale_free(components):
    rng = np.random.default_rng(1)
    spread = np.array([0.05, 0.1, 0.02, 0.2])[:components]
    features = rng.standard_normal((400, components)) * spread
    features[300:, 0] += np.linspace(0, 1, 100)
    reference = np.arange(400) < 300
    level = likelihood_level(features, reference, 1, "full")
    assert level[399] == pytest.approx(1, abs=0.15)
    assert level[350] == pytest.approx(0.5, abs=0.15)
    assert np.median(level[:300]) < 0.1


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_the_posterior_is_that_of_the_scattered_part_whatever_its_sign(covariance):
    rng = np.random.default_rng(4)
    rows = 0.05 * rng.standard_normal((200, 12))
    rows[150:] += 3 + rng.standard_normal((50, 12))
    for sign in (1, -1):
        level = posterior_level(sign * rows, 2, 2, covariance)
        assert level[150:].mean() > 0.7
        assert level[:150].mean() < 0.1
