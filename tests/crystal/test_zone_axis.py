"""Tests of zone axes as text, and of bases of the projected plane."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from napari_reward_analysis import BadInput
from napari_reward_analysis.crystal import axis_name, parse_axis
from napari_reward_analysis.crystal.zone_axis import plane_basis, primitive


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("[110]", (1, 1, 0)),
        ("110", (1, 1, 0)),
        ("[1 1 0]", (1, 1, 0)),
        (" [ 1, 1, 0 ] ", (1, 1, 0)),
        ("[1-10]", (1, -1, 0)),
        ("[-1,1,2]", (-1, 1, 2)),
        ("[1 -1 10]", (1, -1, 10)),
        ("[+1 0 0]", (1, 0, 0)),
        ("[1\N{MINUS SIGN}10]", (1, -1, 0)),
        ("[11\u03050]", (1, -1, 0)),
        ("[220]", (2, 2, 0)),
        ("[0001]", (0, 0, 1)),
        ("[11-20]", (3, 3, 0)),
        ("[1 0 -1 0]", (2, 1, 0)),
    ],
)
def test_axes_are_read_as_people_write_them(text, axis):
    assert parse_axis(text) == axis


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[000]", "one index must differ from 0"),
        ("[1.5 0 0]", "three whole numbers"),
        ("[1/2 0 0]", "three whole numbers"),
        ("[11]", "three whole numbers"),
        ("[11000]", "three whole numbers"),
        ("[1 10]", "three whole numbers"),
        ("[110", "three whole numbers"),
        ("[[110]]", "three whole numbers"),
        ("[uvw]", "three whole numbers"),
        ("[]", "three whole numbers"),
        ("", "three whole numbers"),
        ("[11-10]", "sum to 0"),
        ("[1 0 999]", "indices up to 100"),
        ("[1 0 99999999999999999999]", "three whole numbers"),
    ],
)
def test_what_is_no_axis_is_refused(text, fault):
    with pytest.raises(BadInput, match=fault):
        parse_axis(text)


def test_axes_are_made_primitive():
    assert primitive((2, 2, 0)) == (1, 1, 0)
    assert primitive((-6, 9, 3)) == (-2, 3, 1)
    assert primitive(np.array([0, 0, 4])) == (0, 0, 1)
    assert primitive((1.0, 1.0, 2.0)) == (1, 1, 2)


@pytest.mark.parametrize(
    "axis", [(0, 0, 0), (0.5, 0, 0), (1, 0), (1, 0, 0, 0), (math.nan, 0, 1), (math.inf, 0, 1)]
)
def test_impossible_axes_are_refused(axis):
    with pytest.raises(BadInput, match="is not a zone axis"):
        primitive(axis)


@given(st.tuples(*[st.integers(-100, 100)] * 3))
def test_names_are_read_back(axis):
    assume(any(axis))
    assert parse_axis(axis_name(axis)) == axis


@given(st.tuples(*[st.integers(-30, 30)] * 3))
def test_the_plane_completes_a_basis_of_all_lattice_vectors(axis):
    assume(any(axis))
    axis = primitive(axis)
    basis = np.vstack([plane_basis(axis), axis])
    assert round(np.linalg.det(basis)) == 1
