"""Yield the results of several threads as they finish.

An interruption keeps the finished results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two pulses. On Windows a waiting thread notices no interruption.
_PULSE = 0.1


def in_turn(futures: Sequence[Future[T | None]], stop: Callable[[], None]) -> Iterator[T | None]:
    """Yield results one after the other, as they finish.

    Parameters
    ----------
    futures : sequence of Future
        Work that runs or waits.
    stop : callable
        Called on an interruption. It makes running work end soon with the result None.

    Yields
    ------
    object or None
        A result, or None as a pulse. Results that finish together keep the order of the
        futures. A pulse comes at least every 0.1 s: work goes on, and all finished results
        were yielded. So cancelling at a pulse loses no result. A future without a result
        yields nothing. After an interruption the finished results are still yielded.

    Raises
    ------
    KeyboardInterrupt
        After these results, if an interruption came.
    """
    left = list(futures)
    try:
        while left:
            wait(left, _PULSE, FIRST_COMPLETED)
            yield from _finished(left)
            yield None
    except KeyboardInterrupt:
        stop()
        # a cancelled future is done but has no result
        left = [future for future in left if not future.cancel()]
        wait(left)
        yield from _finished(left, keep_errors=False)
        raise


def _finished(left: list[Future[T | None]], *, keep_errors: bool = True) -> Iterator[T]:
    """Remove the finished futures from the list and yield their results."""
    for future in [future for future in left if future.done()]:
        left.remove(future)
        if not keep_errors and future.exception() is not None:
            continue
        found = future.result()
        if found is not None:
            yield found
