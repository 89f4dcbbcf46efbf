"""Columns beside the crystal that was found: real, but not counted.

The edge of a crystal, as it is seen in the image, is sharp to about a column: half-molten
columns lie just beyond it. To move the edge would move N as well, most of all along a
vacuum, where there is no column to be gained. So they are shown and written, and neither
they nor their place count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from napari_reward_analysis.analyses.atoms.physics import analysed_area
from napari_reward_analysis.arrays import BoolArray
from napari_reward_analysis.detection.blobs import Blobs
from napari_reward_analysis.image import Image
from napari_reward_analysis.rewards.order import TOLERANCE


class Rim:
    """The surroundings of a crystal that was found in the image.

    Parameters
    ----------
    image : Image
        The image.
    area : ndarray of bool, shape (H, W)
        The pixels in which columns are counted.
    spacing_px : float
        Smallest distance between columns: so far does the rim reach.
    vectors_px : ndarray, shape (2, 2), or None
        Lattice translations as seen in the image, y and x.
    """

    def __init__(
        self,
        image: Image,
        area: BoolArray,
        spacing_px: float,
        vectors_px: npt.NDArray[np.float64] | None,
    ) -> None:
        near = distance_transform_edt(~area) <= spacing_px
        self._pixels: BoolArray = near & ~area & analysed_area(image, None)
        self._reach = TOLERANCE * spacing_px
        self._steps = (
            np.empty((0, 2)) if vectors_px is None else np.vstack([vectors_px, -vectors_px])
        )

    def columns(self, blobs: Blobs, inside: BoolArray) -> BoolArray:
        """Blobs of the rim that continue the crystal.

        Parameters
        ----------
        blobs : ndarray, shape (n, 4)
            y, x (px), sigma, response.
        inside : ndarray of bool, shape (n,)
            Those that are counted.

        Returns
        -------
        ndarray of bool, shape (n,)
            Within the rim, and one lattice translation away from a column that is
            counted: speckle seldom is.
        """
        beside: BoolArray = self._pixels[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        if not beside.any() or not inside.any():
            return np.zeros(len(blobs), bool)
        tree = cKDTree(blobs[inside, :2])
        wanted = blobs[beside, None, :2] + self._steps
        distance, _ = tree.query(wanted, distance_upper_bound=self._reach)
        beside[beside] = np.isfinite(distance).any(axis=1)
        return beside
