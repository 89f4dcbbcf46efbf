"""Tests of the crystalline region against the simulated one."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis import BadInput, Image, lattice_preset
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.region import (
    MAX_WINDOW,
    MIN_WINDOW,
    crystal_region,
    lattice_order,
    noise_window,
)


def region(image, name, **options):
    return crystal_region(image, measure_lattice(image, lattice_preset(name)), **options)


def speckle(shape, sigma, seed=0):
    """Amorphous material: noise as blurred as the columns are, mean 0, deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1]))
    noise = np.random.default_rng(seed).normal(size=shape)
    grains = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-2 * (np.pi * sigma * frequency) ** 2)).real
    return grains / grains.std()


@settings(max_examples=15)
@given(
    name=st.sampled_from(["YBCO[100]", "SrTiO3[001]", "Si[110]", "graphene[001]"]),
    rotation=st.floats(-90, 90),
    noise=st.sampled_from([0.0, 0.1, 0.6]),
    seed=st.integers(0, 100),
)
def test_a_crystal_that_fills_the_field_comes_out_full(crystals, name, rotation, noise, seed):
    """The bands along the border included."""
    lattice = lattice_preset(name)
    size = lattice.spacing / 9
    side = max(260, int(7 * lattice.b / size))
    image = crystals.image(
        name,
        (side, side + 40),
        size,
        rotation=rotation,
        noise=noise,
        seed=seed,
        sigma=0.2 * lattice.spacing,
    )

    mask = region(image, name)

    assert mask.dtype == bool
    assert mask.mean() > 0.995


@settings(max_examples=15)
@given(
    name=st.sampled_from(["YBCO[100]", "SrTiO3[001]", "MoS2[001]"]),
    rotation=st.floats(-90, 90),
    direction=st.floats(0, 2 * np.pi),
    # less than three cells of the largest crystal are not surely seen in that noise
    part=st.floats(0.5, 0.8),
    beyond=st.sampled_from(["vacuum", "support", "amorphous"]),
    noise=st.sampled_from([0.05, 0.3]),
)
def test_only_the_crystal_counts(crystals, name, rotation, direction, part, beyond, noise):
    lattice = lattice_preset(name)
    pixels = crystals.image(name, (400, 380), 0.16, rotation=rotation, noise=0.0).data
    y, x = np.indices(pixels.shape)
    along = np.cos(direction) * x + np.sin(direction) * y
    crystal = along < np.quantile(along, part)
    grains = speckle(pixels.shape, 3.0) * pixels.std()
    other = {
        "vacuum": np.full(pixels.shape, 0.05),
        "support": 0.15 + 0.3 * grains,
        "amorphous": pixels.mean() + 0.7 * grains,
    }[beyond]
    rng = np.random.default_rng(1)
    image = Image(np.where(crystal, pixels, other) + rng.normal(0, noise, pixels.shape))

    measured = measure_lattice(image, lattice)
    mask = crystal_region(image, measured)

    # the edge lies within half a cell: speckle keeps a little order, and a straight edge may
    # fall between two rows of columns
    away = np.abs(along - np.quantile(along, part))
    edge = (away < 5).sum() / 10
    assert abs(mask.sum() - crystal.sum()) / edge < 0.5 * measured.lengths_px[1]
    # wrong pixels lie along the edge, within two windows or so; noise widens the window
    strongest = measured.reflection_amplitudes[:12], measured.reflection_noise[:12]
    window = noise_window(*strongest, measured.cell_area_px) * measured.lengths_px[1]
    assert np.quantile(away[mask != crystal], 0.9, method="nearest") < 2.5 * window
    assert (mask != crystal).mean() < 0.08


def test_a_pocket_is_left_out_and_a_partial_one_too(crystals):
    pixels = crystals.image("SrTiO3[001]", (360, 360), 0.2, rotation=14).data.astype(float)
    y, x = np.indices(pixels.shape)
    inside = np.hypot(y - 180, x - 170) < 80
    mean = pixels[~inside].mean()
    grains = speckle(pixels.shape, 2.5) * pixels.std()

    for kept in (0.0, 0.3):
        melted = mean + kept * (pixels - mean) + (1 - kept) * 0.6 * grains
        mask = region(Image(np.where(inside, melted, pixels)), "SrTiO3[001]")
        assert (~mask & inside).sum() / (~mask | inside).sum() > 0.80
    half = mean + 0.75 * (pixels - mean) + 0.1 * grains
    assert region(Image(np.where(inside, half, pixels)), "SrTiO3[001]").all()


@pytest.mark.parametrize("turn", [8, 20, 45])
def test_a_second_grain_is_not_crystal(crystals, turn):
    first = crystals.image("SrTiO3[001]", (320, 400), 0.2, rotation=3, noise=0.1).data
    second = crystals.image("SrTiO3[001]", (320, 400), 0.2, rotation=3 + turn, noise=0.1).data
    x = np.indices(first.shape)[1]

    mask = region(Image(np.where(x < 250, first, second)), "SrTiO3[001]")

    assert mask[:, :240].mean() > 0.98
    assert mask[:, 262:].mean() < 0.02


