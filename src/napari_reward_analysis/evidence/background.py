"""The level under the columns: broad Gaussians on a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import Float32Array, FloatArray
from napari_reward_analysis.evidence.bumps import Bumps

#: Sigma of a node in mean spacings of columns, and distance of the nodes in sigmas. The sum
#: of Gaussians at this distance is flat within a thousandth.
_SIGMA, _APART = 2.5, 1.5


@dataclass(frozen=True, eq=False)
class Nodes:
    """Nodes over the whole field and a rim around it.

    Attributes
    ----------
    bumps : Bumps
        The nodes, row by row of the grid.
    along : tuple of ndarray
        The Gaussians of the grid's rows along y, shape (my, H), and of its columns along x,
        shape (mx, W). A node is a product of one of each.
    """

    bumps: Bumps
    along: tuple[Float32Array, Float32Array]

    def moments(self, image: Float32Array) -> FloatArray:
        """Sums of an image times each node, shape (m,)."""
        y, x = self.along
        return np.asarray(y @ image @ x.T, np.float64).ravel()

    def render(self, heights: FloatArray) -> Float32Array:
        """Sum of the nodes times their heights, shape (H, W)."""
        y, x = self.along
        grid = heights.reshape(len(y), len(x)).astype(np.float32)
        return np.asarray(y.T @ grid @ x)


def background_nodes(shape: tuple[int, int], spacing: float) -> Nodes:
    """Place the nodes.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image.
    spacing : float
        Mean spacing of the columns in pixels.
    """
    sigma = _SIGMA * spacing
    step = _APART * sigma
    places, along = [], []
    for size in shape:
        count = int(np.ceil((size - 1) / step)) + 3
        place = (size - 1) / 2 + step * (np.arange(count) - (count - 1) / 2)
        away = np.arange(size) - place[:, None]
        places.append(place)
        along.append(np.exp(-0.5 * (away / sigma) ** 2).astype(np.float32))
    points = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).reshape(-1, 2)
    bumps = Bumps(points, np.array([sigma]), np.ones((len(points), 1)))
    return Nodes(bumps, (along[0], along[1]))
