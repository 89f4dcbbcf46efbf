"""Tests of projected cells and columns against values derived by hand.

Positions are compared as sets in the periodic cell, since the origin's corner is arbitrary;
weights by sums of Z to the power 1.7.
"""

from __future__ import annotations

import math

import pytest

from napari_reward_analysis import BadInput, lattice_preset
from napari_reward_analysis.crystal import Crystal, Site, project
from napari_reward_analysis.crystal.presets import preset_crystals

pytestmark = pytest.mark.numeric

OX, SI, S, SC, TI, CU, SR, Y, MO, BA, LA, DY = (
    z**1.7 for z in (8, 14, 16, 21, 22, 29, 38, 39, 42, 56, 57, 66)
)
CUBE = (4.0, 4.0, 4.0, 90.0, 90.0, 90.0)


def crystal(*sites: tuple[str, float, float, float], cell=CUBE, **more) -> Crystal:
    listed = [Site(label=f"{e}1", element=e, x=x, y=y, z=z) for e, x, y, z in sites]
    return Crystal(name="made", cell=cell, sites=tuple(listed), **more)


def contents(columns) -> list[tuple[str, float, float, float]]:
    """Species, weight and place of each column, in a fixed order."""
    return sorted((c.species, round(c.weight, 4), round(c.x, 4), round(c.y, 4)) for c in columns)


def expected(*columns: tuple[str, float, float, float]) -> list[tuple[str, float, float, float]]:
    return sorted((s, round(w, 4), round(x, 4), round(y, 4)) for s, w, x, y in columns)


def test_ybco_100():
    """Across a: b and c. The planar oxygen 0.27 A beside Cu2 belongs to its column."""
    lattice = lattice_preset("YBCO[100]")

    assert (lattice.a, lattice.b, lattice.angle) == (3.89, 11.68, 90)
    assert contents(lattice.columns) == expected(
        ("Cu1", CU / BA, 0, 0),
        ("Cu2", (CU + OX) / BA, 0, 0.355),
        ("Cu2", (CU + OX) / BA, 0, 0.645),
        ("Ba", 1, 0.5, 0.184),
        ("Ba", 1, 0.5, 0.816),
        ("Y", Y / BA, 0.5, 0.5),
    )
    assert contents(lattice.faint) == expected(
        ("O1", OX / BA, 0.5, 0),
        ("O3", OX / BA, 0.5, 0.377),
        ("O3", OX / BA, 0.5, 0.623),
        ("O4", OX / BA, 0, 0.159),
        ("O4", OX / BA, 0, 0.841),
    )


def test_ybco_010():
    """Along the chains their oxygen lies behind Cu1, and that of the planes behind Cu2."""
    lattice = lattice_preset("YBCO[010]")

    assert (lattice.a, lattice.b, lattice.angle) == (3.82, 11.68, 90)
    weights = {column.species: column.weight for column in lattice.columns}
    assert weights == pytest.approx(
        {"Cu1": (CU + OX) / BA, "Cu2": (CU + OX) / BA, "Ba": 1, "Y": Y / BA}, abs=1e-6
    )
    assert lattice.species == ("Cu1", "Cu2", "Ba", "Y")
    assert lattice.faint_species == ("O2", "O4")


def test_ybco_001():
    """Three copper atoms in one column, two barium and one yttrium in the other."""
    lattice = lattice_preset("YBCO[001]")
    bright = 2 * BA + Y

    assert (lattice.a, lattice.b, lattice.angle) == (3.82, 3.89, 90)
    assert contents(lattice.columns) == expected(
        ("Cu", (3 * CU + 2 * OX) / bright, 0, 0), ("Ba/Y", 1, 0.5, 0.5)
    )
    assert contents(lattice.faint) == expected(
        ("O", 3 * OX / bright, 0, 0.5), ("O2", 2 * OX / bright, 0.5, 0)
    )


