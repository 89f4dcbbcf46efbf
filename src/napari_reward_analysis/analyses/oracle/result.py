"""The agreement of the trials of a run with an oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class TrialAgreement:
    """F1 of the trials of a run against an oracle.

    Attributes
    ----------
    run : str
        Identifier of the run.
    name : str
        Name of the run.
    indices : tuple of int
        Index of each trial.
    f1 : ndarray, shape (n,)
        F1 from 0 to 1; NaN for a trial without a result.
    """

    run: str
    name: str
    indices: tuple[int, ...]
    f1: FloatArray

    @classmethod
    def of(cls, run: Run, f1: FloatArray) -> TrialAgreement:
        """Return the agreement of a run from the F1 of its trials, in their order."""
        return cls(run.identifier, run.name, tuple(trial.index for trial in run.trials), f1)

    def values(self, run: Run) -> FloatArray:
        """Return F1 by position in `run.trials`; NaN for a trial without F1."""
        known = dict(zip(self.indices, self.f1, strict=True))
        return np.array([known.get(trial.index, np.nan) for trial in run.trials], float)

    def best(self) -> dict[str, Any]:
        """Return `best_trial`, its `best_f1`, and `n_best`, the number of equally good trials.

        The best trial is the first of equally good ones, or None if no trial has an F1.
        """
        if not np.isfinite(self.f1).any():
            return {"best_trial": None, "best_f1": None, "n_best": 0}
        best = int(np.nanargmax(self.f1))
        number = int(np.count_nonzero(self.f1 == self.f1[best]))
        return {
            "best_trial": self.indices[best],
            "best_f1": float(self.f1[best]),
            "n_best": number,
        }
