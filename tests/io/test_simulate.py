from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from napari_reward_analysis.crystal.lattice import free_lattice, lattice_preset
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.simulate import Pocket, render, simulate


@dataclass(frozen=True)
class Column:
    species: str = "Ba"
    x: float = 0.0
    y: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Cell:
    """Far-apart columns, so that each can be measured alone."""

    name: str = "test"
    a: float = 16.0
    b: float = 20.0
    angle: float = 90.0
    columns: tuple[Column, ...] = field(default=(Column(),))


def centroid(pixels: np.ndarray, y: float, x: float, reach: int) -> tuple[float, float]:
    """Centre of mass of what stands out in a window about a place."""
    row, column = round(y), round(x)
    window = pixels[row - reach : row + reach + 1, column - reach : column + reach + 1]
    window = window - window.min()
    rows, columns = np.mgrid[row - reach : row + reach + 1, column - reach : column + reach + 1]
    return (rows * window).sum() / window.sum(), (columns * window).sum() / window.sum()


def inner(y: np.ndarray, x: np.ndarray, shape: tuple[int, int], rim: float) -> np.ndarray:
    return (y > rim) & (y < shape[0] - 1 - rim) & (x > rim) & (x < shape[1] - 1 - rim)


@pytest.mark.parametrize("rotation", [0.0, 7.3, -121.0])
@pytest.mark.parametrize("pixel_size", [0.1, 0.18, 0.3])
def test_places_are_exact(rotation: float, pixel_size: float) -> None:
    shape = (int(54 / pixel_size), int(61 / pixel_size))
    made = simulate(
        Cell(), shape, pixel_size, rotation=rotation, origin=(11.37, 4.81), background=0.0
    )
    pixels = made.image.data.astype(float)
    reach = int(6.0 / pixel_size)
    y, x = made.truth["y"], made.truth["x"]
    kept = inner(y, x, shape, reach + 1)
    assert kept.sum() >= 2
    places = np.column_stack([y, x])[kept]
    found = np.array([centroid(pixels, *place, reach) for place in places])
    assert np.abs(found - places).max() < 0.01


def test_lattice_directions() -> None:
    """a runs along x, b turned by the angle towards y; rotation turns x towards y."""
    cell = Cell(a=8.0, b=10.0, angle=60.0)
    made = simulate(cell, (200, 200), 0.5, origin=(100.0, 100.0))
    places = set(zip(made.truth["y"].round(3), made.truth["x"].round(3), strict=True))
    assert (100.0, 116.0) in places
    assert (round(100 + 20 * np.sin(np.pi / 3), 3), 110.0) in places
    turned = simulate(cell, (200, 200), 0.5, origin=(100.0, 100.0), rotation=90.0)
    places = set(zip(turned.truth["y"].round(3), turned.truth["x"].round(3), strict=True))
    assert (116.0, 100.0) in places


@pytest.mark.parametrize("name", ["YBCO[100]", "SrTiO3[001]", "Si[110]", "graphene[001]"])
def test_as_many_columns_as_physics_expects(name: str) -> None:
    lattice = lattice_preset(name)
    made = simulate(lattice, (512, 512), 0.18, rotation=3.0)
    expected = lattice.expected_count((512 * 0.18) ** 2)
    assert len(made.truth["y"]) == pytest.approx(expected, rel=0.02)
    assert set(made.truth["species"]) == set(lattice.species)


def test_no_column_twice_and_none_outside() -> None:
    made = simulate(lattice_preset("YBCO[100]"), (200, 300), 0.18, rotation=33.0)
    places = np.column_stack([made.truth["y"], made.truth["x"]])
    assert len(np.unique(places.round(6), axis=0)) == len(places)
    assert places.min() >= 0
    assert places[:, 0].max() <= 199
    assert places[:, 1].max() <= 299


def test_heights_follow_the_weights() -> None:
    columns = (Column("Ba"), Column("Cu", x=0.5, y=0.5, weight=0.25))
    made = simulate(Cell(columns=columns), (400, 400), 0.18, background=0.0)
    rows, cols = made.truth["y"].round().astype(int), made.truth["x"].round().astype(int)
    peaks = made.image.data[rows, cols]
    full = inner(made.truth["y"], made.truth["x"], (400, 400), 40)
    barium, copper = (peaks[full & (made.truth["species"] == name)] for name in ("Ba", "Cu"))
    assert copper.mean() / barium.mean() == pytest.approx(0.25, rel=0.1)


def test_material_beyond_the_edge_reaches_in() -> None:
    """Cut out of a larger field, the image is the same up to its edge."""
    lattice = lattice_preset("SrTiO3[001]")
    large = simulate(lattice, (360, 360), 0.18, background=0.0).image.data
    small = simulate(lattice, (300, 300), 0.18, origin=(-30, -30), background=0.0).image.data
    crop = large[30:330, 30:330]
    difference = np.abs(small / small.mean() - crop / crop.mean())
    assert difference[60:-60, 60:-60].max() < 0.01 * (crop / crop.mean()).max()
    # mirrored at the edge, the wide tail differs by a little
    assert difference.max() < 0.1 * (crop / crop.mean()).max()


