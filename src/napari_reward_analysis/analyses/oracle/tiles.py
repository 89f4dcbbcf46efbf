"""A network asked tile by tile, so that memory does not grow with the image."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import numpy as np

from napari_reward_analysis.arrays import Float32Array

#: Side of the part of a tile that is kept, and of the rim around it, in px. The rim is wider
#: than a pixel's influence in the network; both are multiples of what the network halves by.
TILE, RIM, STEP = 384, 64, 8


def in_tiles(
    network: Callable[[Float32Array], Float32Array],
    pixels: Float32Array,
    tile: int = TILE,
    rim: int = RIM,
) -> Generator[None, None, Float32Array]:
    """Work out the output for a whole image, which does not depend on the tiles.

    Parameters
    ----------
    network : callable
        (h, w) to (channels, h, w).
    pixels : ndarray, shape (H, W)
        The image.
    tile, rim : int
        Multiples of `STEP`.

    Yields
    ------
    None
        After each tile.

    Returns
    -------
    ndarray, shape (channels, H, W)

    Notes
    -----
    The image's own edges stay edges for the network, which met them in training; below and
    to the right its mirrored pixels fill it up to a multiple of `STEP`. Tiles begin at
    multiples of `STEP`, so that all of them are halved at the same pixels.
    """
    height, width = pixels.shape
    fill = [(0, -side % STEP) for side in (height, width)]
    padded = np.pad(pixels, fill, mode="symmetric")
    output: Float32Array | None = None
    for rows in _parts(padded.shape[0], tile, rim):
        for columns in _parts(padded.shape[1], tile, rim):
            seen = network(padded[rows.seen, columns.seen])
            if output is None:
                output = np.empty((len(seen), *padded.shape), np.float32)
            output[:, rows.kept, columns.kept] = seen[:, rows.within, columns.within]
            yield
    assert output is not None  # an image has at least one tile
    return output[:, :height, :width]


class _Part(NamedTuple):
    """What a tile sees of one axis, what is kept of it, and where that lies within it."""

    seen: slice
    kept: slice
    within: slice


def _parts(length: int, tile: int, rim: int) -> Iterator[_Part]:
    for start in range(0, length, tile):
        end = min(start + tile, length)
        first = max(start - rim, 0)
        seen = slice(first, min(end + rim, length))
        yield _Part(seen, slice(start, end), slice(start - first, end - first))
