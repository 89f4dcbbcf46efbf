"""Tests of run files of version 0.1, one of each kind.

That version computed the numbers below.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_reward_analysis import lattice_preset
from napari_reward_analysis.analyses.amorphous import as_published as published_regions
from napari_reward_analysis.analyses.atoms.as_published import as_published, is_as_published
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.analyses.windows.table import stitched_table
from napari_reward_analysis.notices import Notice, sentence
from napari_reward_analysis.runs.analysis import analysis_named
from napari_reward_analysis.runs.load import load_any

FOLDER = Path(__file__).parents[1] / "data" / "runs_0_1"

WRONG_HEADER = (
    "The header's pixel size of 0.2625 angstrom is 4.8% larger than the 0.2505 angstrom that the "
    "lattice of SrTiO3[001] shows; lengths are off by as much, and a count by the header would be "
    "10% too high: use the lattice's (--calibrate lattice)."
)


def read(name):
    return load_any(FOLDER / name)


def test_a_search_for_atoms():
    run = read("atoms.json")
    assert (run.image.name, run.image.shape, run.image.pixel_size) == ("small", (96, 96), 0.2625)
    assert run.lattice == lattice_preset("SrTiO3[001]")
    assert run.settings == AtomsSettings(trials=6, seed=1, patience=40, rewards=("incoherence",))
    assert (run.status, run.name) == ("done", "small atoms")
    assert [trial.score.count for trial in run.trials] == [61, 61, 61, 62, 61, 61]
    assert run.trials[3].objectives == pytest.approx(
        (0.14774942268059982, 0.027491954107077426, 0.0196078431372549)
    )
    assert (run.front, run.proposed(), run.choice) == ([3, 0], 3, 2)
    assert run.physics.expected == 72.74855734918921
    assert run.physics.ds_px == 39.67511202323293
    assert run.oracles == {"person": 40.0}
    assert run.notices == [Notice("text", {"text": WRONG_HEADER})]
    assert sentence(run.notices[0]) == WRONG_HEADER
    assert run.best.refined is not None
    assert run.trials[3].points.sum() == 8059.0
    assert run.trials[3].shown.sum() == 62


def test_a_search_for_atoms_as_published():
    run = read("atoms_as_published.json")
    assert run.settings == as_published(trials=6, seed=2, ranges={"overlap": (0.1, 0.4)})
    assert is_as_published(run.settings)
    assert [trial.score.count for trial in run.trials] == [25, 25, 0, 911, 524, 0]
    assert (run.front, run.proposed(), run.choice) == ([1], 1, None)
    assert run.trials[1].objectives == (0.6548432548664554, 0.0)
    # the paper's 9.6 angstrom
    assert run.physics.ds_px == 38.4


def test_a_search_for_atoms_that_was_cut_off():
    run = read("atoms_cut_off.jsonl")
    assert (run.status, run.name, run.drawn) == ("cancelled", "cut off", True)
    assert [trial.score.count for trial in run.trials] == [50, 50, 50, 50]
    assert run.region.sum() == 5760
    assert (run.front, run.proposed()) == ([3], 3)
    assert run.best.points.sum() == 7983.0


@pytest.mark.parametrize(
    ("name", "masks", "front", "proposed"),
    [
        ("amorphous.json", [2994, 2948, 3173, 0], [1], 1),
        ("amorphous_as_published.json", [3644, 0, 2941], [0, 2], 0),
    ],
)
def test_a_search_for_amorphous_regions(name, masks, front, proposed):
    run = read(name)
    assert (run.image.name, run.image.shape) == ("melt", (150, 150))
    assert [int(trial.mask.sum()) for trial in run.trials] == masks
    assert (run.front, run.proposed()) == (front, proposed)
    assert (len(run.blobs), len(run.columns.yx)) == (290, 256)
    assert set(run.columns.labels.tolist()) == {"Sr", "Ti"}
    verdict = run.verdict
    assert (verdict.exists, verdict.p_value, verdict.largest_loss) == (True, 0.002, 1.0)
    assert verdict.bound == 0.15
    assert verdict.sentence.startswith("An amorphous region exists (p <= 0.002).")
    assert "86% of the field is crystal" in sentence(run.notices[0])


def test_amorphous_regions_as_published_have_its_settings():
    run = read("amorphous_as_published.json")
    assert run.settings == published_regions.as_published(trials=3, seed=1)
    assert run.trials[2].objectives == (1.2084590422963681, 0.35222255387767704)
    assert {len(trial.objectives) for trial in run.trials} == {2}
    assert read("amorphous.json").trials[1].objectives == (
        1.0648572287265854,
        0.33102676734719455,
        0.036553564341366106,
    )


def test_an_analysis_by_windows():
    run = read("windows.json")
    table = stitched_table(run.trials, run.plan, run.spacing_px, run.image.pixel_size)
    assert (run.status, len(run.trials), tuple(run.plan.grid)) == ("done", 4, (2, 2))
    assert len(table["id"]) == 61
    assert np.sum(table["y_px"]) == pytest.approx(2858.885498523712)
    assert run.settings.atoms == AtomsSettings(trials=2, rewards=("incoherence",))


def test_a_noise_study():
    run = read("noise.json")
    assert run.status == "done"
    assert [result.level for result in run.trials] == [0.0, 0.0, 0.5, 0.5]
    assert [result.method for result in run.trials] == ["LoG*", "LoG, settings kept"] * 2
    assert [result.count for result in run.trials] == [61, 61, 64, 41]


def test_a_comparison_with_an_oracle():
    run = read("oracle.json")
    assert (run.oracle.name, len(run.oracle.points)) == ("points.csv", 59)
    assert [sentence(notice) for notice in run.notices] == [WRONG_HEADER]


@pytest.mark.parametrize("name", ["windows.json", "noise.json", "oracle.json"])
def test_a_study_has_what_every_run_has(name):
    run = read(name)
    assert (run.status, run.name, run.message, run.created) == ("done", "", "", "")
    assert run.versions["napari-reward-analysis"] == "0.1.0"
    assert (run.front, run.best) == ([], None)
    assert read(name).identifier != run.identifier
    assert run.has_result()


@pytest.mark.parametrize("name", ["windows.json", "noise.json", "oracle.json"])
def test_an_old_study_is_saved_and_read_again(name, tmp_path):
    run = read(name)
    again = load_any(analysis_named(run.kind).format.save(run, tmp_path))
    for what in ("settings", "notices", "status", "created", "identifier", "image"):
        assert getattr(again, what) == getattr(run, what)
    table = "table" if name == "noise.json" else "atoms"
    pd.testing.assert_frame_equal(getattr(again, table)(), getattr(run, table)())


@pytest.mark.parametrize("name", ["atoms.json", "amorphous.json", "amorphous_as_published.json"])
def test_an_old_run_is_saved_and_read_again(name, tmp_path):
    run = read(name)
    saved = json.loads((FOLDER / name).read_text())
    again = load_any(analysis_named(run.kind).format.save(run, tmp_path))
    assert again.settings == run.settings
    assert again.notices == run.notices
    assert (again.front, again.proposed(), again.choice) == (run.front, run.proposed(), run.choice)
    assert [t["index"] for t in saved["trials"]] == [trial.index for trial in again.trials]
