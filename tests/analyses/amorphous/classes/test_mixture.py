"""Tests of the kinds of columns from their patches."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import BadInput, Image
from napari_reward_analysis.analyses.amorphous.classes.mixture import (
    filled,
    fit_mixture,
    mixture_kinds,
    names_by_lattice,
    principal_scores,
    two_orientations,
    unusual,
)
from napari_reward_analysis.analyses.amorphous.classes.patches import PatchSampler

pytestmark = pytest.mark.numeric


def pictures(n, which, seed=0):
    """Patches of a peak with a neighbour to one of four sides."""
    rng = np.random.default_rng(seed)
    v = np.arange(9) - 4
    offset = [(0, 3), (0, -3), (3, 0), (-3, 0)][which]
    one = np.exp(-(v[:, None] ** 2 + v**2) / 3)
    one += 0.5 * np.exp(-((v[:, None] - offset[0]) ** 2 + (v - offset[1]) ** 2) / 3)
    return (one + 0.02 * rng.standard_normal((n, 9, 9))).astype(np.float32)


def test_kinds_are_found_with_and_without_their_number():
    patches = np.concatenate([pictures(60, 0), pictures(80, 2), pictures(70, 3)])
    truth = np.repeat([0, 1, 2], [60, 80, 70])
    everything = np.ones(len(truth), bool)
    for kinds in (3, None):
        found = mixture_kinds(patches, everything, kinds=kinds)
        names = names_by_lattice(found, truth.astype(str), everything)
        assert [int(names[k]) for k in found] == truth.tolist()


def test_more_kinds_than_names_share_one():
    found = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    known = np.array(["Ba"] * 5 + ["Cu"] * 3)
    assert names_by_lattice(found, known, np.ones(8, bool)) == {0: "Ba", 1: "Ba", 2: "Cu"}


def test_orientations_are_half_a_turn_apart():
    patches = np.concatenate([pictures(50, 0), pictures(40, 1)])
    everything = np.ones(90, bool)
    halves = two_orientations(patches, everything, everything)
    assert halves.first.tolist() == [True] * 50 + [False] * 40
    assert halves.two_fold > 0.99 > halves.unturned


@pytest.mark.parametrize("seed", range(4))
def test_of_equal_halves_that_of_the_first_column_comes_first(seed):
    patches = np.concatenate([pictures(40, 0), pictures(40, 1)])
    everything = np.ones(80, bool)
    halves = two_orientations(patches, everything, everything, seed)
    assert halves.first.tolist() == [True] * 40 + [False] * 40


def test_one_orientation_is_said():
    patches = pictures(40, 0)
    patches[:2] += pictures(2, 1)
    everything = np.ones(40, bool)
    with pytest.raises(BadInput, match="have one orientation"):
        two_orientations(patches, everything, everything)
    with pytest.raises(BadInput, match="Only 8 atoms of the class are in crystal"):
        two_orientations(patches[:8], everything[:8], everything[:8])


def test_all_in_one_class_is_said(monkeypatch):
    class One:
        def predict(self, scores):
            return np.zeros(len(scores), int)

    monkeypatch.setattr(
        "napari_reward_analysis.analyses.amorphous.classes.mixture.fit_mixture",
        lambda *_, **__: One(),
    )
    with pytest.raises(BadInput, match="All atoms fall into one class instead of 3"):
        mixture_kinds(pictures(60, 0), np.ones(60, bool), kinds=3)


def test_too_few_atoms_for_a_mixture_are_refused():
    with pytest.raises(BadInput, match="A mixture of 4 Gaussians in 2 components needs 24 atoms"):
        fit_mixture(np.zeros((20, 2)), 4)


def test_disorder_is_unusual_though_faint():
    rng = np.random.default_rng(0)
    strange = 0.02 * rng.standard_normal((20, 9, 9)).astype(np.float32)
    patches = np.concatenate([pictures(100, 0), strange])
    far = unusual(patches)
    assert far[100:].min() > far[:100].max()


def test_cut_patches_are_completed_from_the_others():
    patches = pictures(80, 0)
    whole = patches[0].copy()
    patches[0, :3] = np.nan
    assert np.abs(filled(patches)[0] - whole.ravel()).max() < 0.15


def test_principal_scores_are_those_of_the_singular_values():
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((50, 8)) * np.arange(1, 9)
    mine = principal_scores(rows, np.ones(50, bool), 3, unit=False)
    u, s, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(mine), np.abs(u[:, :3] * s[:3]), atol=1e-6)


def test_patches_lie_between_pixels_and_end_with_the_image():
    y, x = np.mgrid[:40, :50]
    sampler = PatchSampler(Image((2.0 * y + x), 0.2), 6.0)
    patch = sampler.cut(np.array([[10.5, 20.25]]), 0.5)[0]
    assert patch.shape == (7, 7)
    span = 2 * 39 + 49
    assert patch[3, 3] == pytest.approx((2 * 10.5 + 20.25) / span, abs=1e-5)
    edge = sampler.cut(np.array([[0.0, 0.0]]), 0.5)[0]
    assert np.isnan(edge[:3]).all()
    assert np.isfinite(edge[3:, 3:]).all()
