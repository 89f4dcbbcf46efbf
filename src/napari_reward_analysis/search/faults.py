"""Explain in one sentence why pydantic refused a setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from napari_reward_analysis.search.settings import Described, described_fields

_BOUNDS = {
    "greater_than_equal": ("must be at least", "ge"),
    "greater_than": ("must be larger than", "gt"),
    "less_than_equal": ("must be at most", "le"),
    "less_than": ("must be below", "lt"),
}
_KINDS = {
    "int": "must be a whole number",
    "float": "must be a number",
    "finite_number": "must be a finite number",
    "bool": "must be true or false",
}


def _title(field: Described) -> str:
    return field.title


def fault_in_words(
    error: ValidationError,
    model: type[BaseModel],
    name: Callable[[Described], str] = _title,
) -> str:
    """Return the first fault of settings as one sentence.

    Parameters
    ----------
    error : ValidationError
        The error that the settings raised.
    model : type
        The settings' class.
    name : callable
        Returns the name of a field in the sentence. By default its title is used.

    Returns
    -------
    str
        For instance 'Trials must be at least 1, not 0.'
    """
    first: Mapping[str, Any] = error.errors()[0]
    called = _called(first["loc"], model, name)
    if first["type"] == "value_error":
        # a validator of the settings wrote the text; pydantic adds a prefix
        said = _sentence(str(first["msg"]).removeprefix("Value error, "))
        return f"{called}: {said[:1].lower()}{said[1:]}" if called else said
    if first["type"] == "extra_forbidden":
        return f"There is no setting {str(first['loc'][-1])!r}."
    rule = _rule(first)
    if not rule:
        return _sentence(
            f"{called or 'Settings'}: {str(first['msg'])[:1].lower()}{first['msg'][1:]}"
        )
    return f"{called} {rule}, not {first['input']!r}."


def _rule(first: Mapping[str, Any]) -> str:
    kind, context = str(first["type"]), first.get("ctx", {})
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {context[key]:g}"
    if kind == "literal_error":
        return f"must be {context['expected']}"
    return next((words for start, words in _KINDS.items() if kind.startswith(start)), "")


def _called(
    place: tuple[int | str, ...], model: type[BaseModel], name: Callable[[Described], str]
) -> str:
    """Return the name of the innermost described field, with the faulty part in brackets."""
    found = ""
    inside: list[str] = []
    at: Any = model
    for part in place:
        fields = {field.name: field for field in described_fields(at)} if at else {}
        if part in fields:
            found, inside = name(fields[str(part)]), []
            kind = fields[str(part)].info.annotation
            at = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
        elif isinstance(part, str) and part != "[key]":
            inside.append(part)
    return f"{found} ({', '.join(inside)})" if inside else found


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
