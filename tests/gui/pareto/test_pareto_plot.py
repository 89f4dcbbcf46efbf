from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QApplication, QLabel, QToolTip

from napari_reward_analysis.gui.pareto.plot import ParetoPlot
from napari_reward_analysis.gui.pareto.values import ValueBar, ValueScale
from napari_reward_analysis.gui.widgets.legend import LegendStrip
from napari_reward_analysis.gui.widgets.theme import contrast, default_colours, napari_colours

LEFT = Qt.MouseButton.LeftButton

# id: x, y; 10, 11 and 12 are the front, 20 to 22 are dominated, 30 is infeasible
POINTS = {
    10: (0.0, 0.4),
    11: (0.1, 0.15),
    12: (0.3, 0.0),
    20: (0.25, 0.35),
    21: (0.2, 0.4),
    22: (0.4, 0.3),
    30: (0.0, 0.0),
}


def fill(plot: ParetoPlot, points: dict[int, tuple[float, float]] = POINTS, **changes: Any) -> None:
    ids = np.array(list(points))
    x, y = np.array(list(points.values())).T
    given = {
        "on_front": ids < 20,
        "feasible": ids < 30,
        "tooltips": [f"trial {i}\n|QC| {a:.3g}, ER {b:.3g}" for i, (a, b) in points.items()],
    }
    plot.set_points(ids, x, y, **(given | changes))


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


@pytest.fixture
def click(qtbot: QtBot, plot: ParetoPlot) -> Callable[..., None]:
    def click_at(name: int, dx: int = 0, dy: int = 0) -> None:
        at = plot.locate(name)
        assert at is not None
        qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=at + QPoint(dx, dy))

    return click_at


@pytest.fixture(autouse=True)
def _no_tooltip_left() -> Iterator[None]:
    yield
    QToolTip.hideText()


def status(plot: ParetoPlot) -> str:
    return " ".join(label.text() for label in plot.findChildren(QLabel))


def view(plot: ParetoPlot) -> list[list[float]]:
    return plot.canvas.getPlotItem().getViewBox().viewRange()


def marks(plot: ParetoPlot) -> dict[str, tuple[float, float] | None]:
    return {m: plot.items.mark_position(m) for m in ("euclidean", "chebyshev", "selected")}


# ---- picking


def test_a_click_on_a_point_picks_it(click: Callable[..., None], picked: list[int]) -> None:
    for name in (10, 11, 12, 20, 21, 22):
        click(name)
        click(name, dx=3, dy=-2)
    assert picked == [n for name in (10, 11, 12, 20, 21, 22) for n in (name, name)]


def test_a_click_beside_the_points_picks_nothing(
    click: Callable[..., None], picked: list[int]
) -> None:
    click(11, dx=40, dy=-25)
    assert picked == []


def test_other_buttons_pick_nothing(qtbot: QtBot, plot: ParetoPlot, picked: list[int]) -> None:
    at = plot.locate(11)
    qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.RightButton, pos=at)
    assert picked == []


def test_front_wins_in_a_crowd(
    plot: ParetoPlot, click: Callable[..., None], picked: list[int]
) -> None:
    x, y = POINTS[11]
    fill(plot, POINTS | {20: (x + 0.01, y + 0.005)})
    front, other = plot.locate(11), plot.locate(20)
    assert front is not None
    assert other is not None
    assert front != other
    click(20, dx=-(other.x() - front.x()) // 2)
    assert picked == [11]


def test_clicking_again_steps_through_trials_that_coincide(
    plot: ParetoPlot, click: Callable[..., None], picked: list[int]
) -> None:
    fill(plot, {10: (0.0, 0.0), 20: (0.0, 0.0), 21: (0.0, 0.0), 22: (0.4, 0.4)})
    for _ in range(5):
        click(10)
    assert picked == [10, 20, 21, 10, 20]


def test_a_fast_second_click_on_a_point_steps_on_and_keeps_the_view(
    qtbot: QtBot, plot: ParetoPlot, picked: list[int]
) -> None:
    fill(plot, {10: (0.0, 0.0), 20: (0.0, 0.0), 21: (0.3, 0.3)})
    plot.show_all()
    before, at = view(plot), plot.locate(10)
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=at)
    qtbot.mouseDClick(plot.canvas.viewport(), LEFT, pos=at)
    qtbot.mouseRelease(plot.canvas.viewport(), LEFT, pos=at)
    assert picked == [10, 20]
    assert view(plot) == before


