"""Tests of the command `atoms`: results, refusals, interruptions."""

from __future__ import annotations

import csv
import json
import os
import signal

import numpy as np
import pytest
from tests.support.command_line import call, call_alone, end_by, start, wait_for_lines

from napari_reward_analysis import load_run
from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.table import SITE_COLUMNS

COLUMNS = "id y_px x_px y_A x_A sigma_px response neighbour_sum_A is_error class".split()  # noqa: SIM905
ADDED = ["uncertainty_px", "uncertainty_A", "is_counted", *SITE_COLUMNS]
FILES = ["atoms.csv", "front.png", "overlay.png", "run.json", "vacancies.csv"]
SQUARE = ["--lattice", "cell:4,4,90,1", "--pixel-size", "0.2"]


def columns_image(shape=(120, 120), first=10.0):
    y, x = np.mgrid[: shape[0], : shape[1]]
    rng = np.random.default_rng(0)
    wave = np.cos(2 * np.pi * (y - first) / 20) + np.cos(2 * np.pi * (x - first) / 20)
    return np.exp(2 * wave - 4) + 0.03 * rng.standard_normal(shape)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "scan.npy"
    np.save(path, columns_image())
    return path


def test_atoms_writes_run_table_and_front_and_prints_json(picture, tmp_path):
    out = tmp_path / "results"
    done = call_alone("atoms", picture, *SQUARE, "--trials", 15, "--out", out, "--json")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    summary = json.loads(done.stdout)
    keys = {"n_atoms", "n_counted", "expected", "qc", "er", "n_trials", "seconds", "pick", "out"}
    assert keys <= set(summary)
    assert summary["n_atoms"] == 36
    assert summary["n_trials"] == 15
    assert sorted(p.name for p in out.iterdir()) == FILES
    rows = list(csv.DictReader((out / "atoms.csv").read_text().splitlines()))
    assert list(rows[0]) == COLUMNS + ADDED
    assert len(rows) == 36
    assert float(rows[0]["y_A"]) == pytest.approx(0.2 * float(rows[0]["y_px"]))
    run = load_run(out)
    assert len(run.trials) == 15
    assert run.trials[summary["pick"]].score.qc == pytest.approx(summary["qc"])
    assert (out / "front.png").read_bytes()[:4] == b"\x89PNG"


def table_of(folder):
    rows = list(csv.DictReader((folder / "atoms.csv").read_text().splitlines()))
    return {
        name: np.array([float(row[name] or "nan") for row in rows])
        for name in ("y_px", "x_px", "x_A", *ADDED)
    }


def test_positions_are_finer_than_a_pixel_unless_whole_ones_are_asked_for(tmp_path):
    # columns lie at 10.4, 30.4, ... px
    np.save(tmp_path / "scan.npy", columns_image(first=10.4))
    fine, whole = tmp_path / "fine", tmp_path / "whole"
    command = ("atoms", tmp_path / "scan.npy", *SQUARE, "--trials", 8, "--out")
    assert call(*command, fine).returncode == 0
    assert call(*command, whole, "--no-refine").returncode == 0

    table = table_of(fine)
    for axis in ("y_px", "x_px"):
        error = (table[axis] - 10.4 + 10) % 20 - 10
        assert np.sqrt((error**2).mean()) < 0.1
    assert (table["uncertainty_px"] < 0.1).all()
    np.testing.assert_allclose(table["uncertainty_A"], 0.2 * table["uncertainty_px"], rtol=1e-6)
    coarse = table_of(whole)
    assert (coarse["x_px"] == np.round(coarse["x_px"])).all()
    assert np.isnan(coarse["uncertainty_px"]).all()
    # columns, count and error are those of the blobs either way
    np.testing.assert_allclose(table["x_px"], coarse["x_px"], atol=1)
    run, other = load_run(fine), load_run(whole)
    assert [t.score for t in run.trials] == [t.score for t in other.trials]
    chosen = run.trials[run.proposed()]
    assert chosen.refined is not None
    np.testing.assert_allclose(chosen.points[chosen.inside, 0], table["y_px"], rtol=1e-6)
    assert not other.settings.refine
    assert all(t.refined is None for t in other.trials)


def test_results_lie_beside_the_image_by_default(picture):
    done = call("atoms", picture, *SQUARE, "--trials", 6)
    assert done.returncode == 0, done.stderr
    assert (picture.parent / "scan_atoms" / "atoms.csv").exists()
    assert "columns found" in done.stdout


def test_the_same_seed_gives_the_same_table(picture, tmp_path):
    tables = []
    for name in ("a", "b"):
        call("atoms", picture, *SQUARE, "--trials", 8, "--seed", 7, "--out", tmp_path / name)
        tables.append((tmp_path / name / "atoms.csv").read_bytes())
    assert tables[0] == tables[1]


