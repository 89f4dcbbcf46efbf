"""Search a few parameters on a grid, from coarse to fine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.space import Dimension, Space, UnitPoint

#: Largest number of numeric parameters: more would need thousands of trials.
MOST_NUMBERS = 3
#: First number of levels of a numeric parameter if the number of trials is not known.
_FIRST_LEVELS = 3


class GridSampler:
    """Full factorial of all levels and choices, without randomness.

    The number of levels is the largest whose factorial fits into the number of trials. A
    search that is cancelled early has tried a complete coarser factorial and a part of the
    next one. Remaining trials go into a grid with half the step. After all points of a
    countable space the search begins again with the first.

    Parameters
    ----------
    space : Space
        The search space: any number of categories, and at most three numbers.
    trials : int, optional
        Number of trials of the search; without it the grid starts with three levels.

    Raises
    ------
    BadInput
        If more than three numbers are searched.
    """

    initial = 0

    def __init__(self, space: Space, trials: int | None = None) -> None:
        numbers = [d.name for d in space.dimensions if d.scale != "category"]
        if len(numbers) > MOST_NUMBERS:
            raise BadInput(
                f"A grid searches at most {MOST_NUMBERS} numbers at once, not {len(numbers)} "
                f"({', '.join(numbers)}): search fewer, for example only threshold and overlap, "
                "or choose another sampler."
            )
        self._points = _points(space, _fitting_levels(space, trials or 0))

    def ask(self) -> UnitPoint:
        """The next point of the grid."""
        return next(self._points)

    def tell(self, point: UnitPoint, objectives: tuple[float, ...] | None) -> None:
        """Ignore the result: a grid does not learn."""


def _fitting_levels(space: Space, trials: int) -> int:
    """Largest number of levels whose factorial has at most as many points as trials."""
    if not trials:
        return _FIRST_LEVELS
    levels, size = 1, _size(space, 1)
    while True:
        larger = _size(space, levels + 1)
        if larger > trials or larger == size == _size(space, 2 * levels + 1):
            return levels
        levels, size = levels + 1, larger


def _size(space: Space, levels: int) -> int:
    """Number of different points of a factorial."""
    axes = [[unit for _, unit in _axis(d, levels)] for d in space.dimensions]
    units = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, space.size)
    return len(np.unique(space.canonical(units), axis=0))


def _points(space: Space, levels: int) -> Iterator[UnitPoint]:
    """Points of finer and finer factorials, each once; after the last they repeat."""
    tried: set[tuple[float, ...]] = set()
    while True:
        new = [point for point in _factorial(space, levels) if point not in tried]
        tried.update(new)
        if not new:
            tried.clear()
        yield from (np.array(point) for point in new)
        levels = 2 * levels - 1 if levels > 1 else _FIRST_LEVELS


def _factorial(space: Space, levels: int) -> list[tuple[float, ...]]:
    """Distinct points of one factorial, those of coarser factorials first."""
    axes = [_axis(dimension, levels) for dimension in space.dimensions]
    ranked = sorted(itertools.product(*axes), key=lambda row: (max(rank for rank, _ in row), *row))
    moved = space.canonical(np.array([[unit for _, unit in row] for row in ranked]))
    return list(dict.fromkeys(tuple(float(unit) for unit in row) for row in moved))


def _axis(dimension: Dimension, levels: int) -> list[tuple[int, float]]:
    """(rank, coordinate) of each level of a dimension; the coarsest levels have rank 0."""
    count = dimension.levels
    if dimension.scale == "category":
        return [(0, (k + 0.5) / count) for k in range(count)]
    if count:
        used = np.unique(np.round(np.linspace(0, count - 1, min(levels, count))).astype(int))
        units = (used + 0.5) / count
    else:
        units = np.linspace(0, 1, levels) if levels > 1 else np.array([0.5])
    return list(zip(_ranks(len(units)), (float(unit) for unit in units), strict=True))


def _ranks(count: int) -> npt.NDArray[np.int64]:
    """Rank of each level: first the middle, then the ends, then the middles of gaps."""
    ranks = np.zeros(count, np.int64)
    middle = count // 2
    gaps = [(0, middle), (middle, count - 1)] if count > 1 else []
    if count > 1:
        ranks[[0, count - 1]] = 1
        ranks[middle] = 0
    rank = 2
    while gaps:
        inner = []
        for low, high in gaps:
            if high - low > 1:
                half = (low + high) // 2
                ranks[half] = rank
                inner += [(low, half), (half, high)]
        gaps, rank = inner, rank + 1
    return ranks
