"""Results in the order in which they finish, with pulses between them."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from napari_reward_analysis.search.in_turn import in_turn


def finished(result):
    future = Future()
    future.set_result(result)
    return future


def no_stop():
    raise AssertionError("nothing was interrupted")


def test_finished_results_come_once_and_in_order_before_a_pulse():
    futures = [finished(k) for k in (3, 1, 2)]
    assert list(in_turn(futures, no_stop)) == [3, 1, 2, None]


def test_a_pulse_comes_while_work_goes_on():
    late = Future()
    results = in_turn([finished("early"), late], no_stop)

    assert next(results) == "early"
    assert next(results) is None
    assert next(results) is None
    late.set_result("late")
    assert list(results) == ["late", None]


def test_a_result_of_none_is_left_out():
    assert list(in_turn([finished(None), finished(1)], no_stop)) == [1, None]


def test_an_error_is_raised():
    future = Future()
    future.set_exception(ValueError("no luck"))
    with pytest.raises(ValueError, match="no luck"):
        list(in_turn([future], no_stop))


def test_an_interruption_keeps_what_is_finished_and_cancels_what_waits():
    stopped = []
    waiting, running = Future(), Future()
    running.set_running_or_notify_cancel()

    def stop():
        stopped.append(True)
        running.set_result("last")

    results = in_turn([waiting, running], stop)
    assert next(results) is None
    assert results.throw(KeyboardInterrupt) == "last"
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert stopped == [True]
    assert waiting.cancelled()
