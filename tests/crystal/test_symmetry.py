"""Tests of symmetry operators as text, and of the atoms that they make."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from napari_reward_analysis import BadInput
from napari_reward_analysis.crystal import Crystal, Site, expand
from napari_reward_analysis.crystal.elements import ATOMIC_NUMBERS
from napari_reward_analysis.crystal.presets import preset_crystals
from napari_reward_analysis.crystal.symmetry import parse_operation

pytestmark = pytest.mark.numeric

CUBE = (4.0, 4.0, 4.0, 90.0, 90.0, 90.0)
HEXAGON = (5.0, 5.0, 8.0, 90.0, 90.0, 120.0)
THREEFOLD = ("x,y,z", "-y,x-y,z", "-x+y,-x,z")


def site(x: float, y: float, z: float, **more: object) -> Site:
    return Site(**{"label": "Si1", "element": "Si", "x": x, "y": y, "z": z, **more})


@pytest.mark.parametrize(
    ("text", "rows", "shift"),
    [
        ("x,y,z", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, 0]),
        ("-y, x-y, z+1/3", [[0, -1, 0], [1, -1, 0], [0, 0, 1]], [0, 0, 1 / 3]),
        ("1/2+X,-Y,0.25-Z", [[1, 0, 0], [0, -1, 0], [0, 0, -1]], [0.5, 0, 0.25]),
        ("+z,+x,+y", [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [0, 0, 0]),
        ("'x, y, z-.3333'", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, -1 / 3]),
    ],
)
def test_operations_are_read(text, rows, shift):
    rotation, translation = parse_operation(text)
    np.testing.assert_array_equal(rotation, rows)
    np.testing.assert_allclose(translation, shift, atol=1e-15)


@pytest.mark.parametrize(
    "text",
    ["", "x,y", "x,y,z,x", "x,y,", "x,y,w", "x,x,z", "x y,z,x", "2x,y,z", "x,y,1/0", "x--y,y,z"],
)
def test_what_is_no_operation_is_refused(text):
    with pytest.raises(BadInput, match="is not a symmetry operation"):
        parse_operation(text)


def test_a_general_position_has_an_atom_for_each_operation():
    atoms = expand(HEXAGON, [site(0.1, 0.25, 0.7)], THREEFOLD)

    found = [(atom.x, atom.y, atom.z) for atom in atoms]
    assert found == [(0.1, 0.25, 0.7), (0.75, 0.85, 0.7), (0.15, 0.9, 0.7)]


@pytest.mark.parametrize(("x", "y"), [(1 / 3, 2 / 3), (0.3333, 0.6667), (0.33, 0.67)])
def test_a_special_position_is_not_doubled_however_it_is_rounded(x, y):
    (atom,) = expand(HEXAGON, [site(x, y, 0.5)], THREEFOLD)
    assert (atom.x, atom.y) == pytest.approx((1 / 3, 2 / 3), abs=1e-9)


def test_an_atom_at_the_border_of_the_cell_is_one():
    (atom,) = expand(CUBE, [site(0.9999, 0.0001, 1.0)], ["x,y,z", "-x,-y,-z"])
    assert (atom.x, atom.y, atom.z) == (0, 0, 0)


def test_mixed_and_partial_occupancies_are_kept():
    unit = [
        site(0, 0, 0, label="La1", element="La", occupancy=0.7),
        site(0, 0, 0, label="Sr1", element="Sr", occupancy=0.3),
    ]
    atoms = expand(CUBE, unit, ["x,y,z", "-x,-y,-z", "x+1/2,y+1/2,z+1/2", "-x+1/2,-y+1/2,-z+1/2"])
    assert [(a.element, a.occupancy) for a in atoms] == [
        ("La", 0.7),
        ("La", 0.7),
        ("Sr", 0.3),
        ("Sr", 0.3),
    ]


def test_atoms_on_top_of_each_other_are_refused():
    """A file may list all atoms and the operators too."""
    with pytest.raises(BadInput, match=r"\(Si1\) fill one position 2 times"):
        expand(CUBE, [site(0.2, 0, 0), site(0.8, 0, 0)], ["x,y,z", "-x,-y,-z"])


@pytest.mark.parametrize(
    "cell",
    [(0, 4, 4, 90, 90, 90), (4, 4, float("nan"), 90, 90, 90), (4, 4, 4, 30, 30, 120)],
)
def test_impossible_cells_are_refused(cell):
    with pytest.raises(BadInput, match="is impossible"):
        expand(cell, [site(0, 0, 0)], [])


def test_a_cell_in_the_wrong_unit_is_told():
    with pytest.raises(BadInput, match="check that its lengths are in angstrom"):
        expand((0.05, 4, 4, 90, 90, 90), [site(0, 0, 0)], [])


def test_unknown_elements_and_empty_crystals_cannot_be():
    with pytest.raises(ValidationError, match="there is no element 'Xx'"):
        site(0, 0, 0, element="Xx")
    with pytest.raises(ValidationError, match="at least 1 item"):
        Crystal(name="empty", cell=CUBE, sites=())
    with pytest.raises(ValidationError, match="is impossible"):
        Crystal(name="flat", cell=(4, 4, 4, 60, 60, 120), sites=(site(0, 0, 0),))


def test_atomic_numbers():
    known = {"H": 1, "O": 8, "Si": 14, "Sr": 38, "Ba": 56, "Lu": 71, "Hf": 72, "U": 92, "Og": 118}
    assert {symbol: ATOMIC_NUMBERS[symbol] for symbol in known} == known


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("YBCO", {"Y": 1, "Ba": 2, "Cu": 3, "O": 7}),
        ("SrTiO3", {"Sr": 1, "Ti": 1, "O": 3}),
        ("DyScO3", {"Dy": 4, "Sc": 4, "O": 12}),
        ("DyScO3[pc]", {"Dy": 1, "Sc": 1, "O": 3}),
        ("Si", {"Si": 8}),
        ("MoS2", {"Mo": 1, "S": 2}),
        ("graphene", {"C": 2}),
    ],
)
def test_presets_hold_what_their_formulas_say(name, contents):
    elements = [one.element for one in preset_crystals()[name].sites]
    assert {element: elements.count(element) for element in elements} == contents


@pytest.mark.parametrize(
    ("name", "one", "other", "number", "low", "high"),
    [
        ("SrTiO3", "Ti", "O", 6, 1.95, 1.96),
        ("DyScO3", "Sc", "O", 6, 2.05, 2.15),
        ("Si", "Si", "Si", 4, 2.35, 2.36),
        ("MoS2", "Mo", "S", 6, 2.40, 2.43),
        ("graphene", "C", "C", 3, 1.42, 1.421),
        ("YBCO", "Y", "O", 8, 2.35, 2.45),
    ],
)
def test_presets_have_the_bonds_that_they_should(name, one, other, number, low, high):
    crystal = preset_crystals()[name]
    vectors = crystal.vectors
    cells = np.stack(np.mgrid[-1:2, -1:2, -1:2], -1).reshape(-1, 1, 3)
    places = {
        element: np.array([(s.x, s.y, s.z) for s in crystal.sites if s.element == element])
        for element in (one, other)
    }
    around = (places[other] + cells).reshape(-1, 3) @ vectors
    for centre in places[one] @ vectors:
        distances = np.sort(np.linalg.norm(around - centre, axis=1))
        distances = distances[distances > 0.1]
        assert distances[0] >= low
        assert distances[number - 1] <= high
        assert distances[number] > high
