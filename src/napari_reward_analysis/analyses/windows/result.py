"""The result of one window."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.analyses.windows.plan import Window
from napari_reward_analysis.arrays import BoolArray, FloatArray
from napari_reward_analysis.optimize.space import UnitPoint
from napari_reward_analysis.rewards.atoms import Physics


@dataclass(frozen=True, eq=False)
class WindowResult:
    """One window that is done.

    Attributes
    ----------
    window : Window
        Where it lies.
    trial : AtomTrial or None
        Its best setting, with blobs in px of the window; None where it was left out.
    physics : Physics or None
        N and DS of the window.
    reason : str
        Why it was left out, a sentence; empty otherwise.
    n_trials : int
        Settings that were evaluated.
    learnt_from : tuple of int
        Windows whose best settings were tried first.
    point : ndarray, shape (d,), optional
        The setting as a point of the search space, for the neighbours.
    seconds : float
        Time of its search.
    crystal : ndarray of bool, optional
        Where it sees crystal, in its own pixels; None where everywhere.
    """

    window: Window
    trial: AtomTrial | None = None
    physics: Physics | None = None
    reason: str = ""
    n_trials: int = 0
    learnt_from: tuple[int, ...] = ()
    point: UnitPoint | None = field(default=None, repr=False)
    seconds: float = 0.0
    crystal: BoolArray | None = field(default=None, repr=False)

    @property
    def points(self) -> FloatArray:
        """Columns of the window's crystal or just beside it, y and x in px of the image, (n, 2)."""
        if self.trial is None:
            return np.empty((0, 2))
        return self.trial.points[self.trial.shown].astype(float) + self.window.corner

    def values(self) -> dict[str, float]:
        """The numbers of its result by name; none where it was left out.

        'n' (columns), 'expected', 'qc', 'er', 'n_trials', the extra rewards, and all
        parameters that are numbers.
        """
        trial, physics = self.trial, self.physics
        if trial is None or physics is None:
            return {}
        numbers = {k: float(v) for k, v in trial.parameters.items() if not isinstance(v, str)}
        return {
            "n": float(trial.score.count),
            "expected": physics.expected,
            "qc": trial.score.qc,
            "er": trial.score.er,
            "n_trials": float(self.n_trials),
            **trial.extra_rewards,
            **numbers,
        }
