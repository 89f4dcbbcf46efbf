"""Columns of many windows as those of one image: without doubles, without gaps.

Each place belongs to the window whose edge is furthest away, which is its core: near an
edge the LoG sees half a column. Windows that see crystal there come first: one that lies
across a step of contrast takes its darker side for none. A column on the seam itself may be
placed by each window on the other's side; it is then taken from one of them.
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
    """Which points of which window are kept.

    Attributes
    ----------
    window : ndarray of int, shape (n,)
        Position of the window in the sequence that was given.
    point : ndarray of int, shape (n,)
        Row among that window's points.
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
    """Choose the points that make up the whole image.

    Parameters
    ----------
    windows : sequence of Window
        Those that have a result; the cores of the others go to their neighbours.
    points : sequence of ndarray, shape (n, 2)
        Their points, y and x in px of the image.
    shape : tuple of int
        Of the image.
    spacing : float
        Distance of the nearest columns in px. Points of two windows that are closer than
        half of it are one column.
    crystals : sequence of ndarray of bool or None, optional
        Where each window sees crystal, in its own pixels; None where it does everywhere.

    Returns
    -------
    Stitched
        By window, then by row.
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
    # half a spacing across a seam changes the difference of two depths by a whole one
    near_seam = depth.max(axis=1) - own <= spacing
    # and what lies beside its window's crystal, unless the window that takes over has it too
    chosen = np.flatnonzero(owned | near_seam | core)
    order = chosen[np.lexsort((row[chosen], source[chosen], -own[chosen], ~owned[chosen]))]
    kept = order[_first_of_doubles(places[order].astype(float), source[order], spacing / 2)]
    kept = kept[np.lexsort((row[kept], source[kept]))]
    return Stitched(source[kept], row[kept])


def _beyond(places: FloatArray, window: Window, crystal: BoolArray) -> BoolArray:
    """Places that are no crystal to a window, or lie outside of it."""
    pixels = np.rint(places - window.corner).astype(int)
    within = ((pixels >= 0) & (pixels < crystal.shape)).all(axis=1)
    beyond = np.ones(len(places), bool)
    beyond[within] = ~crystal[tuple(pixels[within].T)]
    return beyond


def _first_of_doubles(places: FloatArray, source: Indices, reach: float) -> npt.NDArray[np.bool_]:
    """Points that no earlier kept point of another window is too close to."""
    kept = np.ones(len(places), bool)
    pairs = cKDTree(places).query_pairs(reach, output_type="ndarray")
    pairs = pairs[source[pairs[:, 0]] != source[pairs[:, 1]]]
    # rows are first < second; by the first, so that its own fate is settled by then
    for first, second in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if kept[first]:
            kept[second] = False
    return kept
