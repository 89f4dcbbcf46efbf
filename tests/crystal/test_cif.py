"""Tests of crystals from CIF files: symmetry, occupancies, and every unusable file."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from napari_reward_analysis import BadInput, lattice_preset
from napari_reward_analysis.crystal import Crystal, Site, project
from napari_reward_analysis.crystal.cif import cif_lattice, read_crystal, read_lattice

# Without gemmi the package works all the same; then there is nothing to test here.
pytest.importorskip("gemmi")

LA, SR, MN, OX = (z**1.7 for z in (57, 38, 25, 8))

# Partial and mixed occupancy; R-3c in hexagonal axes by its symbol; uncertainties.
LSMO = """\
# La0.7Sr0.3MnO3
data_LSMO
_chemical_formula_sum 'La0.7 Mn O3 Sr0.3'
_cell_length_a 5.5054(2)
_cell_length_b 5.5054(2)
_cell_length_c 13.3553(8)
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_symmetry_space_group_name_H-M 'R -3 c'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
La1 La3+ 0 0 0.25 0.70(1)
Sr1 Sr2+ 0 0 0.25 0.30(1)
Mn1 Mn3+ 0 0 0 1
O1  O2-  0.4582(3) 0 0.25 1
"""

# Explicit operators: the rotations of P6_3mc. Each atom lies on three of them.
GAN = """\
data_GaN
_cell_length_a 3.189
_cell_length_b 3.189
_cell_length_c 5.185
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
loop_
_space_group_symop_id
_space_group_symop_operation_xyz
1 'x, y, z'
2 '-y, x-y, z'
3 '-x+y, -x, z'
4 '-x, -y, z+1/2'
5 'y, -x+y, z+1/2'
6 'x-y, x, z+1/2'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Ga1 0.3333 0.6667 0
N1  0.3333 0.6667 0.377
"""

STO = """\
data_STO
_cell_length_a 3.905
_cell_length_b 3.905
_cell_length_c 3.905
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Sr1 0 0 0
Ti1 0.5 0.5 0.5
O1 0.5 0.5 0
"""

SI = """\
data_Si
_cell_length_a 5.431
_cell_length_b 5.431
_cell_length_c 5.431
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
{symmetry}
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si {x} {x} {x}
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str, name: str = "crystal.cif") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def elements(crystal: Crystal) -> dict[str, int]:
    listed = [site.element for site in crystal.sites]
    return {element: listed.count(element) for element in listed}


def physics(path: Path, zone: str):
    return read_lattice(f"{path}:[{zone}]")


def test_partial_occupancies_and_a_space_group_symbol(write):
    crystal = read_crystal(write(LSMO, "LSMO.cif"))

    assert crystal.cell == (5.5054, 5.5054, 13.3553, 90, 90, 120)
    assert elements(crystal) == {"La": 6, "Sr": 6, "Mn": 6, "O": 18}

    # Along c, the body diagonal of the perovskite, manganese is behind the mixed sites.
    along_c = cif_lattice(crystal, (0, 0, 1))
    assert along_c.name == "LSMO.cif:[001]"
    assert (along_c.a, along_c.angle) == (5.5054, 120)
    assert along_c.species == ("La/Mn/Sr",)
    assert along_c.columns_per_cell == 3

    # Along [2-21], a pseudo-cubic axis: mixed columns beside manganese.
    pseudo_cubic = cif_lattice(crystal, (2, -2, 1))
    weights = {column.species: column.weight for column in pseudo_cubic.columns}
    mixed = 0.7 * LA + 0.3 * SR
    assert weights == pytest.approx({"La/Sr": 1, "Mn": (MN + OX) / mixed}, abs=1e-3)
    side = (5.5054**2 * math.sqrt(3) / 2 * 13.3553 / 6) ** (1 / 3)
    assert pseudo_cubic.area / pseudo_cubic.columns_per_cell == pytest.approx(
        side**2 / 2, rel=0.002
    )


