from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QLabel, QWidget

from napari_reward_analysis.gui.pareto.plot import SETTLE_POINTS, ParetoPlot
from napari_reward_analysis.gui.widgets.theme import ThemeColours, napari_colours

LEFT = Qt.MouseButton.LeftButton

# id: x, y; ids below 20 are the front
POINTS = {10: (0.0, 0.4), 11: (0.1, 0.15), 12: (0.3, 0.0), 20: (0.25, 0.35), 22: (0.4, 0.3)}


def fill(plot: ParetoPlot, points: dict[int, tuple[float, float]] = POINTS, **changes: Any) -> None:
    ids = np.array(list(points))
    x, y = np.array(list(points.values())).T
    given = {
        "on_front": ids < 20,
        "feasible": np.ones(ids.size, dtype=bool),
        "tooltips": [""] * ids.size,
    }
    plot.set_points(ids, x, y, **(given | changes))


def spread(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    t = rng.random(n)
    return 0.4 * t**2 + 0.01, 0.3 * (1 - t) ** 2 + 0.01


@pytest.fixture
def plot(qtbot: QtBot) -> ParetoPlot:
    plot = ParetoPlot()
    qtbot.addWidget(plot)
    plot.set_axis_labels("|QC|  count mismatch", "ER  share of columns too close")
    plot.resize(350, 330)
    plot.show()
    qtbot.waitExposed(plot)
    fill(plot)
    return plot


@pytest.fixture
def picked(plot: ParetoPlot) -> list[int]:
    names: list[int] = []
    plot.point_clicked.connect(names.append)
    return names


def colour_at(widget: QWidget, at: QPoint) -> str:
    """Return the drawn pixels there, on screens of any resolution."""
    picture = widget.grab().toImage()
    ratio = picture.devicePixelRatio()
    return picture.pixelColor(round(at.x() * ratio), round(at.y() * ratio)).name()


def status(plot: ParetoPlot) -> str:
    return " ".join(label.text() for label in plot.findChildren(QLabel))


def view(plot: ParetoPlot) -> list[list[float]]:
    return plot.canvas.getPlotItem().getViewBox().viewRange()


def test_axes_start_at_zero_with_a_margin(plot: ParetoPlot) -> None:
    fill(plot, {10: (0.0, 0.0), 20: (0.2, 0.2)})
    box = plot.canvas.getPlotItem().getViewBox().sceneBoundingRect()
    at = plot.locate(10)
    assert at is not None
    assert 10 < at.x() - box.left() < 25
    assert 10 < box.bottom() - at.y() < 25


def realistic() -> dict[int, tuple[float, float]]:
    """Sixty trials: a front within 0.2 and many that miss by far."""
    rng = np.random.default_rng(1)
    points = {i: (0.02 * (i + 1), 0.02 * (10 - i)) for i in range(10)}
    points |= {20 + i: (float(a), float(a / 2)) for i, a in enumerate(rng.uniform(0.5, 5, 50))}
    return points


def test_the_first_view_is_on_the_front_and_counts_the_rest(plot: ParetoPlot) -> None:
    points = realistic()
    fill(plot, points)
    plot.reset_view()
    (_, right), (_, top) = view(plot)
    assert 0.2 < right < 0.45
    assert 0.2 < top < 0.45
    beyond = sum(x > right or y > top for x, y in points.values())
    assert beyond > 40
    assert f"{beyond} outside the view" in status(plot)
    assert 0 < plot.items.edge_count() <= beyond
    plot.show_all()
    assert "outside the view" not in status(plot)
    assert plot.items.edge_count() == 0


def test_a_trial_beyond_the_view_is_clicked_at_the_edge(
    qtbot: QtBot, plot: ParetoPlot, picked: list[int]
) -> None:
    points = {i: (0.02 * (i + 1), 0.02 * (10 - i)) for i in range(10)} | {20: (4.0, 0.1)}
    fill(plot, points)
    plot.reset_view()
    at = plot.locate(20)
    assert at is not None
    assert plot.canvas.viewport().rect().contains(at)
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=at)
    assert picked == [20]


def test_the_view_grows_with_the_front_and_does_not_shrink(plot: ParetoPlot) -> None:
    x, y = spread(40)
    ids, yes = np.arange(40), np.ones(40, dtype=bool)
    last = np.zeros(2)
    for n in range(SETTLE_POINTS + 1, 41):
        # the front comes closer to the origin from trial to trial
        scale = 3.0 / n
        plot.set_points(
            ids[:n],
            x[:n] * scale,
            y[:n] * scale,
            on_front=yes[:n],
            feasible=yes[:n],
            tooltips=[""] * n,
        )
        reached = np.array([r[1] for r in view(plot)])
        assert (reached >= last - 1e-9).all()
        assert (reached >= [x[:n].max() * scale, y[:n].max() * scale]).all()
        last = reached
    plot.settle_view()
    assert (np.array([r[1] for r in view(plot)]) < last).all()


def test_one_bad_first_trial_does_not_fix_the_scale(plot: ParetoPlot) -> None:
    plot.set_points(*_first(1), **_flags(1))
    assert view(plot)[0][1] > 4
    plot.set_points(*_first(4), **_flags(4))
    assert view(plot)[0][1] < 1


