"""Tests of stages and extra rewards in the search: chosen, tuned, saved, refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from tests.support.runs import run_atoms

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    BadInput,
    Image,
    free_lattice,
    front_of,
    iter_atoms,
    lattice_preset,
    load_run,
    pick,
    register_reward,
    register_stage,
)
from napari_reward_analysis.analyses.atoms.as_published import as_published, is_as_published
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.search.loop import Search

LATTICE = lattice_preset("YBCO[100]")


@pytest.fixture(scope="module")
def noisy():
    """Noise as high as the columns, and where they are."""
    made = simulate(LATTICE, (280, 280), 0.18, rotation=2, noise=0.8, seed=4)
    return made.image, np.column_stack([made.truth["y"], made.truth["x"]])


def f1(trial, truth):
    """Share of points and columns that find each other within 0.6 A, away from the border."""
    found = trial.blobs[trial.inside, :2]
    near = np.hypot(*(found[:, None] - truth[None]).transpose(2, 0, 1)) < 0.6 / 0.18
    border = [((p > 11) & (p < 268)).all(axis=1) for p in (found, truth)]
    return (near.any(axis=1)[border[0]].mean() + near.any(axis=0)[border[1]].mean()) / 2


def best_of(image, **settings):
    trials = list(iter_atoms(image, LATTICE, settings=AtomsSettings(trials=40, **settings)))
    return trials[pick(trials)]


def test_the_default_workflow_finds_what_the_log_alone_cannot(noisy):
    image, truth = noisy

    full, alone = best_of(image), best_of(image, stages=())

    assert full.parameters["denoise"] == "wiener"
    assert f1(full, truth) > 0.97
    assert f1(alone, truth) < 0.93


def test_incoherence_is_an_objective_and_published_runs_have_two(noisy):
    image, _ = noisy
    trials = list(iter_atoms(image, LATTICE, settings=AtomsSettings(trials=20)))
    published = list(iter_atoms(image, LATTICE, settings=as_published(trials=20)))

    feasible = [t for t in trials if t.feasible]
    assert {len(t.objectives) for t in feasible} == {4}
    assert all(t.objectives[2] == t.extra_rewards["incoherence"] for t in feasible)
    front = [trials[i].objectives for i in front_of(trials)]
    assert not any(all(np.less_equal(a, b)) and a != b for a in front for b in front)
    assert {len(t.objectives) for t in published} == {2}
    assert "denoise" not in published[0].parameters


def test_a_run_with_stages_and_rewards_is_saved_and_loaded(noisy, tmp_path):
    image, _ = noisy
    settings = AtomsSettings(
        trials=12, stages=("wiener", "highpass"), rewards=("incoherence", "gaps")
    )

    run = run_atoms(image, LATTICE, settings, tmp_path)
    loaded = load_run(tmp_path)

    assert loaded.settings == settings
    assert [t.extra_rewards for t in loaded.trials] == [t.extra_rewards for t in run.trials]
    assert [t.parameters for t in loaded.trials] == [t.parameters for t in run.trials]
    assert loaded.front == run.front


def test_the_same_seed_repeats_the_run(noisy):
    image, _ = noisy
    settings = AtomsSettings(trials=18, stages=("wiener", "gaussian"), seed=3)

    first, second = (list(iter_atoms(image, LATTICE, settings=settings)) for _ in range(2))

    assert [t.parameters for t in first] == [t.parameters for t in second]
    assert [t.objectives for t in first] == [t.objectives for t in second]


def test_a_stage_can_be_fixed_with_its_parameters(noisy):
    image, _ = noisy
    fixed = {"denoise": "gaussian", "gaussian.sigma": 0.2}
    trials = list(
        iter_atoms(
            image, LATTICE, settings=AtomsSettings(trials=6, stages=("gaussian", "tv"), fixed=fixed)
        )
    )

    assert {t.parameters["denoise"] for t in trials} == {"gaussian"}
    assert {t.parameters["gaussian.sigma"] for t in trials} == {0.2}
    assert not any("tv.weight" in t.parameters for t in trials)


def test_one_setting_is_one_trial(noisy):
    image, _ = noisy
    trials = list(
        iter_atoms(image, LATTICE, settings=AtomsSettings(search=(), fixed={"denoise": "wiener"}))
    )

    assert len(trials) == 1
    assert trials[0].parameters["denoise"] == "wiener"


def test_trials_of_one_stage_setting_share_the_filtered_image(noisy, monkeypatch):
    image, _ = noisy
    calls = []

    @register_stage("counted", level=(0.0, 1.0))
    def counted(pixels, level):
        calls.append(level)
        return pixels + level * pixels**2

    trials = list(
        iter_atoms(image, LATTICE, settings=AtomsSettings(trials=30, stages=("counted",)))
    )

    used = {t.parameters["counted.level"] for t in trials if t.parameters["denoise"] == "counted"}
    assert len(used) > 1
    assert sorted(calls) == sorted(used)


def test_a_stage_or_reward_that_fails_is_a_failed_trial(noisy):
    image, _ = noisy

    @register_stage("fragile")
    def fragile(pixels):
        raise ZeroDivisionError("no such luck")

    @register_reward("picky")
    def picky(detection):
        if len(detection.points) % 2:
            raise ValueError("odd")
        return 0.5

    trials = list(
        iter_atoms(image, LATTICE, settings=AtomsSettings(trials=16, stages=("fragile",)))
    )
    assert {t.failure for t in trials if t.parameters["denoise"] == "fragile"} == {"no such luck"}
    assert pick(trials) is not None
    odd = list(
        iter_atoms(image, LATTICE, settings=AtomsSettings(trials=16, stages=(), rewards=("picky",)))
    )
    assert {t.failure for t in odd} <= {"", "odd"}
    assert {len(odd[i].objectives) for i in front_of(odd)} == {3}


def test_what_the_image_lacks_is_left_out_with_a_notice():
    rng = np.random.default_rng(0)
    image = Image(rng.normal(size=(120, 120)), 0.2)
    settings = AtomsSettings(stages=("bragg", "wiener"), rewards=("incoherence", "gaps"), count=40)

    problem = AtomsProblem(image, free_lattice(4, 4, 90, 1), settings)

    assert [reward.name for reward in problem.rewards] == []
    notices = " ".join(map(sentence, problem.notices))
    assert "The reward 'incoherence' is left out: it needs a lattice seen in the image." in notices
    assert "The reward 'gaps' is left out: it needs a lattice with known columns." in notices
    assert "The stage 'bragg' is left out: it needs a lattice seen in the image." in notices


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"stages": ("magic",)}, "There is no stage 'magic'"),
        ({"rewards": ("luck",)}, "There is no reward 'luck'"),
        ({"fixed": {"denoise": "tv"}}, "'tv' is not among the stages of this run"),
    ],
)
def test_what_is_not_there_is_refused_before_the_first_trial(noisy, settings, sentence):
    image, _ = noisy
    with pytest.raises(BadInput, match=sentence):
        next(iter_atoms(image, LATTICE, settings=AtomsSettings(**settings)))


def test_the_search_ends_when_nothing_is_gained_or_time_is_up(noisy):
    image, _ = noisy
    patient = Search(AtomsProblem(image, LATTICE, AtomsSettings(trials=500, patience=10)))
    idle = list(patient)
    hurried = Search(AtomsProblem(image, LATTICE, AtomsSettings(trials=500, seconds=1e-6)))
    short = list(hurried)

    assert 20 < len(idle) < 500
    assert len(short) <= 3  # what one point of the search has given
    why = sentence(patient.notices[0])
    assert re.fullmatch(rf"The search ended after {len(idle)} trials: no gain in 1\d trials\.", why)
    assert "time budget" in sentence(hurried.notices[0])


def test_a_setting_as_published_may_be_changed():
    settings = as_published(ds=8.0, ranges={"overlap": (0.1, 0.3)}, stages=("wiener",))
    assert (settings.ds, settings.lattice_ds, settings.stages) == (8.0, 9.6, ("wiener",))
    assert settings.ranges["overlap"] == (0.1, 0.3)
    assert settings.ranges["threshold"] == (0.01, 0.4)


@pytest.mark.parametrize("ds", [None, 8.0])
def test_settings_of_version_0_1_become_those_as_published(ds):
    """They had values for stages, rewards and area, of which such a run made no use."""
    saved = {"trials": 12, "as_published": True, "area": "crystal", "stages": ["wiener"], "ds": ds}
    assert AtomsSettings.model_validate(saved) == as_published(trials=12, ds=ds)
    saved["as_published"] = False
    assert AtomsSettings.model_validate(saved) == AtomsSettings(trials=12, ds=ds)


def test_the_published_search_is_recognised_whatever_its_length_and_ranges():
    assert is_as_published(as_published(trials=3, ds=8.0, ranges={"overlap": (0.1, 0.3)}))
    assert not is_as_published(as_published(area="crystal"))
    assert not is_as_published(AtomsSettings())
