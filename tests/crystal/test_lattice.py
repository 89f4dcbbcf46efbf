"""Tests of cells, counts and neighbour sums against values derived by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.spatial import cKDTree

from napari_reward_analysis import BadInput, Column, Lattice, lattice_names, lattice_preset
from napari_reward_analysis.crystal.lattice import DS_FRACTION, free_lattice, parse_lattice

pytestmark = pytest.mark.numeric

#: Half a diagonal of the a-b plane, as seen along the other one.
DSO_110 = 5.442 * 5.719 / math.hypot(5.442, 5.719)


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
        ("DyScO3[001]", 4, 5.442 * 5.719, 5.442 / 2),
        ("DyScO3[110]", 4, DSO_110 * 7.904, math.hypot((0.5 - 0.061) * DSO_110, 7.904 / 4)),
        ("Si[110]", 4, 5.431**2 / math.sqrt(2), 5.431 / 4),
        ("Si[001]", 8, 5.431**2, 5.431 / math.sqrt(8)),
        ("MoS2[001]", 2, 3.161**2 * math.sqrt(3) / 2, 3.161 / math.sqrt(3)),
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
    assert lattice_preset("dso [pseudo-cubic]").name == "DyScO3[pc]"
    assert lattice_preset("DSO[001]").name == "DyScO3[001]"
    assert lattice_preset("mos2").name == "MoS2[001]"
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


@pytest.mark.parametrize(
    ("text", "name", "area"),
    [
        ("SrTiO3[110]", "SrTiO3[110]", 3.905**2 / math.sqrt(2)),
        ("sto [1 -1 0]", "SrTiO3[1-10]", 3.905**2 / math.sqrt(2)),
        ("SrTiO3[2 2 0]", "SrTiO3[110]", 3.905**2 / math.sqrt(2)),
        ("Si[112]", "Si[112]", 5.431**2 / math.sqrt(6)),
        ("YBCO[1,1,0]", "YBCO[110]", 3.82 * 3.89 * 11.68 / math.hypot(3.82, 3.89)),
        ("DyScO3[pc][110]", "DyScO3[pc][110]", 3.95**2 / math.sqrt(2)),
        ("DyScO3[pc][001]", "DyScO3[pc]", 3.95**2),
        ("MoS2[00-1]", "MoS2[00-1]", 3.161**2 * math.sqrt(3) / 2),
    ],
)
def test_preset_materials_have_every_zone_axis(text, name, area):
    lattice = parse_lattice(text)

    assert lattice.name == name
    assert lattice.area == pytest.approx(area)
    assert parse_lattice(lattice.name) == lattice


def test_species_can_be_chosen():
    whole = lattice_preset("YBCO[100]")
    # known before the choice, and not to be taken over by it
    assert whole.spacing < 3
    heavy = whole.choose(["Ba", "Y"])

    assert heavy.columns_per_cell == 3
    assert heavy.species == ("Ba", "Y")
    assert set(heavy.neighbour_sums) == {"Ba", "Y"}
    # Y between two Ba above and below, and two Y beside it
    assert heavy.neighbour_sums["Y"] == pytest.approx(2 * 0.316 * 11.68 + 2 * 3.89)
    assert heavy.spacing == pytest.approx(0.316 * 11.68)
    with pytest.raises(BadInput, match=r"no columns of Xe: choose from Cu1, Cu2, Ba, Y"):
        lattice_preset("YBCO[100]").choose(["Xe"])


def test_faint_species_are_brought_in_by_name():
    whole = lattice_preset("YBCO[100]")
    with_oxygen = whole.choose([*whole.species, "O4"])

    assert whole.faint_species == ("O1", "O3", "O4")
    assert with_oxygen.columns_per_cell == 8
    assert with_oxygen.faint_species == ("O1", "O3")
    # the apical oxygen 0.159 c above the chain
    assert with_oxygen.spacing == pytest.approx(0.159 * 11.68)
    assert with_oxygen.neighbour_sums["Cu1"] < whole.neighbour_sums["Cu1"]
    assert with_oxygen.default_ds < whole.default_ds
    assert set(with_oxygen.choose(["O1", "O4"]).species) == {"O1", "O4"}
    with pytest.raises(BadInput, match="choose from .*O1, O3, O4"):
        whole.choose(["O2"])


def test_weights_say_what_haadf_shows():
    lattice = lattice_preset("YBCO[100]")
    weights = {column.species: column.weight for column in lattice.columns}

    # amplitudes of a frozen-phonon multislice calculation
    assert weights == pytest.approx({"Ba": 1, "Y": 0.52, "Cu2": 0.36, "Cu1": 0.29}, abs=0.05)
    assert max(column.weight for column in lattice.faint) < 0.05


def test_a_free_cell_knows_its_count_and_a_mean_spacing():
    lattice = parse_lattice("cell:3.905,3.905,90,2")

    assert lattice.expected_count(3.905**2 * 50) == pytest.approx(100)
    assert lattice.default_ds == pytest.approx(DS_FRACTION * 4 * 3.905 / math.sqrt(2))
    assert parse_lattice(lattice.name) == lattice


@pytest.mark.parametrize("text", ["unobtainium", "unobtainium[100]", "Si[pc]", ""])
def test_unknown_lattices_are_refused_with_the_choice(text):
    with pytest.raises(BadInput, match=r"choose from YBCO\[100\]"):
        parse_lattice(text)


@pytest.mark.parametrize("text", ["YBCO", "yba2cu3o7", " Si "])
def test_a_material_alone_does_not_say_along_what(text):
    with pytest.raises(BadInput, match=r"needs a zone axis: write it after the name, e\.g\. "):
        parse_lattice(text)


@pytest.mark.parametrize("text", ["YBCO[12]", "YBCO[000]", "YBCO[uvw]", "DyScO3[pc][1.5 0 0]"])
def test_presets_refuse_what_is_no_zone_axis(text):
    with pytest.raises(BadInput, match="is not a zone axis"):
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
    for name in ("Si[110]", "YBCO[100]"):
        lattice = lattice_preset(name)
        assert Lattice.model_validate_json(lattice.model_dump_json()) == lattice


def test_a_lattice_saved_before_there_were_faint_columns_loads():
    old = {"name": "x", "a": 4, "b": 4, "columns": [{"species": "Sr", "x": 0, "y": 0}]}
    assert Lattice.model_validate(old).faint == ()


def test_repr_is_a_line():
    assert repr(lattice_preset("SrTiO3[001]")) == (
        "<Lattice SrTiO3[001]: 3.905 x 3.905 angstrom at 90 degrees, 2 columns: 1 Sr, 1 Ti>"
    )
    assert repr(free_lattice(4.0, 5.0, 90, 2)) == (
        "<Lattice cell:4,5,90,2: 4 x 5 angstrom at 90 degrees, 2 columns>"
    )
