"""Write numbers as text for the window."""

from __future__ import annotations


def percent(share: float, *, signed: bool = False) -> str:
    """A share as a percentage with as many digits as it needs."""
    value = 100 * share
    digits = 2 if abs(value) < 1 else 1
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return f"{text}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")