def test_strontium_titanate():
    along_001, along_110, along_111 = (
        lattice_preset(f"SrTiO3[{zone}]") for zone in ("001", "110", "111")
    )

    assert (along_001.a, along_001.b, along_001.angle) == (3.905, 3.905, 90)
    assert contents(along_001.columns) == expected(
        ("Sr", 1, 0, 0), ("Ti", (TI + OX) / SR, 0.5, 0.5)
    )
    assert contents(along_001.faint) == expected(("O", OX / SR, 0.5, 0), ("O", OX / SR, 0, 0.5))

    assert along_110.a == pytest.approx(3.905 / math.sqrt(2))
    assert (along_110.b, along_110.angle) == (pytest.approx(3.905), 90)
    assert contents(along_110.columns) == expected(("Sr", 1, 0, 0), ("Ti", TI / (SR + OX), 0, 0.5))
    assert contents(along_110.faint) == expected(("O", 2 * OX / (SR + OX), 0.5, 0.5))

    assert (along_111.a, along_111.angle) == (pytest.approx(3.905 * math.sqrt(2 / 3)), 120)
    assert contents(along_111.columns) == expected(("Sr/Ti", 1, 0, 0))
    assert len(along_111.faint) == 3


def test_dysprosium_scandate_pbnm():
    """Along c the two tilted Dy, 0.72 A apart, are one column; along [110] they are not."""
    along_001, along_110 = lattice_preset("DyScO3[001]"), lattice_preset("DyScO3[110]")

    assert (along_001.a, along_001.b, along_001.angle) == (5.442, 5.719, 90)
    assert contents(along_001.columns) == expected(
        ("Dy", 1, 0, 0),
        ("Dy", 1, 0.5, 0.5),
        ("Sc", (SC + OX) / DY, 0.5, 0),
        ("Sc", (SC + OX) / DY, 0, 0.5),
    )
    assert along_001.faint_species == ("O2",)

    # the height of the a-b rectangle over its diagonal
    assert along_110.a == pytest.approx(5.442 * 5.719 / math.hypot(5.442, 5.719))
    assert (along_110.b, along_110.angle) == (7.904, 90)
    assert [c.species for c in along_110.columns] == ["Dy", "Dy", "Sc", "Sc"]
    dy = [(c.x, c.y) for c in along_110.columns if c.species == "Dy"]
    # seen so, the two Dy of a column are 0.061 + 0.017 and 0.061 - 0.017 beside the edge
    assert sorted(min(x, 1 - x) for x, _ in dy) == pytest.approx([0.061, 0.061])
    assert sorted(y for _, y in dy) == pytest.approx([0.25, 0.75])
    # close to two pseudo-cubic cells
    assert along_110.area == pytest.approx(2 * lattice_preset("DyScO3").area, rel=0.002)


def test_silicon_110_keeps_the_cell_of_its_dumbbells():
    lattice = lattice_preset("Si[110]")

    assert lattice.a == pytest.approx(5.431 / math.sqrt(2))
    assert (lattice.b, lattice.angle) == (5.431, 90)
    assert contents(lattice.columns) == expected(
        ("Si", 1, 0, 0), ("Si", 1, 0, 0.25), ("Si", 1, 0.5, 0.5), ("Si", 1, 0.5, 0.75)
    )


def test_silicon_001_has_eight_columns_on_a_square_grid():
    lattice = lattice_preset("Si[001]")

    assert (lattice.a, lattice.b, lattice.columns_per_cell) == (5.431, 5.431, 8)
    assert lattice.neighbour_sums == {"Si": pytest.approx(4 * 5.431 / math.sqrt(8))}


def test_silicon_111_is_a_honeycomb_filled_by_the_stacking():
    """ABC stacking puts all columns on a triangular grid of a/sqrt(6), two atoms each."""
    lattice = lattice_preset("Si[111]")

    assert (lattice.a, lattice.b) == (pytest.approx(5.431 * math.sqrt(2 / 3)),) * 2
    assert (lattice.angle, lattice.columns_per_cell) == (120, 4)
    assert lattice.neighbour_sums == {"Si": pytest.approx(4 * 5.431 / math.sqrt(6))}


