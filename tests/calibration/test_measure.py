"""Tests of the measured lattice: pixel size and rotation of simulated images."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis import Column, Image, Lattice, lattice_preset
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.notices import header_notice
from napari_reward_analysis.crystal.lattice import free_lattice
from napari_reward_analysis.notices import sentence

pytestmark = pytest.mark.numeric

#: Crystal, and how many rotations of it look alike.
FOLD = {
    "YBCO[100]": 2,
    "YBCO[010]": 2,
    "SrTiO3[001]": 4,
    "DyScO3[pc]": 4,
    "DyScO3[110]": 2,
    "Si[110]": 2,
    "Si[001]": 4,
    "MoS2[001]": 6,
    "graphene[001]": 6,
}
PIXEL = 0.005
DEGREES = 0.3


@settings(max_examples=25)
@given(
    name=st.sampled_from(sorted(FOLD)),
    rotation=st.floats(-180, 180),
    finer=st.floats(0.7, 1.3),
    header=st.sampled_from([0.9, 1.0, 1.1, None]),
    noise=st.sampled_from([0.05, 0.3, 0.6]),
    seed=st.integers(0, 1000),
)
def test_any_rotation_scale_and_header(crystals, name, rotation, finer, header, noise, seed):
    lattice = lattice_preset(name)
    size = finer * math.sqrt(lattice.area / lattice.columns_per_cell) / 11
    side = max(288, math.ceil(7 * max(lattice.a, lattice.b) / size))
    image = crystals.image(
        name,
        (side, side),
        size,
        None if header is None else header * size,
        rotation=rotation,
        noise=noise,
        seed=seed,
        sigma=0.2 * lattice.spacing,
    )

    measured = measure_lattice(image, lattice)

    assert measured.found
    assert measured.pixel_size == pytest.approx(size, rel=PIXEL)
    assert crystals.turn(measured.rotation_deg, rotation, FOLD[name]) < DEGREES
    # of the rotations that look alike, the smallest
    assert abs(measured.rotation_deg) <= 180 / FOLD[name] + DEGREES
    assert not measured.second_grain


@settings(max_examples=10)
@given(rotation=st.floats(-180, 180), name=st.sampled_from(["YBCO[100]", "Si[110]", "MoS2[001]"]))
def test_a_transposed_image_is_the_mirrored_crystal(crystals, rotation, name):
    """x and y change places: what was turned by r from x is now turned by r from y."""
    lattice = lattice_preset(name)
    image = crystals.image(name, (300, 340), 0.16, rotation=rotation)

    one = measure_lattice(image, lattice)
    other = measure_lattice(Image(np.ascontiguousarray(image.data.T)), lattice)

    assert other.pixel_size == pytest.approx(one.pixel_size, rel=1e-4)
    assert crystals.turn(other.rotation_deg, 90 - one.rotation_deg, FOLD[name]) < 0.05
    assert other.confidence == pytest.approx(one.confidence, abs=0.02)


def test_vectors_are_the_cells_and_carry_errors(crystals):
    lattice = lattice_preset("YBCO[100]")
    measured = measure_lattice(crystals.image("YBCO[100]", (300, 300), 0.2, rotation=20), lattice)

    (ay, ax), (by, bx) = measured.vectors_px
    assert math.degrees(math.atan2(ay, ax)) == pytest.approx(20, abs=0.1)
    assert math.degrees(math.atan2(by, bx)) == pytest.approx(110, abs=0.1)
    assert measured.lengths_px == pytest.approx((3.89 / 0.2, 11.68 / 0.2), rel=2e-3)
    assert measured.angle_deg == pytest.approx(90, abs=0.1)
    assert measured.strain < 0.002
    assert np.all(measured.vectors_error_px < 0.05)
    assert 0 < measured.pixel_size_error < 0.001
    assert 0 < measured.rotation_error_deg < 0.1


def test_errors_are_of_the_right_size(crystals):
    """Over noise realisations the pixel size scatters by about its standard error."""
    lattice = lattice_preset("SrTiO3[001]")
    off, errors = [], []
    for seed in range(12):
        image = crystals.image("SrTiO3[001]", (200, 200), 0.22, noise=0.5, rotation=9, seed=seed)
        measured = measure_lattice(image, lattice)
        off.append(measured.pixel_size - 0.22)
        errors.append(measured.pixel_size_error)

    pull = math.sqrt(np.mean(np.square(np.divide(off, errors))))
    assert 0.3 < pull < 2


@pytest.mark.parametrize("name", ["YBCO[100]", "SrTiO3[001]", "graphene[001]"])
@pytest.mark.parametrize("strain", [[[0, 0.03], [0, 0]], [[0.02, 0], [0.01, -0.02]]])
def test_a_scan_that_is_not_orthogonal(crystals, name, strain):
    lattice = lattice_preset(name)
    deformed, direction = crystals.strained(lattice, np.array(strain))
    image = crystals.image(deformed, (320, 300), 0.17, rotation=direction, noise=0.1)

    measured = measure_lattice(replace(image, pixel_size=0.17 * 0.93), lattice)

    scale = math.sqrt(lattice.area / deformed.area)
    assert measured.found
    assert measured.pixel_size == pytest.approx(0.17 * scale, rel=PIXEL)
    assert measured.lengths_px[0] == pytest.approx(deformed.a / 0.17, rel=PIXEL)
    assert measured.lengths_px[1] == pytest.approx(deformed.b / 0.17, rel=PIXEL)
    assert measured.shear_deg == pytest.approx(deformed.angle - lattice.angle, abs=0.1)
    assert measured.strain > 0.01


@pytest.mark.parametrize("axis", [0, 1])
def test_displaced_scan_lines(crystals, axis):
    lattice = lattice_preset("YBCO[100]")
    rng = np.random.default_rng(0)
    pixels = crystals.image("YBCO[100]", (360, 360), 0.2, rotation=-7).data
    x = np.arange(360)
    lines = [
        np.interp(x + d, x, line) for d, line in zip(rng.normal(0, 1.2, 360), pixels, strict=True)
    ]
    pixels = np.stack(lines)

    measured = measure_lattice(Image(pixels if axis else np.ascontiguousarray(pixels.T)), lattice)

    assert measured.pixel_size == pytest.approx(0.2, rel=PIXEL)
    assert crystals.turn(measured.rotation_deg, -7 if axis else 97, 2) < DEGREES


def test_a_gradient_a_dark_half_and_invalid_pixels_do_not_matter(crystals):
    lattice = lattice_preset("SrTiO3[001]")
    pixels = crystals.image("SrTiO3[001]", (256, 300), 0.2, rotation=31).data.astype(float)
    y, x = np.indices(pixels.shape)

    for changed in (
        pixels * np.exp(-x / 150) + y / 100,
        np.where(x < 140, 0.05 * np.random.default_rng(0).normal(size=x.shape), pixels),
        np.where((y // 30 + x // 40) % 5 == 0, np.nan, pixels),
    ):
        measured = measure_lattice(Image(changed), lattice)
        assert measured.found
        assert measured.pixel_size == pytest.approx(0.2, rel=PIXEL)
        assert crystals.turn(measured.rotation_deg, 31, 4) < DEGREES


@pytest.mark.parametrize("name", ["YBCO[100]", "SrTiO3[001]", "graphene[001]"])
@pytest.mark.parametrize("part", [0.33, 0.5])
@pytest.mark.parametrize("rotation", [0, 2])
def test_a_narrow_crystal_beside_vacuum(crystals, name, part, rotation):
    """An edge along the lattice streaks across whole rows of reflections."""
    lattice = lattice_preset(name)
    size = 0.064 * lattice.spacing
    pixels = crystals.image(
        name, (400, 380), size, rotation=rotation, noise=0.0, sigma=0.2 * lattice.spacing
    ).data
    x = np.indices(pixels.shape)[1]
    noise = np.random.default_rng(1).normal(0, 0.05, pixels.shape)

    measured = measure_lattice(Image(np.where(x < part * 380, pixels, 0.05) + noise), lattice)

    assert measured.found
    assert measured.pixel_size == pytest.approx(size, rel=0.01)


@pytest.mark.parametrize("name", ["SrTiO3[001]", "DyScO3[pc]", "DyScO3[001]"])
@pytest.mark.parametrize("noise", [0.01, 0.1])
@pytest.mark.parametrize("rotation", [0, 17, 33])
def test_a_field_of_four_cells(crystals, name, noise, rotation):
    """Parts of a cell look empty there; they must not be taken for vacuum."""
    lattice = lattice_preset(name)
    size = lattice.spacing / 13
    side = round(4 * lattice.a / size)
    image = crystals.image(
        name,
        (side, side),
        size,
        1.05 * size,
        rotation=rotation,
        noise=noise,
        sigma=0.2 * lattice.spacing,
    )

    measured = measure_lattice(image, lattice)

    assert measured.found
    assert measured.pixel_size == pytest.approx(size, rel=0.01)


def test_the_cell_is_neither_its_third_nor_its_double(crystals):
    """The tripled c of YBCO shows in weak reflections; a perovskite has none of them."""
    ybco, perovskite = lattice_preset("YBCO[100]"), lattice_preset("SrTiO3[001]")
    layered = crystals.image("YBCO[100]", (320, 320), 0.2, rotation=4)
    simple = crystals.image("SrTiO3[001]", (320, 320), 0.2, rotation=4)

    right = measure_lattice(layered, ybco)
    assert right.lengths_px[1] / right.lengths_px[0] == pytest.approx(11.68 / 3.89, rel=0.01)
    assert right.confidence > measure_lattice(layered, perovskite).confidence + 0.1
    right = measure_lattice(simple, perovskite)
    assert right.cell_area_px == pytest.approx(perovskite.area / 0.2**2, rel=0.01)
    assert right.confidence > measure_lattice(simple, ybco).confidence + 0.1


def test_another_crystal_is_not_seen(crystals):
    image = crystals.image("SrTiO3[001]", (256, 256), 0.2, rotation=12)

    for name in ("graphene[001]", "Si[110]"):
        assert measure_lattice(image, lattice_preset(name)).confidence < 0.3


def test_a_header_that_is_far_off_is_told_and_not_obeyed(crystals):
    lattice = lattice_preset("SrTiO3[001]")
    for wrong in (0.5, 1.4, 3.0):
        image = crystals.image("SrTiO3[001]", (300, 300), 0.2, 0.2 * wrong)
        measured = measure_lattice(image, lattice)
        assert measured.pixel_size == pytest.approx(0.2, rel=PIXEL)
        assert measured.difference == pytest.approx(wrong - 1, rel=0.02)
        assert header_notice(measured) is not None


def test_a_notice_from_two_per_cent_on(crystals):
    lattice = lattice_preset("SrTiO3[001]")
    image = crystals.image("SrTiO3[001]", (300, 300), 0.2)

    def notice(header):
        found = header_notice(measure_lattice(replace(image, pixel_size=header), lattice))
        return None if found is None else sentence(found)

    assert notice(None) is None
    assert notice(0.203) is None
    too_large = notice(0.21)
    assert too_large is not None
    assert "5.0 % larger" in too_large
    # N itself rests on the measured cell, whatever the header says
    assert "a count from the header would be 10 % too high" in too_large
    assert "SrTiO3[001]" in too_large
    assert too_large.endswith(".")
    assert "smaller" in str(notice(0.19))
    assert "too low" in str(notice(0.19))


def test_the_count_needs_no_calibration(crystals):
    lattice = lattice_preset("YBCO[100]")
    measured = measure_lattice(crystals.image("YBCO[100]", (280, 320), 0.2), lattice)

    expected = lattice.expected_count(280 * 320 * 0.2**2)
    assert measured.expected_count(280 * 320) == pytest.approx(expected, rel=0.005)
    some = measured.expected_count(280 * 320, columns_per_cell=2)
    assert some == pytest.approx(expected / 3, rel=0.005)


def test_facts_are_plain(crystals):
    lattice = lattice_preset("YBCO[100]")
    seen = measure_lattice(crystals.image("YBCO[100]", (300, 300), 0.2, 0.21), lattice).facts()
    noise = Image(np.random.default_rng(0).normal(size=(200, 200)))
    unseen = measure_lattice(noise, lattice).facts()

    assert json.loads(json.dumps(seen, allow_nan=False)) == seen
    assert json.loads(json.dumps(unseen, allow_nan=False)) == unseen
    assert seen["found"]
    assert seen["pixel_size_A"] == pytest.approx(0.2, rel=PIXEL)
    assert not unseen["found"]
    assert unseen["vectors_px"] is None
    assert unseen["pixel_size_A"] is None


@pytest.mark.parametrize("header", [0.21, None])
def test_a_free_cell_is_matched_by_its_shape(crystals, header):
    image = crystals.image("YBCO[100]", (360, 360), 0.2, header, rotation=-25)

    measured = measure_lattice(image, free_lattice(3.89, 11.68, 90, 6))

    assert measured.found
    assert measured.pixel_size == pytest.approx(0.2, rel=PIXEL)
    assert crystals.turn(measured.rotation_deg, -25, 2) < DEGREES


def test_a_crystal_seen_from_behind(crystals):
    """A cell without a mirror, flipped: the rotation alone cannot lay it on the image."""
    lattice = Lattice(
        name="oblique",
        a=4.1,
        b=5.3,
        angle=103,
        columns=(
            Column(species="A", x=0, y=0),
            Column(species="B", x=0.4, y=0.3, weight=0.5),
        ),
    )
    image = crystals.image(lattice, (300, 300), 0.2, rotation=15)

    straight = measure_lattice(image, lattice)
    flipped = measure_lattice(Image(np.ascontiguousarray(image.data[::-1])), lattice)

    assert not straight.mirrored
    assert crystals.turn(straight.rotation_deg, 15, 2) < DEGREES
    assert flipped.mirrored
    assert crystals.turn(flipped.rotation_deg, -15, 2) < DEGREES
    assert flipped.pixel_size == pytest.approx(0.2, rel=PIXEL)


def test_a_region_limits_what_is_looked_at(crystals):
    lattice = lattice_preset("SrTiO3[001]")
    left = crystals.image("SrTiO3[001]", (300, 400), 0.2, rotation=10).data
    right = crystals.image("SrTiO3[001]", (300, 400), 0.2, rotation=40).data
    x = np.indices(left.shape)[1]
    image = Image(np.where(x < 200, left, right))

    for region, rotation in ((x < 195, 10), (x > 205, 40)):
        measured = measure_lattice(image, lattice, region=region)
        assert crystals.turn(measured.rotation_deg, rotation, 4) < DEGREES
        assert not measured.second_grain


@pytest.mark.parametrize("size", [0.5, 0.6])
def test_a_coarse_image_shows_only_its_low_reflections(crystals, size):
    """Others lie beyond what its pixels can show."""
    image = crystals.image("SrTiO3[001]", (200, 220), size, rotation=12)

    measured = measure_lattice(image, lattice_preset("SrTiO3[001]"))

    assert measured.found
    assert measured.pixel_size == pytest.approx(size, rel=PIXEL)
