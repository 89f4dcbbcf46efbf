"""The command line: the same workflows, in a terminal or called by another program."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Sequence
from typing import NoReturn

from pydantic import ValidationError

from napari_reward_analysis import __version__
from napari_reward_analysis.cli.amorphous import add_amorphous
from napari_reward_analysis.cli.atoms import add_atoms
from napari_reward_analysis.cli.batch import add_batch
from napari_reward_analysis.cli.common import (
    BAD_INPUT,
    INTERRUPTED,
    say,
)
from napari_reward_analysis.cli.demo import add_bench, add_demo
from napari_reward_analysis.cli.info import add_info
from napari_reward_analysis.cli.oracle import add_oracle
from napari_reward_analysis.cli.studies import add_studies
from napari_reward_analysis.errors import BadInput


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status (0 done, 2 bad input, 130 interrupted)."""
    options = _parser().parse_args(arguments)
    # batch systems end a job with SIGTERM: treat it as the interruption that it is
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BadInput as error:
        return _refuse(str(error))
    except ValidationError as error:
        return _refuse(_first_problem(error))
    except KeyboardInterrupt as stop:
        say(str(stop) or "Interrupted before anything was found.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="napari-reward-analysis",
        description="Reward-driven analysis of atomically resolved HAADF-STEM images.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        add_atoms,
        add_amorphous,
        add_oracle,
        add_studies,
        add_batch,
        add_info,
        add_bench,
        add_demo,
    ):
        add(commands)
    return parser


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    # what the settings say themselves comes with a prefix of pydantic's
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}, not {problem['input']!r}."


def _refuse(sentence: str) -> int:
    say(sentence)
    return BAD_INPUT


class _OneLineParser(argparse.ArgumentParser):
    """Errors are one line on standard error, without the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see --help.\n")