def test_infeasible_trials_are_counted_and_not_there(
    plot: ParetoPlot, click: Callable[..., None], picked: list[int]
) -> None:
    assert plot.locate(30) is None
    assert "1 of 7 infeasible" in status(plot)
    plot.set_selected(30)
    assert marks(plot)["selected"] is None
    fill(plot, POINTS | {22: (np.nan, 0.3)})
    assert plot.locate(22) is None
    assert "2 of 7 infeasible" in status(plot)


def test_lengths_must_agree(plot: ParetoPlot) -> None:
    with pytest.raises(ValueError, match="differ in length"):
        fill(plot, tooltips=["one"])


# ---- keys


def press(qtbot: QtBot, plot: ParetoPlot, *keys: str) -> None:
    for key in keys:
        qtbot.keyClick(plot.canvas, getattr(Qt.Key, f"Key_{key}"))


def test_arrow_keys_walk_along_the_front(qtbot: QtBot, plot: ParetoPlot, picked: list[int]) -> None:
    press(qtbot, plot, "Right", "Right", "Right", "Left", "Down", "Up")
    assert picked == [10, 11, 12, 11, 12, 11]
    assert plot.selected == 11


def test_home_and_end_go_to_the_ends(qtbot: QtBot, plot: ParetoPlot, picked: list[int]) -> None:
    press(qtbot, plot, "End", "Right", "Home", "Left", "End")
    # a step beyond an end stays there and tells nothing
    assert picked == [12, 10, 12]


def test_a_step_from_a_dominated_trial_leads_to_the_front(
    qtbot: QtBot, plot: ParetoPlot, picked: list[int]
) -> None:
    plot.set_selected(22)
    press(qtbot, plot, "Left")
    assert len(picked) == 1
    assert picked[0] in {10, 11, 12}


def test_keys_without_a_front_do_nothing(qtbot: QtBot, plot: ParetoPlot, picked: list[int]) -> None:
    fill(plot, on_front=np.zeros(len(POINTS), dtype=bool))
    press(qtbot, plot, "Right", "Home")
    assert picked == []


@pytest.mark.parametrize(("key", "claimed"), [("Left", True), ("End", True), ("A", False)])
def test_arrow_keys_are_claimed_before_shortcuts_of_the_window(
    plot: ParetoPlot, key: str, claimed: bool
) -> None:
    event = QKeyEvent(
        QEvent.Type.ShortcutOverride,
        getattr(Qt.Key, f"Key_{key}"),
        Qt.KeyboardModifier.NoModifier,
    )
    # Qt sends the event unaccepted; the widget that accepts it gets the key
    event.ignore()
    QApplication.sendEvent(plot.canvas, event)
    assert event.isAccepted() == claimed


# ---- hover


def move(qtbot: QtBot, plot: ParetoPlot, at: QPoint) -> None:
    """Bring the mouse there by the event that Qt itself would send."""
    port = plot.canvas.viewport()
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(at),
        QPointF(port.mapToGlobal(at)),
        none,
        none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(port, event)


def test_hovering_tells_parameters_and_who(qtbot: QtBot, plot: ParetoPlot) -> None:
    seen: list[int] = []
    plot.point_hovered.connect(seen.append)
    at = plot.locate(11)
    assert at is not None
    move(qtbot, plot, at)
    assert QToolTip.text() == "trial 11\n|QC| 0.1, ER 0.15"
    move(qtbot, plot, at + QPoint(1, 1))
    move(qtbot, plot, at + QPoint(40, -25))
    move(qtbot, plot, at)
    QApplication.sendEvent(plot.canvas, QEvent(QEvent.Type.Leave))
    assert seen == [11, -1, 11, -1]


