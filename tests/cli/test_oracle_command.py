"""Tests of the command `oracle`."""

from __future__ import annotations

import csv
import json
import os
from functools import partial

import numpy as np
import pytest
from tests.support import command_line

from napari_reward_analysis import lattice_preset, load_run, read_image
from napari_reward_analysis.analyses.atoms.oracle_counts import agreement_of_trials
from napari_reward_analysis.analyses.oracle.run import ORACLE_FORMAT
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.io.writers import COLUMNS

SIZE = ["--lattice", "YBCO[100]", "--pixel-size", "0.18"]


call = partial(command_line.call, "oracle")
call_alone = partial(command_line.call_alone, "oracle")


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    made = simulate(lattice_preset("YBCO[100]"), (220, 230), 0.18, dose=90, rotation=4)
    path = tmp_path_factory.mktemp("image") / "scan.npy"
    np.save(path, made.image.data)
    return path


@pytest.fixture(scope="module")
def run(picture):
    folder = picture.with_name("run")
    done = command_line.call("atoms", picture, *SIZE, "--trials", 8, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_columns_of_the_network_are_written(picture):
    done = call_alone(picture, *SIZE, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    out = picture.with_name("scan_oracle")
    assert (summary["out"], summary["oracle"]) == (str(out), "oracle.onnx")
    table = rows(out / "oracle.csv")
    assert len(table) == summary["n_oracle"]
    assert tuple(table[0]) == COLUMNS
    assert float(table[0]["y_A"]) == pytest.approx(0.18 * float(table[0]["y_px"]))
    assert (out / "oracle.png").read_bytes()[:4] == b"\x89PNG"
    assert not (out / "comparison.json").exists()
    kept = ORACLE_FORMAT.load(out / "oracle.json")
    assert len(kept.oracle.points) == len(table)
    assert (kept.found, kept.result, kept.trials) == (None, None, [])


def test_a_run_is_compared_with_the_network(picture, run, tmp_path):
    done = call(picture, *SIZE, "--run", run, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "comparison.json").read_text())
    assert facts["f1"] > 0.9
    assert facts["rms_A"] < 0.15
    assert facts["matched"] + facts["missed"] == facts["n_oracle"]
    assert facts["matched"] + facts["spurious"] == facts["n_found"]
    assert len(facts["matched_pairs"]) == facts["matched"]
    assert f"F1 {facts['f1']:.3f}" in done.stdout
    apart = [float(r["distance_A"]) for r in rows(tmp_path / "agreement.csv") if r["dy_px"]]
    assert len(apart) == facts["matched"]
    assert np.sqrt(np.mean(np.square(apart))) == pytest.approx(facts["rms_A"], rel=1e-3)
    assert (tmp_path / "comparison.png").read_bytes()[:4] == b"\x89PNG"


def test_a_guessed_scale_is_told(picture, tmp_path):
    done = call(picture, "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert "pixel size is not known" in done.stderr
    assert len(summary["notices"]) == 1
    assert rows(tmp_path / "oracle.csv")[0]["y_A"] == ""


def test_the_front_by_agreement(picture, run, tmp_path):
    # a run against its own chosen trial agrees with that trial wholly
    done = call(
        *(picture, "--points", run / "atoms.csv", "--run", run / "run.json"),
        *("--out", tmp_path, "--json"),
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["f1"], summary["best_f1"]) == (1, 1)
    facts = json.loads((tmp_path / "comparison.json").read_text())
    saved = load_run(run)
    points = np.array([[float(r["y_px"]), float(r["x_px"])] for r in rows(run / "atoms.csv")])
    by_trial = agreement_of_trials(saved.trials, points)
    assert by_trial[saved.proposed()] == 1
    assert summary["n_best"] == np.count_nonzero(by_trial == 1)
    for trial, value in zip(saved.trials, by_trial, strict=True):
        assert np.isnan(value) or facts["runs"][0]["f1_of_trials"][str(trial.index)] == value
    # who agrees is a table, and the whole can be opened again
    table = rows(tmp_path / "agreement.csv")
    assert {row["agreement"] for row in table} == {"matched"}
    assert max(float(row["distance_px"]) for row in table) < 1e-4  # as the table rounds
    kept = ORACLE_FORMAT.load(tmp_path)
    assert kept.image.matches(read_image(picture))
    assert kept.result.f1 == 1
    assert kept.trials[0].run == saved.identifier
    np.testing.assert_array_equal(kept.trials[0].values(saved), by_trial)


def test_classes_of_the_oracle_have_their_own_recall(picture, run, tmp_path):
    known = tmp_path / "known.csv"
    lines = [
        f"{r['y_px']},{r['x_px']},{'AB'[i % 2]}" for i, r in enumerate(rows(run / "atoms.csv"))
    ]
    known.write_text("\n".join(["y,x,class", *lines, "3,3,B"]) + "\n")
    done = call(picture, "--points", known, "--run", run, "--out", tmp_path / "o", "--json")
    assert done.returncode == 0, done.stderr
    classes = json.loads(done.stdout)["classes"]
    assert set(classes) == {"A", "B"}
    assert classes["A"]["recall"] == 1
    assert classes["A"]["rms_px"] < 1e-4


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("height,width\n1,2\n", "no columns of positions"),
        ("y,x\n900,900\n950,900\n", "outside the image"),
        ("y,x\n", "holds no positions"),
    ],
)
def test_bad_points_are_one_sentence(picture, tmp_path, content, sentence):
    (tmp_path / "known.csv").write_text(content)
    done = call(picture, "--points", tmp_path / "known.csv", "--out", tmp_path / "o")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_run_of_another_image_and_a_bad_model_are_refused(picture, run, tmp_path):
    other = tmp_path / "other.npy"
    np.save(other, np.load(picture)[::-1])
    done = call(other, *SIZE, "--run", run, "--out", tmp_path / "o")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the pixels differ" in done.stderr
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model")
    done = call(picture, "--model", bad, "--out", tmp_path / "o")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "bad.onnx is not a model" in done.stderr
    done = call(picture, *SIZE, "--threshold", "1.5", "--out", tmp_path / "o")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("distance", ["0", "-2", "nan"])
def test_a_distance_that_cannot_be_is_refused_without_a_run_too(picture, tmp_path, distance):
    done = call(picture, *SIZE, f"--distance={distance}", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "distance" in done.stderr
    assert f"not {float(distance)}" in done.stderr
    assert not (tmp_path / "out").exists()


def refuse_large_files():
    """Fail like a disk that has space for the tables but not for a picture."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_a_disk_without_room_for_the_picture_has_what_can_be_opened_again(
    picture, tmp_path, monkeypatch
):
    # coverage, where it measures, would meet the limit as well
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    done = call_alone(picture, *SIZE, "--out", tmp_path / "out", preexec_fn=refuse_large_files)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "oracle.png cannot be written" in done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"oracle.json", "oracle.csv"}
    assert len(ORACLE_FORMAT.load(tmp_path / "out").oracle.points) > 100
