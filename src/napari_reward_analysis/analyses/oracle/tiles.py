"""Run a network tile by tile, so that its memory does not grow with the image."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import numpy as np

from napari_reward_analysis.arrays import Float32Array

#: Side of a tile without its rim, width of the rim, and step of the tiles, in px. The rim is
#: wider than the reach of a pixel in the network. The network downsamples by `STEP`.
TILE, RIM, STEP = 384, 64, 8


def in_tiles(
    network: Callable[[Float32Array], Float32Array],
    pixels: Float32Array,
    tile: int = TILE,
    rim: int = RIM,
) -> Generator[None, None, Float32Array]:
    """Compute the output for a whole image. It does not depend on the tiles.

    Parameters
    ----------
    network : callable
        Function from shape (h, w) to shape (channels, h, w).
    pixels : ndarray, shape (H, W)
        The image.
    tile, rim : int
        Side of a tile without its rim, and width of the rim, as multiples of `STEP`.

    Yields
    ------
    None
        A pulse after each tile.

    Returns
    -------
    ndarray, shape (channels, H, W)
        Output for the whole image.

    Notes
    -----
    Tiles have no rim beyond the edges of the image, because the network learnt such edges in
    training. At the bottom and on the right, mirrored pixels fill the image up to a multiple
    of `STEP`. Tiles begin at multiples of `STEP`, so that they are all downsampled at the
    same pixels.
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
    assert output is not None  # An image has at least one tile.
    return output[:, :height, :width]


class _Part(NamedTuple):
    """One axis of a tile: its input, its kept output, and the position of this output in it."""

    seen: slice
    kept: slice
    within: slice


def _parts(length: int, tile: int, rim: int) -> Iterator[_Part]:
    for start in range(0, length, tile):
        end = min(start + tile, length)
        first = max(start - rim, 0)
        seen = slice(first, min(end + rim, length))
        yield _Part(seen, slice(start, end), slice(start - first, end - first))
