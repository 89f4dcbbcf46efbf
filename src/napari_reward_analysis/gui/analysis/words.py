"""Describe trials and runs of any analysis in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_reward_analysis.gui.analysis.objectives import Objective


def trial_in_words(trial: Any, objectives: Sequence[Objective]) -> str:
    """Return the objectives of a trial in one line."""
    parts = [f"{one.short} {one.value(trial):.3g}" for one in objectives]
    return ", ".join(parts).replace("-", "\N{MINUS SIGN}")


def trials_in_words(run: Any, front: Sequence[int]) -> str:
    """Return the number of trials, of failed trials, and of trials on the front."""
    number = len(run.trials)
    text = "1 trial" if number == 1 else f"{number} trials"
    failed = sum(bool(getattr(trial, "failure", "")) for trial in run.trials)
    if failed:
        text += f" ({failed} failed)"
    return f"{text}, {len(front)} on the front" if front else text
