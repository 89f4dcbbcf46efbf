"""Make command options from the fields of a settings model, and settings from the options.

Only values that the user gave are kept. All others are defaults of the model.
"""

from __future__ import annotations

import argparse
import types
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from napari_reward_analysis.search.nested import Make, Place, build, merged, places_of

_UNITS = {"Å": "angstrom", "s": "seconds"}
_METAVARS: dict[Any, str] = {int: "N", float: "X", str: "TEXT", Path: "FILE"}


@dataclass(frozen=True)
class Option(Place):
    """A field of a settings model as an option, see `Place`."""

    @property
    def dest(self) -> str:
        """Attribute of the parsed options. It exists only if the user gave the option."""
        return ".".join(self.path)

    @property
    def plain_type(self) -> Any:
        """Type of the value, without None."""
        return _without_none(self.field.info.annotation)

    @property
    def help(self) -> str:
        """Help of the field, with unit and default."""
        unit, shown = self.shown_unit, self.shown_default
        more = [unit] if unit else []
        more += [f"default: {shown}"] if shown else []
        return f"{self.field.help} ({'; '.join(more)})" if more else self.field.help

    @property
    def shown_unit(self) -> str:
        """The unit in ASCII letters; empty if there is none."""
        return _UNITS.get(self.field.unit, self.field.unit)

    @property
    def metavar(self) -> str:
        """Placeholder of the value in the help."""
        if self.field.metavar:
            return self.field.metavar
        kind = self.plain_type
        if get_origin(kind) is dict:
            return _pair_form(get_args(kind)[1])
        return _list_form(self) if get_origin(kind) is tuple else _METAVARS.get(kind, "")

    @property
    def shown_default(self) -> str:
        """The default as a user would type it, or a few words if it is None."""
        if self.default is None:
            return self.field.empty
        if self.default and self.default == _literal_names(self.plain_type):
            return "all"
        return shown_value(self.default)


def options_of(
    model: type[BaseModel],
    without: Collection[str] = (),
    only: Collection[str] | None = None,
) -> Iterator[Option]:
    """Yield the options of a settings model and of the models nested in it.

    Parameters
    ----------
    model : type
        Settings whose fields are made by `option`.
    without : collection of str
        Paths of fields without an option: 'ds', 'atoms.count'.
    only : collection of str, optional
        Fields with an option. By default all fields have one.

    Yields
    ------
    Option
        In the order of the fields. If two models share a flag, the outer one has it.
    """
    flags: set[str] = set()
    inner: list[Option] = []
    for place in places_of(model):
        option = Option(place.path, place.field, place.default)
        left_out = option.dest in without or (only is not None and option.dest not in only)
        if left_out or not option.field.flag:
            continue
        if len(option.path) > 1:
            inner.append(option)
            continue
        flags.add(option.field.flag)
        yield option
    yield from (option for option in inner if option.field.flag not in flags)


def add_settings(
    parser: argparse.ArgumentParser,
    model: type[BaseModel],
    without: Collection[str] = (),
    only: Collection[str] | None = None,
) -> None:
    """Add the options of a settings model to a parser.

    Parameters
    ----------
    parser : ArgumentParser
        It gets a group of basic settings and one of advanced settings.
    model, without, only
        See `options_of`.
    """
    usual = parser.add_argument_group("settings")
    advanced = parser.add_argument_group("advanced settings")
    for option in options_of(model, without, only):
        _add(advanced if option.field.advanced else usual, option)


def given_settings(options: argparse.Namespace, model: type[BaseModel]) -> dict[str, Any]:
    """Return the values that the user gave, nested like the model.

    Raises
    ------
    BadInput
        If the NAME of 'NAME=VALUE' was given twice.
    """
    found: dict[str, Any] = {}
    for option in options_of(model):
        if hasattr(options, option.dest):
            place = found
            for name in option.path[:-1]:
                place = place.setdefault(name, {})
            place[option.path[-1]] = getattr(options, option.dest)
    return found


