"""Which two of a run's objectives the plot shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.rewards.registry import reward_named
from napari_reward_analysis.runs import Run
from napari_reward_analysis.workflows.atoms_trial import AtomTrial


class AxesChoice(QWidget):
    """Two lists of objectives, hidden where there are only two of them.

    Signals
    -------
    changed
        The user has chosen another objective.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}
        self.along_x, self.along_y = _list("Objective along x"), _list("Objective along y")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for title, box in (("x", self.along_x), ("y", self.along_y)):
            layout.addWidget(QLabel(title))
            layout.addWidget(box, 1)
            box.currentIndexChanged.connect(lambda _: self.changed.emit())

    def set_names(self, names: Mapping[str, str]) -> None:
        """Offer these objectives; the choice is kept where they stay. Emits nothing.

        Parameters
        ----------
        names : mapping
            Short name to what it is in words.
        """
        if dict(names) == self._names:
            return
        self._names = dict(names)
        for place, box in enumerate((self.along_x, self.along_y)):
            box.blockSignals(True)
            box.clear()
            for number, (name, words) in enumerate(self._names.items()):
                box.addItem(name)
                box.setItemData(number, words, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(place)
            box.blockSignals(False)
        self.setVisible(len(self._names) > 2)

    @property
    def chosen(self) -> tuple[int, int]:
        """Places of the two objectives."""
        return self.along_x.currentIndex(), self.along_y.currentIndex()

    @property
    def chosen_names(self) -> tuple[str, str]:
        """The two objectives in words."""
        words = list(self._names.values())
        return words[self.chosen[0]], words[self.chosen[1]]


def further_names(run: Run | None) -> list[str]:
    """Names of a run's rewards beside QC and ER."""
    trials = run.trials if run else []
    return list(dict.fromkeys(name for trial in trials for name in trial.further))


def further_labels(run: Run | None) -> dict[str, str]:
    """What they are, by name; the name again where one is not registered here."""
    return {name: _label(name) for name in further_names(run)}


def objective_values(trials: Sequence[AtomTrial], place: int) -> npt.NDArray[np.float64]:
    """One objective of every trial, shape (n,); NaN where a trial has none."""
    found = [t.objectives[place] if place < len(t.objectives) else np.nan for t in trials]
    return np.array(found, dtype=np.float64)


def _label(name: str) -> str:
    try:
        return reward_named(name).label
    except BadInput:
        return name


def _list(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return box
