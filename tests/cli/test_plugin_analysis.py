"""Tests of an analysis that a script registers: it is a command of the program."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import call, call_alone

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})

from napari_reward_analysis import register_analysis
from tests.toy_analysis import TOY

register_analysis(TOY)
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "mine.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "scan.npy"
    np.save(path, np.linspace(0, 1, 64 * 64).reshape(64, 64))
    return path


def test_it_stands_in_the_list_of_commands_and_has_options_of_its_settings(plugin):
    listed = call("--plugin", plugin, "--help").stdout
    assert "Find the threshold at which a share of the pixels" in listed
    words = call("toy", "--plugin", plugin, "--help").stdout
    assert "Part of the pixels that is to be bright. (default: 0.1)" in " ".join(words.split())
    for flag in ("--trials", "--seconds", "--patience", "--seed", "--pick", "--lattice", "--out"):
        assert flag in words


def test_it_runs_saves_writes_and_tells(plugin, picture, tmp_path):
    out = tmp_path / "out"
    done = call_alone(
        *("toy", picture, "--plugin", plugin, "--trials", 40, "--patience", 1, "--share", 0.4),
        *("--sampler", "sobol", "--pick", 1, "--out", out, "--json"),
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert done.stderr == f"Note: {summary['notices'][0]}\n"
    assert f"ended after {summary['n_trials']} trials" in summary["notices"][0]
    assert (summary["pick"], summary["out"]) == (1, str(out))
    assert sorted(path.name for path in out.iterdir()) == ["toy.csv", "toy.json"]
    saved = json.loads((out / "toy.json").read_text())
    assert (saved["status"], len(saved["trials"])) == ("done", summary["n_trials"])
    assert saved["settings"]["share"] == 0.4


def test_it_describes_its_result_and_lies_beside_the_image(plugin, picture):
    done = call("toy", picture, "--plugin", plugin, "--trials", 5, "--sampler", "sobol")
    assert done.returncode == 0, done.stderr
    words, place = done.stdout.splitlines()
    assert words.startswith("threshold ")
    assert place.startswith(f"Results in {picture.with_name('scan_toy')} (")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--share", "2"], "--share must be below 1, not 2.0."),
        (["--pick", "99"], "--pick 99 names no trial"),
        (["--trials", "0"], "--trials must be at least 1, not 0."),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(plugin, picture, tmp_path, arguments, sentence):
    out = tmp_path / "out"
    done = call("toy", picture, "--plugin", plugin, *arguments, "--out", out)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr
    assert not out.exists()


def test_a_plugin_that_is_missing_is_one_line(picture):
    done = call("toy", picture, "--plugin", "none.py")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "There is no script none.py" in done.stderr
