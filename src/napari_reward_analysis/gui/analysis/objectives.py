"""The objectives of an analysis as data: what plot, table and tooltips say of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.gui.widgets.glossary import explain


@dataclass(frozen=True)
class Objective:
    """One quantity that a search minimises.

    Attributes
    ----------
    name : str
        By which it is known.
    title : str
        What an axis is called.
    short : str
        Its name or symbol where there is little room.
    value : callable
        Its value of a trial; NaN where the trial lacks it.
    unit : str
        Of the value; empty for none.
    help : str
        One or more sentences that explain it, where the glossary does not.
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
        """The value of each trial, shape (n,)."""
        return np.array([self.value(trial) for trial in trials], dtype=float)


def numbered_objectives(trials: Sequence[Any]) -> tuple[Objective, ...]:
    """The objectives of trials of which nothing else is known: their numbers."""
    count = len(trials[0].objectives) if trials else 2
    return tuple(_numbered(place) for place in range(count))


def _numbered(place: int) -> Objective:
    title = f"objective {place + 1}"
    return Objective(title, title, title, lambda trial: float(trial.objectives[place]))
