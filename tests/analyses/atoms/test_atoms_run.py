"""Tests of saved runs: a finished run is complete, an interrupted one holds its trials."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    BadInput,
    Image,
    Physics,
    Run,
    free_lattice,
    refine_trial,
    save_run,
)
from napari_reward_analysis.analyses.atoms.run import (
    ATOMS_FORMAT,
    LOG_FILE,
    RUN_FILE,
    ImageReference,
    load_run,
)
from napari_reward_analysis.search.loop import Search

SQUARE = free_lattice(4.0, 4.0, 90, 1)


@pytest.fixture(scope="module")
def image():
    y, x = np.mgrid[:100, :110]
    rng = np.random.default_rng(0)
    return Image(
        np.cos(y / 3) * np.cos(x / 3) + 0.05 * rng.standard_normal(y.shape), 0.2, "grid", "grid.npy"
    )


@pytest.fixture
def run(image):
    region = np.ones(image.shape, bool)
    region[:20] = False
    problem = AtomsProblem(image, SQUARE, AtomsSettings(trials=8), region)
    run = Run(
        image=ImageReference.of(image),
        settings=problem.settings,
        physics=problem.physics,
        lattice=SQUARE,
        region=region,
    )
    run.trials = list(Search(problem))
    run.status = "done"
    return run


def assert_same(one: Run, other: Run) -> None:
    assert other.image == one.image
    assert other.settings == one.settings
    assert other.physics == one.physics
    assert other.lattice == one.lattice
    assert other.choice == one.choice
    assert other.versions == one.versions
    np.testing.assert_array_equal(other.region, one.region)
    assert len(other.trials) == len(one.trials)
    for a, b in zip(one.trials, other.trials, strict=True):
        assert (a.index, a.parameters, a.score, a.failure) == (
            b.index,
            b.parameters,
            b.score,
            b.failure,
        )
        np.testing.assert_array_equal(a.blobs, b.blobs)
        np.testing.assert_array_equal(a.neighbour_sums, b.neighbour_sums)
        np.testing.assert_array_equal(a.inside, b.inside)
        assert (a.refined is None) == (b.refined is None)
        np.testing.assert_array_equal(a.points, b.points)
        np.testing.assert_array_equal(a.uncertainty, b.uncertainty)
    assert other.front == one.front


def test_a_saved_run_keeps_sub_pixel_positions(run, image, tmp_path):
    best = run.proposed()
    run.trials[best] = refine_trial(image, run.trials[best])
    save_run(run, tmp_path)
    loaded = load_run(tmp_path)
    assert_same(run, loaded)
    assert loaded.trials[best].refined is not None


def test_a_run_from_before_sub_pixel_positions_loads(run, tmp_path):
    path = save_run(run, tmp_path)
    record = json.loads(path.read_text())
    del record["settings"]["refine"]
    for trial in record["trials"]:
        del trial["refined"]
    path.write_text(json.dumps(record))
    assert_same(run, load_run(path))


def test_a_saved_run_is_the_same_run(run, tmp_path):
    run.choice = run.front[0]
    save_run(run, tmp_path / "new" / "folder")

    assert_same(run, load_run(tmp_path / "new" / "folder"))
    assert_same(run, load_run(tmp_path / "new" / "folder" / RUN_FILE))


def test_a_run_file_can_be_read_by_others(run, tmp_path):
    record = json.loads(save_run(run, tmp_path).read_text())

    assert record["image"]["fingerprint"] == run.image.fingerprint
    assert record["settings"]["seed"] == 0
    assert {"numpy", "scikit-image", "python"} <= set(record["versions"])
    assert record["front"] == [run.trials[i].index for i in run.front]
    assert record["proposed"]["euclidean"] in record["front"]
    assert {"parameters", "qc", "er", "seconds", "feasible"} <= set(record["trials"][0])


def test_a_run_names_its_image(run, image):
    assert run.image.matches(Image(image.data.copy(), name="other"))
    assert not run.image.matches(Image(image.data + 1))


def test_rescoring_a_loaded_run_moves_its_front(run, tmp_path):
    save_run(run, tmp_path)
    loaded = load_run(tmp_path)

    loaded.rescore(Physics(expected=run.physics.expected * 2, ds_px=run.physics.ds_px * 1.2))

    assert all(t.score.qc < s.score.qc for t, s in zip(loaded.trials, run.trials, strict=True))
    save_run(loaded, tmp_path)
    assert load_run(tmp_path).physics == loaded.physics


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_log_that_was_cut_off_loses_at_most_its_last_trial(run, tmp_path, cut):
    log = ATOMS_FORMAT.log(run, tmp_path)
    for trial in run.trials:
        log.add(trial)
    log.close(keep=True)
    path = tmp_path / LOG_FILE
    text = path.read_text()
    last = text.rindex("\n", 0, len(text) - 1) + 1
    path.write_text(text[: last + cut] if cut >= 0 else text)

    loaded = load_run(tmp_path)

    assert len(loaded.trials) == (7 if cut >= 0 else 8)
    assert loaded.status == "done" if run.status != "running" else "cancelled"
    np.testing.assert_array_equal(loaded.trials[-1].blobs, run.trials[len(loaded.trials) - 1].blobs)


def test_a_run_that_was_going_on_is_loaded_as_cancelled(run, tmp_path):
    run.status = "running"
    ATOMS_FORMAT.log(run, tmp_path).close(keep=True)
    assert load_run(tmp_path).status == "cancelled"


def test_the_newer_of_log_and_run_is_loaded(run, tmp_path):
    saved = save_run(run, tmp_path)
    log = ATOMS_FORMAT.log(run, tmp_path)
    log.add(run.trials[0])
    log.close(keep=True)
    os.utime(saved, ns=(1, 1))
    assert len(load_run(tmp_path).trials) == 1
    os.utime(tmp_path / LOG_FILE, ns=(0, 0))
    assert len(load_run(tmp_path).trials) == 8


def damaged_files(run, folder: Path):
    whole = save_run(run, folder).read_text()
    record = json.loads(whole)
    return {
        "newer": (json.dumps(record | {"format": 99}), "newer version"),
        "short": (whole[: len(whole) // 2], "cut short or damaged"),
        "other": ('{"hello": 1}', "not a run of this program"),
        "list": ("[1, 2]", "not a run of this program"),
        "empty": ("", "cut short or damaged"),
        "headless": (json.dumps({**record, "image": 3}), "not a run of this program"),
        "blobs": (
            json.dumps({**record, "trials": [{**record["trials"][0], "blobs": "xx"}]}),
            "not a run of this program",
        ),
        "trials": (json.dumps(record | {"trials": None}), "not a run of this program"),
    }


@pytest.mark.parametrize(
    "kind", ["newer", "short", "other", "list", "empty", "headless", "blobs", "trials"]
)
def test_damaged_run_files_are_one_sentence(run, tmp_path, kind):
    text, sentence = damaged_files(run, tmp_path)[kind]
    (tmp_path / RUN_FILE).write_text(text)
    with pytest.raises(BadInput, match=sentence) as caught:
        load_run(tmp_path / RUN_FILE)
    assert "\n" not in str(caught.value)


def test_a_missing_run_is_one_sentence(tmp_path):
    with pytest.raises(BadInput, match="There is no run in"):
        load_run(tmp_path)
    with pytest.raises(BadInput, match="cannot be read as a run"):
        load_run(tmp_path / "none.json")


def test_a_full_disk_leaves_the_older_run_untouched(run, tmp_path, monkeypatch):
    save_run(run, tmp_path)
    before = (tmp_path / RUN_FILE).read_bytes()

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    run.trials = run.trials[:2]
    with pytest.raises(BadInput, match="disk is full"):
        save_run(run, tmp_path)
    monkeypatch.undo()

    assert (tmp_path / RUN_FILE).read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [RUN_FILE]


def test_a_folder_that_cannot_be_made_is_one_sentence(run, tmp_path):
    (tmp_path / "file").write_text("")
    for write in (save_run, ATOMS_FORMAT.log):
        with pytest.raises(BadInput, match="cannot be written"):
            write(run, tmp_path / "file" / "folder")
