"""The table of a run's trials.

It knows neither the viewer nor an analysis. `set_rows` gives it trials, and a signal tells
which row the user selects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qtpy.QtCore import QModelIndex, Qt, Signal  # type: ignore[attr-defined, unused-ignore]
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_reward_analysis.gui.trials.model import FrontFilter, TrialModel


class TrialView(QTableView):
    """A table view with a signal for rows that the user selects, and not the program."""

    row_picked = Signal(QModelIndex)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Report the row under the mouse, even if it is the current one."""
        super().mouseReleaseEvent(event)
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.indexAt(event.position().toPoint()).isValid():
            self.row_picked.emit(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Report the row that a key has selected."""
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().isValid() and self.currentIndex().row() != before:
            self.row_picked.emit(self.currentIndex())


class TrialTable(QWidget):
    """A sortable table of trials with their parameters and objectives.

    Signals
    -------
    row_selected : int
        Id of the trial whose row the user selected with the mouse or the keys.

    Attributes
    ----------
    model : TrialModel
        All trials, shown or not.
    view : TrialView
        The table.
    front_only : QCheckBox
        Leaves out trials that are not on the front.
    """

    row_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selected: int | None = None
        self.model = TrialModel(self)
        self._filter = FrontFilter(self)
        self._filter.setSourceModel(self.model)
        self.model.set_emphasis(False)
        # connected before the view is, which would select a neighbour and scroll there
        self._filter.rowsAboutToBeRemoved.connect(self._let_go)
        self._build()
        self.front_only.toggled.connect(self._filter_rows)
        self.view.row_picked.connect(self._pick)
        # the filter may remove the selected row and bring it back
        self._filter.rowsInserted.connect(self._restore_selection)
        self._filter.rowsRemoved.connect(self._restore_selection)
        self._filter.modelReset.connect(self._restore_selection)
        self._count()

    # ---- data in

    def set_rows(self, ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
        """Show these trials.

        Rows are added and changed in place where the columns are the same and the ids
        begin with the former ones. Selection, sorting and scroll position then stay.

        Parameters
        ----------
        ids : sequence of int, length n
            Ids of the trials, each once.
        columns : mapping of str to sequence of length n
            Title and values of each column, in the order of the table. Numbers have three
            significant digits; None and NaN are shown as a dash.

        Raises
        ------
        ValueError
            If the length of a column differs from that of `ids`.
        """
        empty = self.model.rowCount() == 0
        started_over = self.model.set_rows(ids, columns)
        if started_over or empty:
            self._fit_columns()
        self._count()

    def set_front(self, ids: Iterable[int]) -> None:
        """Mark these trials, and those alone, as the Pareto front."""
        narrow = not self.model.front
        self.model.set_front(ids)
        if narrow:
            # with "front only" these are the first rows
            self._fit_columns()
        self._count()

    def set_selected(self, id: int | None) -> None:  # noqa: A002
        """Select the row of this trial and bring it into view. Emits nothing.

        A trial that is left out now is selected as soon as the table shows it.
        """
        self._selected = id
        self._restore_selection()
        index = self.index_of(id)
        if index.isValid():
            self.view.scrollTo(index)

    @property
    def selected(self) -> int | None:
        """Id of the selected trial, whether or not the table shows it now."""
        return self._selected

    def shown_ids(self) -> list[int]:
        """Ids of the trials shown, from top to bottom."""
        return [self.id_at(self._filter.index(row, 0)) for row in range(self._filter.rowCount())]

    # ---- inside

    def _build(self) -> None:
        self.front_only = QCheckBox("Front only")
        self.front_only.setChecked(True)
        self.front_only.setToolTip(
            "Show only the trials of the Pareto front, which no other trial beats in all objectives"
        )
        self._counter = QLabel()
        self.view = TrialView()
        self.view.setModel(self._filter)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setAccessibleName("Trials")
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        rows, titles = self.view.verticalHeader(), self.view.horizontalHeader()
        if rows is not None and titles is not None:
            rows.hide()
            rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
            titles.setHighlightSections(False)
            titles.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.addWidget(self.front_only)
        head.addStretch(1)
        head.addWidget(self._counter)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)

    def _fit_columns(self) -> None:
        """Give each column the width of its content. Later rows do not change the width."""
        self.view.resizeColumnsToContents()
        for column in range(self._filter.columnCount()):
            self.view.setColumnWidth(column, self.view.columnWidth(column) + 8)

    def _filter_rows(self, front_only: bool) -> None:
        self._filter.front_only = front_only
        # this reports a change of every row, and so filters the rows again
        self.model.set_emphasis(not front_only)
        self.set_selected(self._selected)
        self._count()

    def _count(self) -> None:
        shown, total = self._filter.rowCount(), self.model.rowCount()
        self._counter.setText(f"{shown} of {total}" if total else "no trials yet")

    def id_at(self, index: QModelIndex) -> int:
        """Id of the trial at an index of the table."""
        return self.model.ids[self._filter.mapToSource(index).row()]

    def index_of(self, name: int | None) -> QModelIndex:
        """Index of a trial in the table; invalid where it is not shown."""
        if name is None or name not in self.model.ids:
            return QModelIndex()
        return self._filter.mapFromSource(self.model.index(self.model.ids.index(name), 0))

    def _let_go(self, _parent: QModelIndex, first: int, last: int) -> None:
        if first <= self.view.currentIndex().row() <= last:
            self.view.setCurrentIndex(QModelIndex())

    def _restore_selection(self) -> None:
        """Select the row of the selected trial, which may have moved."""
        index = self.index_of(self._selected)
        if not index.isValid():
            self.view.setCurrentIndex(QModelIndex())
        elif index.row() != self.view.currentIndex().row():
            # setCurrentIndex scrolls, but only a new selection should
            bars = (self.view.horizontalScrollBar(), self.view.verticalScrollBar())
            kept = [bar.value() if bar is not None else 0 for bar in bars]
            self.view.setCurrentIndex(index)
            for bar, value in zip(bars, kept, strict=True):
                if bar is not None:
                    bar.setValue(value)

    def _pick(self, index: QModelIndex) -> None:
        self._selected = self.id_at(index)
        self.row_selected.emit(self._selected)
