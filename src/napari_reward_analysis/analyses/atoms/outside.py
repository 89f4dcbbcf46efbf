"""Find columns just outside a measured crystal region. They are shown but not counted.

The edge of the region is exact to about one column, so that disordered columns can lie just
outside it. A wider region would raise N as well, also along a vacuum without any columns.
These columns are therefore shown and saved, but N and the count do not include them.
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
    """Rim around a crystal region that was measured in the image.

    Parameters
    ----------
    image : Image
        The image.
    area : ndarray of bool, shape (H, W)
        The pixels in which columns are counted.
    spacing_px : float
        Smallest distance between columns, which is also the width of the rim.
    vectors_px : ndarray, shape (2, 2), or None
        Lattice translations as measured in the image, y and x.
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
        """Select the blobs of the rim that continue the crystal.

        Parameters
        ----------
        blobs : ndarray, shape (n, 4)
            y, x (px), sigma, response.
        inside : ndarray of bool, shape (n,)
            True for counted blobs.

        Returns
        -------
        ndarray of bool, shape (n,)
            True for a blob in the rim that is one lattice translation away from a counted
            column. This is rarely the case for noise.
        """
        outside: BoolArray = self._pixels[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
        if not outside.any() or not inside.any():
            return np.zeros(len(blobs), bool)
        tree = cKDTree(blobs[inside, :2])
        wanted = blobs[outside, None, :2] + self._steps
        distance, _ = tree.query(wanted, distance_upper_bound=self._reach)
        outside[outside] = np.isfinite(distance).any(axis=1)
        return outside
