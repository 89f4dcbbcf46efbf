"""Call the command line, in this process or in a separate process.

A separate process takes seconds, mostly for its imports. Each command has one such call.
Tests of signals, limits of the system and the interpreter need one too. All other calls share
the process of the tests.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
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


def start(*arguments: object) -> subprocess.Popen[str]:
    """Start the command line in a process of its own that can be interrupted."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interruptions if os.name == "posix" else None,
    )


def wait_for_lines(process: subprocess.Popen[str], log: Path, lines: int) -> None:
    """Wait until the log of a process holds more than some lines; its end is the alarm."""
    while process.poll() is None:
        if log.exists() and log.read_text().count("\n") > lines:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)
    _, stderr = process.communicate()
    raise AssertionError(f"ended too early: {stderr}")


def end_by(process: subprocess.Popen[str], how: int) -> tuple[int, str, str]:
    """Send a signal and wait for the end: exit status, standard output, standard error."""
    process.send_signal(how)
    try:
        stdout, stderr = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, stdout, stderr


def _heed_interruptions() -> None:
    """A shell that starts the tests in the background has told its children not to."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
