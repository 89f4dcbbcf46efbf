"""Treat nested settings as one list of fields, and make them from given values.

A study has its own settings and nested settings for its searches. Scripts and the command
line use the name of a field alone: `trials`, at any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.search.faults import fault_in_words
from napari_reward_analysis.search.settings import Described, described_fields

#: Makes settings from keywords: a model, or a function like `as_published`.
Make = Callable[..., BaseModel]
#: Returns the name of a field as the user gave it.
Naming = Callable[[Described], str]


@dataclass(frozen=True)
class Place:
    """A field of settings or of settings nested in them.

    Attributes
    ----------
    path : tuple of str
        Names on the way from the outer model to the field.
    field : Described
        Title, help, unit, limits.
    default : object
        Default value. The outer model can change the default of an inner model.
    """

    path: tuple[str, ...]
    field: Described
    default: Any


def places_of(model: type[BaseModel]) -> Iterator[Place]:
    """Return all fields, in the order of the models.

    Parameters
    ----------
    model : type
        Settings whose fields are made by `option`.
    """
    yield from _places(model, (), None)


def by_path(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Nest values like the model. They are given by the field's name alone.

    Parameters
    ----------
    model : type
        The settings model. If two models share a name, the outer one has it.
    values : mapping
        Values by the name of the field.

    Raises
    ------
    BadInput
        If there is no such field. The message names the most similar one.
    """
    known = {place.field.name: place.path for place in reversed(list(places_of(model)))}
    known |= {name: (name,) for name in model.model_fields}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}."
            raise BadInput(f"There is no setting {name!r}: {hint}")
        place = found
        *before, last = known[name]
        for part in before:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def build(
    model: type[BaseModel],
    values: Mapping[str, Any],
    make: Mapping[type[BaseModel], Make] | None = None,
    name: Naming = lambda field: field.name,
) -> Any:
    """Make settings from given values. All other fields keep their default.

    Parameters
    ----------
    model : type
        The settings model.
    values : mapping
        Values, nested like the model.
    make : mapping, optional
        Functions that make the settings of a model, such as `as_published`. By default the
        model itself makes them.
    name : callable
        Returns the name of a field in an error message.

    Raises
    ------
    BadInput
        If a value is invalid.
    """
    makers = make or {}
    found = dict(values)
    for field in described_fields(model):
        default = None if field.info.is_required() else field.default
        given = values.get(field.name, {})
        if isinstance(default, BaseModel) and isinstance(given, Mapping):
            own = default.model_dump(exclude_unset=True) | dict(given)
            found[field.name] = build(type(default), own, makers, name)
    try:
        return makers.get(model, model)(**found)
    except ValidationError as error:
        raise BadInput(fault_in_words(error, model, name)) from error


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two nested mappings. Values of the second take precedence."""
    found = dict(first)
    for name, value in second.items():
        both = isinstance(found.get(name), Mapping) and isinstance(value, Mapping)
        found[name] = merged(found[name], value) if both else value
    return found


def _places(
    model: type[BaseModel], before: tuple[str, ...], values: BaseModel | None
) -> Iterator[Place]:
    for field in described_fields(model):
        path = (*before, field.name)
        needed = field.info.is_required()
        default = getattr(values, field.name) if values else None if needed else field.default
        if isinstance(default, BaseModel):
            yield from _places(type(default), path, default)
        else:
            yield Place(path, field, default)
