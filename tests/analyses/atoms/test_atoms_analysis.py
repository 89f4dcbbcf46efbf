"""Tests of the analysis of columns: its inputs and its end."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.runs import run_atoms

from napari_reward_analysis import AtomsSettings, BadInput, Image, free_lattice, load_run
from napari_reward_analysis.analyses.atoms.analysis import ATOMS
from napari_reward_analysis.analyses.atoms.output import write_atoms
from napari_reward_analysis.analyses.atoms.problem import preflight_for
from napari_reward_analysis.runs.analysis import Inputs, analysis_named
from napari_reward_analysis.runs.execute import collect
from napari_reward_analysis.runs.run import Pick

SQUARE = free_lattice(4.0, 4.0, 90, 1)


@pytest.fixture(scope="module")
def image():
    # columns are narrow enough to show higher reflections
    y, x = np.mgrid[:80, :80] * (2 * np.pi / 20)
    return Image(np.exp(2 * (np.cos(y) + np.cos(x))), 0.2, "grid")


def test_it_is_found_by_its_name():
    assert analysis_named("atoms") is ATOMS


def test_an_oracle_gives_the_count_where_nothing_else_does(image):
    given = {"oracles": {"person": 16.0, "network": 15.0}}
    alone = ATOMS.begin(Inputs(image, None, given=given), AtomsSettings(trials=2))
    assert alone.run.settings.count == 16.0
    assert alone.run.oracles == given["oracles"]
    beside = ATOMS.begin(Inputs(image, SQUARE, given=given), AtomsSettings(trials=2))
    assert beside.run.settings.count is None
    with pytest.raises(BadInput, match="Neither a lattice nor a count"):
        ATOMS.begin(Inputs(image), AtomsSettings(trials=2, supported=False))


def test_a_preflight_is_made_once(image):
    settings = AtomsSettings(trials=1)
    preflight = preflight_for(image, SQUARE, settings)
    task = ATOMS.begin(Inputs(image, SQUARE, given={"preflight": preflight}), settings)
    assert task.run.region is preflight.region
    assert task.run.measured == preflight.measured.facts()


@pytest.mark.parametrize(("search", "total"), [(("overlap",), 9), ((), 1)])
def test_the_number_of_trials_is_known(image, search, total):
    settings = AtomsSettings(trials=9, search=search, stages=(), rewards=())
    task = ATOMS.begin(Inputs(image, SQUARE), settings)
    assert task.total == total
    assert len(collect(task).trials) <= total


def test_why_a_search_ended_early_is_a_notice_of_its_run(image):
    settings = AtomsSettings(trials=200, seconds=1e-9, stages=(), rewards=())
    run = collect(ATOMS.begin(Inputs(image, SQUARE), settings))
    assert run.status == "done"
    assert "ended_early" in [notice.code for notice in run.notices]


def test_an_interruption_before_anything_is_found_leaves_nothing(image, tmp_path):
    def stop(done, trial):
        raise KeyboardInterrupt

    settings = AtomsSettings(trials=5, search=("threshold",), ranges={"threshold": (90.0, 99.0)})
    with pytest.raises(KeyboardInterrupt):
        run_atoms(image, SQUARE, settings, tmp_path / "run", progress=stop)
    assert not (tmp_path / "run").exists()


def test_a_search_that_finds_nothing_is_bad_input_and_leaves_nothing(image, tmp_path):
    settings = AtomsSettings(trials=3, search=("threshold",), ranges={"threshold": (90.0, 99.0)})
    with pytest.raises(BadInput, match="No setting found five atoms"):
        run_atoms(image, SQUARE, settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_is_written_is_what_the_summary_says(image, tmp_path):
    run = run_atoms(image, SQUARE, AtomsSettings(trials=4), tmp_path)
    summary = write_atoms(run, tmp_path, Pick("1"), image)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("run.json", "atoms.csv", "vacancies.csv", "front.png", "overlay.png")
    }
    assert (summary["pick"], summary["n_trials"]) == (1, 4)
    assert len((tmp_path / "atoms.csv").read_text().splitlines()) == summary["n_atoms"] + 1
    again = load_run(str(tmp_path))
    assert again.choice == 1
    assert again.best.refined is not None
    assert ATOMS.describe(summary).startswith(f"{summary['n_counted']} columns found")
    with pytest.raises(BadInput, match="Trial 9 has no result to export"):
        write_atoms(run, tmp_path, Pick("9"), image)
