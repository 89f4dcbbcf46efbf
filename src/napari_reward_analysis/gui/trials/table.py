"""The trials of a run as a table, beside the Pareto plot.

It knows no viewer and no workflow: rows come in by `set_rows`, the row that the
user selects goes out by a signal.
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
    """A table view that tells what the user selects apart from what a program does."""

    row_picked = Signal(QModelIndex)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Report the row under the mouse; it may be the current one, picked again."""
        super().mouseReleaseEvent(event)
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.indexAt(event.position().toPoint()).isValid():
            self.row_picked.emit(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Report the row that a key has led to."""
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().isValid() and self.currentIndex().row() != before:
            self.row_picked.emit(self.currentIndex())


class TrialTable(QWidget):
    """Trials with their parameters and objectives, sortable, front rows marked.

    Signals
    -------
    row_selected : int
        Id of the trial whose row the user selected with the mouse or the keys.
    """

    row_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selected: int | None = None
        self._model = TrialModel(self)
        self._filter = FrontFilter(self)
        self._filter.setSourceModel(self._model)
        self._model.set_emphasis(False)
        # before the view is connected: it would move on to a neighbour, and scroll there
        self._filter.rowsAboutToBeRemoved.connect(self._let_go)
        self._build()
        self.front_only.toggled.connect(self._filter_rows)
        self.view.row_picked.connect(self._pick)
        # the filter may take the selected row away and bring it back
        self._filter.rowsInserted.connect(self._restore_selection)
        self._filter.rowsRemoved.connect(self._restore_selection)
        self._filter.modelReset.connect(self._restore_selection)
        self._count()

    # ---- data in

    def set_rows(self, ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
        """Show these trials.

        Where the columns are the same and the ids begin with the former ones,
        rows are added and changed in place: selection, sorting and scroll
        position stay.

        Parameters
        ----------
        ids : sequence of int, length n
            Names of the trials, each once.
        columns : mapping of str to sequence of length n
            Title and values of each column, in the order to show them. Numbers
            are shown with three significant digits, None and NaN as a dash.

        Raises
        ------
        ValueError
            If a column is of another length than `ids`.
        """
        empty = self._model.rowCount() == 0
        started_over = self._model.set_rows(ids, columns)
        if started_over or empty:
            self._fit_columns()
        self._count()

    def set_front(self, ids: Iterable[int]) -> None:
        """Mark these trials, and those alone, as the Pareto front."""
        narrow = not self._model.front
        self._model.set_front(ids)
        if narrow:
            # with "front only" the first rows come now
            self._fit_columns()
        self._count()

    def set_help(self, texts: Mapping[str, str]) -> None:
        """Explain columns, by their titles, in the tooltips of the heads."""
        self._model.set_help(texts)

    def set_selected(self, id: int | None) -> None:  # noqa: A002
        """Select the row of this trial and bring it into view. Emits nothing.

        A trial that the table leaves out is selected as soon as it is shown.
        """
        self._selected = id
        self._restore_selection()
        index = self._index(id)
        if index.isValid():
            self.view.scrollTo(index)

    @property
    def selected(self) -> int | None:
        """Id of the selected trial, whether or not the table shows it now."""
        return self._selected

    def shown_ids(self) -> list[int]:
        """Ids of the trials shown, from top to bottom."""
        return [self._id(self._filter.index(row, 0)) for row in range(self._filter.rowCount())]

    # ---- inside

    def _build(self) -> None:
        self.front_only = QCheckBox("Front only")
        self.front_only.setChecked(True)
        self.front_only.setToolTip("Leave out trials that another one beats in all objectives")
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
        """Give each column the width of its content, once: later rows do not shift it."""
        self.view.resizeColumnsToContents()
        for column in range(self._filter.columnCount()):
            self.view.setColumnWidth(column, self.view.columnWidth(column) + 8)

    def _filter_rows(self, front_only: bool) -> None:
        self._filter.front_only = front_only
        # tells of a change in every row, and so has them filtered again
        self._model.set_emphasis(not front_only)
        self.set_selected(self._selected)
        self._count()

    def _count(self) -> None:
        shown, total = self._filter.rowCount(), self._model.rowCount()
        self._counter.setText(f"{shown} of {total}" if total else "no trials yet")

    def _id(self, index: QModelIndex) -> int:
        return self._model.ids[self._filter.mapToSource(index).row()]

    def _index(self, name: int | None) -> QModelIndex:
        """Where a trial is in the table; invalid where it is not shown."""
        if name is None or name not in self._model.ids:
            return QModelIndex()
        return self._filter.mapFromSource(self._model.index(self._model.ids.index(name), 0))

    def _let_go(self, _parent: QModelIndex, first: int, last: int) -> None:
        if first <= self.view.currentIndex().row() <= last:
            self.view.setCurrentIndex(QModelIndex())

    def _restore_selection(self) -> None:
        """Select the row of the selected trial, wherever it is now."""
        index = self._index(self._selected)
        if not index.isValid():
            self.view.setCurrentIndex(QModelIndex())
        elif index.row() != self.view.currentIndex().row():
            # setCurrentIndex scrolls, which only a new selection should
            bars = (self.view.horizontalScrollBar(), self.view.verticalScrollBar())
            kept = [bar.value() if bar is not None else 0 for bar in bars]
            self.view.setCurrentIndex(index)
            for bar, value in zip(bars, kept, strict=True):
                if bar is not None:
                    bar.setValue(value)

    def _pick(self, index: QModelIndex) -> None:
        self._selected = self._id(index)
        self.row_selected.emit(self._selected)
