"""Sites of the lattice: which column of the cell each atom is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import Column, Lattice, lattice_preset, measure_lattice
from napari_reward_analysis.analyses.amorphous.classes.patches import peaks_at
from napari_reward_analysis.analyses.amorphous.classes.sites import lattice_sites
from napari_reward_analysis.io.simulate import simulate

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


@pytest.mark.parametrize("rotation", [0.0, 7.0, 33.0, -80.0, 160.0])
@pytest.mark.parametrize("lattice", [POLAR, lattice_preset("YBCO[100]")], ids=lambda x: x.name)
def test_every_atom_is_named_whatever_the_rotation(lattice, rotation):
    made, atoms, peaked, columns = placed(lattice, rotation)

    names = np.full(len(atoms), "", dtype=columns.species.dtype)
    names[columns.atom[columns.found]] = columns.species[columns.found]
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
