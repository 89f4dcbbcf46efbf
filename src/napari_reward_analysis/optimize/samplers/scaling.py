"""Scale objectives to numbers that a Gaussian process can model well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray

#: An objective is scaled linearly below this fraction of its unit, and like a logarithm
#: above.
_LINEAR = 0.1
#: Fraction of the initial design whose errors are below the unit of an objective. The
#: worst errors are left out, because a count can be wrong by any factor. Perfect values do
#: not count, because most of a space can be free of errors.
_COVERED = 0.75
#: The worst corner in units: worse values add no hypervolume.
_REFERENCE = 1.1


@dataclass(frozen=True, eq=False)
class Scaling:
    """Scaling of objectives: asinh(value / (0.1 unit)), cut off at one unit.

    An order of magnitude near the ideal value thus weighs as much as one far from it, and
    a few very bad values do not flatten the model. Scaling does not change dominance.

    Attributes
    ----------
    lowest, unit : ndarray, shape (m,)
        Origin and unit of each objective.
    positive : bool
        Whether no objective was below zero, as for errors.
    """

    lowest: FloatArray
    unit: FloatArray
    positive: bool

    @classmethod
    def of(cls, values: Sequence[tuple[float, ...] | None], initial: int) -> Scaling:
        """Scaling from the objectives so far, at least one of which is known."""
        known = np.array([row for row in values if row is not None], dtype=float)
        start = np.array([row for row in values[:initial] if row is not None] or known[:1])
        positive = bool((known >= 0).all())
        lowest = np.zeros(known.shape[1]) if positive else known.min(axis=0)
        units = [
            _unit(column) or _unit(every) or 1.0
            for column, every in zip((start - lowest).T, (known - lowest).T, strict=True)
        ]
        return cls(lowest, np.array(units), positive)

    @property
    def reference(self) -> FloatArray:
        """The worst corner, scaled."""
        return np.full(len(self.unit), np.arcsinh(_REFERENCE / _LINEAR))

    def scaled(self, values: Sequence[tuple[float, ...] | None]) -> FloatArray:
        """Scaled objectives, shape (n, m); a failed trial gets the worst scaled value."""
        worst = self.lowest + self.unit
        rows = np.array([worst if row is None else row for row in values], dtype=float)
        parts = np.minimum((rows - self.lowest) / self.unit, 1.0)
        return np.asarray(np.arcsinh(parts / _LINEAR))


def _unit(errors: FloatArray) -> float:
    """The value that most errors do not exceed; 0 if there are no errors."""
    present = errors[errors > 0]
    return float(np.quantile(present, _COVERED)) if len(present) else 0.0
