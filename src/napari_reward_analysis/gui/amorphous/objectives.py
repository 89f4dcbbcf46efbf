"""Objectives of "Amorphous regions": compactness, perimeter, unexplained disorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_reward_analysis.gui.analysis.objectives import Objective

_OBJECTIVES = {
    "compactness": Objective(
        "compactness",
        "compactness \N{MINUS SIGN} 1 (0 = disk)",
        "compactness",
        # from a disk on: no outline has less, and most have hardly more
        lambda trial: max(float(trial.score.compactness) - 1, 0.0),
    ),
    "perimeter": Objective(
        "perimeter",
        "perimeter / outline of the field",
        "perimeter",
        lambda trial: float(trial.score.perimeter),
    ),
    "unexplained": Objective(
        "unexplained",
        "disorder left unexplained",
        "unexplained",
        lambda trial: float(trial.score.unexplained),
    ),
}


def objectives_of(run: Any) -> Sequence[Objective]:
    """Objectives by which a run's masks are judged."""
    names = _OBJECTIVES if run is None else run.settings.objectives
    return [_OBJECTIVES[name] for name in names]
