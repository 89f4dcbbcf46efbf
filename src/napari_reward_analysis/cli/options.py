"""Make the options of a command from the fields of a settings model, and settings from them.

Only what the user gave is kept: every other value is the model's own default.
"""

from __future__ import annotations

import argparse
import types
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.search.faults import fault_in_words
from napari_reward_analysis.search.settings import Described, described_fields

#: Makes settings of keywords: a model, or a function like `as_published`.
Make = Callable[..., BaseModel]

_UNITS = {"Å": "angstrom"}


@dataclass(frozen=True)
class Option:
    """One field of a settings model as an option.

    Attributes
    ----------
    path : tuple of str
        Names from the outer model to the field.
    field : Described
        Title, help, unit, limits.
    default : object
        The value where the option is not given.
    """

    path: tuple[str, ...]
    field: Described
    default: Any

    @property
    def dest(self) -> str:
        """Attribute of the parsed options, present only where the option was given."""
        return ".".join(self.path)

    @property
    def plain_type(self) -> Any:
        """Type of the value without its None."""
        return _without_none(self.field.info.annotation)

    @property
    def help(self) -> str:
        """The field's help with its unit and its default."""
        unit, shown = self.field.unit, self.shown_default
        more = [_UNITS.get(unit, unit)] if unit else []
        more += [f"default: {shown}"] if shown else []
        return f"{self.field.help} ({'; '.join(more)})" if more else self.field.help

    @property
    def shown_default(self) -> str:
        """The default as a user would type it, or what stands for none."""
        return self.field.empty if self.default is None else shown_value(self.default)


def options_of(model: type[BaseModel], without: Collection[str] = ()) -> Iterator[Option]:
    """The options of a settings model, those of the models in it included.

    Parameters
    ----------
    model : type
        Settings whose fields are made by `option`.
    without : collection of str
        Fields that are not offered, by their path: 'ds', 'atoms.count'.

    Yields
    ------
    Option
        In the order of the fields. A flag of the outer model hides the same of an inner one.
    """
    flags: set[str] = set()
    inner: list[Option] = []
    for option in _fields(model, (), None):
        if option.dest in without or not option.field.flag:
            continue
        if len(option.path) > 1:
            inner.append(option)
            continue
        flags.add(option.field.flag)
        yield option
    yield from (option for option in inner if option.field.flag not in flags)


def add_settings(
    parser: argparse.ArgumentParser, model: type[BaseModel], without: Collection[str] = ()
) -> None:
    """Add the options of a settings model to a parser.

    Parameters
    ----------
    parser : ArgumentParser
        Gets a group of usual settings and one of advanced ones.
    model, without
        As for `options_of`.
    """
    usual = parser.add_argument_group("settings")
    advanced = parser.add_argument_group("advanced settings")
    for option in options_of(model, without):
        _add(advanced if option.field.advanced else usual, option)


def given_settings(options: argparse.Namespace, model: type[BaseModel]) -> dict[str, Any]:
    """What the user gave for a settings model, nested like the model.

    Raises
    ------
    BadInput
        If a name of 'NAME=VALUE' was given twice.
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
    """Settings of what the user gave.

    Parameters
    ----------
    options : Namespace
        As parsed by a parser that `add_settings` prepared.
    model : type
        The settings.
    make : dict, optional
        Other functions than the models themselves, by model: `as_published`.
    more : dict, optional
        Further values, nested like the model. What the user gave goes before.

    Raises
    ------
    BadInput
        If a value is refused; the sentence names the option.
    """
    given = _merged(more or {}, given_settings(options, model))
    return _built(model, given, make or {})


def shown_value(value: Any) -> str:
    """A value as a user would type it; empty for an empty dict."""
    if isinstance(value, dict):
        return " ".join(f"{name}={shown_value(part)}" for name, part in value.items())
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(shown_value(part) for part in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _fields(
    model: type[BaseModel], before: tuple[str, ...], values: BaseModel | None
) -> Iterator[Option]:
    """The fields of a model and of the models in it, with the defaults that count there."""
    for field in described_fields(model):
        path = (*before, field.name)
        needed = field.info.is_required()
        default = getattr(values, field.name) if values else None if needed else field.default
        if isinstance(default, BaseModel):
            yield from _fields(type(default), path, default)
        else:
            yield Option(path, field, default)


def _add(group: argparse._ArgumentGroup, option: Option) -> None:
    kind, flag = option.plain_type, option.field.flag
    common: dict[str, Any] = {
        "dest": option.dest,
        "default": argparse.SUPPRESS,
        # argparse fills in '%'
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
        metavar = option.field.metavar or _pair_form(get_args(kind)[1])
        group.add_argument(flag, action=_Pairs, type=read, metavar=metavar, **common)
    elif origin is tuple:
        metavar = option.field.metavar or _list_form(option)
        group.add_argument(flag, type=_list(option), metavar=metavar, **common)
    elif kind in (int, float, str, Path):
        metavar = option.field.metavar or {int: "N", float: "X", str: "TEXT", Path: "FILE"}[kind]
        group.add_argument(flag, type=_number(kind), metavar=metavar, **common)
    else:
        raise TypeError(f"No option can be made of {option.dest}: give the field flag='-'.")


class _Pairs(argparse.Action):
    """Collects 'NAME=VALUE' of an option that may be repeated."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - what argparse calls it with
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Add one pair; the last value of a name counts."""
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
    """Reads names or numbers with commas between them, and 'none' or 'all' where they fit."""
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
                f"{text!r} are no numbers: write them with commas, e.g. 0,0.2"
            ) from None

    return read


def _all_names(option: Option) -> Callable[[], tuple[str, ...]] | None:
    part = get_args(option.plain_type)[0]
    if option.field.every is not None:
        return option.field.every
    names = get_args(part) if get_origin(part) is Literal else ()
    return (lambda: names) if names else None


def _list_form(option: Option) -> str:
    part = get_args(option.plain_type)[0]
    if part in (int, float):
        return "A,B"
    return "NAMES|none|all" if _all_names(option) else "NAMES"


def _pair(value: Any) -> Callable[[str], tuple[str, Any]]:
    """Reads 'NAME=VALUE', or 'NAME=LOW,HIGH' where a value is a pair of numbers."""
    example = "NAME=LOW,HIGH" if get_origin(value) is tuple else "NAME=VALUE"

    def read(text: str) -> tuple[str, Any]:
        name, equals, rest = text.partition("=")
        wrong = argparse.ArgumentTypeError(f"{text!r} is no setting: write {example}")
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


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two nested dicts as one; the second goes before."""
    found = dict(first)
    for name, value in second.items():
        both = isinstance(found.get(name), dict) and isinstance(value, dict)
        found[name] = _merged(found[name], value) if both else value
    return found


def _built(
    model: type[BaseModel], values: dict[str, Any], make: dict[type[BaseModel], Make]
) -> BaseModel:
    """The settings, with the models in them made first."""
    found = dict(values)
    for field in described_fields(model):
        default = None if field.info.is_required() else field.default
        if isinstance(default, BaseModel):
            own = default.model_dump(exclude_unset=True) | values.get(field.name, {})
            found[field.name] = _built(type(default), own, make)
    try:
        return make.get(model, model)(**found)
    except ValidationError as error:
        raise BadInput(fault_in_words(error, model, lambda field: field.flag)) from error
