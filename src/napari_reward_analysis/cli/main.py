"""The command line: the same analyses, in a terminal or called by another program."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

from napari_reward_analysis.cli.command import BAD_INPUT, INTERRUPTED, Command
from napari_reward_analysis.cli.inputs import load_plugins, plugin_option
from napari_reward_analysis.cli.notices import refusal
from napari_reward_analysis.cli.output import say
from napari_reward_analysis.errors import BadInput

#: Commands with a module of their own, in the order of the help.
_OWN = ("atoms", "amorphous", "oracle", "windows", "noise", "batch", "info", "bench", "demo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status (0 done, 2 bad input, 130 interrupted)."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    # batch systems end a job with SIGTERM: treat it as the interruption that it is
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        load_plugins(words)
        options = _parser().parse_args(words)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except BadInput as error:
        say(refusal(error))
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        say(str(stop) or "Interrupted before anything was found.")
        _forget_the_interrupt()
        return INTERRUPTED


def _forget_the_interrupt() -> None:
    """Let the process end with the status that `main` returns.

    CPython notes a KeyboardInterrupt that passes through the `exec` of a string, as in the
    making of a dataclass, and ends the process by a signal even when it was caught. The
    next `exec` of a string clears the note.
    """
    exec("")


def commands() -> Iterator[Command]:
    """All commands: those of the package, then analyses that others registered."""
    from napari_reward_analysis.cli.analysis import other_commands

    for name in _OWN:
        module: Any = import_module(f"napari_reward_analysis.cli.{name}")
        yield module.COMMAND
    yield from other_commands(_OWN)


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="napari-reward-analysis",
        description="Reward-driven analysis of atomically resolved HAADF-STEM images.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="Print the version.")
    plugin_option(parser)
    group = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", parser_class=_CommandParser
    )
    for command in commands():
        group.add_parser(command.name, help=command.help, description=command.help, command=command)
    return parser


class _OneLineParser(argparse.ArgumentParser):
    """Errors are one line on standard error, without the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see --help.\n")


class _CommandParser(_OneLineParser):
    """The parser of one command, which gets its options when it is used."""

    def __init__(self, *, command: Command, **how: Any) -> None:
        super().__init__(**how)
        self._command: Command | None = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, with the command's options."""
        if self._command is not None:
            command, self._command = self._command, None
            command.add_options(self)
            self.set_defaults(run=command.run)
        return super().parse_known_args(args, namespace)


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print and leave."""
        from napari_reward_analysis import __version__

        print(__version__)
        parser.exit()
