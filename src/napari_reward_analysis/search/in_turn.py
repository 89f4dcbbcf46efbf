"""Work of several threads, one result after the other; an interruption keeps what is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")

#: s between two looks for an interruption, which Windows does not tell to a thread that waits.
_LOOK = 0.1


def in_turn(futures: Sequence[Future[T | None]], stop: Callable[[], None]) -> Iterator[T]:
    """Results in the order of the futures, without those that are None.

    Parameters
    ----------
    futures : sequence of Future
        Work under way or waiting.
    stop : callable
        Called on an interruption: makes the work that is under way end soon, with None.

    Yields
    ------
    object
        After an interruption what is finished already, whatever its turn.

    Raises
    ------
    KeyboardInterrupt
        After these, where one came.
    """
    left = deque(futures)
    try:
        while left:
            while not left[0].done():
                wait([left[0]], timeout=_LOOK)
            found = left.popleft().result()
            if found is not None:
                yield found
    except KeyboardInterrupt:
        stop()
        for future in left:
            future.cancel()
        wait(left)
        for future in left:
            if not future.cancelled() and future.exception() is None:
                found = future.result()
                if found is not None:
                    yield found
        raise
