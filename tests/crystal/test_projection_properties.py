"""Tests of projections: their invariances, and an independent projection."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from napari_reward_analysis import BadInput, Lattice
from napari_reward_analysis.crystal import Crystal, Site, project
from napari_reward_analysis.crystal.elements import brightness
from napari_reward_analysis.crystal.presets import preset_crystals

ELEMENTS = ("O", "Si", "Cu", "Sr", "Au")

axes = st.tuples(*[st.integers(-3, 3)] * 3).filter(any)


@st.composite
def crystals(draw: st.DrawFn, elements: tuple[str, ...] = ELEMENTS) -> Crystal:
    """Triclinic crystals of a few atoms, at least one of them heavy."""
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    lengths = rng.uniform(3, 7, 3)
    angles = rng.uniform(70, 110, 3)
    kinds = ["Au", *rng.choice(elements, draw(st.integers(0, 3)))]
    sites = tuple(
        Site(label=f"{kind}{i}", element=str(kind), x=x, y=y, z=z, occupancy=occupancy)
        for i, (kind, (x, y, z), occupancy) in enumerate(
            zip(kinds, rng.random((len(kinds), 3)), rng.uniform(0.3, 1, len(kinds)), strict=True)
        )
    )
    return Crystal(name="random", cell=(*lengths, *angles), sites=sites)


def in_other_cell(crystal: Crystal, matrix: np.ndarray, axis: tuple[int, ...]):
    """The same crystal in the cell of `matrix` times its vectors, and the axis there."""
    vectors = matrix @ crystal.vectors
    count = round(abs(np.linalg.det(matrix)))
    inverse = np.linalg.inv(matrix)
    reach = int(np.abs(matrix).sum())
    steps = np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))
    sites = []
    for site in crystal.sites:
        images = np.add(steps, [site.x, site.y, site.z]) @ inverse
        images = images[((images > -1e-7) & (images < 1 - 1e-7)).all(axis=1)]
        assert len(images) == count
        sites += [site.model_copy(update=dict(zip("xyz", p.tolist(), strict=True))) for p in images]
    lengths = np.linalg.norm(vectors, axis=1)
    pairs = ((1, 2), (0, 2), (0, 1))
    angles = [
        math.degrees(math.acos(vectors[i] @ vectors[j] / lengths[i] / lengths[j])) for i, j in pairs
    ]
    moved = Crystal(name=crystal.name, cell=(*lengths, *angles), sites=tuple(sites))
    return moved, np.round(np.array(axis) @ inverse * count).astype(int)


def projected(crystal: Crystal, axis: tuple[int, ...]) -> Lattice:
    """Skips crystals whose columns cannot be told apart along an axis."""
    try:
        return project(crystal, axis)
    except BadInput:
        assume(False)
        raise


def assert_same_physics(one: Lattice, other: Lattice) -> None:
    assert one.expected_count(1000) == pytest.approx(other.expected_count(1000))
    assert one.neighbour_sums == pytest.approx(other.neighbour_sums)
    assert one.spacing == pytest.approx(other.spacing)
    assert one.default_ds == pytest.approx(other.default_ds)


@given(crystals(), axes)
def test_no_atom_is_lost_or_counted_twice(crystal, axis):
    lattice = projected(crystal, axis)

    columns = (*lattice.columns, *lattice.faint)
    atoms = sum(site.occupancy * brightness(site.element) for site in crystal.sites)
    brightest = atoms / sum(column.weight for column in columns)
    # no column is less than the faintest atom, and each weight is a sum over atoms
    least = min(site.occupancy * brightness(site.element) for site in crystal.sites)
    assert min(column.weight for column in columns) * brightest >= least * (1 - 1e-3)
    assert max(column.weight for column in columns) == 1

    # the projected cell times the repeat along the axis is the unit cell
    u, v, w = axis
    repeat = np.linalg.norm(np.array(axis) / math.gcd(u, v, w) @ crystal.vectors)
    assert lattice.area * repeat == pytest.approx(abs(np.linalg.det(crystal.vectors)))


@given(axes)
def test_atoms_per_column_are_whole_numbers_that_sum_to_the_cell(axis):
    lattice = projected(preset_crystals()["Si"], axis)

    weights = np.array([column.weight for column in lattice.columns])
    atoms = weights * 8 / weights.sum()
    np.testing.assert_allclose(atoms, np.round(atoms), atol=1e-4)


@given(crystals(), axes)
def test_the_cell_follows_the_conventions(crystal, axis):
    lattice = projected(crystal, axis)

    assert lattice.a <= lattice.b * (1 + 1e-6)
    assert 60 - 1e-6 <= lattice.angle <= 120 + 1e-6
    # reduced: no combination of the two is shorter
    for i, j in itertools.product(range(-3, 4), repeat=2):
        length = np.linalg.norm(np.array([i, j]) @ lattice.vectors)
        assert (i, j) == (0, 0) or length >= lattice.a * (1 - 1e-6)
        assert j == 0 or length >= lattice.b * (1 - 1e-6)


@given(crystals(), axes, st.integers(0, 9999))
def test_supercells_change_nothing(crystal, axis, seed):
    rng = np.random.default_rng(seed)
    # Hermite form: every sublattice of an index up to 12 or so
    matrix = np.diag(rng.integers(1, 3, 3)) + np.triu(rng.integers(-1, 2, (3, 3)), 1)
    lattice = projected(crystal, axis)
    bigger = projected(*in_other_cell(crystal, matrix, axis))

    assert_same_physics(lattice, bigger)
    assert bigger.area / lattice.area == pytest.approx(round(bigger.area / lattice.area))


@given(crystals(), axes, st.integers(0, 9999))
def test_another_choice_of_unit_cell_changes_nothing(crystal, axis, seed):
    rng = np.random.default_rng(seed)
    upper = np.eye(3) + np.triu(rng.integers(-1, 2, (3, 3)), 1)
    lower = np.eye(3) + np.tril(rng.integers(-1, 2, (3, 3)), -1)
    lattice = projected(crystal, axis)
    other = projected(*in_other_cell(crystal, upper @ lower, axis))

    assert_same_physics(lattice, other)
    assert (other.a, other.b) == pytest.approx((lattice.a, lattice.b))
    # twice the angle is the same where obtuse and acute are a matter of rounding
    assert math.cos(math.radians(2 * other.angle)) == pytest.approx(
        math.cos(math.radians(2 * lattice.angle)), abs=1e-6
    )
    assert sorted(c.weight for c in other.columns) == pytest.approx(
        sorted(c.weight for c in lattice.columns), abs=2e-6
    )


@given(crystals(), axes)
def test_from_behind_the_image_is_mirrored(crystal, axis):
    front, back = projected(crystal, axis), projected(crystal, tuple(-i for i in axis))

    assert_same_physics(front, back)
    if front.b > front.a * (1 + 1e-6) and abs(front.angle - 90) < 29:
        assert back.angle == pytest.approx(180 - front.angle)


@given(st.sampled_from(["Si", "SrTiO3", "DyScO3[pc]"]), axes, st.permutations(range(3)), st.data())
def test_equivalent_axes_of_a_cube_are_equal(name, axis, order, data):
    signs = data.draw(st.tuples(*[st.sampled_from([1, -1])] * 3))
    other = tuple(signs[i] * axis[order[i]] for i in range(3))
    one, two = (projected(preset_crystals()[name], one) for one in (axis, other))

    assert_same_physics(one, two)
    assert (one.a, one.b) == pytest.approx((two.a, two.b))
    assert sorted(c.weight for c in one.columns) == [
        pytest.approx(weight, abs=2e-6) for weight in sorted(c.weight for c in two.columns)
    ]


@settings(max_examples=40)
@given(crystals(elements=("Si", "Cu", "Au")), axes)
def test_columns_are_those_of_a_block_of_the_crystal_seen_along_the_axis(crystal, axis):
    """Atoms of a large block, turned so that the axis is z, linked by their x and y."""
    lattice = projected(crystal, axis)
    vectors = crystal.vectors
    beam = np.array(axis) @ vectors
    # two directions across the beam, by no convention of ours
    across = np.linalg.svd(beam[None])[2][1:]
    # room for every kind of column, and around it for its neighbours
    radius = (lattice.a + lattice.b) / 2 + 0.1
    columns = _block_columns(crystal, vectors, across, radius + 2 * lattice.b + 3)

    distance = np.linalg.norm(columns, axis=1)
    near = cKDTree(columns).query(columns[distance < radius], k=5)[0][:, 1:]
    sums = sorted({round(total, 5) for total in near.sum(axis=1).tolist()})
    assert min(sums) == pytest.approx(min(lattice.neighbour_sums.values()), abs=1e-4)
    assert near[:, 0].min() == pytest.approx(lattice.spacing, abs=1e-4)
    # as many kinds of place as columns in the cell, each met again in every cell
    cells = columns[distance < radius] @ across @ np.linalg.pinv(_in_space(crystal, axis))
    kinds: list[np.ndarray] = []
    for place in cells:
        apart = [np.abs(place - kind - np.round(place - kind)).max() for kind in kinds]
        if min(apart, default=1) > 1e-3:
            kinds.append(place)
    assert len(kinds) == lattice.columns_per_cell


def _in_space(crystal: Crystal, axis: tuple[int, ...]) -> np.ndarray:
    """Two vectors across the beam that span the projections of all lattice vectors."""
    vectors = crystal.vectors
    beam = np.array(axis) @ vectors
    steps = np.array(list(itertools.product(range(-4, 5), repeat=3))) @ vectors
    across = steps - np.outer(steps @ beam, beam) / (beam @ beam)
    u, v, w = axis
    repeat = np.linalg.norm(beam) / math.gcd(u, v, w)
    area = abs(np.linalg.det(vectors)) / repeat
    across = across[np.argsort(np.linalg.norm(across, axis=1))]
    first = next(a for a in across if np.linalg.norm(a) > 1e-6)
    # the nearest lattice point on the first row beside the shortest vector's own
    second = next(
        a for a in across if np.linalg.norm(np.cross(first, a)) == pytest.approx(area, rel=1e-6)
    )
    return np.array([first, second])


def _block_columns(
    crystal: Crystal, vectors: np.ndarray, across: np.ndarray, radius: float
) -> np.ndarray:
    """Places of the columns within a disc, in the plane of the two directions."""
    reach = range(-14, 15)
    cells = np.array(list(itertools.product(reach, repeat=3)))
    places = []
    weights = []
    for site in crystal.sites:
        plane = np.add(cells, [site.x, site.y, site.z]) @ vectors @ across.T
        plane = plane[np.linalg.norm(plane, axis=1) < radius]
        # atoms of one kind behind each other, once
        plane = np.unique(np.round(plane, 6), axis=0)
        places.append(plane)
        weights.append(np.full(len(plane), site.occupancy * brightness(site.element)))
    points, weight = np.concatenate(places), np.concatenate(weights)
    pairs = cKDTree(points).sparse_distance_matrix(cKDTree(points), 0.8)
    pairs.setdiag(1)
    count, label = connected_components(pairs, directed=False)
    total = np.bincount(label, weight, count)
    sums = [np.bincount(label, weight * points[:, k], count) for k in (0, 1)]
    return np.stack(sums, axis=1) / total[:, None]
