"""Tests of the lattice that is found in an image without any knowledge of the crystal."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_reward_analysis import Image, lattice_preset
from napari_reward_analysis.calibration.blind import find_lattice, find_lattices, smaller_cell
from napari_reward_analysis.calibration.cell_columns import CellColumns, columns_in
from napari_reward_analysis.calibration.fitting import better_preset, fitting_presets
from napari_reward_analysis.calibration.fold import cut_tiles, fold_image
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.notices import (
    better_preset_notice,
    cell_in_image,
    no_cell_in_image,
)
from napari_reward_analysis.crystal.lattice import Column, Lattice
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.notices import sentence

pytestmark = pytest.mark.numeric

GOLD_110 = Lattice(
    name="Au[110]",
    a=2.884,
    b=4.078,
    columns=(Column(species="Au", x=0, y=0), Column(species="Au", x=0.5, y=0.5)),
)
OBLIQUE = Lattice(
    name="oblique",
    a=5.1,
    b=6.3,
    angle=77,
    columns=(
        Column(species="A", x=0, y=0),
        Column(species="B", x=0.4, y=0.55, weight=0.5),
        Column(species="C", x=0.7, y=0.2, weight=0.35),
    ),
)


def named(name):
    return {"Au[110]": GOLD_110, "oblique": OBLIQUE}.get(name) or lattice_preset(name)


def density(lattice, size):
    """Columns in a square px."""
    return lattice.columns_per_cell / lattice.area * size**2


def misplaced(found, truth, shape, reach):
    """Share of the sites of the true columns whose cell does not hold the columns found."""
    steps = found.columns.places @ found.vectors_px
    inner = truth[np.all((truth > 60) & (truth < np.subtract(shape, 60)), axis=1)]
    reached = np.stack([cKDTree(truth).query(inner + step)[0] < reach for step in steps], axis=1)
    # Only one column in each cell is the one from which the steps start.
    return 1 - reached.all(axis=1).mean() * found.columns_per_cell


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("YBCO[100]", 0.18),
        ("SrTiO3[001]", 0.2),
        ("SrTiO3[110]", 0.2),
        ("DyScO3[110]", 0.2),
        ("Si[110]", 0.12),
        ("graphene[001]", 0.12),
        ("Au[110]", 0.2),
        ("oblique", 0.2),
    ],
)
@pytest.mark.parametrize("noise", [0.03, 0.5])
def test_the_columns_of_the_cell_are_found(name, size, noise):
    lattice = named(name)
    shape = (360, 330)
    made = simulate(lattice, shape, size, rotation=21, noise=noise, sigma=0.4, seed=3)
    truth = np.stack([made.truth["y"], made.truth["x"]], axis=1)

    found = find_lattice(made.image)

    assert found.columns_per_cell / found.cell_area_px == pytest.approx(
        density(lattice, size), rel=0.01
    )
    assert misplaced(found, truth, shape, 0.15 * lattice.spacing / size) < 0.1
    assert found.confidence > 0.8
    assert found.share > 0.8


@settings(max_examples=8)
@given(rotation=st.floats(-90, 90), size=st.floats(0.14, 0.3))
def test_turning_and_scaling_the_crystal_changes_nothing_else(crystals, rotation, size):
    image = crystals.image("YBCO[100]", (300, 300), size, rotation=rotation, noise=0.1)

    found = find_lattice(image)

    assert sorted(found.lengths_px) == pytest.approx([3.89 / size, 11.68 / size], rel=0.01)
    assert found.columns_per_cell == 6
    (ay, ax), (by, bx) = found.vectors_px
    assert ax * by - ay * bx > 0


def test_a_field_of_few_cells_is_enough(crystals):
    found = find_lattice(crystals.image("SrTiO3[001]", (110, 115), 0.2, rotation=8, noise=0.05))

    assert found.columns_per_cell == 2
    assert found.lengths_px == pytest.approx((19.525, 19.525), rel=0.02)


def test_distortion_of_the_scan_does_not_blur_the_columns(crystals):
    image = crystals.image("DyScO3[pc]", (400, 400), 0.2, rotation=8, noise=0.02)
    y, x = np.mgrid[:400, :400].astype(float)
    wave = 0.02 * 300 / (2 * np.pi) * np.sin(2 * np.pi * (x + 0.4 * y) / 300)
    bent = ndimage.map_coordinates(image.data, [y + wave, x - wave], mode="reflect")

    found = find_lattice(Image(bent))

    assert found.columns_per_cell == 2
    weak = found.columns.places[1] - 0.5
    assert np.abs(weak).max() < 0.03


def test_an_image_without_a_lattice_has_no_cell():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(256, 256))
    y, x = np.mgrid[:256, :256]
    fringes = np.sin((x + 0.3 * y) / 3) + 0.2 * noise
    film = ndimage.gaussian_filter(noise, 2) + 0.05 * rng.normal(size=(256, 256))

    assert find_lattice(Image(noise)) is None
    assert find_lattice(Image(fringes)) is None
    assert find_lattice(Image((x % 17 < 8) + 0.3 * noise)) is None
    assert find_lattice(Image(film)) is None
    assert find_lattice(Image(rng.poisson(3, (256, 256)))) is None
    assert sentence(no_cell_in_image()) == "No lattice is seen in the image."


def test_of_two_crystals_the_stronger_one_is_taken(crystals):
    one = crystals.image("SrTiO3[001]", (400, 400), 0.2, rotation=4, noise=0.1).data
    other = crystals.image("Si[110]", (400, 400), 0.2, rotation=35, noise=0.1).data
    both = np.where(np.arange(400)[:, None] < 300, one, other)

    found = find_lattice(Image(both))

    assert found.lengths_px == pytest.approx((19.525, 19.525), rel=0.01)
    assert found.columns_per_cell == 2
    assert found.seen[:200].mean() > 0.8
    assert found.seen[330:].mean() < 0.1
    crystals_seen = find_lattices(Image(both))
    assert [round(one.angle_deg) for one in crystals_seen] == [90, 71]


def test_a_region_limits_the_search(crystals):
    crystal = crystals.image("SrTiO3[001]", (300, 300), 0.2, noise=0.1).data
    noise = np.random.default_rng(0).normal(size=(300, 300))
    left = np.broadcast_to(np.arange(300) < 150, (300, 300))
    image = Image(np.where(left, crystal, noise))

    assert find_lattice(image, region=left).columns_per_cell == 2
    assert find_lattice(image, region=~left) is None


def test_invalid_pixels_do_not_matter(crystals):
    pixels = crystals.image("SrTiO3[001]", (300, 300), 0.2, rotation=8, noise=0.1).data.copy()
    pixels[100:140, 50:250] = np.nan

    found = find_lattice(Image(pixels))

    assert found.columns_per_cell == 2
    assert found.columns.places[1] == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_lattice_of_the_image_can_be_measured_in_it(crystals):
    image = crystals.image("YBCO[100]", (300, 300), 0.18, rotation=8, noise=0.05)

    found = find_lattice(image)
    with_scale, without = found.lattice(0.18), found.lattice()

    assert [column.species for column in with_scale.columns][:3] == ["A", "A", "B"]
    assert with_scale.columns[0].weight == 1
    assert with_scale.area == pytest.approx(3.89 * 11.68, rel=0.01)
    assert without.area == pytest.approx(found.cell_area_px)
    measured = measure_lattice(Image(image.data, 0.18), with_scale)
    assert measured.confidence > 0.95
    assert measured.pixel_size == pytest.approx(0.18, rel=0.005)
    assert not measured.mirrored


@settings(max_examples=20)
@given(
    places=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5),
    ratio=st.floats(1, 3),
    noise=st.sampled_from([0.0, 0.02]),
    seed=st.integers(0, 99),
)
def test_columns_are_found_in_a_mean_cell(places, ratio, noise, seed):
    vectors = np.array([[0.0, 24.0], [24.0 * ratio, 5.0]])
    sigma = 2.5
    wanted = np.array(places)
    steps = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)])
    near = (wanted[:, None, None] - wanted[None, :, None] + steps) @ vectors
    distance = np.hypot(near[..., 0], near[..., 1])
    distance[np.arange(len(wanted)), np.arange(len(wanted)), 4] = math.inf
    assume(distance.min() > 4 * sigma)
    heights = 1 - 0.5 * np.arange(len(wanted)) / len(wanted)
    n, m = 24, round(24 * ratio)
    grid = np.stack(np.meshgrid(np.arange(n) / n, np.arange(m) / m, indexing="ij"), axis=-1)
    away = (grid[:, :, None, None] - wanted[:, None] - steps + np.array([0.0, 0.0])) @ vectors
    cell = (np.exp(-0.5 * (away**2).sum(-1) / sigma**2).sum(-1) * heights).sum(-1)
    cell += noise * np.random.default_rng(seed).normal(size=cell.shape)

    found = columns_in(cell, noise**2, vectors)

    assert len(found) == len(wanted)
    gap = found.places[:, None] - wanted
    gap = (gap - np.rint(gap)) @ vectors
    gap = np.hypot(gap[..., 0], gap[..., 1])
    assert gap.min(axis=1).max() < 0.5
    np.testing.assert_allclose(found.brightness, heights[gap.argmin(axis=1)], atol=0.1)


def test_a_flat_cell_has_no_columns():
    noise = 0.1 * np.random.default_rng(0).normal(size=(20, 30))
    assert len(columns_in(noise, 0.01, np.diag([20.0, 30.0]))) == 0


@given(
    change=st.tuples(*[st.integers(-3, 3)] * 4),
    places=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=3),
)
def test_a_cell_that_repeats_becomes_smaller(change, places):
    matrix = np.array(change).reshape(2, 2)
    repeats = abs(round(float(np.linalg.det(matrix))))
    assume(1 <= repeats <= 6)
    cell = np.array([[0.0, 20.0], [23.0, 4.0]])
    wide = matrix @ cell
    cells = np.stack(np.meshgrid(*[np.arange(-20, 21)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    brightness = 1 - 0.25 * np.arange(len(places))
    gap = np.array(places)[:, None] - np.array(places)
    gap = np.hypot(*np.moveaxis((gap - np.rint(gap)) @ cell, -1, 0))
    assume((gap + 99 * np.eye(len(places))).min() > 5)
    inside, heights = [], []
    for place, height in zip(places, brightness, strict=True):
        at = np.round((cells + place) @ cell @ np.linalg.inv(wide), 9)
        kept = np.all((at >= 0) & (at < 1), axis=1)
        assume(kept.sum() == repeats)
        inside.append(at[kept])
        heights.append(np.full(repeats, height))
    columns = CellColumns(np.concatenate(inside), np.concatenate(heights), 2.0)

    smaller = smaller_cell(wide, columns)

    if repeats == 1:
        assert smaller is None
    else:
        assert abs(np.linalg.det(smaller)) == pytest.approx(abs(np.linalg.det(cell)), rel=1e-6)


@given(
    height=st.integers(16, 900),
    width=st.integers(16, 900),
    area=st.floats(20, 3e5),
)
def test_tiles_lie_in_the_field_and_do_not_overlap(height, width, area):
    tiles = cut_tiles((height, width), area)

    counts = np.zeros((height, width), int)
    for y, x in tiles.corners:
        counts[y : y + tiles.side[0], x : x + tiles.side[1]] += 1
    assert counts.max() == 1
    assert counts.sum() == len(tiles.corners) * math.prod(tiles.side)


def test_folding_corrects_the_vectors(crystals):
    image = crystals.image("SrTiO3[001]", (400, 400), 0.2, rotation=8, noise=0.1)
    turn = np.deg2rad(8)
    true = 19.525 * np.array([[np.sin(turn), np.cos(turn)], [np.cos(turn), -np.sin(turn)]])

    folded = fold_image(image.normalised, None, true * 1.006)

    np.testing.assert_allclose(folded.vectors_px, true, atol=0.02)
    assert folded.agrees.mean() > 0.9


def test_the_presets_that_fit_are_named(crystals):
    image = crystals.image("Si[110]", (300, 300), 0.12, rotation=8, noise=0.1)

    found = find_lattice(image)
    fits = fitting_presets(image, found)

    assert [fit.name for fit in fits] == ["Si[110]"]
    assert fits[0].pixel_size == pytest.approx(0.12, rel=0.005)
    assert fits[0].header_agrees is None
    told = sentence(cell_in_image(found, fits))
    assert "27.7 x 27.7 px at 70." in told
    assert "with 2 columns; Si[110] fits with 0.12 angstrom a pixel." in told


def test_presets_of_one_shape_are_told_apart_by_the_header(crystals):
    image = crystals.image("graphene[001]", (300, 300), 0.12, noise=0.05)

    found = find_lattice(image)
    free = fitting_presets(image, found)
    scaled = fitting_presets(image, found, 3.161 / 2.46 * 0.12)

    assert [fit.name for fit in free] == ["graphene[001]", "MoS2[001]"]
    assert "MoS2[001] (0.15" in sentence(cell_in_image(found, free))
    assert scaled[0].name == "MoS2[001]"
    assert scaled[0].header_agrees


def test_a_cell_that_is_no_preset_is_told_too():
    image = simulate(OBLIQUE, (300, 300), 0.2, noise=0.05).image

    found = find_lattice(image)

    assert fitting_presets(image, found) == ()
    assert sentence(cell_in_image(found)).endswith("with 3 columns; no preset fits.")


def test_a_better_preset_is_named(crystals):
    image = crystals.image("YBCO[100]", (300, 300), 0.18, header=0.18, noise=0.1)

    wrong = measure_lattice(image, lattice_preset("Si[110]"))
    right = measure_lattice(image, lattice_preset("YBCO[100]"))
    better = better_preset(image, wrong)

    assert better.name == "YBCO[100]"
    assert better.header_agrees
    told = sentence(better_preset_notice(better, wrong))
    assert told.startswith("YBCO[100] fits better than Si[110]: ")
    assert better.confidence > 0.9
    assert better_preset(image, right) is None
    noise = Image(np.random.default_rng(0).normal(size=(200, 200)))
    assert better_preset(noise, wrong) is None


@pytest.mark.parametrize(
    "name",
    [
        "sim/ybco_noise_1.0",
        "sim/si_110",
        "defects/antiphase_sto_0.2",
        "defects/two_grains_ybco_0.25",
        "defects/sto_on_si_0.1",
        "defects/vacancies_graphene_0.2",
        "defects/particle_si_on_film_0.1",
    ],
)
def test_the_cell_of_known_images_is_found(shared_data, name):
    truth = json.loads((shared_data / f"{name}.json").read_text())
    image = Image(np.load(shared_data / f"{name}.npy"))
    lattice = lattice_preset(truth.get("lattice") or {"y": "YBCO[100]", "s": "Si[110]"}[name[4]])

    found = find_lattice(image)
    fits = fitting_presets(image, found)

    assert found.columns_per_cell / found.cell_area_px == pytest.approx(
        density(lattice, truth["pixel_size_A"]), rel=0.01
    )
    assert fits[0].name == lattice.name
    assert fits[0].pixel_size == pytest.approx(truth["pixel_size_A"], rel=0.01)


@pytest.mark.parametrize(
    ("name", "crystals"),
    [
        ("defects/sto_on_si_0.1", 2),
        ("defects/two_grains_ybco_0.25", 1),
        ("defects/antiphase_sto_0.2", 1),
        ("defects/particle_si_on_film_0.1", 1),
        ("sim/ybco_partial_field", 1),
        ("defects/nothing_film", 0),
    ],
)
def test_all_crystals_of_known_images_are_found(shared_data, name, crystals):
    found = find_lattices(Image(np.load(shared_data / f"{name}.npy")))

    assert len(found) == crystals
