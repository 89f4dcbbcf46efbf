"""Join the columns of overlapping windows, without duplicates and without gaps.

Each position belongs to the window whose edge is furthest away, because the LoG is not
reliable near an edge. Windows with crystal at the position take precedence: the darker side
of a contrast step in a window may not count as crystal there. Two windows may each place a
column near their seam on the side of the other window. One of them then provides the column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from napari_reward_analysis.analyses.windows.plan import Window, depths
from napari_reward_analysis.arrays import BoolArray, FloatArray, Indices


class Stitched(NamedTuple):
    """The selected points of all windows.

    Attributes
    ----------
    window : ndarray of int, shape (n,)
        Position of the window in the given sequence.
    point : ndarray of int, shape (n,)
        Row of the point among those of the window.
    """

    window: Indices
    point: Indices


def stitch(
    windows: Sequence[Window],
    points: Sequence[npt.NDArray[np.floating]],
    shape: tuple[int, int],
    spacing: float,
    crystals: Sequence[BoolArray | None] | None = None,
) -> Stitched:
    """Select the points of the whole image.

    Parameters
    ----------
    windows : sequence of Window
        Windows with a result. Neighbours cover the area of other windows.
    points : sequence of ndarray, shape (n, 2)
        Points of the windows, y and x in px of the image.
    shape : tuple of int
        Shape of the image.
    spacing : float
        Smallest distance between columns in px. Points of two windows that are closer than
        half of it are one column.
    crystals : sequence of ndarray of bool or None, optional
        Crystal region of each window in its own pixels; None for the whole window.

    Returns
    -------
    Stitched
        Selected points, sorted by window and then by row.
    """
    source = np.repeat(np.arange(len(points)), [len(p) for p in points])
    row = np.concatenate([np.empty(0, np.intp), *(np.arange(len(p)) for p in points)])
    places = np.concatenate([np.empty((0, 2)), *(np.reshape(p, (-1, 2)) for p in points)])
    if not len(places):
        return Stitched(np.empty(0, np.intp), np.empty(0, np.intp))
    depth = depths(places, windows, shape)
    core = depth.argmax(axis=1) == source
    for k, crystal in enumerate(crystals or ()):
        if crystal is not None:
            depth[_beyond(places, windows[k], crystal), k] -= 2 * sum(shape)
    own = depth[np.arange(len(places)), source]
    owned = depth.argmax(axis=1) == source
    # Half a spacing across a seam changes the difference of two depths by a whole spacing.
    near_seam = depth.max(axis=1) - own <= spacing
    # Points in the core but outside the crystal stay if no other window has the same column.
    chosen = np.flatnonzero(owned | near_seam | core)
    order = chosen[np.lexsort((row[chosen], source[chosen], -own[chosen], ~owned[chosen]))]
    kept = order[_first_of_doubles(places[order].astype(float), source[order], spacing / 2)]
    kept = kept[np.lexsort((row[kept], source[kept]))]
    return Stitched(source[kept], row[kept])


def _beyond(places: FloatArray, window: Window, crystal: BoolArray) -> BoolArray:
    """Select the positions outside a window or outside its crystal."""
    pixels = np.rint(places - window.corner).astype(int)
    within = ((pixels >= 0) & (pixels < crystal.shape)).all(axis=1)
    beyond = np.ones(len(places), bool)
    beyond[within] = ~crystal[tuple(pixels[within].T)]
    return beyond


def _first_of_doubles(places: FloatArray, source: Indices, reach: float) -> npt.NDArray[np.bool_]:
    """Select the points that are not close to an earlier selected point of another window."""
    kept = np.ones(len(places), bool)
    pairs = cKDTree(places).query_pairs(reach, output_type="ndarray")
    pairs = pairs[source[pairs[:, 0]] != source[pairs[:, 1]]]
    # In each pair first < second. Sorted pairs ensure that the first point is decided.
    for first, second in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if kept[first]:
            kept[second] = False
    return kept
