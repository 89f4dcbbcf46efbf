"""A command: its name, its line in the list of commands, its options, its work."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

#: Exit statuses.
DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130


@dataclass(frozen=True)
class Command:
    """One command of the program.

    Attributes
    ----------
    name : str
        The word on the command line.
    help : str
        One line for the list of commands.
    add_options : callable
        Gives a parser the command's options; called only for the command that is asked for.
    run : callable
        Does the work with the parsed options, and returns the exit status.
    """

    name: str
    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
