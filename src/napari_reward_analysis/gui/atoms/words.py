"""Describe trials in words, for tooltips, status lines and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.table import vacancy_table
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.gui.atoms.workflow_presets import short_reward, short_stage
from napari_reward_analysis.gui.widgets.words import percent
from napari_reward_analysis.preprocessing import SLOTS
from napari_reward_analysis.rewards.atoms import AtomScore


def trial_in_words(score: AtomScore) -> str:
    """Scores of a result in one line."""
    return f"{score.count} columns, QC {percent(score.qc, signed=True)}, ER {percent(score.er)}"


def trial_tooltip(trial: AtomTrial) -> str:
    """Parameters and objectives of a trial, as plain text of a few lines."""
    p: dict[str, Any] = dict(trial.parameters)
    lines = [f"trial {trial.index}: {trial_in_words(trial.score)}"]
    if trial.failure:
        lines.append(trial.failure)
    if {"min_sigma", "max_sigma", "num_sigma"} <= p.keys():
        lines.append(
            f"sigma {p['min_sigma']:.3g} to {p['max_sigma']:.3g} px in {p['num_sigma']:.0f}"
        )
    lines.append(", ".join(f"{k} {p[k]:.3g}" for k in ("threshold", "overlap") if k in p))
    lines.append(extra_rewards_in_words(trial))
    lines.append(workflow_in_words(p))
    return "\n".join(line for line in lines if line)


def extra_rewards_in_words(trial: AtomTrial) -> str:
    """The rewards beside QC and ER; empty where there are none."""
    return ", ".join(
        f"{short_reward(name)} {value:.3g}" for name, value in trial.extra_rewards.items()
    )


def workflow_in_words(parameters: dict[str, Any]) -> str:
    """The stages before the LoG of one setting; empty where there are none."""
    stages = [str(parameters[slot]) for slot in SLOTS if parameters.get(slot, "none") != "none"]
    steps = [f"{short_stage(stage)}{_details(stage, parameters)}" for stage in stages]
    return f"after {' and '.join(steps)}" if steps else ""


def _details(stage: str, parameters: dict[str, Any]) -> str:
    own = [
        f"{name.partition('.')[2]} {value:.3g}"
        for name, value in parameters.items()
        if name.partition(".")[0] == stage
    ]
    return f" ({', '.join(own)})" if own else ""


def agreement_in_words(known: tuple[str, npt.NDArray[np.float64]] | None, position: int) -> str:
    """Agreement of a trial with an oracle; empty where no oracle has judged the run.

    Parameters
    ----------
    known : tuple or None
        As `Session.agreement`.
    position : int
        Position of the trial in its run.
    """
    if known is None or not np.isfinite(known[1][position]):
        return ""
    return f"F1 {known[1][position]:.3f} with {known[0]}"


def run_in_words(run: Run, front: list[int]) -> str:
    """Progress of a run, and the best scores on its front."""
    if run.found_nothing:
        return "0 columns"
    failed = sum(bool(trial.failure) for trial in run.trials)
    parts = [f"{len(run.trials)} trials" if len(run.trials) != 1 else "1 trial"]
    if failed:
        parts[0] += f" ({failed} failed)"
    if front:
        best_qc = min(abs(run.trials[i].score.qc) for i in front)
        best_er = min(run.trials[i].score.er for i in front)
        parts.append(f"{len(front)} on the front")
        parts.append(f"best |QC| {percent(best_qc)} and ER {percent(best_er)}")
    return ", ".join(parts)


def empty_sites_in_words(run: Run, trial: AtomTrial) -> str:
    """Number of vacant and undecided sites of a result; empty if the sites are not known."""
    if run.sites is None:
        return ""
    state = vacancy_table(run, trial)["state"]
    counts = {name: int(np.count_nonzero(state == name)) for name in ("vacant", "undecided")}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
