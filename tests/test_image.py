"""Tests of the check of an image: a bad image is refused in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_reward_analysis import BadInput, Image
from napari_reward_analysis.image import filled


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((8, 8, 3)), "RGB"),
        (np.zeros((8, 8, 4), np.uint8), "RGB"),
        (np.ones((8, 8)) * 1j, "complex"),
        (np.full((8, 8), 7), "same value"),
        (np.full((8, 8), np.nan), "NaN or infinite"),
        (np.empty((0, 8)), "empty"),
        (np.arange(8.0), "one-dimensional"),
        (np.arange(80.0).reshape(5, 4, 4)[:, :, [0]], "dimensions"),
        (np.array([["a", "b"]]), "not numbers"),
        ([[1, 2], [3, 4]], "numpy array"),
    ],
)
def test_what_is_not_an_image_is_refused_in_one_sentence(pixels, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        Image(pixels)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [0, -0.1, float("nan"), float("inf")])
def test_impossible_pixel_sizes_are_refused(size):
    with pytest.raises(BadInput, match="pixel size"):
        Image(np.eye(4), size)


def test_a_missing_pixel_size_is_an_error_only_where_it_is_needed():
    image = Image(np.eye(4), name="scan")
    with pytest.raises(BadInput, match=r"'scan' is not known: give it in angstrom, or calibrate"):
        image.require_pixel_size()
    assert Image(np.eye(4), 0.2).require_pixel_size() == 0.2


@given(
    arrays(
        st.sampled_from([np.float64, np.float32, np.int16, np.uint8]),
        st.tuples(st.integers(2, 12), st.integers(2, 12)),
    ).filter(lambda a: len(np.unique(a[np.isfinite(a)])) > 1)
)
def test_normalised_is_finite_and_fills_the_unit_interval(pixels):
    scaled = Image(pixels).normalised

    assert scaled.dtype == np.float32
    assert np.isfinite(scaled).all()
    assert scaled.min() == 0
    assert scaled.max() == 1


def test_invalid_pixels_do_not_spread():
    pixels = np.random.default_rng(0).random((32, 32))
    broken = pixels.copy()
    broken[5, 5], broken[6, 6] = np.nan, np.inf

    image = Image(broken)

    assert (~image.valid).sum() == 2
    untouched = image.valid & (pixels != pixels.min()) & (pixels != pixels.max())
    np.testing.assert_allclose(
        image.normalised[untouched], Image(pixels).normalised[untouched], atol=1e-2
    )


def test_fingerprints_tell_images_apart():
    pixels = np.arange(12.0).reshape(3, 4)
    changed = pixels.copy()
    changed[2, 3] += 1e-9

    assert Image(pixels).fingerprint == Image(pixels.copy(), 0.2, "other name").fingerprint
    assert Image(pixels).fingerprint == Image(np.asfortranarray(pixels)).fingerprint
    for other in (changed, pixels.reshape(4, 3), pixels.astype(np.float32)):
        assert Image(pixels).fingerprint != Image(other).fingerprint


def test_repr_is_a_line_without_the_pixels():
    image = Image(np.eye(30, 40, dtype=np.float32), 0.18, "scan")
    assert repr(image) == "<Image 'scan': 30 x 40 px, float32, pixel size 0.18 angstrom>"
    assert repr(Image(np.eye(3))) == "<Image 'image': 3 x 3 px, float64, pixel size not known>"


@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_invalid_pixels_take_the_level_around_them(shape, share, seed):
    rng = np.random.default_rng(seed)
    valid = rng.random(shape) >= share
    valid[rng.integers(shape[0]), rng.integers(shape[1])] = True
    pixels = np.where(valid, rng.random(shape), np.nan)

    result = filled(pixels, valid)

    np.testing.assert_array_equal(result[valid], pixels[valid])
    assert pixels[valid].min() - 1e-12 <= result.min()
    assert result.max() <= pixels[valid].max() + 1e-12


def test_a_slope_goes_on_through_invalid_pixels():
    slope = np.linspace(0, 1, 400)[:, None] * np.ones(300)
    broken = slope.copy()
    broken[200:260, 100:180] = np.nan

    image = Image(broken)

    np.testing.assert_allclose(image.normalised, slope, atol=0.15)
