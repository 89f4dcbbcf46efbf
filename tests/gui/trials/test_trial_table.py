from __future__ import annotations

import numpy as np
import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt

from napari_reward_analysis.gui.trials.model import TrialModel, format_value
from napari_reward_analysis.gui.trials.table import TrialTable

LEFT = Qt.MouseButton.LeftButton
FRONT = (1, 4, 7)


def columns(n: int, offset: float = 0.0) -> dict[str, list[float]]:
    """Columns whose order differs from that of the trials."""
    return {
        "|QC|": [(7 * i) % n / n + offset for i in range(n)],
        "atoms": [1000 + i for i in range(n)],
    }


@pytest.fixture
def table(qtbot: QtBot) -> TrialTable:
    table = TrialTable()
    qtbot.addWidget(table)
    table.resize(350, 260)
    table.set_rows(range(10), columns(10))
    table.set_front(FRONT)
    table.show()
    qtbot.waitExposed(table)
    return table


@pytest.fixture
def everything(table: TrialTable) -> TrialTable:
    table.front_only.setChecked(False)
    return table


@pytest.fixture
def selected(table: TrialTable) -> list[int]:
    names: list[int] = []
    table.row_selected.connect(names.append)
    return names


def place(table: TrialTable, name: int) -> QPoint:
    return table.view.visualRect(table.index_of(name)).center()


def text(table: TrialTable, name: int, column: int) -> str:
    index = table.index_of(name)
    return str(index.siblingAtColumn(column).data())


def highlighted(table: TrialTable) -> list[int]:
    return [table.id_at(index) for index in table.view.selectionModel().selectedRows()]


# ---- what it shows


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0123456, "0.0123"),
        (0.34, "0.340"),
        (12.0, "12.0"),
        (123.4, "123"),
        (1234.5, "1234"),
        (-0.5, "-0.500"),
        (1.2e-5, "1.20e-05"),
        (3.4e7, "3.40e+07"),
        (0.0, "0"),
        (1281, "1281"),
        (np.int64(7), "7"),
        (np.float32(0.25), "0.250"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (None, "\N{EN DASH}"),
        (float("nan"), "\N{EN DASH}"),
        ("too few blobs", "too few blobs"),
    ],
)
def test_values_are_written_with_three_digits(value: object, shown: str) -> None:
    assert format_value(value) == shown


def test_front_alone_is_shown_at_first(table: TrialTable) -> None:
    assert table.front_only.isChecked()
    assert table.shown_ids() == list(FRONT)
    table.front_only.setChecked(False)
    assert table.shown_ids() == list(range(10))
    table.front_only.setChecked(True)
    assert table.shown_ids() == list(FRONT)


def test_front_rows_are_marked_and_bold_among_others(everything: TrialTable) -> None:
    bold = {
        i
        for i in range(10)
        if (font := everything.index_of(i).data(Qt.ItemDataRole.FontRole)) and font.bold()
    }
    assert bold == set(FRONT)
    assert text(everything, 4, 0) == "\N{BLACK CIRCLE} 4"
    assert text(everything, 5, 0) == "5"
    everything.set_front([5])
    assert text(everything, 4, 0) == "4"
    assert text(everything, 5, 0) == "\N{BLACK CIRCLE} 5"


def test_a_new_front_changes_what_is_shown(table: TrialTable) -> None:
    table.set_front([0, 9])
    assert table.shown_ids() == [0, 9]


def test_sorting_goes_by_value(qtbot: QtBot, everything: TrialTable) -> None:
    header = everything.view.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(1) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=at)
    once = everything.shown_ids()
    qtbot.mouseClick(header.viewport(), LEFT, pos=at)
    by_value = sorted(range(10), key=lambda i: (7 * i) % 10)
    assert {tuple(once), tuple(everything.shown_ids())} == {
        tuple(by_value),
        tuple(reversed(by_value)),
    }


def test_missing_values_come_last_and_ten_after_nine(everything: TrialTable) -> None:
    nothing = [None, float("nan")]
    values = [10.0, *nothing, 9.0, *nothing, 100.0, *nothing, 1.0]
    everything.set_rows(range(10), {"x": values})
    everything.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert everything.shown_ids()[:4] == [9, 3, 0, 6]


# ---- selection


def test_a_click_on_a_row_selects_its_trial(
    qtbot: QtBot, table: TrialTable, selected: list[int]
) -> None:
    for name in (4, 1, 1):
        qtbot.mouseClick(table.view.viewport(), LEFT, pos=place(table, name))
    assert selected == [4, 1, 1]
    assert table.selected == 1


def test_a_click_below_the_rows_selects_nothing(
    qtbot: QtBot, table: TrialTable, selected: list[int]
) -> None:
    qtbot.mouseClick(table.view.viewport(), LEFT, pos=place(table, 7) + QPoint(0, 60))
    assert selected == []


