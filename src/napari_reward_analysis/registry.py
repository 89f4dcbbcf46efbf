"""Named things that users can add to: rewards and stages.

A name is looked up among the built-in ones, those that a script registered, and those
that installed packages offer by an entry point; packages are imported when one of their
names is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from napari_reward_analysis.errors import BadInput

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one kind by name.

    Parameters
    ----------
    kind : str
        What one of them is called in a message.
    first : sequence of str
        Names that are listed first, in this order, whenever they were registered.
    group : str
        Entry points under which other packages offer theirs. An entry point names a
        function without arguments that registers, or a module that does so on import.
    """

    def __init__(self, kind: str, group: str, first: Sequence[str] = ()) -> None:
        self.kind, self.group, self._first = kind, group, tuple(first)
        self._known: dict[str, T] = {}
        self._failed: dict[str, str] = {}
        self._loaded = False

    def add(self, name: str, thing: T) -> None:
        """Register, in place of an earlier one of the same name.

        Raises
        ------
        BadInput
            If the name is no plain word.
        """
        if not name.isidentifier():
            raise BadInput(
                f"{name!r} is no name for a {self.kind}: use letters, digits and underscores."
            )
        self._known[name] = thing

    def __contains__(self, name: str) -> bool:
        self._load()
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        self._load()
        first = [name for name in self._first if name in self._known]
        return iter((*first, *(name for name in self._known if name not in first)))

    def __getitem__(self, name: str) -> T:
        """The thing of a name.

        Raises
        ------
        BadInput
            If there is none.
        """
        self._load()
        if name in self._known:
            return self._known[name]
        if name in self._failed:
            raise BadInput(
                f"The {self.kind} {name!r} cannot be loaded ({self._failed[name]}): "
                "mend or remove the package that offers it."
            )
        raise BadInput(
            f"There is no {self.kind} {name!r}: choose from {', '.join(self)}, "
            f"or register it first."
        )

    def _load(self) -> None:
        """Ask other packages once; what fails there must not stop what works here."""
        if self._loaded:
            return
        self._loaded = True
        for point in entry_points(group=self.group):
            try:
                _register(point)
            except Exception as error:  # noqa: BLE001 - somebody else's code
                self._failed[point.name] = f"{type(error).__name__}: {error}"


def _register(point: EntryPoint) -> None:
    offered: Callable[[], None] | object = point.load()
    if callable(offered):
        offered()