def test_explicit_operators_and_special_positions(write):
    crystal = read_crystal(write(GAN, "GaN.cif"))
    assert elements(crystal) == {"Ga": 2, "N": 2}

    along_c, along_a = cif_lattice(crystal, (0, 0, 1)), cif_lattice(crystal, (1, 1, 0))
    # honeycomb: gallium with nitrogen below it, in both columns
    assert [(c.species, c.weight) for c in along_c.columns] == [("Ga", 1), ("Ga", 1)]
    assert along_c.spacing == pytest.approx(3.189 / math.sqrt(3), abs=1e-4)
    # along [110] (of four indices [11-20]): a c-high rectangle, zigzag of gallium
    assert along_a.a == pytest.approx(3.189 * math.sqrt(3) / 2)
    assert (along_a.b, along_a.angle) == (5.185, 90)
    assert (along_a.columns_per_cell, along_a.faint_species) == (2, ("N",))
    assert read_lattice(f"{write(GAN)}:[11-20]").columns == along_a.columns


@pytest.mark.parametrize("zone", ["001", "110", "111"])
def test_a_file_and_the_preset_agree(write, zone):
    ours, theirs = lattice_preset(f"SrTiO3[{zone}]"), physics(write(STO), zone)

    assert (theirs.a, theirs.b, theirs.angle) == (ours.a, ours.b, ours.angle)
    assert theirs.columns == ours.columns
    assert theirs.neighbour_sums == ours.neighbour_sums
    assert set(theirs.faint) == set(ours.faint)


@pytest.mark.parametrize(
    ("symmetry", "x"),
    [
        ("_symmetry_space_group_name_H-M 'F d -3 m'", 0),
        ("_symmetry_space_group_name_H-M 'F d -3 m'", 0.125),
        ("_symmetry_space_group_name_H-M Fd-3m:1", 0),
        ("_symmetry_space_group_name_H-M 'F d -3 m :2'", 0.125),
        ("_space_group_name_H-M_alt 'F d -3 m S'", 0),
        ("_space_group_name_H-M_alt 'F d -3 m Z'", 0.125),
        ("_symmetry_space_group_name_Hall '-F 4vw 2vw 3'", 0.125),
        ("_space_group_name_Hall ?\n_symmetry_Int_Tables_number 227", 0),
        ("_space_group.IT_number 227", 0.125),
    ],
)
def test_silicon_however_its_symmetry_is_written(write, symmetry, x):
    path = write(SI.format(symmetry=symmetry, x=x))

    assert elements(read_crystal(path)) == {"Si": 8}
    lattice = physics(path, "110")
    assert (lattice.a, lattice.b) == (pytest.approx(5.431 / math.sqrt(2)), 5.431)
    assert lattice.neighbour_sums == pytest.approx(lattice_preset("Si[110]").neighbour_sums)


def test_rhombohedral_axes_are_told_by_the_angles(write):
    """Calcite-like LaAlO3: the same crystal in both settings."""
    a, alpha = 5.3568, 60.1
    text = LSMO.replace("5.5054(2)", str(a)).replace("13.3553(8)", str(a))
    text = text.replace("alpha 90", f"alpha {alpha}").replace("beta 90", f"beta {alpha}")
    text = text.replace("gamma 120", f"gamma {alpha}")
    text = text.replace("0 0 0.25 0", "0.25 0.25 0.25 0")
    crystal = read_crystal(write(text.replace("0.4582(3) 0 0.25", "0.7082 0.7918 0.25")))

    assert elements(crystal) == {"La": 2, "Sr": 2, "Mn": 2, "O": 6}


def test_without_any_symmetry_all_atoms_are_listed(write):
    text = GAN[: GAN.index("loop_")] + GAN[GAN.index("loop_\n_atom") :]
    assert elements(read_crystal(write(text))) == {"Ga": 1, "N": 1}


def test_the_new_spelling_of_tags_is_understood(write):
    text = STO.replace("_cell_", "_cell.").replace("_atom_site_", "_atom_site.")
    text = text.replace("_space_group_", "_space_group.")
    assert elements(read_crystal(write(text))) == {"Sr": 1, "Ti": 1, "O": 3}


