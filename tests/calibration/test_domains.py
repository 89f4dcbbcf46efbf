"""Tests of the domains of a field: grains, crystals, and fields without any."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import BadInput, Image, lattice_preset
from napari_reward_analysis.calibration.domains import find_domains
from napari_reward_analysis.crystal.lattice import free_lattice
from napari_reward_analysis.io.simulate import render, simulate

STO, SI, YBCO = (lattice_preset(name) for name in ("SrTiO3[001]", "Si[110]", "YBCO[100]"))


def test_one_crystal_is_one_domain_over_the_whole_field(crystals):
    image = crystals.image("YBCO[100]", (300, 320), 0.18, rotation=5, noise=0.3)

    (domain,) = find_domains(image, [YBCO])

    assert domain.mask.mean() > 0.99
    assert domain.lattice == YBCO
    assert domain.measured.found


@pytest.mark.parametrize("turn", [8, 20, 40])
def test_grains_are_domains_of_their_own_and_do_not_overlap(crystals, turn):
    shape = (320, 400)
    first = crystals.image("SrTiO3[001]", shape, 0.2, rotation=3, noise=0.1).data
    second = crystals.image("SrTiO3[001]", shape, 0.2, rotation=3 + turn, noise=0.1).data
    left = np.indices(shape)[1] < 230

    one, other = find_domains(Image(np.where(left, first, second)), [STO])

    assert (one.mask & left).sum() / (one.mask | left).sum() > 0.95
    assert (other.mask & ~left).sum() / (other.mask | ~left).sum() > 0.9
    assert not (one.mask & other.mask).any()
    assert crystals.turn(one.measured.rotation_deg, 3, 4) < 0.3
    assert crystals.turn(other.measured.rotation_deg, 3 + turn, 4) < 0.3


def test_two_crystals_each_have_their_domain(crystals):
    shape = (360, 340)
    above = crystals.image("SrTiO3[001]", shape, 0.17, rotation=2, noise=0.1).data
    below = 0.5 * crystals.image("Si[110]", shape, 0.17, rotation=-7, noise=0.1).data
    upper = np.indices(shape)[0] < 190
    image = Image(np.where(upper, above, below), pixel_size=0.17)

    domains = find_domains(image, [STO, SI])

    assert [d.lattice.name for d in domains] == ["SrTiO3[001]", "Si[110]"]
    assert (domains[0].mask & upper).sum() / (domains[0].mask | upper).sum() > 0.95
    assert (domains[1].mask & ~upper).sum() / (domains[1].mask | ~upper).sum() > 0.9
    assert find_domains(image, [STO, SI, YBCO])[1].lattice.name == "Si[110]"


def test_only_the_region_is_looked_at(crystals):
    image = crystals.image("SrTiO3[001]", (300, 300), 0.2, rotation=12)
    region = np.zeros(image.shape, dtype=bool)
    region[40:240, 60:260] = True

    (domain,) = find_domains(image, [STO], region)

    assert not domain.mask[~region].any()
    assert domain.mask[region].mean() > 0.97
    with pytest.raises(BadInput, match="draw it on the crystal"):
        find_domains(image, [STO], np.zeros_like(region))


def nothing(kind):
    rng = np.random.default_rng(4)
    if kind == "noise":
        return rng.normal(size=(300, 320))
    if kind == "counts":
        return rng.poisson(20, (300, 320)).astype(float)
    y, x = np.indices((300, 320))
    if kind == "fringes":
        return np.cos(0.4 * x + 0.1 * y) + 0.2 * rng.normal(size=x.shape)
    frequency = np.hypot(np.fft.fftfreq(300)[:, None], np.fft.fftfreq(320))
    film = np.fft.fft2(rng.normal(size=x.shape)) * np.exp(-2 * (np.pi * 3 * frequency) ** 2)
    return np.fft.ifft2(film).real


@pytest.mark.parametrize("kind", ["noise", "counts", "fringes", "film"])
@pytest.mark.parametrize("size", [None, 0.2])
def test_nothing_is_found_where_nothing_is(kind, size):
    image = Image(nothing(kind), pixel_size=size)
    lattices = [STO, SI, YBCO, lattice_preset("graphene[001]"), free_lattice(4, 5, 90, 2)]

    assert find_domains(image, lattices) == ()


def test_the_columns_of_a_free_cell_are_placed(crystals):
    image = crystals.image("SrTiO3[001]", (300, 300), 0.2, rotation=12, noise=0.2)
    cell = free_lattice(3.905, 3.905, 90, 2)

    (domain,) = find_domains(Image(image.data, pixel_size=0.2), [cell])

    bright, faint = domain.lattice.columns
    assert (bright.species, faint.species) == ("A", "B")
    assert bright.weight == 1 > faint.weight > 0.2
    apart = (np.array([faint.x - bright.x, faint.y - bright.y])) % 1
    assert apart == pytest.approx([0.5, 0.5], abs=0.03)
    assert domain.lattice.unplaced == 0


def shifted(crystals, name, size, shift, noise):
    """A crystal whose right half is shifted by parts of its cell, and the left half's mask."""
    lattice = lattice_preset(name)
    shape = (340, 360)
    pixels = []
    for part in ((0.0, 0.0), shift):
        columns = tuple(
            c.model_copy(update={"x": c.x + part[0], "y": c.y + part[1]}) for c in lattice.columns
        )
        moved = lattice.model_copy(update={"columns": columns})
        pixels.append(crystals.image(moved, shape, size, rotation=8, noise=0.0).data)
    left = np.indices(shape)[1] < 190
    noisy = np.where(left, *pixels) + np.random.default_rng(3).normal(0, noise, shape)
    return Image(noisy, pixel_size=size), left


