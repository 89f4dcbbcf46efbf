"""Call the command line, in this process or in a process of its own.

A process of its own takes seconds, most of them for its imports. One call a command is made
that way, and all that concern signals, limits of the system or the interpreter; the others
share the process of the tests.
"""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
from typing import Any

from napari_reward_analysis.cli.main import main

COMMAND = [sys.executable, "-m", "napari_reward_analysis.cli"]


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Call the command line in this process; the result is that of `call_alone`."""
    words = [str(argument) for argument in arguments]
    stdout, stderr = io.StringIO(), io.StringIO()
    # the command takes SIGTERM for an interruption: the tests themselves do not
    before = signal.getsignal(signal.SIGTERM)
    try:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            status = main(words)
    except SystemExit as ended:
        status = int(ended.code)  # argparse leaves in this way
    finally:
        signal.signal(signal.SIGTERM, before)
    return subprocess.CompletedProcess(words, status, stdout.getvalue(), stderr.getvalue())


def call_alone(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Call the command line in a process of its own; `options` are those of `subprocess.run`."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options
    )
