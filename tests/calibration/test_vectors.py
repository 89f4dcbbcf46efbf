"""Tests of the measured spacing without a chosen crystal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis import Image
from napari_reward_analysis.calibration.vectors import measure_vectors, reduce_basis

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize(
    ("name", "lengths", "angle"),
    [
        ("YBCO[100]", (3.89, 11.68), 90),
        ("SrTiO3[001]", (3.905, 3.905), 90),
        ("graphene[001]", (2.46, 2.46), 60),
        # the primitive cell of a centred one
        ("Si[110]", (3.326, 3.326), 70.53),
    ],
)
@pytest.mark.parametrize("noise", [0.05, 0.6])
def test_the_primitive_cell_is_seen(crystals, name, lengths, angle, noise):
    size = 0.14
    image = crystals.image(name, (512, 500), size, rotation=27, noise=noise, sigma=0.4)

    seen = measure_vectors(image)

    assert seen.found
    assert seen.confidence > 0.9
    assert [length * size for length in seen.lengths_px] == pytest.approx(lengths, rel=0.01)
    assert seen.angle_deg == pytest.approx(angle, abs=0.5)


@settings(max_examples=10)
@given(rotation=st.floats(-90, 90), size=st.floats(0.15, 0.3))
def test_turning_and_scaling_the_crystal_turns_and_scales_the_vectors(crystals, rotation, size):
    seen = measure_vectors(crystals.image("SrTiO3[001]", (256, 256), size, rotation=rotation))

    direction = math.degrees(math.atan2(*seen.vectors_px[0]))
    assert crystals.turn(direction, rotation, 4) < 0.3
    assert seen.lengths_px[0] == pytest.approx(3.905 / size, rel=0.005)


@pytest.mark.parametrize(
    "vectors", [[(0.0, 20.0), (30.0, 0.0)], [(20.0, 0.0), (0.0, 30.0)], [(0.0, 20.0), (30.0, 20.0)]]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_rounding_does_not_turn_a_vector_around(vectors, sign):
    """One vector points straight down, or stands at a right angle to the other."""
    rng = np.random.default_rng(0)
    wanted = reduce_basis(np.array(vectors))
    for _ in range(10):
        nudged = sign * np.array(vectors) + 1e-13 * rng.standard_normal((2, 2))
        np.testing.assert_allclose(reduce_basis(nudged), wanted, atol=1e-9)


def test_the_confidence_is_at_most_one(crystals):
    seen = measure_vectors(crystals.image("SrTiO3[001]", (256, 256), 0.15, sigma=0.3))
    assert 0.9 < seen.confidence <= 1


def test_an_image_without_a_lattice_has_none():
    seen = measure_vectors(Image(np.random.default_rng(0).normal(size=(200, 200))))

    assert not seen.found
    assert seen.confidence == 0
    assert np.isnan(seen.vectors_px).all()
    assert seen.n_reflections == 0


@given(
    shears=st.lists(st.integers(-3, 3), min_size=2, max_size=4),
    ratio=st.floats(1, 5),
    angle=st.floats(50, 90),
)
def test_a_basis_is_reduced_to_the_shortest(shears, ratio, angle):
    """Shears along the two vectors in turn make any basis of the same lattice."""
    change = np.eye(2)
    for shear in shears:
        change = np.array([[shear, 1], [1, 0]]) @ change
    gamma = math.radians(angle)
    cell = np.array([[0, 1.0], [ratio * math.sin(gamma), ratio * math.cos(gamma)]])

    reduced = reduce_basis(change @ cell)

    first, second = reduced
    assert abs(np.linalg.det(reduced)) == pytest.approx(abs(np.linalg.det(cell)))
    assert first @ first <= second @ second * (1 + 1e-6)
    assert -1e-9 <= first @ second <= 0.5 * first @ first * (1 + 1e-6)
    # both are vectors of the lattice
    indices = reduced @ np.linalg.inv(cell)
    assert indices == pytest.approx(np.rint(indices), abs=1e-6)
