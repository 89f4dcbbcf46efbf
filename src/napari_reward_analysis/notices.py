"""Notices: facts that a user should know, kept as data and worded in one place.

An analysis makes a `Notice` of a code and values. Each face (window, command line) turns
it into a sentence with `sentence`, and adds how to act on it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | float | int | bool | None
#: Makes a sentence of a notice's values.
Wording = Callable[[Mapping[str, Any]], str]

_WORDINGS: dict[str, Wording] = {}


@dataclass(frozen=True)
class Notice:
    """One fact about an image or a search.

    Attributes
    ----------
    code : str
        Names the kind of fact, in words joined by underscores.
    values : dict
        Numbers and names, ready for JSON.
    """

    code: str
    values: dict[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a run file."""
        return {"code": self.code, **self.values}

    @classmethod
    def from_json(cls, record: str | Mapping[str, Any]) -> Notice:
        """The notice that `to_json` wrote; run files of earlier versions hold sentences.

        Raises
        ------
        ValueError
            If the record is neither.
        """
        if isinstance(record, str):
            return cls("text", {"text": record})
        values = dict(record)
        code = values.pop("code", None)
        if not isinstance(code, str):
            raise ValueError("a notice without a code")  # noqa: TRY004 - damage of a file
        return cls(code, values)


def register_wording(code: str, wording: str | Wording) -> None:
    """Set the wording of all notices with a code.

    Parameters
    ----------
    code : str
        Code of the notices.
    wording : str or callable
        A template for `str.format`, or a function of the values, for one or more whole
        sentences.
    """
    _WORDINGS[code] = wording if callable(wording) else wording.format_map


def sentence(notice: Notice, advice: Mapping[str, str] | None = None) -> str:
    """The notice in plain English.

    Parameters
    ----------
    notice : Notice
        The notice. A code without a wording is written out with its values.
    advice : mapping, optional
        Advice for the user of this interface, a sentence for each code.
    """
    wording = _WORDINGS.get(notice.code)
    if wording is None:
        facts = ", ".join(f"{name} {value}" for name, value in notice.values.items())
        text = f"{notice.code.replace('_', ' ').capitalize()}: {facts}."
    else:
        text = wording(notice.values)
    more = (advice or {}).get(notice.code, "")
    return f"{text} {more}".strip()


register_wording("text", "{text}")
