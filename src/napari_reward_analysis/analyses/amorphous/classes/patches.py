"""Cut patches of the image around points, on a grid that depends on the column spacing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Number of samples per mean spacing of the columns, if the pixels are fine enough.
SAMPLES = 12
#: Number of points that are processed together, which limits the memory.
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class PatchSampler:
    """Cuts patches from one image.

    Attributes
    ----------
    image : Image
        The image.
    spacing : float
        Mean spacing of the columns in px. It is the unit of windows.
    """

    image: Image
    spacing: float

    @property
    def step(self) -> float:
        """Distance between samples in px, at least one pixel."""
        return max(1.0, self.spacing / SAMPLES)

    def side(self, window: float) -> int:
        """Number of samples along the side of a patch, always odd.

        Parameters
        ----------
        window : float
            Half the side of the patch, in mean spacings.
        """
        return 2 * max(1, round(window * self.spacing / self.step)) + 1

    def check(self, window: float) -> None:
        """Raise BadInput for a window that does not fit into the image.

        Raises
        ------
        BadInput
            If the window is not above zero or larger than the image.
        """
        if not window > 0:
            raise BadInput(f"A window of {window:g} spacings is impossible: give one above 0.")
        reach = (self.side(window) - 1) * self.step
        if reach > min(self.image.shape) - 1:
            raise BadInput(
                f"A window of {reach:.0f} px is larger than the image of "
                f"{self.image.shape[0]} x {self.image.shape[1]} px: choose a smaller window."
            )

    def cut(self, yx: npt.NDArray[np.floating], window: float) -> Float32Array:
        """Cut one patch for each point.

        Parameters
        ----------
        yx : ndarray, shape (n, 2)
            Centres in px, possibly between pixels.
        window : float
            Half the side of the patch, in mean spacings.

        Returns
        -------
        ndarray, shape (n, m, m)
            Bilinear samples; NaN outside the field and at invalid pixels.

        Raises
        ------
        BadInput
            If the window is larger than the image.
        """
        self.check(window)
        side = self.side(window)
        offsets = (np.arange(side) - (side - 1) / 2) * self.step
        patches = np.empty((len(yx), side, side), np.float32)
        for first in range(0, len(yx), _CHUNK):
            part = np.asarray(yx[first : first + _CHUNK], dtype=float)
            y, x = (part[:, axis, None] + offsets for axis in (0, 1))
            at = np.broadcast_arrays(y[:, :, None], x[:, None, :])
            patches[first : first + _CHUNK] = ndimage.map_coordinates(
                self._pixels, at, order=1, cval=np.nan
            )
        return patches

    @cached_property
    def _pixels(self) -> Float32Array:
        """Pixels, smoothed if they are finer than the samples; NaN if invalid."""
        pixels = self.image.normalised
        if self.step > 1:
            # Pixels between the samples are averaged and not skipped.
            pixels = ndimage.gaussian_filter(pixels, math.sqrt(self.step**2 - 1) / 2)
        if not self.image.valid.all():
            pixels = np.where(self.image.valid, pixels, np.float32(np.nan))
        return pixels


def peaks_at(
    image: Image, yx: npt.NDArray[np.floating], spacing: float
) -> tuple[Float32Array, BoolArray]:
    """Measure the brightness of the image at points, and find the points on bright peaks.

    Parameters
    ----------
    image : Image
        The image.
    yx : ndarray, shape (n, 2)
        Points in px within the field.
    spacing : float
        Mean spacing of the columns in px.

    Returns
    -------
    brightness : ndarray, shape (n,)
        Brightness after smoothing by a sixth of the spacing, above the darkest places.
    peaked : ndarray of bool, shape (n,)
        Whether the brightness has the curvature of a peak, even a faint one next to bright
        neighbours.
    """
    smooth = ndimage.gaussian_filter(image.normalised, spacing / 6)
    curved = ndimage.laplace(smooth) < 0
    at = np.asarray(yx, float).T
    brightness = ndimage.map_coordinates(smooth, at, order=1, mode="nearest")
    place = np.rint(at).astype(int)
    return np.asarray(brightness - np.quantile(smooth, 0.02)), curved[place[0], place[1]]