@pytest.mark.parametrize(
    ("name", "size", "shift"),
    [
        ("SrTiO3[001]", 0.2, (0.5, 0.5)),
        ("SrTiO3[001]", 0.2, (0.5, 0.0)),
        ("YBCO[100]", 0.2, (0.5, 0.0)),
        ("Si[110]", 0.14, (0.5, 0.25)),
    ],
)
@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_a_jump_of_the_origin_parts_two_domains(crystals, name, size, shift, noise):
    image, left = shifted(crystals, name, size, shift, noise)

    one, other = find_domains(image, [lattice_preset(name)])

    assert (one.mask & left).sum() / (one.mask | left).sum() > 0.93
    assert (other.mask & ~left).sum() / (other.mask | ~left).sum() > 0.93


def dislocated(name, size, shape, turn, burgers=(1, 0), noise=0.1):
    """A crystal with an edge dislocation in the middle, and its columns."""
    lattice = lattice_preset(name)
    made = simulate(lattice, (2 * shape[0], 2 * shape[1]), size, rotation=turn)
    yx = np.column_stack([made.truth["y"], made.truth["x"]]) - np.array(shape) / 2
    turn, angle = np.radians(turn), np.radians(lattice.angle)
    cell = np.array(
        [
            [lattice.a * np.sin(turn), lattice.a * np.cos(turn)],
            [lattice.b * np.sin(turn + angle), lattice.b * np.cos(turn + angle)],
        ]
    )
    step = np.array(burgers) @ cell / size
    along = step / np.hypot(*step)
    away = yx - np.array(shape) / 2
    round_ = np.arctan2(away @ [-along[1], along[0]], away @ along) / (2 * np.pi)
    yx = yx + round_[:, None] * step
    pixels = render(yx, made.truth["weight"], shape, 0.5 / size)
    noisy = pixels + np.random.default_rng(0).normal(0, noise * pixels.max(), shape)
    return Image(noisy, pixel_size=size), yx[np.all((yx >= 0) & (yx < shape), axis=1)]


@pytest.mark.parametrize(
    ("name", "size"), [("SrTiO3[001]", 0.18), ("YBCO[100]", 0.18), ("Si[110]", 0.13)]
)
@pytest.mark.parametrize("turn", [0, 25])
def test_a_dislocation_does_not_part_its_crystal(name, size, turn):
    image, _ = dislocated(name, size, (400, 400), turn)

    (domain,) = find_domains(image, [lattice_preset(name)])

    assert domain.mask.mean() > 0.97


@pytest.mark.parametrize(("name", "size"), [("SrTiO3[001]", 0.2), ("graphene[001]", 0.12)])
@pytest.mark.parametrize("noise", [0.1, 0.4])
def test_grains_that_are_turned_by_three_degrees_are_two(crystals, name, size, noise):
    shape = (380, 400)
    first, second = (
        crystals.image(name, shape, size, rotation=turn, noise=0).data for turn in (10, 13)
    )
    left = np.indices(shape)[1] < 220
    noisy = np.where(left, first, second) + np.random.default_rng(1).normal(0, noise, shape)

    one, other = find_domains(Image(noisy, pixel_size=size), [lattice_preset(name)])

    assert (one.mask & left).sum() / (one.mask | left).sum() > 0.9
    assert (other.mask & ~left).sum() / (other.mask | ~left).sum() > 0.9


def test_a_twin_that_shares_reflections_is_found_in_noise(crystals):
    """The strongest reflections of both lie at the same frequencies."""
    shape = (400, 400)
    first, second = (
        crystals.image("Si[110]", shape, 0.13, rotation=turn, noise=0).data for turn in (5, 75.53)
    )
    left = np.indices(shape)[1] < 210
    noisy = np.where(left, first, second) + np.random.default_rng(1).normal(0, 0.6, shape)

    domains = find_domains(Image(noisy, pixel_size=0.13), [SI])

    assert len(domains) == 2
    for domain, place in zip(domains, (left, ~left), strict=True):
        assert (domain.mask & place).sum() / (domain.mask | place).sum() > 0.9


def test_many_grains_are_found_though_they_hide_each_other(crystals):
    shape = (500, 500)
    y, x = np.indices(shape)
    middles = np.random.default_rng(12).uniform(50, 450, (5, 2))
    nearest = np.argmin([(y - a) ** 2 + (x - b) ** 2 for a, b in middles], axis=0)
    pixels = np.zeros(shape)
    for number, turn in enumerate((3, 20, 41, 57, 75)):
        grain = crystals.image("SrTiO3[001]", shape, 0.2, rotation=turn, noise=0).data
        pixels = np.where(nearest == number, grain, pixels)
    noisy = pixels + np.random.default_rng(0).normal(0, 0.1, shape)

    domains = find_domains(Image(noisy, pixel_size=0.2), [STO])

    assert len(domains) == 5
    for domain in domains:
        number = np.bincount(nearest[domain.mask]).argmax()
        assert (nearest[domain.mask] == number).mean() > 0.95
    assert np.logical_or.reduce([domain.mask for domain in domains]).mean() > 0.95


def test_bent_crystal_is_one_domain():
    made = simulate(STO, (800, 800), 0.2, rotation=7)
    yx = np.column_stack([made.truth["y"], made.truth["x"]]) - 200
    yx = yx + 0.03 * np.column_stack([yx[:, 1] ** 2, 0.5 * yx[:, 0] ** 2]) / 400
    pixels = render(yx, made.truth["weight"], (400, 400), 2.5)
    noisy = pixels + np.random.default_rng(0).normal(0, 0.1, (400, 400))

    (domain,) = find_domains(Image(noisy, pixel_size=0.2), [STO])

    assert domain.mask.mean() > 0.99
