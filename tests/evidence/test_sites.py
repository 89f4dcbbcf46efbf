"""Tests of the sites of all lattices in a field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import Image, lattice_preset
from napari_reward_analysis.calibration.domains import find_domains
from napari_reward_analysis.evidence.sites import find_sites
from napari_reward_analysis.io.simulate import render, simulate


def found(image, *names):
    domains = find_domains(image, [lattice_preset(name) for name in names])
    return find_sites(image, domains), domains


def true_yx(made):
    return np.column_stack([made.truth["y"], made.truth["x"]])


@pytest.mark.parametrize(
    "name", ["YBCO[100]", "SrTiO3[001]", "Si[110]", "MoS2[001]", "DyScO3[110]"]
)
@pytest.mark.parametrize("noise", [0.05, 0.6])
def test_every_column_has_a_site_of_its_species(name, noise):
    lattice = lattice_preset(name)
    side = max(300, int(7 * lattice.b / 0.16))
    made = simulate(
        lattice, (side, side + 40), 0.16, rotation=17, origin=(5.3, 2.1), noise=noise, seed=3
    )

    sites, _ = found(made.image, name)

    distance, nearest = cKDTree(sites.yx).query(true_yx(made))
    assert np.quantile(distance, 0.99) < 0.1 * sites.spacing_px
    assert distance.max() < 0.2 * sites.spacing_px
    sure = np.array(["/" not in species for species in sites.species[nearest]])
    assert (sites.species[nearest] == made.truth["species"])[sure].all()
    assert sure.all() or noise > 0.5
    assert sites.spacing_px == pytest.approx(lattice.spacing / 0.16, rel=0.01)
    # no site without a column, except on the outermost pixels
    inner = np.all((sites.yx >= 2) & (sites.yx <= np.array(made.image.shape) - 3), axis=1)
    away, _ = cKDTree(true_yx(made)).query(sites.yx[inner])
    assert away.max() < 0.2 * sites.spacing_px


def test_cell_indices_count_the_cells():
    made = simulate(lattice_preset("SrTiO3[001]"), (300, 320), 0.2, rotation=9, noise=0.1)

    sites, (domain,) = found(made.image, "SrTiO3[001]")

    names = np.column_stack([sites.domain, sites.uv, sites.sublattice])
    assert len(np.unique(names, axis=0)) == len(names)
    for number in (0, 1):
        mine = sites.sublattice == number
        places = np.column_stack([sites.uv[mine], np.ones(mine.sum())])
        fit, *_ = np.linalg.lstsq(places, sites.yx[mine], rcond=None)
        assert fit[:2] == pytest.approx(domain.measured.vectors_px, abs=0.05)
        assert np.abs(places @ fit - sites.yx[mine]).max() < 1


def test_vacancies_have_sites():
    made = simulate(lattice_preset("SrTiO3[001]"), (300, 320), 0.2, rotation=9, noise=0.1)
    pixels = made.image.data.copy()
    y, x = np.indices(pixels.shape)
    gone = true_yx(made)[[200, 350]]
    for place in gone:
        pixels[np.hypot(y - place[0], x - place[1]) < 6] = np.quantile(pixels, 0.1)

    sites, _ = found(Image(pixels, pixel_size=0.2), "SrTiO3[001]")

    distance, _ = cKDTree(sites.yx).query(true_yx(made))
    assert distance.max() < 0.12 * sites.spacing_px


def test_two_crystals_have_sites_up_to_their_boundary():
    shape = (360, 340)
    above = simulate(lattice_preset("SrTiO3[001]"), shape, 0.17, rotation=2, noise=0.1)
    below = simulate(lattice_preset("Si[110]"), shape, 0.17, rotation=-7, noise=0.1)
    upper = np.indices(shape)[0] < 190
    image = Image(np.where(upper, above.image.data, 0.5 * below.image.data), pixel_size=0.17)

    sites, domains = found(image, "SrTiO3[001]", "Si[110]")

    assert [d.lattice.name for d in domains] == ["SrTiO3[001]", "Si[110]"]
    truth = np.concatenate(
        [true_yx(above)[above.truth["y"] < 189], true_yx(below)[below.truth["y"] > 191]]
    )
    distance, _ = cKDTree(sites.yx).query(truth)
    assert (distance < 0.15 * sites.spacing_px).mean() > 0.985
    assert cKDTree(sites.yx).query(sites.yx, k=2)[0][:, 1].min() > 0.5 * sites.spacing_px
    assert set(sites.species[sites.domain == 1]) == {"Si"}


def test_without_a_domain_there_are_no_sites():
    made = simulate(lattice_preset("SrTiO3[001]"), (100, 100), 0.2)

    sites = find_sites(made.image, ())

    assert sites.yx.shape == (0, 2)
    assert len(sites.species) == len(sites.domain) == len(sites.sublattice) == len(sites.uv) == 0


@pytest.mark.parametrize(("name", "size"), [("SrTiO3[001]", 0.18), ("YBCO[100]", 0.18)])
def test_sites_follow_the_strain_around_a_dislocation(name, size):
    lattice = lattice_preset(name)
    made = simulate(lattice, (800, 800), size)
    step = np.array([0.0, lattice.a / size])
    away = true_yx(made) - 400
    yx = true_yx(made) - 200 + np.outer(np.arctan2(away[:, 0], away[:, 1]) / (2 * np.pi), step)
    pixels = render(yx, made.truth["weight"], (400, 400), 0.5 / size)
    noisy = pixels + np.random.default_rng(0).normal(0, 0.1, pixels.shape)

    sites, domains = found(Image(noisy, pixel_size=size), name)

    assert len(domains) == 1
    inside = np.all((yx >= 0) & (yx <= 399), axis=1)
    distance, nearest = cKDTree(sites.yx).query(yx[inside])
    near = distance < 0.15 * sites.spacing_px
    assert near.mean() > 0.98
    assert (sites.species[nearest] == made.truth["species"][inside])[near].all()


def test_beyond_an_antiphase_boundary_the_species_change_places():
    lattice = lattice_preset("SrTiO3[001]")
    shape = (340, 360)
    columns = tuple(c.model_copy(update={"x": c.x + 0.5, "y": c.y + 0.5}) for c in lattice.columns)
    parts = [
        simulate(cell, shape, 0.2, rotation=8)
        for cell in (lattice, lattice.model_copy(update={"columns": columns}))
    ]
    left = np.indices(shape)[1] < 190
    pixels = np.where(left, *(part.image.data for part in parts))
    noisy = pixels + np.random.default_rng(0).normal(0, 0.2, shape)

    sites, domains = found(Image(noisy, pixel_size=0.2), "SrTiO3[001]")

    assert len(domains) == 2
    for part, side in zip(parts, (-1, 1), strict=True):
        mine = side * (part.truth["x"] - 190) > 6
        distance, nearest = cKDTree(sites.yx).query(true_yx(part)[mine])
        assert distance.max() < 0.1 * sites.spacing_px
        assert (sites.species[nearest] == part.truth["species"][mine]).all()


def test_beyond_the_edge_only_columns_that_are_seen_have_sites():
    """The particle fades towards its edge, and its last rows are too faint for the mask."""
    lattice = lattice_preset("SrTiO3[001]")
    made = simulate(lattice, (320, 320), 0.2, rotation=14)
    yx, weight = true_yx(made), made.truth["weight"]
    there = yx[:, 0] < 180
    weight = weight * np.clip((195 - yx[:, 0]) / 60, 0, 1)
    pixels = render(yx[there], weight[there], (320, 320), 2.5)
    noisy = pixels + np.random.default_rng(0).normal(0, 0.02, pixels.shape)

    sites, (domain,) = found(Image(noisy, pixel_size=0.2), "SrTiO3[001]")

    distance, _ = cKDTree(sites.yx).query(yx[there])
    assert (distance < 0.15 * sites.spacing_px).mean() > 0.99
    pixel = np.clip(np.rint(sites.yx).astype(int), 0, 319)
    beyond = sites.yx[~domain.mask[pixel[:, 0], pixel[:, 1]]]
    away, _ = cKDTree(yx[there]).query(beyond)
    assert len(beyond) > 5
    assert away.max() < 0.3 * sites.spacing_px


def test_sites_are_the_same_where_the_lattice_must_be_followed_again():
    made = simulate(lattice_preset("YBCO[100]"), (300, 320), 0.18, rotation=5, noise=0.2)
    sites, domains = found(made.image, "YBCO[100]")

    again = find_sites(made.image, [replace(domain, followed=None) for domain in domains])

    distance, _ = cKDTree(again.yx).query(sites.yx)
    assert len(again.yx) == len(sites.yx)
    assert distance.max() < 0.05 * sites.spacing_px


def test_names_that_noise_hides_are_told_as_such():
    """Sr and Ti of nearly equal brightness."""
    lattice = lattice_preset("SrTiO3[001]")
    columns = tuple(
        c.model_copy(update={"weight": 1.0 if c.species == "Sr" else 0.97}) for c in lattice.columns
    )
    alike = lattice.model_copy(update={"columns": columns})
    made = simulate(alike, (300, 300), 0.2, rotation=5, noise=0.5, seed=3)

    sites, _ = found(made.image, "SrTiO3[001]")

    assert set(sites.species) == {"Sr/Ti"}
    distance, _ = cKDTree(sites.yx).query(true_yx(made))
    assert distance.max() < 0.15 * sites.spacing_px
