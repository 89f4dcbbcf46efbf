"""Tests of the studies on the command line: results, refusals, interruptions."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.support.command_line import call, call_alone, end_by, start, wait_for_lines

from napari_reward_analysis.analyses.noise import output as noise_output
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT
from napari_reward_analysis.analyses.windows import output as windows_output
from napari_reward_analysis.analyses.windows.run import WINDOWS_FORMAT

SQUARE = ["--lattice", "cell:4,4,90,1", "--pixel-size", "0.2"]
COLUMNS = "id y_px x_px y_A x_A sigma_px response neighbour_sum_A is_error class".split()  # noqa: SIM905


def save_picture(path, shape=(200, 320)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.cos(2 * np.pi * (y - 10) / 20) + np.cos(2 * np.pi * (x - 10) / 20)
    noise = np.random.default_rng(0).standard_normal(shape)
    np.save(path, np.exp(2 * wave - 4) + 0.03 * noise)
    return path


@pytest.fixture
def picture(tmp_path):
    return save_picture(tmp_path / "scan.npy")


def interrupted(arguments, log: Path, lines: int):
    """Start a command, interrupt it when its log holds some lines, and wait for its end."""
    process = start(*arguments)
    wait_for_lines(process, log, lines)
    status, _, stderr = end_by(process, signal.SIGINT)
    return status, stderr


def test_windows_writes_run_table_and_maps_and_prints_json(picture, tmp_path):
    out = tmp_path / "out"
    options = ["--window", 28, "--trials", 14, "--out", out, "--json"]
    done = call_alone("windows", picture, *SQUARE, *options)

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    names = ["atoms.csv", "maps.png", "maps.tif", "windows.json"]
    assert sorted(p.name for p in out.iterdir()) == names
    rows = list(csv.DictReader((out / "atoms.csv").read_text().splitlines()))
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    assert len(rows) == summary["n_atoms"]
    assert 160 <= len(rows) <= 162
    run = WINDOWS_FORMAT.load(out)
    assert run.status == "done"
    assert len(run.trials) == summary["n_windows"]
    assert len(run.atoms()) == len(rows)
    assert tifffile.imread(out / "maps.tif").shape == (len(run.maps), *run.plan.grid)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_windows_interrupted_saves_the_windows_that_are_done(tmp_path):
    out = tmp_path / "out"
    picture = save_picture(tmp_path / "scan.npy", (400, 600))
    arguments = ("windows", picture, *SQUARE, "--window", 28, "--trials", 40, "--out", out)
    status, stderr = interrupted(arguments, out / "windows.jsonl", 1)

    assert status == 130, stderr
    names = ["atoms.csv", "maps.png", "maps.tif", "windows.json"]
    assert sorted(p.name for p in out.iterdir()) == names
    run = WINDOWS_FORMAT.load(out)
    assert run.status == "cancelled"
    assert 1 <= len(run.trials) < len(run.plan.windows)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_windows_interrupted_within_a_long_search_leave_nothing(picture, tmp_path):
    out = tmp_path / "out"
    arguments = ("windows", picture, *SQUARE, "--window", 28, "--trials", 10_000, "--out", out)
    # the log is begun just before the first windows are, of which each would take hours
    status, stderr = interrupted(arguments, out / "windows.jsonl", 0)
    assert (status, stderr.count("\n")) == (130, 1), stderr
    assert "before anything was found" in stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--window", "7"], "smaller than two cells"),
        (["--overlap", "0.9"], "overlap"),
        (["--trials", "0"], "trials"),
    ],
)
def test_windows_that_cannot_be_are_refused_in_one_sentence(picture, tmp_path, options, sentence):
    done = call("windows", picture, *SQUARE, *options, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "out").exists()


def known_positions(path):
    y, x = np.mgrid[10:200:20, 10:320:20]
    rows = "\n".join(f"{a},{b}" for a, b in zip(y.ravel(), x.ravel(), strict=True))
    path.write_text(f"y_px,x_px\n{rows}\n")
    return path


def test_noise_writes_study_table_and_figure_and_prints_json(picture, tmp_path):
    out, truth = tmp_path / "out", known_positions(tmp_path / "truth.csv")
    options = ["--levels", "0,0.3", "--seeds", 1, "--trials", 6, "--truth", truth]
    done = call_alone("noise", picture, *SQUARE, *options, "--out", out, "--json")

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert sorted(p.name for p in out.iterdir()) == ["noise.csv", "noise.json", "noise.png"]
    rows = list(csv.DictReader((out / "noise.csv").read_text().splitlines()))
    assert [float(row["level"]) for row in rows] == [0, 0, 0.3, 0.3]
    assert float(rows[0]["f1"]) > 0.95
    assert float(rows[2]["f1"]) >= float(rows[3]["f1"])
    assert summary["n_results"] == len(NOISE_FORMAT.load(out).trials) == 4
    assert (out / "noise.png").read_bytes()[:4] == b"\x89PNG"


def test_noise_tells_columns_and_score_by_level(picture, tmp_path):
    out, truth = tmp_path / "out", known_positions(tmp_path / "truth.csv")
    options = ["--levels", "0,0.3", "--seeds", 1, "--trials", 6, "--truth", truth]
    done = call("noise", picture, *SQUARE, *options, "--out", out)

    assert done.returncode == 0, done.stderr
    heading, tuned, kept, last = done.stdout.splitlines()
    assert heading == "Columns at noise relative to the image's range:"
    results = {(r.method, r.level): r for r in NOISE_FORMAT.load(out).trials}
    for line, method in ((tuned, "LoG*"), (kept, "LoG, settings kept")):
        low, high = results[method, 0], results[method, 0.3]
        assert line == (
            f"{method}: {low.count} at 0, {high.count} at 0.3; "
            f"F1 {low.score.f1:.3f}, {high.score.f1:.3f}"
        )
    assert last.startswith(f"Results in {out} (")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_noise_interrupted_saves_the_levels_that_are_done(picture, tmp_path):
    out = tmp_path / "out"
    arguments = ("noise", picture, *SQUARE, "--seeds", 500, "--trials", 6, "--out", out)
    status, stderr = interrupted(arguments, out / "noise.jsonl", 2)

    assert status == 130, stderr
    assert sorted(p.name for p in out.iterdir()) == ["noise.csv", "noise.json", "noise.png"]
    run = NOISE_FORMAT.load(out)
    assert run.status == "cancelled"
    assert len(run.trials) >= 2


@pytest.mark.parametrize("levels", ["0,a", "0.4,0.2"])
def test_noise_levels_that_cannot_be_are_refused_in_one_sentence(picture, tmp_path, levels):
    done = call("noise", picture, *SQUARE, "--levels", levels, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "levels" in done.stderr
    assert "value error" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_noise_has_a_network_beside(picture, tmp_path):
    pytest.importorskip("onnxruntime")
    out = tmp_path / "out"
    options = ["--levels", "0", "--seeds", 1, "--trials", 6, "--oracle"]
    done = call("noise", picture, *SQUARE, *options, "--out", out, "--json")

    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["methods"])[-1] == "oracle"
    rows = list(csv.DictReader((out / "noise.csv").read_text().splitlines()))
    assert [row["method"] for row in rows] == ["LoG*", "LoG, settings kept", "oracle"]


def test_noise_refuses_a_network_that_is_none(picture, tmp_path):
    pytest.importorskip("onnxruntime")
    model = tmp_path / "model.onnx"
    model.write_text("no network")
    done = call("noise", picture, *SQUARE, "--oracle", model, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "model.onnx" in done.stderr
    assert not (tmp_path / "out").exists()


def call_with_little_room(limit, *arguments):
    """Call a command like `call`, with a limit for the size of a file."""

    def refuse_more():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return call_alone(*arguments, preexec_fn=refuse_more)


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
@pytest.mark.parametrize(
    ("command", "options", "load"),
    [
        ("noise", ["--levels", "0,0.1,0.2,0.3", "--seeds", 3, "--trials", 2], NOISE_FORMAT.load),
        ("windows", ["--window", 9, "--trials", 2, "--workers", 1], WINDOWS_FORMAT.load),
    ],
    ids=["noise", "windows"],
)
def test_a_disk_that_is_full_is_one_sentence_and_keeps_what_was_found(
    picture, tmp_path, monkeypatch, command, options, load
):
    # coverage, where it measures, would meet the limit as well
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    out = tmp_path / "out"
    done = call_with_little_room(200, command, picture, *SQUARE, *options, "--out", out)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "free some space or choose another folder." in done.stderr
    assert not out.exists()

    done = call_with_little_room(9_000, command, picture, *SQUARE, *options, "--out", out)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert (
        "free some space or choose another folder; the part written so far is kept" in done.stderr
    )
    assert [path.name for path in out.iterdir()] == [f"{command}.jsonl"]
    run = load(out)
    assert run.status == "cancelled"
    assert run.trials


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("", "known.csv holds no positions"),
        ("-50,-50\n-40,-40\n", "Most points of known.csv lie outside the image of 200 x 320 px"),
    ],
    ids=["none", "outside"],
)
def test_noise_refuses_known_positions_of_no_use(picture, tmp_path, rows, sentence):
    truth = tmp_path / "known.csv"
    truth.write_text(f"y_px,x_px\n{rows}")
    options = ["--levels", "0", "--seeds", 1, "--trials", 2, "--truth", truth]
    done = call("noise", picture, *SQUARE, *options, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "out").exists()


def test_noise_passes_over_a_known_position_that_is_nowhere(picture, tmp_path):
    truth = known_positions(tmp_path / "known.csv")
    truth.write_text(truth.read_text() + "1e300,5\n")
    options = ["--levels", "0", "--seeds", 1, "--trials", 6, "--truth", truth, "--json"]
    done = call("noise", picture, *SQUARE, *options, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["methods"]["LoG*"]["f1"][0] > 0.95


@pytest.mark.parametrize(
    ("command", "options", "load"),
    [
        ("noise", ["--levels", "0", "--seeds", 1, "--trials", 2], NOISE_FORMAT.load),
        ("windows", ["--window", 28, "--trials", 2], WINDOWS_FORMAT.load),
    ],
    ids=["noise", "windows"],
)
def test_interrupted_while_writing_it_says_where_the_run_is(
    picture, tmp_path, monkeypatch, command, options, load
):
    """Ctrl-C comes when the study's own file is there and its picture is not."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(noise_output, "save_noise_figure", interrupted)
    monkeypatch.setattr(windows_output, "save_maps", interrupted)
    done = call(command, picture, *SQUARE, *options, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (130, 1), done.stderr
    file = tmp_path / "out" / f"{command}.json"
    assert f"the run is saved, {file}." in done.stderr
    assert load(file).trials
