"""Pareto sets of minimised objectives, their hypervolume, and the choice of a point."""

from __future__ import annotations

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
        All minimised; rows with NaN are ignored.
    feasible : array_like of bool, shape (n,), optional
        Rows that may be on the front.

    Returns
    -------
    list of int
        Of rows with equal objectives only the first is named.
    """
    values = np.asarray(objectives, dtype=float)
    if values.size == 0:
        return []
    usable = ~np.isnan(values).any(axis=1)
    if feasible is not None:
        usable &= np.asarray(feasible, bool)
    rows = np.flatnonzero(usable)
    front: list[int] = []
    # in lexicographic order a row can only be dominated by one that came before
    for row in rows[np.lexsort(values[rows].T[::-1])]:
        if not any((values[kept] <= values[row]).all() for kept in front):
            front.append(int(row))
    return front


def hypervolume(objectives: npt.ArrayLike, reference: tuple[float, float]) -> float:
    """Area dominated by a set of two-objective points, up to a reference point.

    Parameters
    ----------
    objectives : array_like, shape (n, 2)
        Points, both objectives minimised; points beyond the reference add nothing.
    reference : tuple of float
        The worst corner.
    """
    values = np.asarray(objectives, dtype=float).reshape(-1, 2)
    values = values[(values < reference).all(axis=1)]
    area, ceiling = 0.0, reference[1]
    for row in pareto_front(values):
        x, y = values[row]
        area += (reference[0] - x) * (ceiling - y)
        ceiling = y
    return float(area)


def choose(objectives: npt.ArrayLike, metric: Metric = "euclidean", *, scaled: bool = True) -> int:
    """Row nearest to the ideal point.

    Parameters
    ----------
    objectives : array_like, shape (n, m)
        The front.
    metric : {'euclidean', 'chebyshev'}
        The distance.
    scaled : bool
        Scale each objective to the front's range and measure from the front's own
        ideal point; otherwise measure raw values from zero, as in the paper.

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
