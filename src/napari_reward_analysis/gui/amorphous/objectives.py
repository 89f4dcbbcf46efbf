"""Objectives of "Amorphous regions": compactness, perimeter, unexplained disorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_reward_analysis.analyses.amorphous.trial import REWARDS
from napari_reward_analysis.gui.analysis.objectives import Objective

_OBJECTIVES = {
    "compactness": Objective(
        "compactness",
        "compactness \N{MINUS SIGN} 1 (0 = disk)",
        "compactness",
        "Compactness is perimeter² / (4π area), the mean over the regions by area. A disk has 1, "
        "every other outline more. The axis shows how much more.",
        # from a disk on: no outline has less, and most have hardly more
        lambda trial: max(float(trial.score.compactness) - 1, 0.0),
    ),
    "perimeter": Objective(
        "perimeter",
        "perimeter / outline of the field",
        "perimeter",
        "The length of all outlines of the mask, divided by the outline of the field.",
        lambda trial: float(trial.score.perimeter),
    ),
    "unexplained": Objective(
        "unexplained",
        "disorder left unexplained",
        "unexplained",
        "Each column differs from crystal by some amount. This is the share of these differences "
        "that the division into crystal and amorphous regions does not explain, 0 to 1.",
        lambda trial: float(trial.score.unexplained),
    ),
}


def objectives_of(run: Any) -> Sequence[Objective]:
    """Objectives by which a run's masks are judged."""
    rewards = run.trials[0].rewards if run is not None and run.trials else REWARDS
    return [_OBJECTIVES[name] for name in rewards]
