"""The program of the command line: find the command, parse its options and run it."""

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

#: Commands with their own module, in the order of the help.
_OWN = ("atoms", "amorphous", "oracle", "windows", "noise", "batch", "info", "bench", "demo")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return the exit status (0 done, 2 bad input, 130 interrupted)."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    # batch systems end a job with SIGTERM: treat it as an interruption
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

    A KeyboardInterrupt can pass through the `exec` of a string, for instance while a
    dataclass is made. CPython then remembers it, and ends the process by a signal even if
    the exception was caught. The next `exec` of a string clears this memory.
    """
    exec("")


def commands() -> Iterator[Command]:
    """Return all commands: those of the package, then registered analyses."""
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
    """A parser that writes an error as one line, without the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see --help.\n")


class _CommandParser(_OneLineParser):
    """The parser of one command. Its options are added when it is used."""

    def __init__(self, *, command: Command, **how: Any) -> None:
        super().__init__(**how)
        self._command: Command | None = command

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Add the command's options, and parse."""
        if self._command is not None:
            command, self._command = self._command, None
            command.add_options(self)
            self.set_defaults(run=command.run)
        return super().parse_known_args(args, namespace)


class _Version(argparse.Action):
    """Prints the version. It is looked up only when needed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print the version and exit."""
        from napari_reward_analysis import __version__

        print(__version__)
        parser.exit()