def test_contrast_may_change_over_the_field(crystals):
    """Thickness, focus, a slope under it all: a factor of four from side to side."""
    pixels = crystals.image("YBCO[100]", (340, 400), 0.2, rotation=-8, noise=0.0).data
    y, x = np.indices(pixels.shape)
    rng = np.random.default_rng(0)

    faded = pixels * np.exp(-1.4 * x / 400) + 0.5 * y / 340 + rng.normal(0, 0.01, pixels.shape)
    layers = np.where(x < 180, pixels, 0.55 * pixels) + rng.normal(0, 0.01, pixels.shape)

    assert region(Image(faded), "YBCO[100]").mean() > 0.99
    assert region(Image(layers), "YBCO[100]").mean() > 0.98


@pytest.mark.parametrize("axis", [0, 1])
def test_a_background_far_above_the_crystal_hides_none_of_it(crystals, axis):
    """Steepest at a border; contrast falls across it, and there is noise."""
    pixels = crystals.image("YBCO[100]", (256, 256), 0.18, rotation=3, noise=0.3).data
    across = np.linspace(0, 1, 256)
    rise = 2 * np.ptp(pixels) * across[::-1] ** 2
    slope = 0.4 + 0.6 * across
    steep = pixels * (slope if axis == 0 else slope[:, None])
    steep = steep + (rise[:, None] if axis == 0 else rise)

    assert region(Image(steep), "YBCO[100]").all()


@pytest.mark.parametrize("noise", [0.02, 0.15])
def test_the_faint_side_is_crystal_and_the_pocket_in_it_is_none(crystals, noise):
    """Contrast falls to a sixth, in a field of few cells."""
    pixels = crystals.image("YBCO[100]", (320, 360), 0.2, rotation=25, noise=0.0).data
    y, x = np.indices(pixels.shape)
    pockets = [np.hypot(y - cy, x - cx) < 55 for cy, cx in ((110, 100), (200, 265))]
    speckled = pixels.mean() + 0.7 * speckle(pixels.shape, 2.5) * pixels.std()
    faded = np.where(pockets[0] | pockets[1], speckled, pixels) * np.exp(-1.8 * x / 360)
    noisy = faded + np.random.default_rng(2).normal(0, noise, pixels.shape)

    mask = region(Image(noisy), "YBCO[100]")

    assert mask[~(pockets[0] | pockets[1])].mean() > 0.95
    for pocket in pockets:
        # the windows are two fifths of its radius
        assert mask[pocket].mean() < 0.25


def test_noise_widens_the_window_where_the_crystal_is_faint(crystals):
    """Vacuum beyond the faint side stays out, the faint side does not come to pieces."""
    pixels = crystals.image("SrTiO3[001]", (300, 360), 0.2, rotation=10, noise=0.0).data
    y, x = np.indices(pixels.shape)
    vacuum = y > 200
    faded = np.where(vacuum, 0.0, pixels - pixels.mean()) * np.exp(-1.8 * x / 360)
    noisy = faded + np.random.default_rng(2).normal(0, 0.25, pixels.shape)

    mask = region(Image(noisy), "SrTiO3[001]")

    assert mask[:185].mean() > 0.97
    assert mask[220:].mean() < 0.05


def test_adding_and_scaling_intensity_changes_nothing(crystals):
    image = crystals.image("SrTiO3[001]", (256, 300), 0.2, rotation=5)
    pixels = np.where(np.indices(image.shape)[1] < 100, 0.0, image.data)
    one, other = Image(pixels), Image(250.0 - 30 * pixels)

    assert np.mean(region(one, "SrTiO3[001]") != region(other, "SrTiO3[001]")) < 0.002


def test_invalid_pixels_are_not_crystal_and_do_not_eat_into_it(crystals):
    pixels = crystals.image("SrTiO3[001]", (256, 300), 0.2).data.copy()
    pixels[:, :70] = np.nan
    image = Image(pixels)

    mask = region(image, "SrTiO3[001]")

    assert not mask[:, :70].any()
    assert mask[:, 80:].all()


def test_specks_and_holes_smaller_than_four_cells_are_none(crystals):
    pixels = crystals.image("SrTiO3[001]", (300, 300), 0.2, rotation=20).data.copy()
    cell = (3.905 / 0.2) ** 2
    empty = np.zeros(pixels.shape, dtype=bool)
    empty[100:120, 100:120] = True  # about one cell
    empty[:, 200:] = True
    island = np.zeros_like(empty)
    island[150:175, 250:275] = True  # less than two
    pixels[empty & ~island] = 0.0

    mask = region(Image(pixels), "SrTiO3[001]")

    assert mask[100:120, 100:120].all()
    assert not mask[:, 215:].any()
    assert 0.95 < mask.sum() / (300 * 200) < 1.05
    assert cell > 300