def test_the_tooltip_stays_after_a_slip_of_the_mouse(qtbot: QtBot, plot: ParetoPlot) -> None:
    # a window that becomes active hides tooltips too, so it should be before
    with qtbot.waitActive(plot):
        plot.activateWindow()
    at = plot.locate(11)
    assert at is not None
    for step in (QPoint(0, 0), QPoint(40, -25), QPoint(0, 0)):
        move(qtbot, plot, at + step)
    # Qt hides a tooltip some time after it was asked to
    with pytest.raises(qtbot.TimeoutError):
        qtbot.waitUntil(lambda: not QToolTip.isVisible(), timeout=600)
    move(qtbot, plot, at + QPoint(40, -25))
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_hovering_over_a_stack_says_how_many(qtbot: QtBot, plot: ParetoPlot) -> None:
    fill(plot, {10: (0.0, 0.0), 20: (0.0, 0.0), 21: (0.0, 0.0)})
    at = plot.locate(10)
    assert at is not None
    move(qtbot, plot, at)
    assert QToolTip.text().startswith("trial 10\n")
    assert "2 more in the same place" in QToolTip.text()


def test_hovering_selects_nothing(qtbot: QtBot, plot: ParetoPlot, picked: list[int]) -> None:
    at = plot.locate(11)
    assert at is not None
    move(qtbot, plot, at)
    assert picked == []
    assert plot.selected is None


# ---- marks


def test_the_ring_is_set_from_outside_without_a_signal(
    qtbot: QtBot, plot: ParetoPlot, picked: list[int]
) -> None:
    with qtbot.assertNotEmitted(plot.point_clicked):
        plot.set_selected(20)
    assert marks(plot)["selected"] == pytest.approx(POINTS[20])
    plot.set_selected(None)
    assert marks(plot)["selected"] is None


def test_choices_are_marked_also_on_one_point_and_follow_it(plot: ParetoPlot) -> None:
    plot.set_choices(11, 11)
    assert marks(plot)["euclidean"] == pytest.approx(POINTS[11])
    assert marks(plot)["chebyshev"] == pytest.approx(POINTS[11])
    fill(plot, POINTS | {11: (0.05, 0.1)})
    assert marks(plot)["euclidean"] == pytest.approx((0.05, 0.1))
    plot.set_choices(None, 99)
    assert marks(plot)["euclidean"] is None
    assert marks(plot)["chebyshev"] is None


def test_marks_on_one_point_are_all_seen(plot: ParetoPlot) -> None:
    plot.apply_napari_theme("dark")
    plot.set_choices(11, 11)
    plot.set_selected(11)
    at, picture = plot.locate(11), plot.canvas.grab().toImage()
    assert at is not None
    ratio = picture.devicePixelRatio()
    near, reach = at * ratio, round(16 * ratio)
    around = {
        picture.pixelColor(near.x() + dx, near.y() + dy).name()
        for dx in range(-reach, reach)
        for dy in range(-reach, reach)
    }
    colours = napari_colours("dark")
    assert {colours.accent, colours.euclidean, colours.chebyshev, colours.foreground} <= around


# ---- further fronts


def test_further_fronts_are_drawn_named_and_taken_away(plot: ParetoPlot) -> None:
    series = [
        ("network", np.array([0.05, 0.6]), np.array([0.3, 0.1])),
        ("person", np.array([0.2]), np.array([0.2])),
    ]
    plot.set_series(series)
    assert [entry.text for entry in plot.frame.legend.entries[-2:]] == ["network", "person"]
    (line, dots), (_, lone) = plot.items.series
    np.testing.assert_array_equal(line.getData()[0][[0, -1]], [0.05, 0.6])
    assert len(dots.data) == 2
    # one point makes no line, and is seen all the same
    assert len(lone.data) == 1
    assert view(plot)[0][1] >= 0.6
    plot.set_series([])
    assert len(plot.frame.legend.entries) == 5
    assert plot.items.series == []
    assert view(plot)[0][1] < 0.6


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_further_fronts_stand_out_in_both_themes(plot: ParetoPlot, theme: str) -> None:
    plot.apply_napari_theme(theme)
    none = np.array([0.1, 0.2])
    plot.set_series([(str(i), none, none[::-1]) for i in range(4)])
    colours = napari_colours(theme)
    shades = [entry.colour for entry in plot.frame.legend.entries[-4:]]
    assert len(set(shades)) == 4
    assert all(contrast(shade, colours.background) >= 3 for shade in shades)
    pens = [line.opts["pen"] for line, _ in plot.items.series]
    assert [pen.color().name() for pen in pens] == shades
    assert len({tuple(pen.dashPattern()) for pen in pens}) == 4


