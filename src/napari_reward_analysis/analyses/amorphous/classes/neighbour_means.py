"""Compute means over neighbouring columns with one sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import FloatArray

#: The Gaussian is cut off at this many sigmas.
_REACH = 3.0


class NeighbourMean:
    """Gaussian mean over the neighbours of each point.

    Parameters
    ----------
    yx : ndarray, shape (n, 2)
        Points in px.
    sigma : float
        Sigma of the Gaussian in px.
    weights : ndarray, shape (n,), optional
        Weights of the points; 1 by default. A point of weight 0 does not affect others.
    """

    def __init__(self, yx: FloatArray, sigma: float, weights: FloatArray | None = None) -> None:
        tree = cKDTree(yx)
        near = tree.sparse_distance_matrix(tree, _REACH * sigma, output_type="coo_matrix")
        near.data = np.exp(-0.5 * (near.data / sigma) ** 2)
        kernel = sparse.csr_array(near)
        # A sparse matrix may drop the distance 0 of a point to itself.
        kernel.setdiag(1.0)
        if weights is not None:
            kernel = sparse.csr_array(kernel @ sparse.diags_array(weights))
        total = np.asarray(kernel.sum(axis=1))
        scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        self._matrix = sparse.csr_array(sparse.diags_array(scale) @ kernel)

    def __call__(self, values: npt.NDArray[Any]) -> FloatArray:
        """Means of values of shape (n,) or (n, k)."""
        return np.asarray(self._matrix @ values)
