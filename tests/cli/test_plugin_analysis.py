"""An analysis that a user's script registers is a command, with no file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import call_alone

TOY = Path(__file__).parents[1] / "support" / "toy_analysis.py"


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "scan.npy"
    np.save(path, np.linspace(0, 1, 64 * 64).reshape(64, 64))
    return path


def test_it_stands_in_the_list_of_commands_and_has_options_of_its_settings():
    assert "Count bright pixels." in call_alone("--plugin", TOY, "--help").stdout
    words = call_alone("bright", "--plugin", TOY, "--help").stdout
    assert "Highest level that is tried. (default: 0.9)" in " ".join(words.split())
    for flag in ("--trials", "--seconds", "--patience", "--seed", "--pick", "--lattice", "--out"):
        assert flag in words


def test_it_runs_saves_writes_and_tells(picture, tmp_path):
    out = tmp_path / "out"
    done = call_alone(
        *("bright", picture, "--plugin", TOY, "--trials", 9, "--highest", 0.6, "--pick", 8),
        *("--out", out, "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Note: Only 9 levels were tried.\n"
    summary = json.loads(done.stdout)
    assert summary["part"] == pytest.approx(0.4, abs=0.01)
    assert summary["notices"] == ["Only 9 levels were tried."]
    assert (summary["pick"], summary["out"]) == (8, str(out))
    assert sorted(path.name for path in out.iterdir()) == ["bright.csv", "bright.json"]
    saved = json.loads((out / "bright.json").read_text())
    assert (saved["status"], len(saved["trials"])) == ("done", 9)


def test_it_describes_its_result_and_lies_beside_the_image(picture):
    done = call_alone("bright", picture, "--plugin", TOY, "--trials", 9, "--pick", 4)
    assert done.returncode == 0, done.stderr
    folder = picture.with_name("scan_bright")
    words, place = done.stdout.splitlines()
    assert words == "50% of the pixels are above 0.5"
    assert place.startswith(f"Results in {folder} (")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--highest", "2"], "--highest must be below 1, not 2.0."),
        (["--pick", "99"], "--pick 99 names no trial"),
        (["--trials", "0"], "--trials must be at least 1, not 0."),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(picture, tmp_path, arguments, sentence):
    out = tmp_path / "out"
    done = call_alone("bright", picture, "--plugin", TOY, *arguments, "--out", out)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr
    assert not out.exists()


def test_a_plugin_that_is_missing_is_one_line(picture):
    done = call_alone("bright", picture, "--plugin", "none.py")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "There is no script none.py" in done.stderr
