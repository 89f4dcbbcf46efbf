"""Keep notices, facts that the user should know, as data, and word them in one place.

An analysis makes a `Notice` from a code and values. The window and the command line turn it
into a sentence with `sentence`, and each adds its own advice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Plain = str | float | int | bool | None
Value = Plain | list[dict[str, Plain]]
#: Turns the values of a notice into a sentence.
Wording = Callable[[Mapping[str, Any]], str]

_WORDINGS: dict[str, Wording] = {}


@dataclass(frozen=True)
class Notice:
    """One fact about an image or a search.

    Attributes
    ----------
    code : str
        The kind of fact, as words joined by underscores.
    values : dict
        Numbers and names that JSON can hold.
    """

    code: str
    values: dict[str, Value] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a run file."""
        return {"code": self.code, **self.values}

    @classmethod
    def from_json(cls, record: str | Mapping[str, Any]) -> Notice:
        """Read a notice that `to_json` wrote, or a sentence from an earlier version.

        Raises
        ------
        ValueError
            If the record is neither of them.
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
        A template for `str.format`, or a function of the values. It gives one or more whole
        sentences.
    """
    _WORDINGS[code] = wording if callable(wording) else wording.format_map


def sentence(notice: Notice, advice: Mapping[str, str] | None = None) -> str:
    """Return a notice in plain English.

    Parameters
    ----------
    notice : Notice
        The notice. If its code has no wording, code and values are listed.
    advice : mapping, optional
        What the user can do: a sentence for each code.
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
