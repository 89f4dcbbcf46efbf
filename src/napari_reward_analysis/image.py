"""The image under analysis: its pixels, its pixel size, and the checks of both.

Every analysis takes an :class:`Image`, so each check is made once, here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray
from napari_reward_analysis.errors import BadInput

#: Size in px of the blocks from which invalid pixels are filled: it holds a few columns. At
#: least this part of a block must be valid.
_FILL_BLOCK, _FILL_PART = 32, 0.25


@dataclass(frozen=True, eq=False, repr=False)
class Image:
    """One two-dimensional image with its scale.

    Parameters
    ----------
    data : ndarray, shape (H, W)
        Real-valued pixels. Booleans, integers and floats are accepted.
    pixel_size : float, optional
        Edge of a (square) pixel in angstrom; None when it is not known.
    name : str
        What the user calls the image.
    source : str
        Path of the image's file; empty without a file.
    metadata : dict
        Everything else that the reader found in the file.
    hidden : ndarray of bool, shape (H, W), optional
        Pixels that do not count, such as a scale bar that is drawn into the image.

    Raises
    ------
    BadInput
        If the array is not one real 2-D image with some contrast, or if the
        pixel size is not a positive finite number.
    """

    data: npt.NDArray[Any]
    pixel_size: float | None = None
    name: str = "image"
    source: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    hidden: BoolArray | None = None

    def __post_init__(self) -> None:
        check_pixels(self.data)
        check_pixel_size(self.pixel_size)

    def __repr__(self) -> str:
        """A line on the image, without its pixels."""
        height, width = self.shape
        size = "not known" if self.pixel_size is None else f"{self.pixel_size:.5g} angstrom"
        return f"<Image {self.name!r}: {height} x {width} px, {self.data.dtype}, pixel size {size}>"

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return int(self.data.shape[0]), int(self.data.shape[1])

    @cached_property
    def valid(self) -> BoolArray:
        """Pixels that are finite and not hidden, shape (H, W)."""
        finite: BoolArray = np.isfinite(self.data)
        return finite if self.hidden is None else finite & ~self.hidden

    @cached_property
    def normalised(self) -> Float32Array:
        """Pixels scaled to [0, 1] as float32, shape (H, W).

        Pixels that are NaN or infinite take the mean of the finite pixels around
        them, so that they neither spread through a filter nor look like an atom.
        `valid` marks the finite pixels.
        """
        pixels = np.asarray(self.data, dtype=np.float64)
        finite = pixels[self.valid]
        low, high = float(finite.min()), float(finite.max())
        # Both are halved first: the range of float64 data may overflow.
        scaled = (pixels / 2 - low / 2) / (high / 2 - low / 2)
        if not self.valid.all():
            scaled = filled(scaled, self.valid)
        return np.asarray(scaled, dtype=np.float32)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of shape, type and pixels. It identifies the image that a run belongs to."""
        pixels = np.ascontiguousarray(self.data)
        digest = hashlib.sha256(f"{pixels.shape}{pixels.dtype.str}".encode())
        digest.update(pixels.tobytes())
        return digest.hexdigest()

    def require_pixel_size(self) -> float:
        """Pixel size in angstrom.

        Raises
        ------
        BadInput
            If it is not known.
        """
        if self.pixel_size is None:
            raise BadInput(
                f"The pixel size of {self.name!r} is not known: give it in angstrom, or calibrate "
                "the image with a lattice.",
                "no_pixel_size",
            )
        return self.pixel_size


def filled(pixels: FloatArray, valid: BoolArray, block: int = _FILL_BLOCK) -> FloatArray:
    """Replace invalid pixels by the mean of the valid pixels in the block around them.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        The pixels. Those that are not valid may be NaN.
    valid : ndarray of bool, shape (H, W)
        The valid pixels, at least one.
    block : int
        Size of the blocks in px. Blocks with too few valid pixels are joined two by two
        along each side until there are enough.

    Returns
    -------
    ndarray, shape (H, W)
    """
    if valid.all():
        return pixels
    height, width = pixels.shape
    margin = (0, -height % block), (0, -width % block)
    shape = (height + margin[0][1]) // block, block, (width + margin[1][1]) // block, block
    counts = np.pad(valid, margin).reshape(shape).sum(axis=(1, 3))
    known = np.pad(np.where(valid, pixels, 0.0), margin).reshape(shape).sum(axis=(1, 3))
    enough = counts >= min(_FILL_PART * block**2, counts.max())
    means = filled(np.where(enough, known / np.maximum(counts, 1), 0.0), enough, 2)
    spread = means.repeat(block, axis=0).repeat(block, axis=1)[:height, :width]
    return np.where(valid, pixels, spread)


def check_pixels(data: npt.NDArray[Any]) -> None:
    """Raise BadInput unless the array is one real 2-D image with contrast."""
    if not isinstance(data, np.ndarray):
        raise BadInput(f"An image must be a numpy array, not {type(data).__name__}.")
    if data.size == 0:
        raise BadInput("The image is empty: choose one that has pixels.")
    if data.ndim == 3 and data.shape[-1] in (3, 4):
        raise BadInput(
            "The image is RGB (three or four colour channels): "
            "convert it to grey or choose one channel."
        )
    if data.ndim == 1:
        raise BadInput("The data are one-dimensional (a line or a spectrum): choose a 2-D image.")
    if data.ndim != 2:
        raise BadInput(
            f"The data have {data.ndim} dimensions, shape {data.shape}: choose one 2-D frame."
        )
    if np.iscomplexobj(data):
        raise BadInput("The image is complex: take its modulus or its real part first.")
    if data.dtype.kind not in "buif":
        raise BadInput(f"The pixels are not numbers (type {data.dtype}): choose an image.")
    finite = data[np.isfinite(data)]
    if finite.size == 0:
        raise BadInput("Every pixel is NaN or infinite: choose an image with finite pixels.")
    if finite.min() == finite.max():
        raise BadInput("Every pixel has the same value: choose an image with contrast.")


def check_pixel_size(pixel_size: float | None) -> None:
    """Raise BadInput unless the pixel size is a positive, finite length in angstrom."""
    if pixel_size is not None and not (np.isfinite(pixel_size) and pixel_size > 0):
        raise BadInput(
            f"A pixel size of {pixel_size} angstrom is impossible: give a positive number."
        )
