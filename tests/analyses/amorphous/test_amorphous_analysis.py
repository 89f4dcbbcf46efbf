"""Tests of the analysis of amorphous regions: its inputs and its end."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import lattice_preset
from napari_reward_analysis.analyses.amorphous.analysis import AMORPHOUS
from napari_reward_analysis.analyses.amorphous.as_published import as_published
from napari_reward_analysis.analyses.amorphous.known_atoms import searching_atoms
from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.simulate import Pocket, simulate
from napari_reward_analysis.runs.analysis import Inputs, analysis_named
from napari_reward_analysis.runs.execute import collect

STO = lattice_preset("SrTiO3[001]")


@pytest.fixture(scope="module")
def made():
    pocket = Pocket((22.0, 22.0), (10.0, 10.0))
    return simulate(STO, (150, 150), 0.3, seed=2, noise=0.05, pockets=[pocket])


@pytest.fixture(scope="module")
def points(made):
    """Places of the columns, found by LoG*."""
    steps = searching_atoms(made.image, STO, AtomsSettings(trials=6))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value.blobs


def begin(image, points, settings, **given):
    return AMORPHOUS.begin(Inputs(image, STO, given={"points": points, **given}), settings)


def test_it_is_found_by_its_name():
    assert analysis_named("amorphous") is AMORPHOUS


def test_patience_ends_the_search_with_a_notice(made, points):
    run = collect(begin(made.image, points, AmorphousSettings(trials=300, patience=3)))
    assert run.status == "done"
    assert len(run.trials) < 300
    assert run.notices[-1].code == "ended_early"


def test_a_time_budget_that_is_spent_leaves_the_first_trial(made, points):
    run = collect(begin(made.image, points, AmorphousSettings(trials=300, seconds=1e-9)))
    assert [trial.index for trial in run.trials] == [0]
    assert run.trials[0].feasible
    assert run.notices[-1].code == "ended_early"


def test_the_first_trial_is_at_the_defaults_unless_it_is_as_published(made, points):
    first = collect(begin(made.image, points, AmorphousSettings(trials=1))).trials[0]
    assert first.parameters["window"] == 0.36
    published = collect(begin(made.image, points, as_published(trials=1))).trials[0]
    assert published.parameters["measure"] == "posterior"
    assert published.search_seconds > 0


def test_the_lattice_calibrates_given_points_too(made, points):
    wrong = Image(made.image.data, 0.33)
    settings = AmorphousSettings(trials=1, calibrate="lattice")
    assert begin(wrong, points, settings).run.image.pixel_size == pytest.approx(0.3, rel=0.01)
    assert begin(wrong, points, AmorphousSettings(trials=1)).run.image.pixel_size == 0.33


def test_given_kinds_are_kept(made, points):
    labels = np.where(np.arange(len(points)) % 2, "A", "B")
    columns = begin(made.image, points, AmorphousSettings(trials=1), labels=labels).run.columns
    on_atoms = columns.atom >= 0
    assert on_atoms.sum() > 200
    np.testing.assert_array_equal(columns.labels[on_atoms], labels[columns.atom[on_atoms]])


def test_the_search_of_the_atoms_is_part_of_the_settings():
    settings = AmorphousSettings(seed=4, count=100, calibrate="lattice", atom_trials=7)
    search = settings.atoms_search
    assert (search.seed, search.count, search.calibrate, search.trials) == (4, 100, "lattice", 7)
    assert AmorphousSettings().atoms_search == AtomsSettings()


def test_the_search_of_the_atoms_ends_with_its_iteration(made):
    steps = searching_atoms(made.image, STO, AtomsSettings(trials=50))
    assert next(steps).index == 0
    steps.close()
    assert list(steps) == []
