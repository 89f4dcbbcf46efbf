"""The exception for bad input, whose message is written for the user."""

from __future__ import annotations


class BadInput(ValueError):
    """Input that cannot be analysed.

    The message is one sentence that says what is wrong and how to correct it. The
    command line prints it and exits with status 2. The widgets show it.

    Parameters
    ----------
    sentence : str
        The message. It names no option and no button: each face adds its own.
    code : str
        Names the kind of refusal, where a face has something to add.
    """

    def __init__(self, sentence: str = "", code: str = "") -> None:
        super().__init__(sentence)
        self.code = code
