"""The places at which an image is judged: atoms that were found, and those that were not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import Voronoi, cKDTree

from napari_reward_analysis.arrays import BoolArray, FloatArray, StrArray

#: Without a lattice, an atom is missing where none lies within this many times the
#: largest distance that crystal leaves between a place and its nearest atom.
_GAP = 1.3
#: That distance is taken as this quantile of the clearances of the Voronoi vertices.
_CLEARANCE = 0.5


@dataclass(frozen=True, eq=False)
class Columns:
    """Places of columns, whether an atom was found there or not.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Places in px: of the lattice's sites where the lattice is known, otherwise of the
        atoms, followed by the gaps.
    species : ndarray of str, shape (n,)
        What the lattice has there; '' where no lattice is known.
    atom : ndarray of int, shape (n,)
        Number of the atom found there, -1 where there is none.
    spacing : float
        Mean spacing in px: the root of the area that a column has to itself.
    agreement : float
        Part of the atoms that lie on a site; NaN without a lattice.
    """

    yx: FloatArray
    species: StrArray
    atom: npt.NDArray[np.int_]
    spacing: float
    agreement: float = float("nan")

    @property
    def found(self) -> BoolArray:
        """Whether an atom was found at each place."""
        return np.asarray(self.atom >= 0)

    @property
    def named(self) -> bool:
        """Whether the lattice says what each column is."""
        return bool(len(self.species)) and bool((self.species != "").all())


def columns_without_lattice(atoms: FloatArray, shape: tuple[int, int]) -> Columns:
    """Atoms and the gaps between them.

    Parameters
    ----------
    atoms : ndarray, shape (n, 2)
        y and x in px.
    shape : tuple of int
        Of the image.

    Notes
    -----
    A gap is a Voronoi vertex (a place with three nearest atoms) that is farther from
    them than the crystal's own interstices are; of gaps nearer than a spacing to each
    other the emptiest counts.
    """
    spacing = typical_spacing(atoms)
    gaps = _gaps(atoms, shape, spacing)
    yx = np.concatenate([atoms, gaps])
    number = np.concatenate([np.arange(len(atoms)), np.full(len(gaps), -1)])
    return Columns(yx, np.full(len(yx), ""), number, spacing)


def typical_spacing(atoms: FloatArray) -> float:
    """Root of the area that an atom has to itself, where atoms are as dense as usual, in px."""
    distance, _ = cKDTree(atoms).query(atoms, k=min(7, len(atoms)))
    # the k-th neighbour encloses an area of about k columns
    k = distance.shape[1] - 1
    return float(np.median(distance[:, -1]) * np.sqrt(np.pi / (k + 0.5)))


def _gaps(atoms: FloatArray, shape: tuple[int, int], spacing: float) -> FloatArray:
    mesh = Voronoi(atoms).vertices
    # nearer to the border the atoms beyond it are missing, and not the crystal's
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