def test_a_trial_can_be_picked_by_its_number(picture, tmp_path):
    out = tmp_path / "out"
    done = call("atoms", picture, *SQUARE, "--trials", 8, "--pick", 3, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pick"] == 3
    assert load_run(out).choice == 3


def test_options_reach_the_search(picture, tmp_path):
    out = tmp_path / "out"
    done = call(
        *("atoms", picture, "--count", 36, "--trials", 5, "--search", "threshold,overlap"),
        *("--sampler", "sobol", "--pick", "chebyshev", "--scaled", "--out", out, "--json"),
    )
    assert done.returncode == 0, done.stderr
    run = load_run(out)
    assert run.settings.search == ("threshold", "overlap")
    assert run.settings.sampler == "sobol"
    assert len({t.parameters["max_sigma"] for t in run.trials}) == 1
    assert json.loads(done.stdout)["expected"] == 36


def test_as_published_takes_the_settings_of_the_paper_and_other_options_on_top(picture, tmp_path):
    out = tmp_path / "out"
    done = call(
        *("atoms", picture, *SQUARE, "--as-published", "--trials", 5, "--rewards", "incoherence"),
        *("--out", out),
    )
    assert done.returncode == 0, done.stderr
    assert load_run(out).settings == as_published(trials=5, rewards=("incoherence",))


def test_ranges_and_fixed_values_are_options(picture, tmp_path):
    out = tmp_path / "out"
    done = call(
        *("atoms", picture, *SQUARE, "--trials", 5, "--search", "min_sigma,threshold"),
        *("--fix", "overlap=0.4", "--range", "min_sigma=2,3", "--seconds", 500, "--out", out),
    )
    assert done.returncode == 0, done.stderr
    run = load_run(out)
    assert run.settings.seconds == 500
    for trial in run.trials:
        assert trial.parameters["overlap"] == 0.4
        assert 1.9 < trial.parameters["min_sigma"] < 3.1


def test_an_oracle_gives_the_count_or_a_front_of_its_own(picture, tmp_path):
    table = tmp_path / "network.csv"
    rows = [f"{y},{x},{'Ba' if y < 50 else 'Y'}" for y in range(10, 120, 20) for x in (30, 70)]
    table.write_text("Y,X,class\n" + "\n".join(rows) + "\n")
    alone = call(
        "atoms", picture, "--oracle", table, "--trials", 5, "--out", tmp_path / "a", "--json"
    )
    assert alone.returncode == 0, alone.stderr
    assert json.loads(alone.stdout)["expected"] == 12
    both = call(
        *("atoms", picture, *SQUARE, "--oracle", table, "--oracle", f"{table}:Ba"),
        *("--trials", 5, "--out", tmp_path / "b", "--json"),
    )
    assert both.returncode == 0, both.stderr
    summary = json.loads(both.stdout)
    assert summary["oracles"] == {"network": 12, "network Ba": 4}
    assert summary["expected"] == pytest.approx(36, rel=0.05)
    assert load_run(tmp_path / "b").oracles == summary["oracles"]
    wrong = call("atoms", picture, *SQUARE, "--oracle", f"{table}:Xe", "--out", tmp_path / "c")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "its classes are Ba, Y" in wrong.stderr


def test_info_prints_what_a_lattice_expects(picture):
    done = call("info", picture, *SQUARE)
    assert done.returncode == 0
    assert "120 x 120 px" in done.stdout
    facts = json.loads(call("info", picture, *SQUARE, "--json").stdout)
    assert facts["expected"]["field"] == pytest.approx(36, rel=0.05)
    assert facts["pixel_size_A"] == 0.2
    unknown = call("info", picture)
    assert "pixel size: not known" in unknown.stdout
    assert unknown.stderr == "Use --pixel-size, or --lattice with --calibrate lattice.\n"


@pytest.mark.parametrize(
    ("name", "lattice", "size", "count"),
    [
        ("sto001_80kV_titan.ser", "SrTiO3[001]", [], 1281),
        ("atomsegnet_dso_8nm.png", "DyScO3", ["--pixel-size", "0.0798"], 856),
    ],
)
def test_real_images(shared_data, tmp_path, name, lattice, size, count):
    """Points lie on columns: bright within a small disk, dark between them."""
    pytest.importorskip("ncempy")
    from napari_reward_analysis import read_image

    path = shared_data / "real" / name
    done = call(
        *("atoms", path, "--lattice", lattice, *size),
        *("--trials", 20, "--out", tmp_path, "--json"),
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["n_atoms"] == pytest.approx(count, rel=0.06)
    pixels = read_image(path).normalised
    run = load_run(tmp_path)
    points = run.trials[summary["pick"]].blobs[:, :2].astype(int)
    here = pixels[points[:, 0], points[:, 1]]
    assert np.mean(here > np.median(pixels)) > 0.95


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lattice", "YBCO[100]"], "Use --pixel-size, or --lattice with --calibrate lattice."),
        (
            ["--pixel-size", "0.2", "--no-supported"],
            "number of columns. Use --lattice or --count.",
        ),
        ([*SQUARE, "--pixel-size", "0"], "pixel size of 0.0 angstrom is impossible"),
        ([*SQUARE, "--pixel-size", "-1"], "pixel size of -1.0 angstrom is impossible"),
        (["--pixel-size", "0.2", "--lattice", "XY[1]"], "There is no lattice 'XY[1]'"),
        ([*SQUARE, "--ds", "500"], "above every neighbour sum"),
        ([*SQUARE, "--ds", "-5"], "--ds must be larger than 0, not -5.0."),
        ([*SQUARE, "--trials", "0"], "--trials must be at least 1, not 0."),
        ([*SQUARE, "--count", "nan"], "--count must be a finite number, not nan."),
        ([*SQUARE, "--search", "sigma"], "--search must be 'min_sigma'"),
        ([*SQUARE, "--pick", "best"], "--pick best names no trial"),
        ([*SQUARE, "--pick", "60"], "--pick 60 names no trial"),
        ([*SQUARE, "--sampler", "magic"], "--sampler"),
        ([*SQUARE, "--trials", "many"], "--trials: 'many' is not a whole number"),
        ([*SQUARE, "--rewards", "luck"], "There is no reward 'luck'"),
        ([*SQUARE, "--sampler", "grid"], "A grid searches at most 3 numbers at once"),
        ([*SQUARE, "--species", "Ba"], "no columns of Ba"),
        ([*SQUARE, "--frame", "3"], "frame"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(picture, tmp_path, arguments, sentence):
    out = tmp_path / "results"
    done = call("atoms", picture, *arguments, "--out", out)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""
    assert not out.exists()


BAD_IMAGES = {
    "rgb": np.random.default_rng(0).random((32, 32, 3)),
    "complex": np.ones((32, 32)) * 1j,
    "constant": np.ones((32, 32)),
    "nan": np.full((32, 32), np.nan),
    "empty": np.empty((0, 0)),
    "line": np.arange(32.0),
    "stack": np.random.default_rng(0).random((7, 32, 32)),
    "small field": np.random.default_rng(0).random((9, 9)),
}


@pytest.mark.parametrize("kind", BAD_IMAGES)
def test_bad_images_are_one_line(tmp_path, kind):
    path = tmp_path / "bad.npy"
    np.save(path, BAD_IMAGES[kind])
    done = call("atoms", path, *SQUARE)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert len(done.stderr) > 20
    assert [p.name for p in tmp_path.iterdir()] == ["bad.npy"]


def test_missing_and_unknown_files_are_one_line(tmp_path):
    (tmp_path / "notes.xyz9").write_text("hello")
    for name in ("none.npy", "notes.xyz9", "."):
        done = call("atoms", tmp_path / name, *SQUARE)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_a_run_that_finds_nothing_is_refused_and_leaves_nothing(tmp_path):
    path = tmp_path / "dark.npy"
    np.save(path, -(columns_image((60, 60)) ** 9))
    done = call("atoms", path, "--count", 4, "--trials", 3, "--ds", 50, "--out", tmp_path / "out")
    if done.returncode == 2:
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "out").exists()
    else:
        assert load_run(tmp_path / "out").front


def start_long_run(picture, out):
    return start("atoms", picture, *SQUARE, "--trials", 5000, "--out", out)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_saves_what_it_found(picture, tmp_path, how):
    out = tmp_path / "out"
    process = start_long_run(picture, out)
    wait_for_lines(process, out / "run.jsonl", 8)
    status, stdout, stderr = end_by(process, how)

    assert status == 130, stderr
    assert "columns found" in stdout
    assert sorted(p.name for p in out.iterdir()) == FILES
    run = load_run(out)
    assert run.status == "cancelled"
    assert len(run.trials) >= 8


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_killed_run_loses_at_most_one_trial(picture, tmp_path):
    out = tmp_path / "out"
    process = start_long_run(picture, out)
    wait_for_lines(process, out / "run.jsonl", 10)
    seen = (out / "run.jsonl").read_text().count("\n") - 1
    process.kill()
    process.communicate()

    run = load_run(out)
    assert len(run.trials) >= seen
    assert run.front
    assert [t.index for t in run.trials] == list(range(len(run.trials)))


def test_help_and_version():
    assert "atoms" in call("--help").stdout
    assert call("--version").stdout.strip()
    nothing = call_alone()
    assert (nothing.returncode, nothing.stderr.count("\n")) == (2, 1)
