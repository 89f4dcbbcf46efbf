"""Tests of structure factors and symmetry against values derived by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis import Column, Lattice, lattice_preset
from napari_reward_analysis.calibration.pattern import predict, structure_factors
from napari_reward_analysis.crystal.lattice import free_lattice

pytestmark = pytest.mark.numeric


def test_the_two_columns_of_a_centred_cell_add_or_cancel():
    lattice = Lattice(
        name="bcc",
        a=3,
        b=3,
        columns=(
            Column(species="A", x=0, y=0, weight=1.0),
            Column(species="B", x=0.5, y=0.5, weight=0.4),
        ),
    )

    found = structure_factors(lattice, np.array([[1, 0], [1, 1], [2, 0], [2, 1]]))

    assert found == pytest.approx([0.6, 1.4, 1.4, 0.6])


def test_dumbbells_cancel_where_they_should():
    """Two columns a quarter of the cell apart: (0, 2) is in antiphase, (0, 4) in phase."""
    found = structure_factors(lattice_preset("Si[110]"), np.array([[0, 2], [0, 4], [1, 1]]))

    assert found == pytest.approx([0.0, 4.0, 2 * np.sqrt(2)], abs=1e-9)


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("SrTiO3[001]", 8),
        ("YBCO[100]", 4),
        ("graphene[001]", 12),
        ("MoS2[001]", 12),
        ("Si[110]", 4),
    ],
)
def test_the_symmetry_of_the_pattern(name, order):
    pattern = predict(lattice_preset(name))

    assert len(pattern.symmetry) == order
    assert np.array_equal(pattern.symmetry[0], np.eye(2))
    assert pattern.has_mirror


def test_an_oblique_cell_has_inversion_alone():
    lattice = Lattice(
        name="oblique",
        a=4.1,
        b=5.3,
        angle=103,
        columns=(
            Column(species="A", x=0, y=0),
            Column(species="B", x=0.4, y=0.3, weight=0.5),
        ),
    )
    pattern = predict(lattice)

    assert len(pattern.symmetry) == 2
    assert not pattern.has_mirror


@given(
    a=st.floats(2, 12),
    b=st.floats(2, 12),
    angle=st.floats(60, 120),
)
def test_frequencies_are_reciprocal_to_the_cell(a, b, angle):
    pattern = predict(free_lattice(a, b, angle, 2))

    assert pattern.k @ pattern.vectors.T == pytest.approx(pattern.h.astype(float), abs=1e-9)
    # of h and -h only one, and never the origin
    both = {tuple(h) for h in pattern.h.tolist()} | {tuple(-h) for h in pattern.h}
    assert len(both) == 2 * len(pattern.h)
    assert (0, 0) not in both


def test_a_free_cell_predicts_places_only():
    pattern = predict(free_lattice(3.9, 3.9, 90, 2))

    assert not pattern.placed
    assert np.all(pattern.strength == 1)
