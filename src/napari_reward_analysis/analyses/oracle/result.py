"""The agreement of a run's trials with an oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class TrialAgreement:
    """F1 against an oracle of a run's trials.

    Attributes
    ----------
    run : str
        The run's identifier.
    name : str
        What the run was called.
    indices : tuple of int
        Index of each trial.
    f1 : ndarray, shape (n,)
        0 to 1; NaN where a trial has no result.
    """

    run: str
    name: str
    indices: tuple[int, ...]
    f1: FloatArray

    @classmethod
    def of(cls, run: Run, f1: FloatArray) -> TrialAgreement:
        """F1 of all trials of a run, in their order."""
        return cls(run.identifier, run.name, tuple(trial.index for trial in run.trials), f1)

    def values(self, run: Run) -> FloatArray:
        """F1 by position in `run.trials`; NaN where a trial was not judged."""
        known = dict(zip(self.indices, self.f1, strict=True))
        return np.array([known.get(trial.index, np.nan) for trial in run.trials], float)

    def best(self) -> dict[str, Any]:
        """The trial that agrees best: `best_trial`, its `best_f1`, and `n_best`, how many do.

        Of several that agree equally well it is the first; None where no trial has an F1.
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
