"""Tests of what is drawn into an image: found where it is, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_reward_analysis import Image
from napari_reward_analysis.calibration.drawn import drawn_pixels, find_drawn, without_drawn
from napari_reward_analysis.notices import sentence

SHAPE = (300, 320)
#: Strokes of letters: top, left, height, width.
LETTERS = ((240, 215, 12, 2), (240, 222, 12, 2), (245, 217, 2, 5), (240, 229, 12, 2))


@pytest.fixture(scope="module")
def field(crystals):
    return crystals.image("SrTiO3[001]", SHAPE, 0.14, rotation=9, noise=0.1).data.astype(float)


def eight_bit(pixels, clipped):
    low, high = np.percentile(pixels, [clipped, 100 - clipped])
    return (255 * np.clip((pixels - low) / (high - low), 0, 1)).astype(np.uint8)


def with_bar(pixels, ink):
    """A scale bar with letters, and the mask of both."""
    drawn = np.zeros(SHAPE, bool)
    drawn[260:268, 200:290] = True
    for top, left, height, width in LETTERS:
        drawn[top : top + height, left : left + width] = True
    return np.where(drawn, np.asarray(ink, pixels.dtype), pixels), drawn


@pytest.mark.parametrize("end", ["max", "min"])
def test_bar_and_letters_are_found_with_their_rim(field, end):
    pixels, drawn = with_bar(field, getattr(field, end)())

    found = find_drawn(Image(pixels))

    grown = ndimage.binary_dilation(drawn, np.ones((3, 3)))
    assert found.marks[grown].all()
    assert not found.marks[~ndimage.binary_dilation(drawn, np.ones((3, 3)), iterations=6)].any()
    assert not found.lines.any()
    assert not found.blocks.any()


def test_a_bar_in_a_clipped_image_is_found(field):
    pixels, drawn = with_bar(eight_bit(field, 3), 255)

    mask = drawn_pixels(Image(pixels))

    assert mask[drawn].mean() > 0.95
    assert mask[~ndimage.binary_dilation(drawn, np.ones((3, 3)), iterations=6)].mean() < 0.01


@pytest.mark.parametrize("clipped", [0.1, 1, 10])
def test_clipped_columns_are_not_drawn(field, clipped):
    assert not drawn_pixels(Image(eight_bit(field, clipped))).any()


def test_single_saturated_pixels_and_columns_are_not_drawn(field):
    pixels = field.copy()
    pixels[10, 10] = pixels[50:52, 70] = pixels.max()
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    pixels[np.hypot(y - 100, x - 100) < 6] = pixels.max()

    assert not drawn_pixels(Image(pixels)).any()


@pytest.mark.parametrize("dose", [0.2, 2, 20])
def test_counts_of_zero_and_vacuum_are_not_drawn(crystals, dose):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    particle = 1 / (1 + np.exp((np.hypot(y - 150, x - 150) - 90) / 4))
    clean = crystals.image("SrTiO3[001]", SHAPE, 0.14, noise=0, background=0).data
    counts = np.random.default_rng(0).poisson(dose * clean * particle)

    assert not drawn_pixels(Image(counts.astype(np.uint16))).any()
    assert not drawn_pixels(Image(np.maximum(clean - 0.3, 0))).any()


@given(row=st.integers(0, SHAPE[0] - 1), column=st.integers(0, SHAPE[1] - 1), part=st.booleans())
@settings(max_examples=15)
def test_dead_lines_are_found(field, row, column, part):
    dead = np.zeros(SHAPE, bool)
    dead[:, column] = True
    dead[row, : SHAPE[1] // (2 if part else 1)] = True
    pixels = np.where(dead, 0.3, field)

    found = find_drawn(Image(pixels))

    np.testing.assert_array_equal(found.lines, dead)
    assert not found.marks.any()


def test_smooth_fringes_are_not_dead_lines():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for phase in (y, x, x + y):
        fringes = (127 + 120 * np.sin(phase / 9)).astype(np.uint8)
        assert not drawn_pixels(Image(fringes)).any()


def test_blocks_are_found(field):
    saturated, rotated = field.copy(), ndimage.rotate(field, 12, reshape=False, order=1)
    saturated[100:140, 50:90] = saturated.max() + 0.1

    found = find_drawn(Image(saturated))
    empty = find_drawn(Image(rotated))

    np.testing.assert_array_equal(found.blocks, saturated == saturated.max())
    assert empty.blocks[rotated == 0].mean() > 0.99
    assert not empty.blocks[rotated != 0].any()


def test_nothing_is_drawn_into_a_plain_image(field):
    image = Image(field, 0.14)

    same, notice = without_drawn(image)

    assert same is image
    assert notice is None


def test_drawn_pixels_become_invalid_and_are_told(field):
    pixels, drawn = with_bar(eight_bit(field, 0), 255)
    image = Image(pixels, 0.14, "name")

    cleared, notice = without_drawn(image)

    assert not cleared.valid[drawn].any()
    assert cleared.valid.mean() > 0.95
    np.testing.assert_array_equal(cleared.data[cleared.valid], pixels[cleared.valid])
    assert (cleared.pixel_size, cleared.name) == (0.14, "name")
    share = 100 * (~cleared.valid).mean()
    assert f"other marks cover {share:.1f} % of the field" in sentence(notice)
    # The masked pixels are level with the image around them.
    inside = cleared.normalised[~cleared.valid]
    assert np.quantile(cleared.normalised[cleared.valid], 0.2) < inside.min()
    assert inside.max() < np.quantile(cleared.normalised[cleared.valid], 0.8)


def test_an_image_of_two_values_stays_as_it_is():
    pixels = np.zeros((40, 60))
    pixels[10:14, 5:45] = 1

    same, notice = without_drawn(Image(pixels))

    assert notice is None
    assert same.valid.all()


def test_the_bar_of_a_known_image_is_masked(shared_data):
    image = Image(np.load(shared_data / "defects" / "scale_bar_sto_0.2.npy"))
    bar = image.data == image.data.max()
    bar[:340] = False

    mask = drawn_pixels(image)

    assert mask[bar].all()
    assert mask.mean() < 0.02
