"""Cells, counts and neighbour sums against values derived by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.spatial import cKDTree

from napari_reward_analysis import BadInput, Column, Lattice, lattice_names, lattice_preset
from napari_reward_analysis.lattice import DS_FRACTION, free_lattice, parse_lattice


def test_ybco_sums_are_those_of_the_paper():
    """31.9, 33.3, 35.4 and 36.1 px of 0.32 A for Y, planar Cu, Ba and chain Cu."""
    sums = lattice_preset("YBCO[100]").neighbour_sums

    published = {"Y": 31.9, "Cu2": 33.3, "Ba": 35.4, "Cu1": 36.1}
    assert {k: v / 0.32 for k, v in sums.items()} == pytest.approx(published, rel=0.015)
    assert lattice_preset("YBCO[100]").default_ds == pytest.approx(DS_FRACTION * sums["Y"])


@pytest.mark.parametrize(
    ("name", "per_cell", "area", "spacing"),
    [
        ("YBCO[100]", 6, 3.89 * 11.68, math.hypot(1.945, 0.145 * 11.68)),
        ("YBCO[010]", 6, 3.82 * 11.68, math.hypot(1.91, 0.145 * 11.68)),
        ("YBCO[001]", 2, 3.82 * 3.89, math.hypot(1.91, 1.945)),
        ("SrTiO3[001]", 2, 3.905**2, 3.905 / math.sqrt(2)),
        ("DyScO3[pc]", 2, 3.95**2, 3.95 / math.sqrt(2)),
        ("Si[110]", 4, 3.84 * 5.431, 5.431 / 4),
        ("graphene[001]", 2, 2.46**2 * math.sqrt(3) / 2, 2.46 / math.sqrt(3)),
    ],
)
def test_presets_have_the_right_cell(name, per_cell, area, spacing):
    lattice = lattice_preset(name)

    assert lattice.columns_per_cell == per_cell
    assert lattice.area == pytest.approx(area)
    assert lattice.spacing == pytest.approx(spacing)
    assert lattice.expected_count(10 * area) == pytest.approx(10 * per_cell)


def test_every_preset_is_reached_by_the_names_people_write():
    for name in lattice_names():
        assert lattice_preset(name).name == name
        assert lattice_preset(name.lower().replace("[", " [")).name == name
    assert lattice_preset("STO[001]").name == "SrTiO3[001]"
    assert lattice_preset("DyScO3").name == "DyScO3[pc]"
    assert lattice_preset("YBa2Cu3O7 [100]").name == "YBCO[100]"


@given(
    a=st.floats(2, 12),
    b=st.floats(2, 12),
    angle=st.floats(50, 130),
    seed=st.integers(0, 999),
    number=st.integers(1, 6),
)
def test_neighbour_sums_equal_those_of_a_large_crystal(a, b, angle, seed, number):
    rng = np.random.default_rng(seed)
    columns = tuple(
        Column(species=f"s{i}", x=x, y=y) for i, (x, y) in enumerate(rng.random((number, 2)))
    )
    lattice = Lattice(name="any", a=a, b=b, angle=angle, columns=columns)

    shifts = np.stack(np.mgrid[-20:21, -20:21], -1).reshape(-1, 2)
    places = np.array([(c.x, c.y) for c in columns])
    crystal = (places[None] + shifts[:, None]).reshape(-1, 2) @ lattice.vectors
    distances, _ = cKDTree(crystal).query(places @ lattice.vectors, k=5)

    assert list(lattice.neighbour_sums.values()) == pytest.approx(distances[:, 1:].sum(axis=1))
    assert lattice.spacing == pytest.approx(distances[:, 1].min())


def test_species_can_be_chosen():
    heavy = lattice_preset("YBCO[100]").choose(["Ba", "Y"])

    assert heavy.columns_per_cell == 3
    assert heavy.species == ("Ba", "Y")
    with pytest.raises(BadInput, match=r"no columns of Xe: choose from Cu1, Cu2, Ba, Y"):
        lattice_preset("YBCO[100]").choose(["Xe"])


def test_a_free_cell_knows_its_count_and_a_mean_spacing():
    lattice = parse_lattice("cell:3.905,3.905,90,2")

    assert lattice.expected_count(3.905**2 * 50) == pytest.approx(100)
    assert lattice.default_ds == pytest.approx(DS_FRACTION * 4 * 3.905 / math.sqrt(2))
    assert parse_lattice(lattice.name) == lattice


@pytest.mark.parametrize("text", ["YBCO[123]", "unobtainium", ""])
def test_unknown_lattices_are_refused_with_the_choice(text):
    with pytest.raises(BadInput, match=r"choose from YBCO\[100\]"):
        parse_lattice(text)


@pytest.mark.parametrize("text", ["cell:3,4", "cell:a,b,c,d", "cell:"])
def test_a_cell_that_is_none_is_refused(text):
    with pytest.raises(BadInput, match="is not a cell"):
        parse_lattice(text)


@pytest.mark.parametrize("cell", [(0, 4, 90, 1), (4, -1, 90, 1), (4, 4, 180, 1), (4, 4, 90, 0)])
def test_impossible_cells_are_refused(cell):
    with pytest.raises(BadInput, match="impossible"):
        free_lattice(*cell)


def test_a_lattice_without_columns_cannot_be():
    with pytest.raises(ValidationError, match="at least one column"):
        Lattice(name="empty", a=4, b=4)


def test_a_lattice_survives_being_saved():
    lattice = lattice_preset("Si[110]")
    assert Lattice.model_validate_json(lattice.model_dump_json()) == lattice
