"""Yield the results of several threads as they come; an interruption keeps what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")

#: s between two pulses. Windows tells a thread that waits of no interruption, either.
_PULSE = 0.1


def in_turn(futures: Sequence[Future[T | None]], stop: Callable[[], None]) -> Iterator[T | None]:
    """Results one after the other, as they are finished.

    Parameters
    ----------
    futures : sequence of Future
        Work under way or waiting.
    stop : callable
        Called on an interruption: makes the work that is under way end soon, with None.

    Yields
    ------
    object or None
        A result, in the order of the futures where several are finished at once. None is a
        pulse: all results so far were yielded, and work goes on. It comes at least every
        0.1 s, so that whoever cancels at a pulse loses nothing that is finished. A future
        without a result yields nothing. After an interruption come the results that are
        finished by then.

    Raises
    ------
    KeyboardInterrupt
        After these, where one came.
    """
    left = list(futures)
    try:
        while left:
            wait(left, _PULSE, FIRST_COMPLETED)
            yield from _finished(left)
            yield None
    except KeyboardInterrupt:
        stop()
        # a future that was cancelled is done without a result
        left = [future for future in left if not future.cancel()]
        wait(left)
        yield from _finished(left, keep_errors=False)
        raise


def _finished(left: list[Future[T | None]], *, keep_errors: bool = True) -> Iterator[T]:
    """Take the futures that are done out of the list and yield their results."""
    for future in [future for future in left if future.done()]:
        left.remove(future)
        if not keep_errors and future.exception() is not None:
            continue
        found = future.result()
        if found is not None:
            yield found
