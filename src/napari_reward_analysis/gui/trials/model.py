"""A Qt table model of trials that grows without a reset."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from qtpy.QtGui import QFont

from napari_reward_analysis.gui.widgets.glossary import explain

SORT_ROLE = Qt.ItemDataRole.UserRole + 1

FRONT_MARK = "\N{BLACK CIRCLE}"
_NOTHING = "\N{EN DASH}"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROOT = QModelIndex()


def format_value(value: Any) -> str:
    """Text of a cell: three significant digits, and whole numbers as they are."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, Real):
        return str(value)
    if isinstance(value, Integral):
        return str(int(value))
    number = float(value)
    if math.isnan(number):
        return _NOTHING
    if number == 0:
        return "0"
    if 1000 <= abs(number) < 1e6:
        # the format "g" would write exponents
        return f"{number:.0f}"
    return f"{number:#.3g}".removesuffix(".")


class TrialModel(QAbstractTableModel):
    """Rows of trials: the id, then the given columns."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: list[int] = []
        self._names: list[str] = []
        self._columns: list[list[Any]] = []
        self._front: frozenset[int] = frozenset()
        self._emphasis = True
        self._bold = QFont()
        self._bold.setBold(True)

    # ---- content

    @property
    def ids(self) -> Sequence[int]:
        """Ids of the trials in the given order."""
        return self._ids

    @property
    def front(self) -> frozenset[int]:
        """Ids of the trials on the Pareto front."""
        return self._front

    def set_rows(self, ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> bool:
        """Show these rows, and tell the views only of the changes.

        Parameters
        ----------
        ids : sequence of int, length n
        columns : mapping of str to sequence of length n

        Returns
        -------
        bool
            True where the whole table was replaced, by other columns or other trials.

        Raises
        ------
        ValueError
            If the length of a column differs from that of `ids`.
        """
        names = [int(i) for i in ids]
        wrong = [title for title, values in columns.items() if len(values) != len(names)]
        if wrong:
            raise ValueError(f"These columns differ in length from the ids: {', '.join(wrong)}.")
        new = [list(values) for values in columns.values()]
        same_kind = list(columns) == self._names and names[: len(self._ids)] == self._ids
        if not same_kind:
            self.beginResetModel()
            self._ids, self._names, self._columns = names, list(columns), new
            self.endResetModel()
            return True
        self._take_over(names, new)
        return False

    def set_front(self, ids: Iterable[int]) -> None:
        """Mark these trials, and those alone, as the Pareto front."""
        front = frozenset(int(i) for i in ids)
        changed = front ^ self._front
        self._front = front
        rows = [row for row, name in enumerate(self._ids) if name in changed]
        if rows:
            self._tell(rows[0], rows[-1])

    def set_emphasis(self, on: bool) -> None:
        """Write the rows of the front in bold or not."""
        self._emphasis = on
        if self._ids:
            self._tell(0, len(self._ids) - 1)

    # ---- for Qt

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return the number of trials."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return the number of columns with that of the id."""
        return 0 if parent.isValid() else len(self._names) + 1

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, sort key, alignment and font of a cell."""
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.FontRole:
            return self._bold if self._emphasis and self._ids[row] in self._front else None
        value = self._ids[row] if column == 0 else self._columns[column - 1][row]
        if role == SORT_ROLE:
            return _sort_key(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if isinstance(value, str) else _RIGHT
        if role == Qt.ItemDataRole.DisplayRole:
            text = format_value(value)
            marked = column == 0 and self._ids[row] in self._front
            return f"{FRONT_MARK} {text}" if marked else text
        return None

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Title of a column; the tooltip has the whole title and explains its terms."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[section - 1] if section else "#"
        if role == Qt.ItemDataRole.ToolTipRole:
            title = self._names[section - 1].replace("\n", " ") if section else ""
            help_text = "\n".join(filter(None, (title, explain(title))))
            return help_text or f"Number of the trial. {FRONT_MARK} marks the Pareto front."
        return None

    # ---- inside

    def _take_over(self, names: list[int], new: list[list[Any]]) -> None:
        """Change the cells that differ and append new rows. `names` starts with the former ids."""
        known = len(self._ids)
        changed = [
            row
            for row in range(known)
            if any(not _same(a[row], b[row]) for a, b in zip(self._columns, new, strict=True))
        ]
        if len(names) > known:
            self.beginInsertRows(_ROOT, known, len(names) - 1)
            self._ids, self._columns = names, new
            self.endInsertRows()
        else:
            self._columns = new
        if changed:
            self._tell(changed[0], changed[-1])

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))


class FrontFilter(QSortFilterProxyModel):
    """Sort trials by value, and show all of them or the front alone.

    Rows are filtered again whenever the model reports a change of them.

    Attributes
    ----------
    front_only : bool
        Takes effect with the model's next change of each row.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.front_only = True
        self.setSortRole(SORT_ROLE)

    def filterAcceptsRow(self, row: int, _parent: QModelIndex) -> bool:  # noqa: N802
        """Return whether a trial is shown."""
        model = self.sourceModel()
        if not (self.front_only and isinstance(model, TrialModel)):
            return True
        return model.ids[row] in model.front


def _sort_key(value: Any) -> Any:
    """A number as a float, which Qt compares itself; missing values come last."""
    if value is None:
        return math.inf
    if isinstance(value, Real | np.bool_):
        number = float(value)
        return math.inf if math.isnan(number) else number
    return str(value)


def _same(first: Any, second: Any) -> bool:
    """Whether two values are equal; NaN equals NaN."""
    return bool(first == second or (first != first and second != second))
