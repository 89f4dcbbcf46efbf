"""The column positions of an image: atoms that were found, and gaps without an atom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import Voronoi, cKDTree

from napari_reward_analysis.arrays import BoolArray, FloatArray, StrArray

#: Without a lattice, a place is a gap if its distance to the nearest atom is above this
#: many times the usual distance of an interstice.
_GAP = 1.3
#: The usual distance is this quantile of the distances of all Voronoi vertices.
_CLEARANCE = 0.5


@dataclass(frozen=True, eq=False)
class Columns:
    """Positions of columns, with or without an atom that was found there.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Positions in px. With a known lattice they are its sites. Otherwise they are the
        atoms, followed by the gaps.
    species : ndarray of str, shape (n,)
        Species of the lattice at each position; '' without a lattice.
    atom : ndarray of int, shape (n,)
        Index of the atom at each position; -1 without an atom.
    spacing : float
        Mean spacing in px: the square root of the area per column.
    agreement : float
        Fraction of the atoms that lie on a site; NaN without a lattice.
    """

    yx: FloatArray
    species: StrArray
    atom: npt.NDArray[np.int_]
    spacing: float
    agreement: float = float("nan")

    @property
    def found(self) -> BoolArray:
        """True for each position with an atom."""
        return np.asarray(self.atom >= 0)

    @property
    def named(self) -> bool:
        """True if the lattice gives the species of each column."""
        return bool(len(self.species)) and bool((self.species != "").all())


def columns_without_lattice(atoms: FloatArray, shape: tuple[int, int]) -> Columns:
    """Columns from atoms and the gaps between them.

    Parameters
    ----------
    atoms : ndarray, shape (n, 2)
        y and x in px.
    shape : tuple of int
        Shape of the image.

    Notes
    -----
    A gap is a Voronoi vertex (a place with three nearest atoms) that is further from these
    atoms than the usual interstices of the crystal. Of gaps within one spacing of each
    other, the one furthest from its atoms counts.
    """
    spacing = typical_spacing(atoms)
    gaps = _gaps(atoms, shape, spacing)
    yx = np.concatenate([atoms, gaps])
    number = np.concatenate([np.arange(len(atoms)), np.full(len(gaps), -1)])
    return Columns(yx, np.full(len(yx), ""), number, spacing)


def typical_spacing(atoms: FloatArray) -> float:
    """Square root of the area per atom at the median density, in px."""
    distance, _ = cKDTree(atoms).query(atoms, k=min(7, len(atoms)))
    # The circle to the k-th neighbour holds about k columns.
    k = distance.shape[1] - 1
    return float(np.median(distance[:, -1]) * np.sqrt(np.pi / (k + 0.5)))


def _gaps(atoms: FloatArray, shape: tuple[int, int], spacing: float) -> FloatArray:
    mesh = Voronoi(atoms).vertices
    # Near the border, atoms are missing because they lie outside the image.
    inside = np.all((mesh >= spacing) & (mesh <= np.subtract(shape, 1) - spacing), axis=1)
    mesh = mesh[inside]
    clearance, _ = cKDTree(atoms).query(mesh)
    usual = max(float(np.quantile(clearance, _CLEARANCE)), spacing / 2)
    empty = clearance > _GAP * usual
    mesh, clearance = mesh[empty], clearance[empty]
    kept: list[FloatArray] = []
    for place in mesh[np.argsort(-clearance, kind="stable")]:
        if not kept or np.hypot(*(np.array(kept) - place).T).min() >= spacing:
            kept.append(place)
    return np.array(kept).reshape(-1, 2)
