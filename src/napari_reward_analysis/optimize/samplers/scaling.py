"""Objectives of any scale as numbers that a Gaussian process follows well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import FloatArray

#: Below this part of its unit an objective is followed linearly, above as a logarithm.
_LINEAR = 0.1
#: Part of the initial design whose errors an objective's unit covers: not the worst ones,
#: a count can be wrong by any factor. Perfect values do not count: most of a space can be
#: without a single error.
_COVERED = 0.75
#: The worst corner, in units: values that bad gain nothing.
_REFERENCE = 1.1


@dataclass(frozen=True, eq=False)
class Scaling:
    """How objectives are scaled: asinh(value / (0.1 unit)), cut off at one unit.

    An order of magnitude near the ideal value then weighs as much as one far from it, and
    a few disasters do not flatten the model. Dominance is not changed by it.

    Attributes
    ----------
    lowest, unit : ndarray, shape (m,)
        Origin and unit of each objective.
    positive : bool
        Whether no objective is known to fall below zero: all are errors, which end there.
    """

    lowest: FloatArray
    unit: FloatArray
    positive: bool

    @classmethod
    def of(cls, values: Sequence[tuple[float, ...] | None], initial: int) -> Scaling:
        """Scaling that follows from the objectives told so far, at least one of them known."""
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
        """Scaled objectives, shape (n, m); what failed is as bad as can be told apart."""
        worst = self.lowest + self.unit
        rows = np.array([worst if row is None else row for row in values], dtype=float)
        parts = np.minimum((rows - self.lowest) / self.unit, 1.0)
        return np.asarray(np.arcsinh(parts / _LINEAR))


def _unit(errors: FloatArray) -> float:
    """What most errors do not exceed; 0 where there are none."""
    present = errors[errors > 0]
    return float(np.quantile(present, _COVERED)) if len(present) else 0.0
