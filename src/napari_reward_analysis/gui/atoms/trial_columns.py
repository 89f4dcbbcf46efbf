"""Make the columns of the table from the trials of a run."""

from __future__ import annotations

import textwrap

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.gui.atoms.workflow_presets import reward_label, short_stage
from napari_reward_analysis.preprocessing import SLOTS

_PARAMETER_TITLES = {
    "threshold": "threshold",
    "overlap": "overlap",
    "min_sigma": "σ min",
    "max_sigma": "σ max",
    "num_sigma": "σ steps",
}

#: Letters in a line of a title: the width of a column of numbers.
_TITLE = 16


def trial_columns(
    run: Run | None, known: tuple[str, npt.NDArray[np.float64]] | None = None
) -> dict[str, list[object]]:
    """Title and values of each column, in the order of the table.

    Parameters
    ----------
    run : Run or None
    known : tuple, optional
        An oracle's name and F1 of each trial, as `Session.agreement`.
    """
    trials = run.trials if run else []
    columns: dict[str, list[object]] = {
        "n": [trial.score.count for trial in trials],
        "QC": [trial.score.qc for trial in trials],
        "ER": [trial.score.er for trial in trials],
    }
    if known is not None:
        columns["F1"] = [value if np.isfinite(value) else None for value in known[1].tolist()]
    for name in dict.fromkeys(name for trial in trials for name in trial.extra_rewards):
        columns[_title(reward_label(name))] = [trial.extra_rewards.get(name) for trial in trials]
    names = dict.fromkeys((*_PARAMETER_TITLES, *(n for trial in trials for n in trial.parameters)))
    for name in names:
        values = [trial.parameters.get(name) for trial in trials]
        columns[parameter_title(name)] = [
            short_stage(value) if name in SLOTS and isinstance(value, str) else value
            for value in values
        ]
    return columns


def parameter_title(name: str) -> str:
    """Title of the column of a parameter."""
    stage, _, parameter = name.partition(".")
    if parameter:
        return f"{short_stage(stage)}\n{parameter}"
    return _PARAMETER_TITLES.get(name, name)


def _title(label: str) -> str:
    """A label in lines that fit the width of a column."""
    return textwrap.fill(label, _TITLE, break_long_words=False)