def test_the_block_with_the_crystal_is_found(write):
    text = "data_global\n_journal_name 'Any'\n\ndata_cell_only\n_cell_length_a 3\n\n" + STO
    assert elements(read_crystal(write(text))) == {"Sr": 1, "Ti": 1, "O": 3}


def test_what_haadf_does_not_show_may_be_without_a_place(write):
    hydrogen = "H1 ? ? ?\nD2 . . .\n"
    assert elements(read_crystal(write(STO + hydrogen))) == {"Sr": 1, "Ti": 1, "O": 3}
    with pytest.raises(BadInput, match=r"coordinate '[?]' of site Ba1 is not a number"):
        read_crystal(write(STO + "Ba1 ? ? ?\n"))


def test_elements_are_read_from_symbols_or_else_from_labels(write):
    head = STO[: STO.index("Sr1")].replace("'P m -3 m'", "'P 1'")
    labels = "SR1 0 0 0\nOW1 0.5 0 0\nTi2A 0.5 0.5 0\nD3 0 0.5 0\n"
    found = [site.element for site in read_crystal(write(head + labels)).sites]
    assert found == ["Sr", "O", "Ti", "H"]


def test_an_occupancy_of_zero_is_no_atom(write):
    text = LSMO.replace("0.30(1)", "0").replace(" Sr0.3", "")
    assert "Sr" not in elements(read_crystal(write(text)))


def test_names_with_brackets_colons_and_spaces(write):
    odd = write(STO, "a:b/my [old].cif:[1]/Sr Ti O3 [2].cif")
    for axis in (":[110]", ": [1 1 0]", ":1 1 0", "[110]", ":[2,2,0]", ":[1-10]", ":[-1,1,0]"):
        assert read_lattice(f"{odd}{axis}").area == pytest.approx(3.905**2 / math.sqrt(2))
    assert read_lattice(f"{odd}:[-1,1,2]").name == "Sr Ti O3 [2].cif:[-112]"


def test_the_home_folder_is_understood(write, monkeypatch):
    path = write(STO, "home.cif")
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("USERPROFILE", str(path.parent))
    assert read_lattice("~/home.cif:[001]").a == 3.905
    with pytest.raises(BadInput, match="There is no file"):
        read_lattice("~nobody-of-this-name/home.cif:[001]")


def test_presets_and_free_cells_pass_through():
    assert read_lattice("STO[001]") == lattice_preset("SrTiO3[001]")
    assert read_lattice("cell:3.905,3.905,90,2").unplaced == 2
    with pytest.raises(BadInput, match=r"choose from YBCO\[100\]"):
        read_lattice("unobtainium")


def test_a_lattice_survives_being_saved(write):
    lattice = physics(write(GAN), "110")
    assert type(lattice).model_validate_json(lattice.model_dump_json()) == lattice