def settings_from(
    options: argparse.Namespace,
    model: type[BaseModel],
    make: dict[type[BaseModel], Make] | None = None,
    more: dict[str, Any] | None = None,
) -> Any:
    """Make settings from the values that the user gave.

    Parameters
    ----------
    options : Namespace
        Parsed options; `add_settings` prepared the parser.
    model : type
        The settings.
    make : dict, optional
        Functions that make the settings of a model, such as `as_published`. By default the
        model itself makes them.
    more : dict, optional
        Further values, nested like the model. Values of the user take precedence.

    Raises
    ------
    BadInput
        If a value is invalid. The message names the option.
    """
    given = merged(more or {}, given_settings(options, model))
    return build(model, given, make, lambda field: field.flag)


def shown_value(value: Any) -> str:
    """Return a value as a user would type it; empty for an empty dict."""
    if isinstance(value, dict):
        return " ".join(f"{name}={shown_value(part)}" for name, part in value.items())
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(shown_value(part) for part in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _add(group: argparse._ArgumentGroup, option: Option) -> None:
    kind, flag = option.plain_type, option.field.flag
    common: dict[str, Any] = {
        "dest": option.dest,
        "default": argparse.SUPPRESS,
        # argparse formats help texts with '%'
        "help": option.help.replace("%", "%%"),
    }
    if kind is bool:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, **common)
        return
    origin = get_origin(kind)
    if origin is Literal:
        group.add_argument(flag, choices=get_args(kind), **common)
    elif origin is dict:
        read = _pair(get_args(kind)[1])
        group.add_argument(flag, action=_Pairs, type=read, metavar=option.metavar, **common)
    elif origin is tuple:
        group.add_argument(flag, type=_list(option), metavar=option.metavar, **common)
    elif kind in _METAVARS:
        group.add_argument(flag, type=_number(kind), metavar=option.metavar, **common)
    else:
        raise TypeError(f"No option can be made of {option.dest}: give the field flag='-'.")


class _Pairs(argparse.Action):
    """Collects 'NAME=VALUE' of an option that may be repeated."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - the signature of argparse
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Add one pair. The last value of a name counts."""
        name, value = values
        found = dict(getattr(namespace, self.dest, {}))
        setattr(namespace, self.dest, found | {name: value})


def _number(kind: type) -> Callable[[str], Any]:
    words = {int: "a whole number", float: "a number"}

    def read(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {words[kind]}") from None

    return read


def _list(option: Option) -> Callable[[str], tuple[Any, ...]]:
    """Return a function that reads names or numbers separated by commas, 'none' or 'all'."""
    part = get_args(option.plain_type)[0]
    every = _all_names(option)

    def read(text: str) -> tuple[Any, ...]:
        if every is not None and text in ("none", "all"):
            return every() if text == "all" else ()
        parts = [word.strip() for word in text.split(",") if word.strip()]
        if part not in (int, float):
            return tuple(parts)
        try:
            return tuple(part(word) for word in parts)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a list of numbers: write numbers with commas, e.g. 0,0.2"
            ) from None

    return read


def _all_names(option: Option) -> Callable[[], tuple[str, ...]] | None:
    names = _literal_names(option.plain_type)
    return (lambda: names) if names else option.field.every


def _literal_names(kind: Any) -> tuple[str, ...]:
    """Return the names that a tuple may hold, if its type lists them."""
    part = get_args(kind)[0] if get_origin(kind) is tuple else None
    return get_args(part) if get_origin(part) is Literal else ()


def _list_form(option: Option) -> str:
    part = get_args(option.plain_type)[0]
    if part in (int, float):
        return "A,B"
    return "NAMES|none|all" if _all_names(option) else "NAMES"


def _pair(value: Any) -> Callable[[str], tuple[str, Any]]:
    """Return a function that reads 'NAME=VALUE', or 'NAME=LOW,HIGH' for pairs of numbers."""
    example = "NAME=LOW,HIGH" if get_origin(value) is tuple else "NAME=VALUE"

    def read(text: str) -> tuple[str, Any]:
        name, equals, rest = text.partition("=")
        wrong = argparse.ArgumentTypeError(f"{text!r} is not a setting: write {example}")
        if not (name and equals and rest):
            raise wrong
        if get_origin(value) is not tuple:
            return name, _plain(rest)
        try:
            low, high = (float(part) for part in rest.split(","))
        except ValueError:
            raise wrong from None
        return name, (low, high)

    return read


def _pair_form(value: Any) -> str:
    return "NAME=LOW,HIGH" if get_origin(value) is tuple else "NAME=VALUE"


def _plain(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        if len(parts) == 1:
            return parts[0]
    return annotation
