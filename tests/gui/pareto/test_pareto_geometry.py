from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.gui.pareto.geometry import (
    Window,
    front_extent,
    full_extent,
    nice_ceiling,
    non_dominated,
    pick,
    staircase,
    walk,
    with_margin,
)
from napari_reward_analysis.optimize.pareto import pareto_front

X = np.array([0.3, 0.0, 0.1])
Y = np.array([0.0, 0.5, 0.2])


def test_staircase_goes_along_x_and_then_down() -> None:
    x, y = staircase(X, Y)
    assert x.tolist() == [0.0, 0.1, 0.1, 0.3, 0.3]
    assert y.tolist() == [0.5, 0.5, 0.2, 0.2, 0.0]


@pytest.mark.parametrize("n", [0, 1])
def test_staircase_of_too_few_points(n: int) -> None:
    x, y = staircase(X[:n], Y[:n])
    assert x.size == y.size == n


@given(st.floats(1e-9, 1e9))
def test_nice_ceiling_is_above_and_near(value: float) -> None:
    nice = nice_ceiling(value)
    assert value * (1 - 1e-6) <= nice <= 1.26 * value


def test_front_fills_the_view_while_far_trials_stay_out() -> None:
    values = np.concatenate([np.linspace(0.01, 0.2, 8), np.linspace(1.0, 5.0, 40)])
    on_front = np.arange(values.size) < 8
    extent = front_extent(values, on_front)
    assert 0.2 < extent <= 0.4
    assert full_extent(values) >= 5.0


def test_everything_is_shown_where_it_nearly_fits() -> None:
    values = np.array([0.1, 0.2, 0.35])
    assert front_extent(values, np.array([True, True, False])) >= 0.35


def test_a_single_ideal_point_is_shown_with_its_neighbours() -> None:
    values = np.array([0.0, 0.0, 0.02, 0.03, 0.04, 3.0, 4.0])
    extent = front_extent(values, values == 0)
    assert 0.03 <= extent <= 0.1


@pytest.mark.parametrize("values", [np.empty(0), np.zeros(3)])
def test_extent_without_anything_to_go_by(values: np.ndarray) -> None:
    assert front_extent(values, values == 0) == 1.0
    assert full_extent(values) == 1.0


def test_margin_is_kept_in_pixels() -> None:
    low, high = with_margin(2.0, 200.0, 15.0)
    per_pixel = (high - low) / 200.0
    assert -low / per_pixel == pytest.approx(15.0)
    assert (high - 2.0) / per_pixel == pytest.approx(15.0)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_window_goes_there_and_back(x: float, y: float) -> None:
    window = Window((-0.1, 1.0), (-0.2, 2.0), 40.0, 5.0, 300.0, 150.0)
    back = window.to_data(window.to_pixels(np.array([x]), np.array([y])))
    assert back[0][0] == pytest.approx(x, abs=1e-9)
    assert back[1][0] == pytest.approx(y, abs=1e-9)


def test_clipping_tells_the_side_and_keeps_the_other_coordinate() -> None:
    window = Window((0.0, 1.0), (0.0, 1.0), 0.0, 0.0, 100.0, 100.0)
    pixels = window.to_pixels(
        np.array([0.5, 2.0, 0.5, 0.5, -1.0]), np.array([0.5, 0.3, 2, -1, 0.3])
    )
    clipped, side = window.clip(pixels, 7.0)
    assert side.tolist() == [0, 2, 1, 3, 4]
    assert clipped[0].tolist() == [50.0, 50.0]
    assert clipped[1].tolist() == pytest.approx([93.0, 70.0])
    assert clipped[2].tolist() == pytest.approx([50.0, 7.0])


def test_pick_prefers_the_front_in_a_crowd_and_yields_to_a_dot_aimed_at() -> None:
    pixels = np.array([[0.0, 0.0], [8.0, 0.0]])
    on_front = np.array([False, True])
    assert pick(pixels, on_front, (3.0, 0.0), 10.0).tolist() == [1]
    assert pick(pixels, on_front, (0.0, 0.0), 10.0).tolist() == [0]
    assert pick(pixels, on_front, (40.0, 0.0), 10.0).tolist() == []
    assert pick(pixels[:0], on_front[:0], (0.0, 0.0), 10.0).tolist() == []


def test_pick_brings_all_that_coincide_front_first() -> None:
    pixels = np.zeros((4, 2))
    on_front = np.array([False, False, True, False])
    assert pick(pixels, on_front, (1.0, 1.0), 10.0).tolist() == [2, 0, 1, 3]


def test_walk_follows_the_front() -> None:
    on_front, pixels = np.ones(3, dtype=bool), np.stack([X, -Y], axis=1) * 100

    def step(row: int | None, move: str) -> int | None:
        return walk(X, Y, on_front, pixels, row, move)  # type: ignore[arg-type]

    assert [step(1, "forward"), step(2, "forward"), step(0, "forward")] == [2, 0, 0]
    assert [step(0, "back"), step(1, "back")] == [2, 1]
    assert [step(2, "first"), step(2, "last")] == [1, 0]
    assert [step(None, "forward"), step(None, "back")] == [1, 0]
    assert walk(X, Y, ~on_front, pixels, 0, "forward") is None


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30),
)
def test_non_dominated_is_the_front_of_two_objectives(points: list[tuple[int, int]]) -> None:
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    assert non_dominated(x, y).tolist() == pareto_front(np.stack([x, y], axis=-1))
