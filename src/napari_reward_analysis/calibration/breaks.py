"""Find the parts of a domain between jumps of its origin.

At an antiphase boundary or a stacking fault, the displacement of the lattice jumps by a part
of a cell. Strain and dislocations change it only little from place to place, or by whole
cells.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from napari_reward_analysis.arrays import BoolArray, FloatArray

#: From one place to the next, the displacement jumps if it changes by more than this part of
#: the smallest spacing, or of the distance of the places. Few crystals bear such a strain.
_SPACING, _STRAIN = 0.25, 0.1


def unbroken_parts(
    offset: FloatArray,
    vectors: FloatArray,
    inside: BoolArray,
    steps: tuple[float, float],
    spacing: float,
    smallest: float,
) -> list[BoolArray]:
    """Places that are connected without a jump of the displacement, the largest part first.

    Parameters
    ----------
    offset : ndarray, shape (h, w, 2)
        Displacement in cells at each place.
    vectors : ndarray, shape (2, 2)
        Rows: the cell's vectors in px.
    inside : ndarray of bool, shape (h, w)
        Places of the domain.
    steps : tuple of float
        Distance of neighbouring places along both axes in px.
    spacing : float
        Smallest spacing of columns in px.
    smallest : float
        Number of places from which on a part counts.

    Returns
    -------
    list of ndarray of bool, shape (h, w)
        All places of the domain, if there are no two such parts.
    """
    number = np.arange(inside.size).reshape(inside.shape)
    links = []
    for axis in (0, 1):
        step = np.diff(offset, axis=axis)
        jump = np.hypot(*np.moveaxis((step - np.rint(step)) @ vectors, -1, 0))
        both = np.delete(inside, 0, axis) & np.delete(inside, -1, axis)
        kept = both & (jump < min(_SPACING * spacing, _STRAIN * steps[axis]))
        links.append(
            np.stack([np.delete(number, -1, axis)[kept], np.delete(number, 0, axis)[kept]])
        )
    first, second = np.concatenate(links, axis=1)
    graph = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(inside.size,) * 2)
    label = csgraph.connected_components(graph, directed=False)[1].reshape(inside.shape)
    sizes = np.bincount(label[inside])
    large = np.flatnonzero(sizes >= smallest)
    if len(large) < 2:
        return [inside]
    return [inside & (label == part) for part in large[np.argsort(-sizes[large], kind="stable")]]
