"""Tests of interruptions: a command ends with status 130 at any time."""

from __future__ import annotations

from tests.support.command_line import call_alone


def test_an_interruption_within_the_exec_of_a_string_ends_with_130(tmp_path):
    # dataclasses are made that way, and modules that define some are imported on demand
    plugin = tmp_path / "interrupted.py"
    plugin.write_text('exec("raise KeyboardInterrupt")\n')
    done = call_alone("info", tmp_path / "none.npy", "--plugin", plugin)
    assert (done.returncode, done.stderr) == (130, "Interrupted before anything was found.\n")
