"""A network asked tile by tile, so that memory does not grow with the image."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

#: Side of the part of a tile that is kept, and of the rim around it, in px. The rim is wider
#: than a pixel's influence in the network; both are multiples of what the network halves by.
TILE, RIM, STEP = 384, 64, 8


def in_tiles(
    network: Callable[[FloatArray], FloatArray],
    pixels: FloatArray,
    tile: int = TILE,
    rim: int = RIM,
) -> FloatArray:
    """Output for a whole image, the same whatever the tiles are.

    Parameters
    ----------
    network : callable
        (h, w) to (channels, h, w).
    pixels : ndarray, shape (H, W)
        The image.
    tile, rim : int
        Multiples of `STEP`.

    Returns
    -------
    ndarray, shape (channels, H, W)

    Notes
    -----
    Around the image stand its own mirrored pixels, up to a multiple of `STEP`, so that all
    tiles are halved at the same pixels.
    """
    height, width = pixels.shape
    more = [(rim, rim + -side % STEP) for side in (height, width)]
    padded = np.pad(pixels, more, mode="reflect" if min(height, width) > 1 else "edge")
    output: FloatArray | None = None
    for top, bottom in _parts(height + -height % STEP, tile):
        for left, right in _parts(width + -width % STEP, tile):
            seen = network(padded[top : bottom + 2 * rim, left : right + 2 * rim])
            if output is None:
                output = np.empty((len(seen), height, width), np.float32)
            part = output[:, top:bottom, left:right]
            part[:] = seen[:, rim : rim + part.shape[1], rim : rim + part.shape[2]]
    assert output is not None  # an image has at least one tile
    return output


def _parts(length: int, tile: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, tile):
        yield start, min(start + tile, length)