def test_layers():
    sulphide, carbon = lattice_preset("MoS2[001]"), lattice_preset("graphene[001]")

    assert (sulphide.a, sulphide.b, sulphide.angle) == (3.161, 3.161, 120)
    assert contents(sulphide.columns) == expected(
        ("Mo", 1, 1 / 3, 2 / 3), ("S", 2 * S / MO, 2 / 3, 1 / 3)
    )
    assert sulphide.spacing == pytest.approx(3.161 / math.sqrt(3))
    # carbon is light, but there is nothing brighter
    assert (carbon.a, carbon.angle) == (2.46, 120)
    assert contents(carbon.columns) == expected(("C", 1, 1 / 3, 2 / 3), ("C", 1, 2 / 3, 1 / 3))
    assert carbon.faint == ()


@pytest.mark.parametrize("name", ["MoS2[100]", "graphene[111]"])
def test_a_layer_is_seen_from_above_alone(name):
    with pytest.raises(BadInput, match=r"single layer and shows columns only along \[001\]"):
        lattice_preset(name)


def test_centred_lattices():
    """Fcc along [110]: of four atoms two lie behind the others; bcc along [111]: all in three."""
    fcc = crystal(("Au", 0, 0, 0), ("Au", 0.5, 0.5, 0), ("Au", 0.5, 0, 0.5), ("Au", 0, 0.5, 0.5))
    bcc = crystal(("Fe", 0, 0, 0), ("Fe", 0.5, 0.5, 0.5))

    assert [project(fcc, axis).columns_per_cell for axis in ((0, 0, 1), (1, 1, 0))] == [4, 2]
    assert [project(bcc, axis).columns_per_cell for axis in ((0, 0, 1), (1, 1, 1))] == [2, 1]


def test_handedness_and_angle_of_an_oblique_cell():
    """Along +b of a monoclinic cell, b towards the viewer, c lies beta clockwise from a."""
    cell = (5.0, 6.0, 7.0, 90.0, 100.0, 90.0)
    made = crystal(("Au", 0, 0, 0), ("Ag", 0.2, 0, 0.3), cell=cell)
    front, back = project(made, (0, 1, 0)), project(made, (0, -1, 0))

    assert (front.a, front.b, front.angle) == (5, 7, 100)
    assert (back.a, back.b, back.angle) == (5, 7, 80)
    assert contents(front.columns)[0][2:] == (0.2, 0.3)
    assert front.neighbour_sums == pytest.approx(back.neighbour_sums)


def test_labels_name_columns_where_an_element_has_several_sites():
    made = Crystal(
        name="made",
        cell=CUBE,
        sites=(
            Site(label="Fe1", element="Fe", x=0, y=0, z=0),
            Site(label="Fe2", element="Fe", x=0.5, y=0, z=0),
            Site(label="Sr7", element="Sr", x=0.5, y=0.5, z=0),
        ),
    )
    assert project(made, (0, 0, 1)).species == ("Fe1", "Fe2", "Sr")
    assert project(made, (1, 0, 0)).species == ("Fe", "Sr")


def test_mixed_sites_are_summed_and_named_after_all_that_matter():
    """La0.7Sr0.3, and a dopant that is too little to be named."""
    sites = [("La", 0.7), ("Sr", 0.29), ("Zr", 0.01)]
    made = Crystal(
        name="LSMO",
        cell=CUBE,
        sites=(
            *(Site(label="A", element=e, x=0, y=0, z=0, occupancy=o) for e, o in sites),
            Site(label="Mn", element="Mn", x=0.5, y=0.5, z=0.5),
        ),
    )
    lattice = project(made, (0, 0, 1))

    assert lattice.species == ("La/Sr", "Mn")
    bright = 0.7 * LA + 0.29 * SR + 0.01 * 40**1.7
    assert lattice.columns[1].weight == pytest.approx(25**1.7 / bright, abs=1e-6)


