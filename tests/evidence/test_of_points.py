"""Evidence for found columns: those at sites, extra ones, and those without a lattice."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as ndi

from napari_reward_analysis import Image
from napari_reward_analysis.evidence import evidence_of_points_alone, measure_evidence
from napari_reward_analysis.io.simulate import render

pytestmark = pytest.mark.numeric


def maxima(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Local maxima of the smoothed pixels."""
    smooth = ndi.gaussian_filter(pixels, sigma)
    return np.argwhere(smooth == ndi.maximum_filter(smooth, 5)).astype(float)


def test_points_take_the_evidence_of_their_sites(make_crystal):
    made = make_crystal(noise=0.1)
    found = measure_evidence(made.image, made.sites)
    order = np.random.default_rng(0).permutation(len(made.sites.yx))
    points = found.of_points(found.yx[order] + 0.3)
    np.testing.assert_array_equal(points.site, order)
    np.testing.assert_array_equal(points.p_column, found.p_column[order])
    np.testing.assert_array_equal(points.amplitude_error, found.amplitude_error[order])


def test_a_site_takes_the_nearest_point_alone(make_crystal):
    made = make_crystal(noise=0.1)
    found = measure_evidence(made.image, made.sites)
    inner = np.flatnonzero(made.present & (np.abs(found.yx - 128) < 80).all(axis=1))[:20]
    pairs = np.concatenate([found.yx[inner] + np.array([0, 1.5]), found.yx[inner]])
    points = found.of_points(pairs)
    assert (points.site[:20] == -1).all()
    assert (points.site[20:] == inner).all()
    assert (points.p_column[:20] < 0.5).all()


def test_a_clear_interstitial_is_supported_and_noise_is_not(make_crystal):
    made = make_crystal(missing=0.0, noise=0.2, shape=(256, 256))
    yx = made.sites.yx
    inner = (np.abs(yx - 128) < 90).all(axis=1)
    first = yx[inner][::9]
    # Places between the columns.
    extra = first + np.array([made.sites.spacing_px * 0.65, 0.0])
    far = (
        np.sqrt(((extra[:, None] - yx) ** 2).sum(axis=2)).min(axis=1) > 0.6 * made.sites.spacing_px
    )
    extra = extra[far][:6]
    assert len(extra) >= 2
    added = render(extra, np.full(len(extra), 0.6), (256, 256), 2.5)
    pixels = made.image.data + added.astype(np.float32)
    found = measure_evidence(Image(pixels), made.sites)
    points = found.of_points(extra)
    assert (points.site == -1).all()
    assert (points.p_column > 0.9).mean() >= 0.8
    noise = maxima(pixels, 1.5)
    inside = (np.abs(noise - 128) < 110).all(axis=1)
    noise = noise[inside & (np.hypot(*(noise[:, None] - extra).T).min(axis=0) > 6)]
    judged = found.of_points(noise)
    assert (judged.site == -1).sum() >= 10
    assert judged.p_column[judged.site == -1].max() < 0.9


@pytest.mark.parametrize("smooth", [0.0, 3.0])
def test_maxima_of_noise_alone_are_not_supported(smooth):
    pixels = np.random.default_rng(3).normal(size=(200, 200))
    if smooth:
        pixels = ndi.gaussian_filter(pixels, smooth)
    found = evidence_of_points_alone(Image(pixels), maxima(pixels, 3.0), 3.0)
    assert (found.p_column < 0.9).all()
    assert found.p_column.mean() < 0.02


def test_single_atoms_on_a_support_are_supported():
    rng = np.random.default_rng(4)
    atoms = rng.uniform(20, 180, (15, 2))
    pixels = render(atoms, np.full(15, 1.0), (200, 200), 3.0)
    pixels += ndi.gaussian_filter(rng.normal(size=(200, 200)), 3.0)
    pixels += rng.normal(0.0, 0.2, (200, 200))
    points = maxima(pixels, 3.0)
    found = evidence_of_points_alone(Image(pixels), points, 3.0)
    near = np.hypot(*(points[:, None] - atoms).T).min(axis=0) < 3
    assert (found.p_column[near] > 0.9).mean() > 0.8
    assert (found.p_column[~near] > 0.9).sum() <= 1
    assert (found.site == -1).all()


def test_no_points_have_no_evidence(make_crystal):
    made = make_crystal(noise=0.1)
    nothing = np.empty((0, 2))
    assert len(evidence_of_points_alone(made.image, nothing, 2.0).p_column) == 0
    assert len(measure_evidence(made.image, made.sites).of_points(nothing).p_column) == 0
