"""Tests of the command `amorphous`."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from tests.support import command_line

from napari_reward_analysis import lattice_preset, load_run
from napari_reward_analysis.io.simulate import Pocket, simulate

OPTIONS = ["--lattice", "YBCO[100]", "--pixel-size", "0.18", "--trials", "6", "--json"]


call = partial(command_line.call, "amorphous")
call_alone = partial(command_line.call_alone, "amorphous")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    pocket = Pocket((120, 150), (11, 9))
    made = simulate(lattice_preset("YBCO[100]"), (260, 280), 0.18, dose=90, pockets=[pocket])
    path = tmp_path_factory.mktemp("image") / "scan.npy"
    np.save(path, made.image.data)
    return path


def test_amorphous_prints_one_object_and_writes_its_files(picture, tmp_path):
    out = tmp_path / "results"
    done = call_alone(picture, *OPTIONS, "--out", out)

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    keys = {"n_regions", "area_fraction", "compactness", "perimeter_A"}
    assert keys | {"n_trials", "seconds", "pick", "out", "verdict", "p_value"} <= set(summary)
    assert (summary["n_regions"], summary["n_trials"]) == (1, 6)
    assert summary["verdict"].startswith("An amorphous region exists")
    assert load_run(out).trials[summary["pick"]].score.n_regions == 1
    for name in ("front.png", "overlay.png"):
        assert (out / name).read_bytes()[:4] == b"\x89PNG"


def test_known_positions_and_fixed_parameters_are_used(picture, tmp_path):
    first = tmp_path / "a"
    assert call(picture, *OPTIONS, "--out", first).returncode == 0
    done = call(
        *(picture, *OPTIONS, "--atoms", first / "atoms.csv", "--out", tmp_path / "b"),
        *("--fix", "class=Ba", "--fix", "threshold=0.4"),
    )
    assert done.returncode == 0, done.stderr
    for trial in load_run(tmp_path / "b").trials:
        assert (trial.parameters["class"], trial.parameters["threshold"]) == ("Ba", 0.4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fix", "class"], "--fix: 'class' is not a setting: write NAME=VALUE"),
        (["--fix", "class=Xe"], "Class 'Xe' holds no atoms"),
        (["--fix", "window=900"], "is larger than the image"),
        (["--search", "size"], "--search must be 'class'"),
        (["--pick", "6"], "--pick 6 names no trial"),
        (["--atoms", "missing.csv"], "There is no file"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(picture, tmp_path, arguments, sentence):
    done = call(picture, *OPTIONS, *arguments, "--out", tmp_path / "results")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "results").exists()
