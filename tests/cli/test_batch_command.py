"""Tests of the command `batch`: many images, bad images, Ctrl-C."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from tests.support.command_line import call, call_alone, end_by, start, wait_for_lines

from napari_reward_analysis import load_run
from napari_reward_analysis.cli.batch import folders

SQUARE = ["--lattice", "cell:4,4,90,1", "--pixel-size", "0.2", "--trials", "8", "--seed", "3"]


def columns_image(seed):
    y, x = np.mgrid[:120, :120]
    wave = np.cos(2 * np.pi * (y - 10) / 20) + np.cos(2 * np.pi * (x - 10) / 20)
    noise = np.random.default_rng(seed).standard_normal(wave.shape)
    return np.exp(2 * wave - 4) + 0.03 * noise


@pytest.fixture
def pictures(tmp_path):
    made = [tmp_path / "a.npy", tmp_path / "b.npy"]
    for seed, path in enumerate(made):
        np.save(path, columns_image(seed))
    return made


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_image_as_by_atoms_and_one_table(pictures, tmp_path):
    out = tmp_path / "results"
    done = call("batch", *pictures, *SQUARE, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"2 of 2 done. Table in {out / 'batch.csv'}"
    table = rows(out / "batch.csv")
    assert [row["image"] for row in table] == [str(path) for path in pictures]
    for row, picture in zip(table, pictures, strict=True):
        assert (row["status"], row["message"]) == ("done", "")
        folder = out / f"{picture.stem}_atoms"
        assert Path(row["out"]) == folder
        assert sorted(p.name for p in folder.iterdir()) == [
            *("atoms.csv", "front.png", "overlay.png", "run.json", "vacancies.csv"),
        ]
        alone = call("atoms", picture, *SQUARE, "--out", tmp_path / "alone", "--json")
        summary = json.loads(alone.stdout)
        assert int(row["n_atoms"]) == summary["n_atoms"] == 36
        assert float(row["qc"]) == pytest.approx(summary["qc"])
        assert float(row["pixel_size_A"]) == 0.2
        # the same settings and seed, and so the same trials
        one, other = load_run(folder), load_run(tmp_path / "alone")
        assert [t.objectives for t in one.trials] == [t.objectives for t in other.trials]


def test_a_bad_image_is_told_and_does_not_end_the_batch(pictures, tmp_path):
    flat = tmp_path / "flat.npy"
    np.save(flat, np.ones((50, 50)))
    missing = tmp_path / "missing.npy"
    done = call_alone("batch", pictures[0], flat, missing, pictures[1], *SQUARE, "--json")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{flat}: ")
    assert lines[1].startswith(f"{missing}: ")
    facts = json.loads(done.stdout)
    assert (facts["n_done"], facts["n_failed"], facts["n_cancelled"]) == (2, 2, 0)
    assert [one["status"] for one in facts["images"]] == ["done", "failed", "failed", "done"]
    assert facts["images"][0]["n_atoms"] == 36
    table = rows(tmp_path / "batch.csv")
    assert facts["table"] == str(tmp_path / "batch.csv")
    assert [row["status"] for row in table] == ["done", "failed", "failed", "done"]
    assert table[1]["message"] == lines[0].removeprefix(f"{flat}: ")
    assert table[1]["n_atoms"] == ""
    assert not (tmp_path / "flat_atoms").exists()


def test_wrong_options_are_one_sentence_before_any_image(pictures, tmp_path):
    for wrong, words in (
        (["--trials", "0"], "trials"),
        (["--lattice", "nothing"], "nothing"),
        (["--pick", "99"], "--pick 99 names no trial"),
        (["--rewards", "luck"], "luck"),
    ):
        done = call("batch", *pictures, *SQUARE, *wrong)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "b.npy"]
    (tmp_path / "file").write_text("")
    done = call("batch", *pictures, *SQUARE, "--out", tmp_path / "file" / "x")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_interrupted_it_keeps_what_it_has(pictures, tmp_path):
    job = start("batch", *pictures, *SQUARE, "--trials", 9999, "--out", tmp_path / "out")
    wait_for_lines(job, tmp_path / "out" / "a_atoms" / "run.jsonl", 3)
    status, said, stderr = end_by(job, signal.SIGINT)
    assert status == 130, stderr
    assert "interrupted" in said
    (row,) = rows(tmp_path / "out" / "batch.csv")
    assert row["status"] == "cancelled"
    assert int(row["n_atoms"]) > 0
    assert load_run(tmp_path / "out" / "a_atoms").status == "cancelled"
    assert not (tmp_path / "out" / "b_atoms").exists()


def test_images_of_one_name_have_folders_of_their_own(tmp_path):
    images = [Path("x/scan.dm4"), Path("y/scan.dm4"), Path("y/scan.tif"), Path("y/other.tif")]
    together = folders(images, tmp_path)
    assert [path.name for path in together] == [
        *("scan_atoms", "scan_atoms_2", "scan_atoms_3", "other_atoms"),
    ]
    apart = folders(images, None)
    assert [str(path) for path in apart] == [
        *("x/scan_atoms", "y/scan_atoms", "y/scan_atoms_2", "y/other_atoms"),
    ]
