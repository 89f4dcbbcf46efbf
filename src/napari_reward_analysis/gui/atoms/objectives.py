"""Objectives of "Find atoms": QC, ER, and the extra rewards of a run."""

from __future__ import annotations

import inspect

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.objectives import Objective
from napari_reward_analysis.gui.atoms.workflow_presets import reward_label, short_reward
from napari_reward_analysis.gui.widgets.glossary import explain
from napari_reward_analysis.rewards.protocol import reward_named

#: The published objectives, which every run has.
QC = Objective("qc", "|QC|, count mismatch", "|QC|", lambda t: float(t.score.objectives[0]))
ER = Objective("er", "ER, columns too close", "ER", lambda t: float(t.score.objectives[1]))


def objectives_of(run: Run | None) -> tuple[Objective, ...]:
    """Objectives by which a run's trials are judged."""
    if run is None:
        return QC, ER
    if run.trials:
        extra = dict.fromkeys(name for trial in run.trials for name in trial.extra_rewards)
    else:
        # what it was asked for, until the first trial tells what there is
        extra = dict.fromkeys(run.settings.rewards)
    return QC, ER, *(_reward(name) for name in extra)


def _reward(name: str) -> Objective:
    def value(trial: AtomTrial) -> float:
        return float(trial.extra_rewards.get(name, float("nan")))

    label = reward_label(name)
    return Objective(name, label, short_reward(name), value, help=explain(label) or _help(name))


def _help(name: str) -> str:
    """The first sentences of the reward's own description."""
    try:
        text = inspect.getdoc(reward_named(name).function) or ""
    except BadInput:
        return ""
    return " ".join(text.split("\n\n")[0].split())
