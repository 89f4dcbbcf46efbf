"""Registries of rewards and stages by name, which users can extend.

A name may be built in, registered by a script, or offered by an installed package
through an entry point. The packages are imported when the registry is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from napari_reward_analysis.errors import BadInput

T = TypeVar("T")


class Registry(Generic[T]):
    """Rewards or stages by name.

    Parameters
    ----------
    kind : str
        The word for one entry in messages, e.g. 'reward'.
    first : sequence of str
        Names that are listed first, in this order.
    group : str
        Group of the entry points through which other packages add entries. An entry
        point names a function without arguments that registers entries, or a module
        that does so on import.
    """

    def __init__(self, kind: str, group: str, first: Sequence[str] = ()) -> None:
        self.kind, self.group, self._first = kind, group, tuple(first)
        self._known: dict[str, T] = {}
        self._failed: dict[str, str] = {}
        self._loaded = False

    def add(self, name: str, thing: T) -> None:
        """Register an entry. It replaces an earlier one of the same name.

        Raises
        ------
        BadInput
            If the name has characters other than letters, digits and underscores.
        """
        if not name.isidentifier():
            raise BadInput(
                f"{name!r} cannot name a {self.kind}: use letters, digits and underscores."
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
        """The entry of this name.

        Raises
        ------
        BadInput
            If there is no such entry, or it cannot be loaded.
        """
        self._load()
        if name in self._known:
            return self._known[name]
        if name in self._failed:
            raise BadInput(
                f"The {self.kind} {name!r} cannot be loaded ({self._failed[name]}): "
                "repair or remove the package that offers it."
            )
        raise BadInput(
            f"There is no {self.kind} {name!r}: choose from {', '.join(self)}, "
            f"or register it first."
        )

    def _load(self) -> None:
        """Load the entries of other packages once; an error there must not stop the others."""
        if self._loaded:
            return
        self._loaded = True
        for point in entry_points(group=self.group):
            try:
                _register(point)
            except Exception as error:  # noqa: BLE001 - code of another package
                self._failed[point.name] = f"{type(error).__name__}: {error}"


def _register(point: EntryPoint) -> None:
    offered: Callable[[], None] | object = point.load()
    if callable(offered):
        offered()
