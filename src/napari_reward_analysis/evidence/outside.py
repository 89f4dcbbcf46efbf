"""Columns just outside the image, whose flanks reach into it.

Without them, a column at the border would take the light of its neighbour outside. Their
places follow from the lattice: around each column at the border lie the same neighbours as
around a column of its kind further inside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from napari_reward_analysis.arrays import FloatArray, IntArray

#: Largest distance of a column outside the field, and largest depth of its neighbours inside,
#: in mean spacings.
_FAR, _RIM = 0.7, 1.2
#: Two places nearer than this, in smallest spacings, are one.
_SAME = 0.5


class Outside(NamedTuple):
    """Columns outside the image.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y, x in pixels.
    kind : ndarray of int, shape (n,)
        Sublattice of each.
    """

    points: FloatArray
    kind: IntArray


def columns_outside(
    points: FloatArray, kind: IntArray, shape: tuple[int, int], spacing: float, least: float
) -> Outside:
    """Continue the lattice over the border.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Sites: y, x in pixels.
    kind : ndarray of int, shape (n,)
        Sublattice of each site.
    shape : tuple of int
        Height and width of the image.
    spacing : float
        Mean spacing of the columns in pixels.
    least : float
        Smallest spacing in pixels.
    """
    nothing = Outside(np.empty((0, 2)), np.empty(0, np.int64))
    if len(points) < 2:
        return nothing
    found: list[FloatArray] = []
    kinds: list[IntArray] = []
    depth = np.minimum(points, np.subtract(shape, 1) - points).min(axis=1)
    reach = (_FAR + _RIM) * spacing
    tree = cKDTree(points)
    for number in np.unique(kind):
        mine = kind == number
        border = np.flatnonzero(mine & (depth < _RIM * spacing))
        inner = np.flatnonzero(mine & (depth >= reach))
        if not len(border) or not len(inner):
            continue
        _, nearest = cKDTree(points[inner]).query(points[border])
        models = inner[nearest]
        pairs = tree.query_ball_point(points[models], reach)
        count = [len(pair) for pair in pairs]
        others = np.concatenate(pairs).astype(np.intp)
        found.append(points[others] + np.repeat(points[border] - points[models], count, axis=0))
        kinds.append(kind[others])
    if not found:
        return nothing
    places, which = np.concatenate(found), np.concatenate(kinds)
    # A place inside the image decides with the others whether they are outside.
    rim = _beyond(places, shape) > -_SAME * least
    places, which = _merged(places[rim], which[rim], _SAME * least)
    beyond = _beyond(places, shape)
    # A column on the outermost pixels may have no site.
    kept = (beyond > -_SAME / 2 * least) & (beyond < _FAR * spacing)
    kept &= tree.query(places)[0] > _SAME * least
    return Outside(places[kept], which[kept])


def _beyond(places: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Distance outside the outermost pixels; below 0 inside."""
    return np.asarray(np.maximum(-places, places - np.subtract(shape, 1)).max(axis=1))


def _merged(places: FloatArray, kind: IntArray, same: float) -> Outside:
    """One place, their mean, for all that are near each other."""
    left = np.ones(len(places), bool)
    chosen, kinds = [], []
    near = cKDTree(places).query_ball_point(places, same) if len(places) else []
    for number, members in enumerate(near):
        if left[number]:
            group = [m for m in members if left[m] and kind[m] == kind[number]]
            left[members] = False
            chosen.append(places[group].mean(axis=0))
            kinds.append(kind[number])
    return Outside(np.reshape(chosen, (-1, 2)).astype(float), np.array(kinds, np.int64))
