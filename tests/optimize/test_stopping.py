"""Tests of the end of a search, and of its notice."""

from __future__ import annotations

import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.optimize.stopping import Stopper


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_without_limits_it_goes_on():
    stopper = Stopper()
    for _ in range(200):
        stopper.tell((0.5, 0.5))
    assert stopper.reason == ""


def test_it_stops_after_so_many_trials_without_a_gain():
    stopper = Stopper(patience=3, reference=(1, 1))
    for value in (0.9, 0.5, 0.6, 0.5):
        stopper.tell((value, value))
        assert stopper.reason == ""
    stopper.tell(None)  # a failed trial gains nothing either
    assert stopper.reason == "no gain in 3 trials"


def test_each_gain_starts_the_count_anew():
    stopper = Stopper(patience=2, reference=(1, 1))
    for k in range(20):
        stopper.tell((0.9 - 0.02 * k, 0.5))
    assert stopper.reason == ""


def test_a_gain_below_the_tolerance_is_none():
    stopper = Stopper(patience=5, tolerance=0.05, reference=(1, 1))
    stopper.tell((0.5, 0.5))
    for k in range(5):
        stopper.tell((0.5 - 0.001 * k, 0.5))
    assert stopper.reason == "no gain in 5 trials"


def test_small_gains_add_up():
    stopper = Stopper(patience=5, tolerance=0.05, reference=(1, 1))
    for k in range(40):
        stopper.tell((0.9 - 0.02 * k, 0.0))
    assert stopper.reason == ""


def test_the_initial_design_is_always_finished():
    stopper = Stopper(patience=2, initial=10)
    for _ in range(11):
        stopper.tell((0.5, 0.5))
        assert stopper.reason == ""
    stopper.tell((0.5, 0.5))
    assert stopper.reason == "no gain in 2 trials"


def test_the_worst_corner_follows_from_the_initial_design():
    stopper = Stopper(patience=3, initial=2)
    stopper.tell((40.0, 3.0))
    stopper.tell((50.0, 2.0))
    for k in range(10):  # a gain each time, on a scale of its own
        stopper.tell((30.0 - 2 * k, 1.5))
        assert stopper.reason == ""


def test_three_objectives_and_a_search_in_which_all_fails():
    stopper = Stopper(patience=4, initial=1)
    for _ in range(9):
        stopper.tell(None)
        if stopper.reason:
            break
    assert stopper.reason == "no gain in 4 trials"
    stopper.tell((0.5, 0.5, 0.5))  # the first result at all is a gain
    assert stopper.reason == ""

    growing = Stopper(patience=4, reference=(1, 1, 1))
    for k in range(12):
        growing.tell((0.9 - 0.05 * k, 0.3, 0.3))
    assert growing.reason == ""


def test_the_time_budget_ends_it_whatever_it_gains():
    clock = Clock()
    stopper = Stopper(budget_s=5, initial=100, clock=clock)
    stopper.tell((0.5, 0.5))
    clock.now += 4.9
    assert stopper.reason == ""
    clock.now += 0.1
    assert stopper.reason == "time budget of 5 s spent"


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (dict(patience=0), "A patience of 0 trials is impossible: give at least 1."),
        (dict(budget_s=0), "A time budget of 0 s is impossible: give a time above 0."),
        (dict(budget_s=float("nan")), "A time budget of nan s"),
        (dict(tolerance=1), "A tolerance of 1 is impossible: give a fraction from 0 to 1."),
    ],
)
def test_impossible_limits_are_refused(limits, sentence):
    with pytest.raises(BadInput, match=sentence):
        Stopper(**limits)
