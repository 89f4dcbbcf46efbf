"""Tests of the lattice sites: each atom is assigned to a column of the cell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import Column, Lattice, lattice_preset, measure_lattice
from napari_reward_analysis.analyses.amorphous.classes.patches import peaks_at
from napari_reward_analysis.analyses.amorphous.classes.sites import lattice_sites
from napari_reward_analysis.io.simulate import simulate

pytestmark = pytest.mark.numeric

#: A cell without any symmetry: its inverse has the same reflections.
POLAR = Lattice(
    name="polar",
    a=4.0,
    b=6.0,
    columns=(
        Column(species="A", x=0.0, y=0.0, weight=1.0),
        Column(species="B", x=0.5, y=0.35, weight=0.6),
        Column(species="C", x=0.5, y=0.75, weight=0.35),
    ),
)


def placed(lattice, rotation, jitter=0.0, seed=0):
    made = simulate(lattice, (260, 280), 0.15, rotation=rotation, origin=(5, 9), dose=200, seed=1)
    rng = np.random.default_rng(seed)
    atoms = np.column_stack([made.truth["y"], made.truth["x"]])
    atoms = np.clip(atoms + jitter * rng.standard_normal(atoms.shape), 0, (259, 279))
    measured = measure_lattice(made.image, lattice)
    brightness, peaked = peaks_at(made.image, atoms, 15)
    columns = lattice_sites(atoms, brightness, lattice, measured, np.ones(len(atoms), bool))
    return made, atoms, peaked, columns


def named(columns, n_atoms):
    """Return the site of each atom; '' if it lies on no site."""
    names = np.full(n_atoms, "", dtype=columns.species.dtype)
    names[columns.atom[columns.found]] = columns.species[columns.found]
    return names


@pytest.mark.parametrize("rotation", [0.0, 7.0, 33.0, -80.0, 160.0])
@pytest.mark.parametrize("lattice", [POLAR, lattice_preset("YBCO[100]")], ids=lambda x: x.name)
def test_every_atom_is_named_whatever_the_rotation(lattice, rotation):
    made, atoms, peaked, columns = placed(lattice, rotation)

    names = named(columns, len(atoms))
    assert (names == made.truth["species"]).mean() > 0.98
    assert columns.agreement > 0.98
    assert peaked.mean() > 0.95


def test_missing_atoms_are_sites_without_an_atom():
    made, atoms, _, _ = placed(POLAR, 5)
    measured = measure_lattice(made.image, POLAR)
    hole = np.hypot(*(atoms - (130, 140)).T) < 40
    rest = atoms[~hole]
    brightness, _ = peaks_at(made.image, rest, 15)

    columns = lattice_sites(rest, brightness, POLAR, measured, np.ones(len(rest), bool))

    missing = columns.yx[~columns.found]
    distance, _ = cKDTree(missing).query(atoms[hole])
    assert distance.max() < 2.0


def test_each_atom_is_on_one_site():
    _, atoms, _, columns = placed(POLAR, 12, jitter=1.5)
    used = columns.atom[columns.found]
    assert len(set(used.tolist())) == len(used) <= len(atoms)


#: Two columns that only their names tell apart: two origins are as good as each other.
TWINS = Lattice(
    name="twins",
    a=4.0,
    b=6.0,
    columns=(
        Column(species="A", x=0.0, y=0.0, weight=1.0),
        Column(species="B", x=0.5, y=0.5, weight=1.0),
    ),
)


def names_of(lattice, measured, atoms):
    brightness = np.ones(len(atoms))
    columns = lattice_sites(atoms, brightness, lattice, measured, np.ones(len(atoms), bool))
    return named(columns, len(atoms)).tolist()


@pytest.mark.parametrize("lattice", [POLAR, TWINS], ids=lambda x: x.name)
@pytest.mark.parametrize("origin", [(0, 0), (5, 9)])
def test_rounding_does_not_choose_the_names(lattice, origin):
    # the last row of columns lies on the border, where rounding puts it in or out
    made = simulate(lattice, (261, 280), 0.15, origin=origin, dose=200, seed=1)
    atoms = np.column_stack([made.truth["y"], made.truth["x"]])
    measured = measure_lattice(made.image, lattice)
    names = names_of(lattice, measured, atoms)

    assert "" not in names
    for seed in range(8):
        nudge = 1e-12 * np.random.default_rng(seed).standard_normal(atoms.shape)
        assert names_of(lattice, measured, atoms + nudge) == names


def test_an_empty_site_on_the_border_is_not_a_missing_atom():
    made = simulate(POLAR, (261, 280), 0.15, dose=200, seed=1)
    atoms = np.column_stack([made.truth["y"], made.truth["x"]])
    inner = atoms[np.all((atoms > 0.5) & (atoms < (259.5, 278.5)), axis=1)]
    assert len(inner) < len(atoms)
    measured = measure_lattice(made.image, POLAR)

    columns = lattice_sites(inner, np.ones(len(inner)), POLAR, measured, np.ones(len(inner), bool))

    assert columns.found.all()


def bent_crystal(bend, kept):
    """Atoms of a lattice moved by `bend`, those that are kept, and the empty sites found."""
    made = simulate(POLAR, (300, 320), 0.15, origin=(5, 9), dose=200, seed=1)
    atoms = np.column_stack([made.truth["y"], made.truth["x"]])
    bent, here = atoms + bend(atoms), kept(atoms)
    measured = measure_lattice(made.image, POLAR)
    every = np.ones(here.sum(), bool)
    columns = lattice_sites(bent[here], made.truth["weight"][here], POLAR, measured, every)
    return bent, here, columns.yx[~columns.found]


def test_the_sites_follow_a_smooth_distortion():
    """Missing atoms are missed where the bent lattice has them."""

    def bend(atoms):
        bow = np.sin(np.pi * atoms[:, 1] / 320)
        return 6 * np.column_stack([bow, np.zeros(len(atoms))])

    bent, here, empty = bent_crystal(bend, lambda atoms: np.arange(len(atoms)) % 7 != 3)

    inside = np.all((bent > 20) & (bent < (279, 299)), axis=1)
    distance, _ = cKDTree(empty).query(bent[inside & ~here])
    assert np.quantile(distance, 0.9) < 1.3


def test_a_few_displaced_atoms_do_not_move_the_lattice():
    """Away from the crystal an atom beside its site is disorder."""

    def alone(atoms):
        return np.any(
            [np.hypot(*(atoms - middle).T) < 9 for middle in ((70, 240), (230, 240))], axis=0
        )

    def bend(atoms):
        return np.where(alone(atoms)[:, None], (0, 4.0), 0.0)

    bent, here, empty = bent_crystal(bend, lambda atoms: (atoms[:, 1] < 130) | alone(atoms))

    beyond = np.all((bent > (20, 150)) & (bent < (279, 299)), axis=1)
    distance, _ = cKDTree(empty).query(bent[beyond & ~here])
    assert (beyond & here).sum() == 2
    assert distance.max() < 2.0
