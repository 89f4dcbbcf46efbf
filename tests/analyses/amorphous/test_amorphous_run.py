"""Tests of saved runs of amorphous regions, and of their result files."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import tifffile
from tests.support.runs import run_amorphous

from napari_reward_analysis import (
    AmorphousSettings,
    AtomsSettings,
    BadInput,
    lattice_preset,
    load_amorphous_run,
)
from napari_reward_analysis.analyses.amorphous.known_atoms import given_atoms, search_atoms
from napari_reward_analysis.analyses.amorphous.output import write_amorphous
from napari_reward_analysis.analyses.amorphous.run import AMORPHOUS_FORMAT
from napari_reward_analysis.analyses.atoms.run import ATOMS_FORMAT
from napari_reward_analysis.io.simulate import Pocket, simulate
from napari_reward_analysis.runs.analysis import Pick
from napari_reward_analysis.runs.packed import pack

YBCO = lattice_preset("YBCO[100]")


@pytest.fixture(scope="module")
def made():
    return simulate(
        YBCO, (260, 280), 0.18, rotation=3, dose=100, pockets=[Pocket((120, 150), (11, 9))], seed=2
    )


@pytest.fixture(scope="module")
def atoms(made):
    return search_atoms(made.image, YBCO, AtomsSettings(trials=15))


@pytest.fixture(scope="module")
def run(made, atoms, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return run_amorphous(made.image, YBCO, AmorphousSettings(trials=8), folder, atoms=atoms)


def assert_same(one, other):
    assert (one.image, one.settings, one.verdict) == (other.image, other.settings, other.verdict)
    assert (one.lattice, one.status, one.choice) == (other.lattice, other.status, other.choice)
    np.testing.assert_allclose(one.blobs, other.blobs, rtol=1e-6)
    np.testing.assert_array_equal(one.columns.labels, other.columns.labels)
    np.testing.assert_array_equal(one.columns.reference, other.columns.reference)
    assert len(one.trials) == len(other.trials)
    for a, b in zip(one.trials, other.trials, strict=True):
        assert (a.index, a.parameters, a.score, a.rewards) == (
            b.index,
            b.parameters,
            b.score,
            b.rewards,
        )
        np.testing.assert_array_equal(a.packed, b.packed)
        np.testing.assert_allclose(a.level, b.level)
    assert one.front == other.front
    assert one.proposed() == other.proposed()


def test_a_saved_run_comes_back_with_masks_and_choice(run, tmp_path):
    summary = write_amorphous(run, tmp_path)
    again = load_amorphous_run(tmp_path)
    assert_same(run, again)
    assert again.trials[again.proposed()].index == summary["pick"]
    assert not list(tmp_path.glob("*.jsonl"))


def test_the_results_agree_with_each_other(run, made, tmp_path):
    summary = write_amorphous(run, tmp_path)

    mask = tifffile.imread(tmp_path / "mask.tif")
    rows = list(csv.DictReader((tmp_path / "atoms.csv").read_text().splitlines()))
    regions = list(csv.DictReader((tmp_path / "regions.csv").read_text().splitlines()))
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "atoms.csv",
        "front.png",
        "mask.tif",
        "regions.csv",
        "run.json",
    ]
    assert mask.dtype == np.uint8
    assert mask.max() == summary["n_regions"] == len(regions) == 1
    assert (mask > 0).mean() == pytest.approx(summary["area_fraction"])
    assert float(regions[0]["perimeter_A"]) == pytest.approx(summary["perimeter_A"])
    assert float(regions[0]["area_A2"]) == pytest.approx((mask > 0).sum() * 0.18**2)
    assert ((mask > 0) & made.mask).sum() / ((mask > 0) | made.mask).sum() > 0.8
    assert {row["class"] for row in rows} <= {"Ba", "Y", "Cu1", "Cu2", ""}
    assert sum(row["class"] != "" for row in rows) > 0.8 * len(rows)
    # other tools read these columns by name
    assert list(rows[0])[-3:] == ["class", "contrast_lost", "is_amorphous"]
    for row in rows[::17]:
        place = int(float(row["y_px"])), int(float(row["x_px"]))
        assert int(row["is_amorphous"]) == (mask[place] > 0)
    with tifffile.TiffFile(tmp_path / "mask.tif") as file:
        assert file.imagej_metadata["unit"] == "nm"


def test_a_killed_run_keeps_its_trials(run, tmp_path):
    log = AMORPHOUS_FORMAT.log(run, tmp_path)
    for trial in run.trials[:5]:
        log.add(trial)
    log.close(keep=True)
    with log.path.open("a") as file:
        file.write('{"index": 5, "par')

    again = load_amorphous_run(tmp_path)

    assert [trial.index for trial in again.trials] == [0, 1, 2, 3, 4]
    assert again.proposed() is not None


def test_an_interruption_keeps_what_was_found(made, atoms, tmp_path):
    def stop(done, remark):
        if done == 4:
            raise KeyboardInterrupt

    settings = AmorphousSettings(trials=20)
    run = run_amorphous(made.image, YBCO, settings, tmp_path, progress=stop, atoms=atoms)
    assert run.status == "cancelled"
    assert len(load_amorphous_run(tmp_path).trials) == 4


def test_positions_from_elsewhere_are_as_good(made, atoms, tmp_path):
    points = atoms.blobs[:, :2]
    run = run_amorphous(made.image, YBCO, AmorphousSettings(trials=1), tmp_path, points=points)
    assert np.isnan(run.blobs[:, 2]).all()
    assert run.verdict.exists


def test_where_nothing_is_amorphous_the_files_say_so(tmp_path):
    image = simulate(YBCO, (260, 280), 0.18, dose=80, seed=3).image
    run = run_amorphous(image, YBCO, AmorphousSettings(trials=30, atom_trials=15), tmp_path)
    summary = write_amorphous(run, tmp_path)

    assert not tifffile.imread(tmp_path / "mask.tif").any()
    assert (summary["n_regions"], summary["pick"], summary["compactness"]) == (0, None, None)
    assert summary["verdict"].startswith("Nothing is amorphous here")
    assert len((tmp_path / "regions.csv").read_text().splitlines()) == 1
    assert load_amorphous_run(tmp_path).trials[0].score.compactness == float("inf")


def test_a_trial_without_a_region_cannot_be_exported(run, tmp_path):
    with pytest.raises(BadInput, match="choose one of the front"):
        write_amorphous(run, tmp_path, Pick("99"))


def test_runs_of_the_two_analyses_are_told_apart(run, tmp_path):
    write_amorphous(run, tmp_path)
    with pytest.raises(BadInput, match=r"run of another analysis \(amorphous\)"):
        ATOMS_FORMAT.load(tmp_path)
    record = json.loads((tmp_path / "run.json").read_text()) | {"kind": "atoms"}
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(BadInput, match=r"run of another analysis \(atoms\)"):
        load_amorphous_run(tmp_path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 99}, "saved by a newer version"),
        ({"format": None}, "is damaged"),
        ({"columns": {}}, "is damaged"),
        ({"notices": None}, "is damaged"),
        ({"status": "x"}, "is damaged"),
        ({"name": []}, "is damaged"),
        ({"trials": None}, "is damaged"),
    ],
)
def test_damaged_and_newer_files_are_refused(run, tmp_path, change, sentence):
    write_amorphous(run, tmp_path)
    record = json.loads((tmp_path / "run.json").read_text()) | change
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(BadInput, match=sentence):
        load_amorphous_run(tmp_path)


def test_a_mask_that_was_cut_short_is_not_taken_for_crystal(run, tmp_path):
    write_amorphous(run, tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    record["trials"][1]["mask"] = pack(run.trials[1].packed[:-100])
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(BadInput, match="is damaged"):
        load_amorphous_run(tmp_path)


def test_bad_input_leaves_no_folder(made, tmp_path):
    few = given_atoms(made.image, np.ones((5, 2)), YBCO)
    with pytest.raises(BadInput, match="5 atoms are too few"):
        run_amorphous(made.image, YBCO, AmorphousSettings(), tmp_path / "new", atoms=few)
    with pytest.raises(BadInput, match="give y and x for each atom"):
        given_atoms(made.image, np.ones((5, 3)), YBCO)
    assert not (tmp_path / "new").exists()
