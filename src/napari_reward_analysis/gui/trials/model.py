"""Trials as a Qt table model that grows without being reset."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from qtpy.QtGui import QFont

SORT_ROLE = Qt.ItemDataRole.UserRole + 1

FRONT_MARK = "\N{BLACK CIRCLE}"
_NOTHING = "\N{EN DASH}"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROOT = QModelIndex()


def format_value(value: Any) -> str:
    """A cell's text: three significant digits, whole numbers as they are."""
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
        # "g" would turn to exponents, which read badly in a column
        return f"{number:.0f}"
    return f"{number:#.3g}".removesuffix(".")


class TrialModel(QAbstractTableModel):
    """Rows of trials: the id first, then the columns as given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: list[int] = []
        self._names: list[str] = []
        self._columns: list[list[Any]] = []
        self._front: frozenset[int] = frozenset()
        self._emphasis = True
        self._help: dict[str, str] = {}
        self._bold = QFont()
        self._bold.setBold(True)

    # ---- what it holds

    @property
    def ids(self) -> Sequence[int]:
        """Ids of the trials in the order given."""
        return self._ids

    @property
    def front(self) -> frozenset[int]:
        """Ids of the trials on the Pareto front."""
        return self._front

    def set_rows(self, ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> bool:
        """Take over these rows, telling the views no more than what has changed.

        Parameters
        ----------
        ids : sequence of int, length n
        columns : mapping of str to sequence of length n

        Returns
        -------
        bool
            True where nothing could be kept: other columns, or other trials.

        Raises
        ------
        ValueError
            If a column is of another length than `ids`.
        """
        names = [int(i) for i in ids]
        wrong = [title for title, values in columns.items() if len(values) != len(names)]
        if wrong:
            raise ValueError(f"Columns of another length than the ids: {', '.join(wrong)}.")
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

    def set_help(self, texts: Mapping[str, str]) -> None:
        """Explain columns, by their titles, in the tooltips of the heads."""
        self._help = dict(texts)

    def set_emphasis(self, on: bool) -> None:
        """Write front rows in bold or, where there are no others, in plain letters."""
        self._emphasis = on
        if self._ids:
            self._tell(0, len(self._ids) - 1)

    # ---- what Qt asks

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return the number of trials."""
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return the number of columns, the id's included."""
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
        """Title of a column; the whole of it as its tooltip too."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[section - 1] if section else "#"
        if role == Qt.ItemDataRole.ToolTipRole:
            if not section:
                return f"Trial; {FRONT_MARK} on the front"
            title = self._names[section - 1]
            return self._help.get(title) or title.replace("\n", " ")
        return None

    # ---- inside

    def _take_over(self, names: list[int], new: list[list[Any]]) -> None:
        """Change cells that differ and append rows; `names` starts with the former ids."""
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
    """Sorts trials by value, and can leave out those that are not on the front.

    Rows are filtered anew whenever the model tells that they have changed.

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
        """Tell whether a trial is shown."""
        model = self.sourceModel()
        if not (self.front_only and isinstance(model, TrialModel)):
            return True
        return model.ids[row] in model.front


def _sort_key(value: Any) -> Any:
    """Numbers as float, so that Qt compares them itself; what is missing comes last."""
    if value is None:
        return math.inf
    if isinstance(value, Real | np.bool_):
        number = float(value)
        return math.inf if math.isnan(number) else number
    return str(value)


def _same(first: Any, second: Any) -> bool:
    """Equal, where NaN equals NaN."""
    return bool(first == second or (first != first and second != second))
