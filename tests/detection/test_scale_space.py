"""Tests of the LoG images: they equal those of scipy for every sigma and shape."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage as ndi
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.detection import ScaleSpace, find_blobs, log_filter


@given(
    shape=st.tuples(st.integers(5, 40), st.integers(5, 40)),
    sigma=st.floats(0.3, 12),
    seed=st.integers(0, 2**32 - 1),
)
def test_response_is_the_scale_normalised_laplacian_of_gaussian(shape, sigma, seed):
    image = np.random.default_rng(seed).random(shape, dtype=np.float32)

    found = ScaleSpace(image).response(sigma)

    expected = -(sigma**2) * ndi.gaussian_laplace(image.astype(float), sigma)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(300, 517), (130, 700), (40, 40)])
def test_the_result_does_not_depend_on_the_tiles(shape, speckle, monkeypatch):
    image = speckle(shape, 7, 1.5)
    found = []
    for tile, cores in ((10_000, 1), (10_000, 4), (250, 2), (1, 3)):
        monkeypatch.setattr(log_filter, "TILE", tile)
        monkeypatch.setattr(log_filter, "WORKERS", cores)
        responses = [ScaleSpace(image).response(sigma) for sigma in (1.0, 7.0, 12.0)]
        found.append((find_blobs(image, 1, 12, 6, 0.02, 0.3), responses))

    (blobs, responses), *others = found
    assert len(blobs) > 5
    for other_blobs, other_responses in others:
        np.testing.assert_array_equal(other_blobs[:, :3], blobs[:, :3])
        np.testing.assert_allclose(other_blobs[:, 3], blobs[:, 3], rtol=1e-6)
        np.testing.assert_allclose(other_responses, responses, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("sigma", [1.0, 4.0, 9.0, 20.0])
def test_response_of_a_large_image_with_atoms(shared_data, sigma):
    image = np.load(shared_data / "sim" / "ybco_1024.npy")[:, :700]

    found = ScaleSpace(image).response(sigma)

    expected = -(sigma**2) * ndi.gaussian_laplace(image.astype(float), sigma)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_image_is_filtered_once_per_sigma():
    space = ScaleSpace(np.random.default_rng(0).random((32, 32), dtype=np.float32))

    for _ in range(3):
        for sigma in (1.0, 1.5, 2.0):
            space.maxima(sigma)
            space.response(sigma)

    assert space.filtered == 3


def test_cached_images_stay_within_the_given_memory():
    image = np.random.default_rng(0).random((64, 64), dtype=np.float32)
    space = ScaleSpace(image, memory=5 * image.nbytes)

    sigmas = np.linspace(1, 4, 20).tolist()
    for sigma in sigmas:
        space.response(sigma)

    for sigma in sigmas[-5:]:
        space.response(sigma)
    assert space.filtered == 20
    space.response(sigmas[-6])
    assert space.filtered == 21


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.5])
def test_noise_is_told_from_wide_atoms(noise):
    y, x = np.mgrid[:256, :256]
    atoms = 0.5 + 0.5 * np.cos(x / 3) * np.cos(y / 3)
    rng = np.random.default_rng(1)
    image = (atoms + noise * rng.standard_normal(atoms.shape)).astype(np.float32)

    assert ScaleSpace(image).noise == pytest.approx(noise, rel=0.1)


def test_noise_of_a_response_is_what_the_filter_leaves():
    rng = np.random.default_rng(2)
    image = rng.standard_normal((256, 256)).astype(np.float32)
    space = ScaleSpace(image)

    assert space.response_noise(2.0) == pytest.approx(space.response(2.0).std(), rel=0.1)