def test_columns_merge_across_the_border_of_the_cell():
    made = crystal(("Au", 0.95, 0.5, 0), ("Au", 0.05, 0.5, 0.5))
    (column,) = project(made, (0, 0, 1)).columns
    assert (column.x, column.y) == (0, 0.5)
    assert project(made, (0, 0, 1), merge=0.3).columns_per_cell == 2


def test_the_place_of_a_column_is_the_weighted_mean():
    (column,) = project(crystal(("Au", 0, 0, 0), ("Cu", 0.1, 0, 0.5)), (0, 0, 1)).columns
    gold, copper = 79**1.7, CU
    assert column.x == pytest.approx(0.1 * copper / (gold + copper), abs=1e-6)
    assert column.species == "Au/Cu"


def test_a_light_atom_neither_links_nor_moves_nor_names_heavy_columns():
    """Oxygen 0.6 A from either of two heavy columns 1.2 A apart."""
    made = crystal(("Pb", 0, 0, 0), ("Pb", 0.3, 0, 0.5), ("O", 0.149, 0, 0.2))
    lattice = project(made, (0, 0, 1))

    assert contents(lattice.columns)[0][0] == "Pb"
    assert [(c.x, c.y) for c in lattice.columns] == [(0, 0), (0.3, 0)]
    assert lattice.columns[1].weight < lattice.columns[0].weight == 1
    assert lattice.faint == ()


def test_light_columns_that_are_bright_enough_are_expected():
    """Nitrogen is a third of aluminium; beside gallium it is faint."""
    for metal, species, faint in (("Al", ("Al", "N"), ()), ("Ga", ("Ga",), ("N",))):
        lattice = project(crystal((metal, 0, 0, 0), ("N", 0.5, 0.5, 0)), (0, 0, 1))
        assert (lattice.species, lattice.faint_species) == (species, faint)


def test_a_species_is_faint_as_a_whole_or_not_at_all():
    """Oxygen single and threefold: a choice by name must mean one thing."""
    made = crystal(
        ("V", 0, 0, 0),
        ("O", 0.5, 0, 0),
        *(("O", 0.5, 0.5, z) for z in (0.1, 0.4, 0.7)),
    )
    lattice = project(made, (0, 0, 1))

    assert lattice.species == ("V", "O")
    assert lattice.columns_per_cell == 3
    assert lattice.choose(lattice.species) == lattice


def test_an_axis_along_which_columns_run_into_each_other_is_refused():
    with pytest.raises(BadInput, match="choose a zone axis with lower indices"):
        lattice_preset("YBCO[9 8 7]")
    # the atoms of this chain follow each other round the cell at 0.8 A
    chain = crystal(*(("Au", i / 5, 0, 0) for i in range(5)))
    with pytest.raises(BadInput, match="less than 0.8 angstrom apart"):
        project(chain, (0, 0, 1))
    with pytest.raises(BadInput, match="angstrom apart"):
        project(crystal(("C", 0, 0, 0), cell=(0.7, 4, 4, 90, 90, 90)), (0, 0, 1))


def test_a_carpet_of_light_atoms_does_not_spoil_heavy_columns():
    oxygen = [("O", i / 8 + 0.0625, 0.5, 0) for i in range(8)]
    lattice = project(crystal(("W", 0, 0, 0), *oxygen), (0, 0, 1))

    assert lattice.species == ("W",)
    assert len(lattice.faint) == 8


@pytest.mark.parametrize("axis", [(0, 0, 0), (0.5, 0, 1), (1, 1)])
def test_impossible_axes_are_refused(axis):
    with pytest.raises(BadInput, match="is not a zone axis"):
        project(preset_crystals()["Si"], axis)


@pytest.mark.parametrize("merge", [-0.1, math.nan, math.inf])
def test_impossible_merging_distances_are_refused(merge):
    with pytest.raises(BadInput, match="merging distance"):
        project(preset_crystals()["Si"], (0, 0, 1), merge)


def test_indices_that_are_multiples_name_the_same_axis():
    silicon = preset_crystals()["Si"]
    assert project(silicon, (2, 2, 0)) == project(silicon, (1, 1, 0))
