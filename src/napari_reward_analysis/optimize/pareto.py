"""Pareto sets of minimised objectives, their hypervolume, and the choice of one point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Objectives = npt.NDArray[np.float64]
Metric = Literal["euclidean", "chebyshev"]


def pareto_front(objectives: npt.ArrayLike, feasible: npt.ArrayLike | None = None) -> list[int]:
    """Indices of the non-dominated rows, sorted by the first objective.

    Parameters
    ----------
    objectives : array_like, shape (n, m)
        Objectives, all minimised; rows with NaN are ignored.
    feasible : array_like of bool, shape (n,), optional
        Rows that may be on the front.

    Returns
    -------
    list of int
        Indices; of rows with equal objectives only the first is included.
    """
    values = np.asarray(objectives, dtype=float)
    if values.size == 0:
        return []
    usable = ~np.isnan(values).any(axis=1)
    if feasible is not None:
        usable &= np.asarray(feasible, bool)
    rows = np.flatnonzero(usable)
    front: list[int] = []
    # In lexicographic order, a row can only be dominated by an earlier one.
    for row in rows[np.lexsort(values[rows].T[::-1])]:
        if not any((values[kept] <= values[row]).all() for kept in front):
            front.append(int(row))
    return front


def hypervolume(objectives: npt.ArrayLike, reference: Sequence[float]) -> float:
    """Volume dominated by a set of points, up to a reference point.

    Parameters
    ----------
    objectives : array_like, shape (n, m)
        Points, all objectives minimised. Points beyond the reference add nothing.
    reference : sequence of float
        The worst corner; its length is m.

    Notes
    -----
    The volume is exact. It is the sum over slabs between the front's values of the last
    objective; each slab is a problem with one objective less. The cost is the size of the
    front to the power m - 1, so that it suits small sets.
    """
    corner = np.asarray(reference, dtype=float)
    values = np.asarray(objectives, dtype=float).reshape(-1, len(corner))
    values = values[(values < corner).all(axis=1)]
    if len(corner) == 1:
        return float(corner[0] - values.min()) if len(values) else 0.0
    front = values[pareto_front(values)]
    if len(corner) == 2:  # the second objective falls as the first one rises
        ceilings = np.append(corner[1], front[:-1, 1])
        return float(((corner[0] - front[:, 0]) * (ceilings - front[:, 1])).sum())
    front = front[np.argsort(front[:, -1], kind="stable")]
    heights = np.diff(np.append(front[:, -1], corner[-1]))
    return float(
        sum(
            height * hypervolume(front[: k + 1, :-1], tuple(corner[:-1]))
            for k, height in enumerate(heights)
            if height > 0
        )
    )


def choose(objectives: npt.ArrayLike, metric: Metric = "euclidean", *, scaled: bool = True) -> int:
    """Row nearest to the ideal point.

    Parameters
    ----------
    objectives : array_like, shape (n, m)
        The front.
    metric : {'euclidean', 'chebyshev'}
        The distance.
    scaled : bool
        Whether to scale each objective to the range of the front and to measure from the
        ideal point of the front. Otherwise raw values are measured from zero, as in the
        paper.

    Raises
    ------
    ValueError
        If the front is empty.
    """
    values = np.asarray(objectives, dtype=float)
    if len(values) == 0:
        raise ValueError("an empty front has no best point")
    if scaled:
        span = np.ptp(values, axis=0)
        values = (values - values.min(axis=0)) / np.where(span > 0, span, 1.0)
    distance = (
        np.linalg.norm(values, axis=1) if metric == "euclidean" else np.abs(values).max(axis=1)
    )
    return int(np.argmin(distance))
