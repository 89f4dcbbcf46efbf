"""The one exception that a user is meant to read."""

from __future__ import annotations


class BadInput(ValueError):
    """Input that cannot be analysed.

    The message is one sentence that says what is wrong and how to mend it; the
    command line prints it and exits with status 2, the widgets show it.
    """
