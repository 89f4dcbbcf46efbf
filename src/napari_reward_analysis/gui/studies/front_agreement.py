"""List the trials on the fronts with their F1 against an oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.analyses.oracle.result import TrialAgreement
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.widgets.glossary import explain

_HEADS = ("Run", "Trial", "Columns", "F1")
_ROWS = 6


class FrontAgreement(QTableWidget):
    """A row for each trial of a front, best F1 first. A click shows the trial.

    Parameters
    ----------
    session : AtomsSession
        It shows the trial.
    """

    def __init__(self, session: AtomsSession) -> None:
        super().__init__(0, len(_HEADS))
        self._session = session
        self._rows: list[tuple[Run, int, float]] = []
        self.setAccessibleName("Agreement of the front")
        self.setHorizontalHeaderLabels(list(_HEADS))
        for column, title in enumerate(_HEADS):
            head_item = self.horizontalHeaderItem(column)
            if head_item is not None:
                head_item.setToolTip(explain(title) or title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setMinimumWidth(120)
        side, head = self.verticalHeader(), self.horizontalHeader()
        assert side is not None
        assert head is not None
        side.hide()
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.cellClicked.connect(self._on_click)
        self.hide()

    def show_fronts(self, judged: Sequence[TrialAgreement]) -> None:
        """List the trials on the fronts of open runs; hide the table if there are none.

        Parameters
        ----------
        judged : sequence of TrialAgreement
            Agreement of the trials of each run.
        """
        self._rows = sorted(self._fronts(judged), key=lambda row: -row[2])
        self.setRowCount(len(self._rows))
        for number, (run, position, f1) in enumerate(self._rows):
            trial = run.trials[position]
            texts = (run.name, str(trial.index), str(trial.score.count), f"{f1:.3f}")
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(number, column, item)
        self.setVisible(bool(self._rows))
        lines = min(len(self._rows), _ROWS) + 1
        self.setFixedHeight(lines * max(self.rowHeight(0), 24) + 8)

    def _fronts(self, judged: Sequence[TrialAgreement]) -> Iterator[tuple[Run, int, float]]:
        known = {run.identifier: run for run in self._session.runs}
        for one in judged:
            if one.run in known:
                run = known[one.run]
                values = one.values(run)
                yield from ((run, k, float(values[k])) for k in run.front if np.isfinite(values[k]))

    def _on_click(self, number: int, _column: int) -> None:
        run, position, _ = self._rows[number]
        if any(known is run for known in self._session.runs):
            self._session.show(run)
            self._session.select(position)
