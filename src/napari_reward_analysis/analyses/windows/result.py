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
    """The result of one window.

    Attributes
    ----------
    window : Window
        The window.
    trial : AtomTrial or None
        Best trial, with blobs in px of the window; None without a result.
    physics : Physics or None
        N and DS of the window.
    reason : str
        Reason for a missing result, as a sentence; empty otherwise.
    n_trials : int
        Number of evaluated settings.
    learnt_from : tuple of int
        Indices of the windows whose best settings were tried first.
    point : ndarray, shape (d,), optional
        Best setting as a point of the search space, for the neighbours.
    seconds : float
        Time of the search.
    crystal : ndarray of bool, optional
        Crystal region in pixels of the window; None for the whole window.
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
        """Columns in or just outside the crystal, y and x in px of the image, shape (n, 2)."""
        if self.trial is None:
            return np.empty((0, 2))
        return self.trial.points[self.trial.shown].astype(float) + self.window.corner

    def values(self) -> dict[str, float]:
        """Return the numbers of the result by name, or nothing without a result.

        They are 'n' (columns), 'expected', 'qc', 'er', 'n_trials', the extra rewards, and all
        numeric parameters.
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
