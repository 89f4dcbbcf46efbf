"""Tests of columns outside the region: they are shown and written but not counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.spatial import cKDTree
from tests.support.runs import run_atoms

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    AtomTrial,
    Image,
    atoms_table,
    lattice_preset,
    pick,
)
from napari_reward_analysis.analyses.atoms.output import write_atoms
from napari_reward_analysis.analyses.atoms.outside import Rim
from napari_reward_analysis.analyses.atoms.run import load_run
from napari_reward_analysis.io.simulate import Pocket, simulate
from napari_reward_analysis.search.loop import Search

YBCO = lattice_preset("YBCO[100]")
SIZE = 0.2


class Melted(NamedTuple):
    image: Image
    columns: np.ndarray
    retention: np.ndarray


@pytest.fixture(scope="module")
def melted() -> Melted:
    pocket = Pocket((210.0, 200.0), (20.0, 16.0), edge=2.0)
    made = simulate(YBCO, (420, 420), SIZE, dose=200.0, seed=6, pockets=(pocket,))
    columns = np.column_stack([made.truth["y"], made.truth["x"]])
    return Melted(made.image, columns, made.truth["retention"])


@pytest.fixture(scope="module")
def problem(melted: Melted) -> AtomsProblem:
    return AtomsProblem(melted.image, YBCO, AtomsSettings(trials=20))


@pytest.fixture(scope="module")
def best(problem: AtomsProblem) -> AtomTrial:
    trials = list(Search(problem))
    position = pick(trials)
    assert position is not None
    return trials[position]


def test_the_edge_loses_no_column_that_kept_half(
    problem: AtomsProblem, best: AtomTrial, melted: Melted
) -> None:
    whole = melted.columns[melted.retention >= 0.5]
    whole = whole[((whole > 10) & (whole < 409)).all(axis=1)]
    reach = 0.6 / SIZE

    def missed(points: np.ndarray) -> int:
        distance, _ = cKDTree(points).query(whole)
        return int(np.count_nonzero(distance > reach))

    assert problem.region is not None
    assert best.outside.any()
    assert missed(best.blobs[best.shown, :2]) == 0
    assert missed(best.blobs[best.inside, :2]) > 0


def test_they_do_not_count(problem: AtomsProblem, best: AtomTrial) -> None:
    assert not (best.outside & best.inside).any()
    assert best.score.count == best.inside.sum()
    table = atoms_table(best, problem.physics, SIZE)
    assert len(table["id"]) == best.shown.sum()
    assert table["is_counted"].sum() == best.score.count
    # with a DS that makes every column an error, those beside are none
    strict = atoms_table(best, replace(problem.physics, ds_px=1e6), SIZE)
    np.testing.assert_array_equal(strict["is_error"], strict["is_counted"])


def test_a_drawn_region_is_taken_as_it_is(melted: Melted, problem: AtomsProblem) -> None:
    drawn = AtomsProblem(melted.image, YBCO, AtomsSettings(trials=2), problem.region)
    assert not any(trial.outside.any() for trial in Search(drawn))


def test_files_hold_them(melted: Melted, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run = run_atoms(melted.image, YBCO, AtomsSettings(trials=12), folder)
    summary = write_atoms(run, folder, image=melted.image)
    rows = np.genfromtxt(folder / "atoms.csv", delimiter=",", names=True, dtype=None)
    assert summary["n_atoms"] == len(rows) > summary["n_counted"] == rows["is_counted"].sum()
    known = summary["n_counted"] + summary["n_vacant"]
    assert summary["qc"] == pytest.approx(known / summary["expected"] - 1)
    again = load_run(folder)
    position = again.proposed()
    assert position is not None
    assert again.trials[position].shown.sum() == len(rows)
    # a run of a version that left them out
    record = json.loads((folder / "run.json").read_text())
    for trial in record["trials"]:
        del trial["beside"]
    (folder / "run.json").write_text(json.dumps(record))
    assert not any(trial.outside.any() for trial in load_run(folder).trials)


def test_rim_wants_a_partner() -> None:
    area = np.zeros((60, 60), bool)
    area[:, :30] = True
    rim = Rim(Image(np.eye(60)), area, 10.0, np.array([[10.0, 0.0], [0.0, 10.0]]))
    y, x = np.mgrid[5:60:10, 5:30:10]
    crystal = np.column_stack([y.ravel(), x.ravel()])
    others = np.array([[25, 35], [30, 33], [25, 45], [59, 35]])  # right, off, too far, edge
    points = np.concatenate([crystal, others])
    blobs = np.column_stack([points, np.ones((len(points), 2))]).astype(np.float32)
    beside = rim.columns(blobs, np.arange(len(points)) < len(crystal))
    assert beside.nonzero()[0].tolist() == [len(crystal)]


def test_rim_without_vectors_takes_nothing() -> None:
    area = np.zeros((30, 30), bool)
    area[:, :15] = True
    blobs = np.array([[10, 10, 1, 1], [10, 17, 1, 1]], np.float32)
    found = Rim(Image(np.eye(30)), area, 8.0, None).columns(blobs, np.array([True, False]))
    assert not found.any()
