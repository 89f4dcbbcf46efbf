"""Generators that pulse: they yield None while work goes on, so that it can be cancelled."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def returned(steps: Generator[None, None, T]) -> T:
    """The value that a generator returns in the end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found


def without_pulses(steps: Iterable[T | None]) -> Iterator[T]:
    """The results among the steps of an analysis."""
    return (step for step in steps if step is not None)
