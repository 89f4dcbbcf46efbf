"""The sites of the lattices in an image: where a column is expected, and which one."""

from __future__ import annotations

from dataclasses import dataclass

from napari_reward_analysis.arrays import FloatArray, IntArray, StrArray


@dataclass(frozen=True, eq=False)
class Sites:
    """Ideal positions of the columns of all domains.

    Attributes
    ----------
    yx : ndarray, shape (n, 2)
        Position in the lattice that was fitted to the neighbourhood, in pixels.
    domain : ndarray of int, shape (n,)
        Number of the domain, from 0.
    uv : ndarray of int, shape (n, 2)
        Indices of the cell.
    sublattice : ndarray of int, shape (n,)
        Index of the column in the cell of the domain's lattice.
    species : ndarray of str, shape (n,)
        Name of the column. "Sr/Ti" means that the image cannot tell which of the two it is.
    spacing_px : float
        Smallest distance of two columns in pixels.
    """

    yx: FloatArray
    domain: IntArray
    uv: IntArray
    sublattice: IntArray
    species: StrArray
    spacing_px: float
