"""Say in one sentence why settings are refused, and how to mend them.

The sentence names the setting in the words of whoever asked: an option on the command line,
a keyword in a script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

#: Names a setting by its path: fields from the outer model to the inner one.
Naming = Callable[[tuple[str, ...]], str]

_BOUNDS = {
    "greater_than_equal": ("ge", "is too small: give {} or more"),
    "greater_than": ("gt", "is too small: give more than {}"),
    "less_than_equal": ("le", "is too large: give {} or less"),
    "less_than": ("lt", "is too large: give less than {}"),
}
_PLAIN = {
    "finite_number": "is no finite number: give one",
    "int_parsing": "is no whole number: give one",
    "int_from_float": "is no whole number: give one",
    "int_type": "is no whole number: give one",
    "float_parsing": "is no number: give one",
    "float_type": "is no number: give one",
    "bool_parsing": "is neither true nor false: give one of them",
}


def refusal(error: ValidationError, name_of: Naming) -> str:
    """The first problem of refused settings, in one sentence.

    Parameters
    ----------
    error : ValidationError
        As raised by a settings model.
    name_of : callable
        Names the setting that the problem lies in.

    Returns
    -------
    str
        Which setting, which value, and how to mend it.
    """
    problem = error.errors()[0]
    path = tuple(part for part in problem["loc"] if isinstance(part, str))
    name = name_of(path) if path else "settings"
    value = problem["input"]
    context = problem.get("ctx", {})
    kind = problem["type"]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{name} {_number(value)} {words.format(_number(context[bound]))}."
    if kind in _PLAIN:
        return f"{name} {value} {_PLAIN[kind]}."
    if kind == "literal_error":
        return f"{name} {value} is not known: choose from {_listed(context['expected'])}."
    if kind == "value_error":
        return f"{name}: {_whole(str(context['error']))}"
    return f"{name} {value!r} is refused: {_whole(problem['msg'])}"


def nearest(name: str, known: Sequence[str]) -> str:
    """The known name that a mistyped one is most like; empty where none is like it."""
    from difflib import get_close_matches

    found = get_close_matches(name, known, n=1, cutoff=0.5)
    return found[0] if found else ""


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(expected: Any) -> str:
    return str(expected).replace("'", "").replace(" or ", ", ")


def _whole(message: str) -> str:
    """A message as the second half of a sentence."""
    first, second = message[:1], message[1:2]
    # an abbreviation at the beginning keeps its capital
    text = (first.lower() if second.islower() else first) + message[1:]
    return text if text.endswith(".") else f"{text}."
