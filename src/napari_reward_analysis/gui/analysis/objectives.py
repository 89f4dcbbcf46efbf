"""Describe the objectives of an analysis for plot, table and tooltips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.gui.widgets.glossary import explain


@dataclass(frozen=True)
class Objective:
    """A quantity that a search minimises.

    Attributes
    ----------
    name : str
        Name in the code and in files.
    title : str
        Title of an axis.
    short : str
        Short name or symbol.
    value : callable
        Returns the value of a trial; NaN if the trial lacks it.
    unit : str
        Unit of the value; empty if there is none.
    help : str
        One or more sentences that explain the quantity. They are needed only if the glossary
        does not explain it.
    """

    name: str
    title: str
    short: str
    value: Callable[[Any], float]
    unit: str = ""
    help: str = ""

    @property
    def label(self) -> str:
        """Title and unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    @property
    def tooltip(self) -> str:
        """Title and explanation."""
        return "\n".join(filter(None, (self.label, self.help or explain(self.title))))

    def values(self, trials: Sequence[Any]) -> FloatArray:
        """Return the value of each trial, shape (n,)."""
        return np.array([self.value(trial) for trial in trials], dtype=float)


def numbered_objectives(trials: Sequence[Any]) -> tuple[Objective, ...]:
    """Return numbered objectives for trials without a description of their objectives."""
    count = len(trials[0].objectives) if trials else 2
    return tuple(_numbered(place) for place in range(count))


def _numbered(place: int) -> Objective:
    title = f"objective {place + 1}"
    return Objective(title, title, title, lambda trial: float(trial.objectives[place]))