def test_arrow_keys_select_and_a_step_sideways_does_not(
    qtbot: QtBot, table: TrialTable, selected: list[int]
) -> None:
    table.set_selected(1)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(table.view, key)
    assert selected == [4, 7, 4]


def test_selecting_from_outside_emits_nothing(qtbot: QtBot, table: TrialTable) -> None:
    with qtbot.assertNotEmitted(table.row_selected):
        table.set_selected(7)
        assert highlighted(table) == [7]
        table.set_selected(5)
        assert highlighted(table) == []
        table.front_only.setChecked(False)
        assert highlighted(table) == [5]
        table.front_only.setChecked(True)
        table.set_front([5, 6])
        assert highlighted(table) == [5]
        table.set_front([6])
        assert highlighted(table) == []
        table.set_selected(None)
        table.set_selected(99)


def test_the_selected_row_is_brought_into_view(everything: TrialTable) -> None:
    everything.set_rows(range(200), columns(200))
    everything.set_selected(150)
    assert everything.view.viewport().rect().contains(place(everything, 150))


# ---- growing


def test_new_rows_keep_selection_scroll_and_sorting(
    qtbot: QtBot, everything: TrialTable, selected: list[int]
) -> None:
    everything.set_rows(range(100), columns(100))
    everything.view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    everything.set_selected(60)
    bar = everything.view.verticalScrollBar()
    bar.setValue(30)
    resets: list[object] = []
    everything.model.modelReset.connect(lambda: resets.append(1))
    grown = columns(100)
    for n in range(101, 106):
        grown = {
            "|QC|": [*grown["|QC|"], 0.5],
            # the new rows come below those that are there
            "atoms": [*grown["atoms"], 10],
        }
        everything.set_rows(range(n), grown)
    assert resets == []
    assert highlighted(everything) == [60]
    assert bar.value() == 30
    assert everything.shown_ids()[:3] == [99, 98, 97]
    assert everything.shown_ids()[-1] in range(100, 105)
    assert selected == []


def test_a_selected_row_that_comes_back_does_not_scroll_the_table(table: TrialTable) -> None:
    table.set_rows(range(100), columns(100))
    table.set_front(range(100))
    table.set_selected(5)
    bar = table.view.verticalScrollBar()
    bar.setValue(60)
    table.set_front(set(range(100)) - {5})
    assert highlighted(table) == []
    table.set_front(range(100))
    assert highlighted(table) == [5]
    assert bar.value() >= 59


def test_changed_values_are_shown_and_sorted_again(everything: TrialTable) -> None:
    everything.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    everything.set_selected(3)
    values = columns(10)
    values["|QC|"][9] = -1.0
    everything.set_rows(range(10), values)
    assert everything.shown_ids()[0] == 9
    assert text(everything, 9, 1) == "-1.00"
    assert highlighted(everything) == [3]


def test_other_trials_replace_the_former(everything: TrialTable) -> None:
    everything.set_selected(3)
    everything.set_rows([50, 51], columns(2))
    assert everything.shown_ids() == [50, 51]
    assert highlighted(everything) == []
    everything.set_rows([50, 51], {"other": [1, 2]})
    assert everything.view.model().columnCount() == 2
    everything.set_rows([], {})
    assert everything.shown_ids() == []


def test_columns_must_be_as_long_as_the_ids(table: TrialTable) -> None:
    with pytest.raises(ValueError, match="differ in length from the ids: ER"):
        table.set_rows([1, 2], {"|QC|": [1, 2], "ER": [1]})
    assert table.shown_ids() == list(FRONT)


def test_the_model_keeps_qts_rules(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = TrialModel()
    model.set_rows(range(5), columns(5))
    qtmodeltester.check(model)
    model.set_rows(range(8), columns(8))
    model.set_front([2, 6])
    model.set_rows([3], columns(1))


def test_a_row_more_is_one_row_inserted_and_none_changed(qtbot: QtBot) -> None:
    n = 2000
    model = TrialModel()
    first, grown = columns(n), columns(n + 1)
    grown["|QC|"][:n] = first["|QC|"]
    model.set_rows(range(n), first)
    inserted: list[tuple[int, int]] = []
    others: list[object] = []
    model.rowsInserted.connect(lambda _parent, start, end: inserted.append((start, end)))
    model.dataChanged.connect(lambda *_: others.append("changed"))
    model.modelReset.connect(lambda: others.append("reset"))
    model.set_rows(range(n + 1), grown)
    assert inserted == [(n, n)]
    assert others == []


def test_it_fits_a_narrow_dock(table: TrialTable) -> None:
    many = {f"parameter number {i}": [0.1] * 10 for i in range(12)}
    table.set_rows(range(10), many)
    assert table.minimumSizeHint().width() <= 350
    assert table.view.horizontalScrollBar().maximum() > 0