#: Of `POINTS`: the oracle's favourite is 21, off the front; 22 has none.
VALUES = {10: 0.7, 11: 0.8, 12: 0.75, 20: 0.2, 21: 0.9, 22: float("nan"), 30: 1.0}


def colour_at(plot: ParetoPlot, name: int) -> str:
    at, picture = plot.locate(name), plot.canvas.grab().toImage()
    assert at is not None
    ratio = picture.devicePixelRatio()
    return str(picture.pixelColor(round(at.x() * ratio), round(at.y() * ratio)).name())


def apart(first: str, second: str) -> int:
    """Return the largest difference of two colours in any channel."""
    pairs = zip(QColor(first).getRgb(), QColor(second).getRgb(), strict=True)
    return max(abs(one - other) for one, other in pairs)


def test_points_take_the_colours_of_a_quantity_and_lose_them(
    qtbot: QtBot, plot: ParetoPlot
) -> None:
    plot.show_all()
    names = [10, 11, 12, 20, 21, 22]
    plain = {name: colour_at(plot, name) for name in names}
    assert not plot.findChild(ValueBar).isVisible()
    plot.set_values(VALUES, "F1 with a network")

    # from the least of the front to the largest that is drawn; 30 is not
    scale = ValueScale(0.7, 0.9)
    bar = plot.findChild(ValueBar)
    assert bar.isVisible()
    assert bar.texts == ("F1 with a network", "0.700", "0.900")
    for name in names:
        assert apart(colour_at(plot, name), scale.colour(VALUES[name]).name()) <= 25
    assert apart(colour_at(plot, 10), colour_at(plot, 11)) > 40
    assert plot.favourite == 21
    assert "oracle's best" in [entry.text for entry in plot.findChild(LegendStrip).entries]

    # they outlive another theme and further trials, and go with the quantity
    plot.apply_napari_theme("light")
    assert apart(colour_at(plot, 21), scale.colour(0.9).name()) <= 25
    fill(plot, POINTS | {13: (0.05, 0.25)})
    plot.show_all()
    assert apart(colour_at(plot, 11), scale.colour(0.8).name()) <= 25
    plot.apply_napari_theme("dark")
    fill(plot)
    plot.show_all()
    plot.set_values({})
    assert not bar.isVisible()
    off = {name: colour_at(plot, name) for name in names}
    for like, kind in ((10, (11, 12)), (20, (21, 22))):
        assert max(apart(off[like], off[name]) for name in kind) <= 25
    assert apart(off[10], scale.colour(VALUES[10]).name()) > 40
    assert plot.favourite is None
    plot.apply_colours(default_colours())
    assert max(apart(colour_at(plot, name), plain[name]) for name in names) <= 25


def test_an_objective_as_colour_has_no_favourite_and_its_scale_is_the_front_s(
    plot: ParetoPlot,
) -> None:
    plot.show_all()
    plot.set_values({10: 0.2, 11: 0.4, 12: 0.3, 20: 5.0, 21: 0.1}, "roughness", favourite=False)
    # from the least of all to the largest of the front, which is beyond the median
    assert plot.findChild(ValueBar).texts == ("roughness", "0.100", "0.400")
    assert plot.favourite is None
    texts = [entry.text for entry in plot.findChild(LegendStrip).entries]
    assert "oracle's best" not in texts
    assert "others" not in texts


def test_of_equal_values_the_proposed_trial_is_the_favourite(plot: ParetoPlot) -> None:
    plot.set_values(dict.fromkeys(POINTS, 0.5))
    assert plot.favourite == 10
    plot.set_choices(12, 11)
    assert plot.favourite in (11, 12)
    plot.set_values({20: 0.5, 11: 0.5, 30: 0.9})
    assert plot.favourite == 11
    plot.set_values(dict.fromkeys(POINTS, float("nan")))
    assert plot.favourite is None
