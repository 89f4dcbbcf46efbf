"""Studies saved by version 0.1 still open."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_reward_analysis.analyses.noise.result import KEPT, TUNED
from napari_reward_analysis.runs.analysis import analysis_named

FOLDER = Path(__file__).parent / "runs_of_0_1"


def loaded(name):
    return analysis_named(name).format.load(FOLDER / f"{name}.json")


@pytest.mark.parametrize("name", ["windows", "noise", "oracle"])
def test_what_every_run_says_is_there(name):
    run = loaded(name)
    assert (run.image.name, run.image.shape, run.status) == ("small", (80, 110), "done")
    assert (run.name, run.message, run.created, run.notices) == ("", "", "", [])
    assert run.versions["napari-reward-analysis"] == "0.1.0"
    assert (run.front, run.best) == ([], None)
    assert loaded(name).identifier != run.identifier


def test_windows():
    run = loaded("windows")
    assert (run.plan.grid, run.settings.atoms.trials, run.settings.side) == ((2, 2), 4, 14)
    assert len(run.atoms()) == 20
    assert run.table()["n_trials"].tolist() == [4, 4, 4, 4]


def test_noise():
    run = loaded("noise")
    table = run.table()
    assert table["method"].tolist() == [TUNED, KEPT] * 2
    assert table["n"].tolist() == [20, 20, 20, 1]
    assert run.means(TUNED, "f1")[:, 1].tolist() == [1, 1]


def test_oracle():
    run = loaded("oracle")
    assert (run.oracle.name, run.found_name, run.trial) == (
        "truths.csv",
        "small atoms, trial 3",
        None,
    )
    assert (run.reach, run.result.f1, len(run.atoms())) == (10, 1, 20)
    (judged,) = run.trials
    assert judged.indices == (0, 1, 2, 3)
    assert judged.f1.tolist() == [1, 1, 1, 1]
