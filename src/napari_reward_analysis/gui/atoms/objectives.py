"""Objectives of "Find atoms": QC, ER, and the extra rewards of a run."""

from __future__ import annotations

import inspect

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.gui.analysis.objectives import Objective
from napari_reward_analysis.gui.atoms.workflow_presets import reward_label, short_reward
from napari_reward_analysis.rewards.protocol import reward_named

N_HELP = (
    "N is the number of columns that the lattice predicts for the analysed area, or the one that "
    "you type."
)
DS_HELP = (
    "DS is a length: a column is an error where the distances to its four nearest neighbours add "
    "up to less than DS."
)
QC_HELP = (
    f"Quantity criterion (n \N{MINUS SIGN} N) / N: the share by which the number n of columns "
    f"found differs from the expected number N. The search minimises its absolute value. {N_HELP}"
)
ER_HELP = (
    "Error rate: the number of columns that lie too close to their neighbours, divided by the "
    f"expected number N. {DS_HELP}"
)

#: The published objectives, which every run has.
QC = Objective(
    "qc", "|QC|, count mismatch", "|QC|", QC_HELP, lambda t: float(t.score.objectives[0])
)
ER = Objective("er", "ER, columns too close", "ER", ER_HELP, lambda t: float(t.score.objectives[1]))


def objectives_of(run: Run | None) -> tuple[Objective, ...]:
    """Objectives by which a run's trials are judged."""
    if run is None:
        return QC, ER
    if run.trials:
        extra = dict.fromkeys(name for trial in run.trials for name in trial.extra_rewards)
    else:
        # what it was asked for, until the first trial tells what there is
        extra = dict.fromkeys(run.settings.used_rewards)
    return QC, ER, *(_reward(name) for name in extra)


def _reward(name: str) -> Objective:
    def value(trial: AtomTrial) -> float:
        return float(trial.extra_rewards.get(name, float("nan")))

    return Objective(name, reward_label(name), short_reward(name), _help(name), value)


def _help(name: str) -> str:
    """The first sentences of the reward's own description."""
    try:
        text = inspect.getdoc(reward_named(name).function) or ""
    except BadInput:
        return ""
    return " ".join(text.split("\n\n")[0].split())