def _first(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y = np.array([4.0, 0.02, 0.1, 0.2])[:n], np.array([2.0, 0.2, 0.1, 0.02])[:n]
    return np.arange(n), x, y


def _flags(n: int) -> dict[str, Any]:
    front = np.arange(n) > 0 if n > 1 else np.ones(1, dtype=bool)
    return {"on_front": front, "feasible": np.ones(n, dtype=bool), "tooltips": [""] * n}


def test_a_view_zoomed_by_hand_is_left_alone(qtbot: QtBot, plot: ParetoPlot) -> None:
    box = plot.canvas.getPlotItem().getViewBox()
    before, at = view(plot), plot.locate(11)
    assert at is not None
    port = plot.canvas.viewport()
    qtbot.mousePress(port, LEFT, pos=at + QPoint(30, -30))
    for step in range(1, 8):
        _drag(port, at + QPoint(30 + 8 * step, -30))
    qtbot.mouseRelease(port, LEFT, pos=at + QPoint(86, -30))
    dragged = view(plot)
    assert dragged[0][0] < before[0][0]
    fill(plot, POINTS | {12: (9.0, 0.0)})
    plot.settle_view()
    assert view(plot) == dragged
    plot.reset_view()
    assert view(plot) != dragged
    assert box.viewRange()[0][1] >= 9.0


def _drag(port: QWidget, at: QPoint) -> None:
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(port.mapToGlobal(at)),
        Qt.MouseButton.NoButton,
        LEFT,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(port, event)


def test_a_double_click_on_empty_ground_comes_back_to_the_front(
    qtbot: QtBot, plot: ParetoPlot, picked: list[int]
) -> None:
    fill(plot, realistic())
    plot.reset_view()
    front = view(plot)
    plot.show_all()
    assert view(plot) != front
    empty, port = QPoint(140, 30), plot.canvas.viewport()
    qtbot.mouseClick(port, LEFT, pos=empty)
    qtbot.mouseDClick(port, LEFT, pos=empty)
    qtbot.mouseRelease(port, LEFT, pos=empty)
    assert view(plot) == front
    assert picked == []


def test_buttons_fit_the_view(qtbot: QtBot, plot: ParetoPlot) -> None:
    fill(plot, realistic())
    qtbot.mouseClick(plot.frame.all, LEFT)
    assert view(plot)[0][1] > 4
    qtbot.mouseClick(plot.frame.front, LEFT)
    assert view(plot)[0][1] < 1


def test_points_stay_where_they_are_drawn_after_a_resize(
    qtbot: QtBot, plot: ParetoPlot, picked: list[int]
) -> None:
    plot.resize(600, 420)
    qtbot.waitUntil(lambda: plot.canvas.width() > 500)
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=plot.locate(20))
    assert picked == [20]


def test_placeholder_until_there_is_something_to_show(plot: ParetoPlot) -> None:
    label = plot.frame.placeholder
    assert not label.isVisible()
    none = np.empty(0)
    plot.set_points(none, none, none, on_front=none, feasible=none, tooltips=[])
    assert label.isVisible()
    assert "trade-off between" in label.text()
    assert "count mismatch" in label.text()
    fill(plot, feasible=np.zeros(len(POINTS), dtype=bool))
    assert label.isVisible()
    assert "None of the 5" in label.text()


def test_it_fits_a_narrow_dock_whatever_the_labels_say(qtbot: QtBot, plot: ParetoPlot) -> None:
    plot.set_axis_labels("a very long name " * 10, "another very long name " * 10)
    assert plot.minimumSizeHint().width() <= 350
    assert 220 <= plot.minimumHeight() <= 260
    plot.resize(350, plot.minimumHeight())
    qtbot.waitUntil(lambda: plot.height() < 300)
    assert plot.canvas.height() >= 120
    shown = [w for w in plot.findChildren(QWidget) if w.isVisible() and w.parent() is plot]
    assert all(plot.rect().contains(w.geometry()) for w in shown)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_theme_colours_reach_the_screen(plot: ParetoPlot, theme: str) -> None:
    plot.apply_napari_theme(theme)
    colours, at = napari_colours(theme), plot.locate(11)
    assert at is not None
    assert colour_at(plot.canvas, QPoint(1, 1)) == colours.background
    assert colour_at(plot.canvas, at) == colours.accent


def test_takes_plain_colours(plot: ParetoPlot) -> None:
    plot.apply_colours(ThemeColours.from_base("black", "white", "#0044cc"))
    at = plot.locate(11)
    assert at is not None
    assert colour_at(plot.canvas, QPoint(1, 1)) == "#ffffff"
    assert colour_at(plot.canvas, at) == "#0044cc"


def test_no_global_style_is_changed(
    qtbot: QtBot, plot: ParetoPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, sheet = dict(pg.CONFIG_OPTIONS), QApplication.instance().styleSheet()
    for name in ("setConfigOption", "setConfigOptions"):
        monkeypatch.setattr(pg, name, lambda *_, **__: pytest.fail("a global option is set"))
    other = ParetoPlot()
    qtbot.addWidget(other)
    other.apply_napari_theme("light")
    fill(other)
    assert before == pg.CONFIG_OPTIONS
    # and neither did the first plot, nor the import: these are pyqtgraph's own defaults
    assert [before[name] for name in ("foreground", "background", "antialias")] == ["d", "k", False]
    assert QApplication.instance().styleSheet() == sheet


def test_ten_times_the_trials_are_drawn_by_the_same_few_items(plot: ParetoPlot) -> None:
    def items(n: int) -> list[Any]:
        x, y = spread(n)
        yes, ids, tips = np.ones(n, dtype=bool), np.arange(n), [""] * n
        plot.set_points(ids, x, y, on_front=ids % 9 == 0, feasible=yes, tooltips=tips)
        return list(plot.canvas.scene().items())

    few = items(200)
    assert len(few) < 200
    assert set(items(2000)) == set(few)
