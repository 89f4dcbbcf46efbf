"""The one exception that a user is meant to read."""

from __future__ import annotations


class BadInput(ValueError):
    """Input that cannot be analysed.

    Parameters
    ----------
    sentence : str
        What is wrong and how to mend it, in the words of no face: the command line prints
        it and exits with status 2, the docks show it.
    code : str
        Names the kind of refusal where a face has more to say about it: which option to
        give, which button to press.
    """

    def __init__(self, sentence: str = "", code: str = "") -> None:
        super().__init__(sentence)
        self.code = code