def test_a_hole_that_the_border_cuts_counts_as_what_it_is_beyond(crystals):
    """A part of an image has the pockets that the whole image has."""
    pixels = crystals.image("SrTiO3[001]", (360, 360), 0.2, rotation=14).data.astype(float)
    y, x = np.indices(pixels.shape)
    four_cells = 4 * (3.905 / 0.2) ** 2
    for middle, radius in (((360, 0), 42), ((360, 180), 29)):
        inside = np.hypot(y - middle[0], x - middle[1]) < radius
        # less than what would be a speck in the middle of the field
        assert inside.sum() < four_cells
        mask = region(Image(np.where(inside, pixels.min(), pixels)), "SrTiO3[001]")
        assert (~mask & inside).sum() / (~mask | inside).sum() > 0.7
    inside = np.hypot(y - 180, x - 180) < 20
    assert region(Image(np.where(inside, pixels.min(), pixels)), "SrTiO3[001]").all()


def test_the_order_falls_from_one_to_zero_across_the_edge(crystals):
    pixels = crystals.image("SrTiO3[001]", (300, 300), 0.2, noise=0.0).data.copy()
    pixels[:, 150:] = np.float32(0.05)
    image = Image(pixels)

    order = lattice_order(image, measure_lattice(image, lattice_preset("SrTiO3[001]")))

    assert order[:, 60:100] == pytest.approx(1, abs=0.1)
    # one half within half a cell of the edge
    assert order[:, 138:142].mean() > 0.5 > order[:, 158:162].mean()
    assert order[:, 200:].max() < 0.1


def test_noise_widens_the_window():
    amplitudes, cell = np.full(4, 0.05), 400.0
    windows = [noise_window(amplitudes, np.full(4, s**2), cell) for s in (0, 0.1, 1, 2, 5)]

    assert windows[0] == windows[1] == MIN_WINDOW
    assert windows == sorted(windows)
    assert windows[3] == pytest.approx(2 * windows[2], rel=0.3)
    assert noise_window(amplitudes, np.full(4, 1e4), cell) == MAX_WINDOW


@pytest.mark.parametrize("density", [[8.0, 0.0, 0.0], [0.0, 8.0, 8.0]])
def test_twice_the_noise_takes_a_window_twice_as_wide(density):
    """Noise at the strong reflection blurs the crystal, noise at the others its outside."""
    amplitudes, density = np.array([0.3, 0.0, 0.0]), np.array(density)

    narrow, wide = (noise_window(amplitudes, factor * density, 400.0) for factor in (1, 4))

    assert MIN_WINDOW < narrow < wide < MAX_WINDOW
    assert wide == pytest.approx(2 * narrow)
    # the contrast of the image as a whole makes no difference
    assert noise_window(2 * amplitudes, 4 * density, 400.0) == pytest.approx(narrow)


def test_noise_at_the_strong_reflection_asks_for_the_wider_window():
    """There it blurs the crystal; elsewhere only the scatter outside grows."""
    amplitudes = np.array([0.3, 0.0])

    strong, faint = (noise_window(amplitudes, np.array(d), 400.0) for d in ([8.0, 0], [0, 8.0]))

    assert strong == pytest.approx(math.sqrt(2) * faint)


def test_a_window_of_ones_own_and_an_image_of_another_size(crystals):
    image = crystals.image("SrTiO3[001]", (256, 256), 0.2)
    measured = measure_lattice(image, lattice_preset("SrTiO3[001]"))

    assert crystal_region(image, measured, window=1.0).all()
    with pytest.raises(BadInput, match="measure it in this image"):
        crystal_region(Image(image.data[:200]), measured)


def test_the_partial_field_holds_as_many_columns_as_there_are(shared_data):
    """Within 5 %, whatever the header says; the truth is read here alone."""
    truth = json.loads((shared_data / "sim" / "ybco_partial_field.json").read_text())
    image = Image(np.load(shared_data / "sim" / "ybco_partial_field.npy"))
    lattice = lattice_preset(truth["structure"])

    for header in (None, 0.9 * truth["pixel_size_A"], 1.1 * truth["pixel_size_A"]):
        measured = measure_lattice(replace(image, pixel_size=header), lattice)
        mask = crystal_region(image, measured)
        count = measured.expected_count(float(mask.sum()))
        assert count == pytest.approx(truth["n_columns"], rel=0.02)
    y, x = (np.rint(truth["columns"][axis]).astype(int) for axis in "yx")
    assert mask[y, x].mean() > 0.98
    assert not mask[:, :110].any()


@pytest.mark.parametrize("name", ["ybco_1024", "ybco_pockets_melt"])
def test_molten_pockets_of_known_images(shared_data, name):
    truth = json.loads((shared_data / "sim" / f"{name}.json").read_text())
    image = Image(np.load(shared_data / "sim" / f"{name}.npy"))
    measured = measure_lattice(image, lattice_preset(truth["structure"]))

    count = measured.expected_count(float(crystal_region(image, measured).sum()))

    kept = (np.array(truth["columns"]["retention"]) >= 0.5).sum()
    assert count == pytest.approx(kept, rel=0.03)
