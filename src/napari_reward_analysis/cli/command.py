"""Define a command: its name, its help, its options and the function that runs it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

#: Exit statuses of the program.
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
        Adds the options to a parser. It is called only for the command in use.
    run : callable
        Runs the command with the parsed options, and returns the exit status.
    """

    name: str
    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
