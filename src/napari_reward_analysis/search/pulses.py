"""Handle generators with pulses.

A pulse is the value None. It is yielded during long work, so that the work can be cancelled.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def returned(steps: Generator[None, None, T]) -> T:
    """Run a generator to its end and return its return value."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found


def without_pulses(steps: Iterable[T | None]) -> Iterator[T]:
    """Yield the results among the steps of an analysis."""
    return (step for step in steps if step is not None)
