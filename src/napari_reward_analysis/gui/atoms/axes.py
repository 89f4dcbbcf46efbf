"""Which two of a run's objectives the plot shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.gui.atoms.workflow_presets import reward_label, short_reward
from napari_reward_analysis.gui.widgets.fields import choice

#: The published objectives, which every run has.
LABELS = {"qc": "|QC|, count mismatch", "er": "ER, columns too close"}
_SHORT = {"qc": "|QC|", "er": "ER"}


def objectives_of(run: Run | None) -> dict[str, str]:
    """What a run's trials are judged by: name and label of each objective."""
    if run is None:
        return dict(LABELS)
    if run.trials:
        further = dict.fromkeys(name for trial in run.trials for name in trial.extra_rewards)
    else:
        # what it was asked for, until the first trial tells what there is
        further = dict.fromkeys(run.settings.rewards)
    return LABELS | {name: reward_label(name) for name in further}


def objective_values(trials: Sequence[AtomTrial], name: str) -> npt.NDArray[np.float64]:
    """One objective of each trial, shape (n,); NaN where a trial lacks it."""
    if name in LABELS:
        place = list(LABELS).index(name)
        return np.array([trial.score.objectives[place] for trial in trials], dtype=float)
    return np.array([trial.extra_rewards.get(name, np.nan) for trial in trials], dtype=float)


class AxesChoice(QWidget):
    """Two lists, shown only where there are more than two objectives.

    Signals
    -------
    changed
        The user wants other axes.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}
        #: What the user has chosen; a run may lack it.
        self._wanted = self._before = ("qc", "er")
        self.horizontal, self.vertical = choice("Horizontal axis", {}), choice("Vertical axis", {})
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for text, box in (
            ("Axes \N{RIGHTWARDS ARROW}", self.horizontal),
            ("\N{UPWARDS ARROW}", self.vertical),
        ):
            layout.addWidget(QLabel(text))
            layout.addWidget(box, 1)
        self.set_objectives(LABELS)
        self.horizontal.currentIndexChanged.connect(lambda: self._on_choice(self.vertical))
        self.vertical.currentIndexChanged.connect(lambda: self._on_choice(self.horizontal))

    @property
    def shown(self) -> tuple[str, str]:
        """Names of the objectives on the horizontal and the vertical axis."""
        return str(self.horizontal.currentData()), str(self.vertical.currentData())

    @property
    def labels(self) -> tuple[str, str]:
        """What they are called."""
        return self._names[self.shown[0]], self._names[self.shown[1]]

    def set_objectives(self, names: dict[str, str]) -> None:
        """Offer these; what was chosen is shown where it is among them. Emits nothing."""
        if names == self._names:
            return
        self._names = dict(names)
        self._before = self._wanted if set(self._wanted) <= set(names) else ("qc", "er")
        for box, name in zip((self.horizontal, self.vertical), self._before, strict=True):
            box.blockSignals(True)
            box.clear()
            for key, label in names.items():
                box.addItem(_SHORT.get(key) or short_reward(key), key)
                box.setItemData(box.count() - 1, label, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentIndex(box.findData(name))
            box.blockSignals(False)
        self.setVisible(len(names) > 2)

    def _on_choice(self, other: QComboBox) -> None:
        if self.shown[0] == self.shown[1]:
            # one objective against itself says nothing: the axes change places
            taken = self._before[1 if other is self.horizontal else 0]
            other.blockSignals(True)
            other.setCurrentIndex(other.findData(taken))
            other.blockSignals(False)
        self._wanted = self._before = self.shown
        self.changed.emit()