def cut(text: str, *, of: str) -> str:
    """All of a file up to some text in it."""
    return text[: text.index(of)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is not a CIF file"),
        ("P4/mmm, a = 4, c = 5", "is not a CIF file"),
        ("data_nothing\n", "has no unit cell"),
        (cut(STO, of="_cell"), "has no unit cell"),
        (cut(STO, of="_cell_angle_gamma"), "has no atoms"),
        (cut(STO, of="loop_"), "has no atoms"),
        (cut(STO, of="Sr1"), "has no atoms"),
        (cut(STO, of="0.5 0.5 0.5"), r"damaged or cut short \(line 9: Wrong number of values"),
        (cut(STO, of="m -3 m"), r"damaged or cut short \(line"),
        (cut(LSMO, of="Mn1 Mn3+"), "formula names Mn, but no site holds it"),
        (STO.replace("_cell_angle_beta 90\n", ""), "has no _cell_angle_beta"),
        (STO.replace("_cell_length_b 3.905", "_cell_length_b ?"), "has no _cell_length_b"),
        (STO.replace("_cell_length_b 3.905", "_cell_length_b 0"), "is impossible"),
        (STO.replace("_cell_length_b 3.905", "_cell_length_b wide"), "is impossible"),
        (STO.replace("gamma 90", "gamma 180"), "is impossible"),
        (STO.replace("P m -3 m", "P m -3 q"), "space group 'P m -3 q' is not known"),
        (GAN.replace("-y, x-y, z", "-y, x-y"), "is not a symmetry operation"),
        (SI.format(symmetry="_space_group_name_Hall 'F q'", x=0), "Hall symbol 'F q' is not valid"),
        (SI.format(symmetry="_space_group_IT_number 231", x=0), "no space group 231"),
        (SI.format(symmetry="_space_group_IT_number Fd3m", x=0), "no space group Fd3m"),
        (
            SI.format(symmetry="_symmetry_space_group_name_H-M 'F d -3 m'", x=0.1),
            "two choices of origin",
        ),
        (STO.replace("Ti1", "Xx1"), "element of site Xx1 is not known"),
        (LSMO.replace("Mn3+", "Vac"), "element of site Mn1 is not known"),
        (STO.replace("0.5 0.5 0.5", "0.5 1/2 0.5"), "coordinate '1/2' of site"),
        (STO.replace("_fract_z", "_fract_w"), "some atoms have no coordinates"),
        (LSMO.replace("0.70(1)", "-0.7"), "occupancy '-0.7' of La1 is impossible"),
        (LSMO.replace("0.70(1)", "most"), "occupancy 'most' of La1 is impossible"),
        (GAN + "Ga2 0.3333 0.6667 0\n", r"\(Ga1\) fill one position 2 times"),
    ],
)
def test_unusable_files_get_one_sentence(write, text, fault):
    with pytest.raises(BadInput, match=fault) as caught:
        read_crystal(write(text))
    message = str(caught.value)
    assert message.startswith("crystal.cif")
    assert message.endswith(".")
    assert "\n" not in message


def test_a_file_cut_anywhere_is_whole_or_refused(write):
    path = write(LSMO)
    for length in range(len(LSMO)):
        path.write_text(LSMO[:length], encoding="utf-8")
        try:
            crystal = read_crystal(path)
        except BadInput:
            continue
        # only the last line's number, or the faint oxygen, can go unnoticed
        assert {"La": 6, "Sr": 6, "Mn": 6}.items() <= elements(crystal).items()


def test_bytes_that_are_no_text_are_no_cif(tmp_path):
    path = tmp_path / "picture.cif"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe" * 20)
    with pytest.raises(BadInput, match="is not a CIF file"):
        read_crystal(path)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(BadInput, match=r"There is no file .*none\.cif: check the path"):
        read_lattice(f"{tmp_path / 'none.cif'}:[001]")
    (tmp_path / "folder.cif").mkdir()
    with pytest.raises(BadInput, match=r"folder\.cif (is a folder|cannot be read)"):
        read_crystal(tmp_path / "folder.cif")


@pytest.mark.parametrize(
    ("axis", "fault"),
    [
        ("", r"needs a zone axis: write it after the file, e\.g\. crystal\.cif:\[001\]"),
        (":", "needs a zone axis"),
        (":[000]", "one index must differ from 0"),
        (":[1.5 0 0]", "three whole numbers"),
        (":[uvw]", "three whole numbers"),
        (":[9 8 7]", "lower indices"),
    ],
)
def test_bad_axes_get_one_sentence(write, axis, fault):
    with pytest.raises(BadInput, match=fault):
        read_lattice(f"{write(STO)}{axis}")


def test_without_gemmi_the_extra_is_named(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "gemmi", None)
    with pytest.raises(BadInput, match=r'pip install "napari-reward-analysis\[cif\]"'):
        read_crystal(write(STO))


def test_what_is_read_can_be_projected_by_hand(write):
    crystal = read_crystal(write(STO))
    assert crystal.sites[0] == Site(label="Sr1", element="Sr", x=0, y=0, z=0)
    assert project(crystal, (0, 0, 1)).name == "crystal.cif[001]"
