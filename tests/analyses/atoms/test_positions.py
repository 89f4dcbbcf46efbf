"""Tests of sub-pixel positions: they keep the order and the score of a trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    Image,
    Physics,
    atoms_table,
    lattice_preset,
    pick,
    refine_trial,
)
from napari_reward_analysis.analyses.atoms.trial import failed_trial
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.search.loop import Search

LATTICE = lattice_preset("SrTiO3[001]")


@pytest.fixture(scope="module")
def made():
    return simulate(LATTICE, (256, 256), 0.15, dose=200, seed=4, rotation=5)


@pytest.fixture(scope="module")
def problem(made):
    return AtomsProblem(made.image, LATTICE, AtomsSettings(trials=10, sampler="sobol"))


@pytest.fixture(scope="module")
def best(problem):
    trials = list(Search(problem))
    return trials[pick(trials)]


def error(points, made):
    """Rms distance to the true columns, in parts of the nearest spacing."""
    true = np.column_stack([made.truth["y"], made.truth["x"]])
    distance, _ = cKDTree(true).query(points)
    distance = distance[(points > 15).all(axis=1) & (points < 240).all(axis=1)]
    return np.sqrt((distance**2).mean()) * 0.15 / LATTICE.spacing


def test_refined_columns_lie_within_a_fiftieth_of_the_spacing(problem, best, made):
    refined = refine_trial(problem, best)

    assert refined.points.shape == (len(best.blobs), 2)
    assert refined.uncertainty.shape == (len(best.blobs),)
    assert error(refined.points, made) < 0.02 < error(best.points, made)
    assert refined.blobs is best.blobs
    assert refined.score == best.score


def test_image_and_problem_give_the_same(problem, best, made):
    one, other = refine_trial(problem, best), refine_trial(made.image, best)
    np.testing.assert_array_equal(one.points, other.points)


def test_columns_found_in_a_filtered_image_are_refined_in_the_image_itself(best, made):
    """A filter moves columns: here by less than a pixel, and blobs by up to two."""
    rng = np.random.default_rng(0)
    blobs = best.blobs.copy()
    blobs[:, :2] += rng.uniform(-1.4, 1.4, blobs[:, :2].shape)
    smooth = Image(gaussian_filter(made.image.normalised, 2.0, mode="constant"), 0.15)
    moved = replace(best, blobs=blobs)

    assert error(refine_trial(made.image, moved).points, made) < 0.02
    assert not np.array_equal(
        refine_trial(smooth, moved).points, refine_trial(made.image, moved).points
    )


def test_a_new_count_or_ds_keeps_the_positions(problem, best):
    refined = refine_trial(problem, best)
    again = refined.rescored(Physics(expected=72, ds_px=81))
    assert again.refined is refined.refined
    assert again.score != refined.score


def test_a_trial_is_refined_once(problem, best):
    refined = refine_trial(problem, best)
    assert refine_trial(problem, refined) is refined
    failed = failed_trial(0, {}, "out of luck")
    assert refine_trial(problem, failed) is failed


def test_the_table_shows_refined_positions_and_the_sums_of_the_blobs(problem, best):
    refined = refine_trial(problem, best)
    before, after = (atoms_table(t, problem.physics, 0.15) for t in (best, refined))

    assert list(after)[9:13] == ["class", "uncertainty_px", "uncertainty_A", "is_counted"]
    assert np.isnan(before["uncertainty_px"]).all()
    here = refined.inside
    np.testing.assert_array_equal(after["x_px"], refined.points[here, 1].astype(float))
    np.testing.assert_allclose(after["y_A"], 0.15 * after["y_px"])
    np.testing.assert_allclose(after["uncertainty_A"], 0.15 * after["uncertainty_px"])
    for name in ("id", "sigma_px", "response", "neighbour_sum_A", "is_error"):
        np.testing.assert_array_equal(before[name], after[name])