def test_same_seed_same_image() -> None:
    lattice, pocket = lattice_preset("YBCO[100]"), Pocket((60, 60), (6, 6))
    first, again, other = (
        simulate(lattice, (120, 120), 0.18, dose=50, pockets=[pocket], seed=seed).image.data
        for seed in (4, 4, 5)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_poisson_noise_is_that_of_its_dose() -> None:
    clean = simulate(Cell(), (256, 256), 0.18, background=0.2).image.data.astype(float)
    noisy = simulate(Cell(), (256, 256), 0.18, background=0.2, dose=100).image.data
    assert clean.max() == pytest.approx(1)
    assert clean.min() >= 0.2 - 1e-6
    assert np.array_equal(noisy, noisy.round())
    ratio = (noisy - 100 * clean).var() / (100 * clean).mean()
    assert ratio == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("dose", [None, 80.0])
def test_gaussian_noise_is_a_fraction_of_the_range(dose: float | None) -> None:
    made = simulate(Cell(), (256, 256), 0.18, dose=dose, seed=3).image.data.astype(float)
    noisy = simulate(Cell(), (256, 256), 0.18, dose=dose, noise=0.6, seed=3).image.data
    wanted = 0.6 * 0.95 * (dose or 1)
    assert (noisy - made).std() == pytest.approx(wanted, rel=0.03)


POCKET = Pocket(centre=(128.0, 140.0), radii=(9.0, 12.0), angle=20.0)


def test_a_molten_pocket_loses_its_columns() -> None:
    lattice = lattice_preset("YBCO[100]")
    made = simulate(lattice, (256, 256), 0.18, pockets=[POCKET])
    whole = simulate(lattice, (256, 256), 0.18)
    rows, cols = made.truth["y"].round().astype(int), made.truth["x"].round().astype(int)
    amorphous = made.mask[rows, cols]
    assert made.mask.mean() == pytest.approx(np.pi * 9 * 12 / (256 * 0.18) ** 2, rel=0.02)
    assert made.truth["retention"][amorphous].max() < 0.5
    assert (made.truth["retention"][~amorphous] > 0.9).mean() > 0.9
    assert np.all(whole.truth["retention"] == 1)
    assert not whole.mask.any()
    # the atoms are displaced, not lost
    ratio = made.image.data.mean() / whole.image.data.mean()
    assert ratio == pytest.approx(1, abs=0.1)
    deep = made.mask & np.roll(made.mask, 20, 0) & np.roll(made.mask, -20, 0)
    assert made.image.data[deep].std() < 0.4 * whole.image.data[deep].std()


def test_half_of_the_depth_keeps_half_of_the_peak() -> None:
    pocket = replace(POCKET, depth=0.5)
    made = simulate(lattice_preset("YBCO[100]"), (256, 256), 0.18, pockets=[pocket])
    rows, cols = made.truth["y"].round().astype(int), made.truth["x"].round().astype(int)
    deep = np.hypot(rows - 128, cols - 140) < 30
    assert made.truth["retention"][deep].mean() == pytest.approx(0.5, abs=0.08)


def test_two_pockets_with_their_own_depths() -> None:
    far = Pocket(centre=(60.0, 60.0), radii=(6.0, 6.0), depth=0.3)
    made = simulate(lattice_preset("YBCO[100]"), (256, 256), 0.18, pockets=[far, POCKET])
    near = np.hypot(made.truth["y"] - 60, made.truth["x"] - 60) < 20
    assert made.truth["retention"][near].min() > 0.65


def test_render_clips_at_the_edges() -> None:
    points = np.array([[-3.0, 5.0], [20.0, 41.5], [-400.0, 3.0], [12.5, 900.0]])
    image = render(points, np.ones(4), (20, 40), 2.0)
    y, x = np.mgrid[:20, :40]
    wanted = sum(
        np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * 2.0**2)) for row, column in points[:2]
    )
    assert image == pytest.approx(wanted, abs=2e-6)


def test_lattices_that_cannot_be_drawn() -> None:
    with pytest.raises(BadInput, match="no columns with known positions: choose a preset"):
        simulate(free_lattice(4.0, 5.0, columns=2))
    for shape, size in (((0, 5), 0.18), ((64, 64), 0.0)):
        with pytest.raises(BadInput, match="needs a field"):
            simulate(Cell(), shape, size)


def test_single_species_can_be_disordered_and_intensity_be_lost():
    pocket = Pocket((128, 128), (60, 60), stray=1.5, stray_of={"Ba": 0.0, "Y": 0.0})
    made = simulate(lattice_preset("YBCO[100]"), (256, 256), 0.18, pockets=[pocket], seed=1)
    inside = np.hypot(made.truth["y"] - 128, made.truth["x"] - 128) < 100
    copper = np.char.startswith(made.truth["species"].astype(str), "Cu")
    assert made.truth["retention"][inside & copper].max() < 0.5
    np.testing.assert_allclose(made.truth["retention"][inside & ~copper], 1)

    faint = Pocket((128, 128), (60, 60), stray=0.0, intensity=0.6)
    made = simulate(lattice_preset("YBCO[100]"), (256, 256), 0.18, pockets=[faint], seed=1)
    np.testing.assert_allclose(made.truth["retention"][inside], 0.6, atol=1e-3)


def test_waves_bend_the_outline_of_a_pocket():
    plain, wavy = (
        simulate(
            lattice_preset("YBCO[100]"),
            (256, 256),
            0.18,
            pockets=[Pocket((128, 128), (15, 15), waves=waves)],
        ).mask
        for waves in ((), ((4, 0.3, 0.0),))
    )
    assert wavy[128, 128 + 100]
    assert not plain[128, 128 + 100]
    assert not wavy[128 + 50, 128 + 50]
    assert plain[128 + 50, 128 + 50]
