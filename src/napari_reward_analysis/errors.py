"""The exception for bad input, whose message is written for the user."""

from __future__ import annotations


class BadInput(ValueError):
    """Input that cannot be analysed.

    The message is one sentence that says what is wrong and how to correct it. The
    command line prints it and exits with status 2. The widgets show it.
    """
