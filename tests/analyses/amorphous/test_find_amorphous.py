"""Tests of the search for amorphous regions: found regions, no regions, refused inputs."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import (
    AmorphousProblem,
    AmorphousSettings,
    AtomsSettings,
    BadInput,
    Image,
    lattice_preset,
    measure_lattice,
)
from napari_reward_analysis.analyses.amorphous.as_published import as_published, is_as_published
from napari_reward_analysis.analyses.amorphous.known_atoms import search_atoms
from napari_reward_analysis.analyses.amorphous.problem import front_of, pick
from napari_reward_analysis.analyses.amorphous.regions.rewards import left_over
from napari_reward_analysis.analyses.amorphous.settings import PARAMETERS
from napari_reward_analysis.io.simulate import Pocket, simulate
from napari_reward_analysis.search.loop import Search

YBCO = lattice_preset("YBCO[100]")
COPPER = {"Ba": 0.3, "Y": 0.35}


@pytest.fixture(scope="module")
def score(shared_data):
    sys.path.insert(0, str(shared_data.parent))
    try:
        import score
    finally:
        sys.path.pop(0)
    return score


#: Atoms of an image by a lattice: several tests look at the same image.
FOUND = {}


def searched(image, lattice=YBCO, make=AmorphousSettings, **settings):
    """Problem and trials, from atoms that are found here."""
    key = image.fingerprint, lattice and lattice.name
    if key not in FOUND:
        FOUND[key] = search_atoms(image, lattice, AtomsSettings(trials=8))
    atoms = FOUND[key]
    problem = AmorphousProblem(
        atoms.preflight.image,
        atoms.blobs[:, :2],
        lattice,
        atoms.preflight.measured,
        make(**settings),
        region=atoms.preflight.region,
    )
    return problem, list(Search(problem))


def iou(mask, truth):
    return (mask & truth).sum() / max((mask | truth).sum(), 1)


def named_right(problem, truth, pixel_size):
    """Part of the crystalline columns with the right kind, and of copper with the right one."""
    columns = truth["columns"]
    places = np.column_stack([columns["y"], columns["x"]])
    distance, nearest = cKDTree(places).query(problem.columns.yx)
    kept = np.array(columns.get("retention", np.ones(len(places))))[nearest]
    asked = (distance < 0.6 / pixel_size) & (kept >= 0.5)
    true = np.array(columns["species"])[nearest][asked]
    found = problem.described.labels[asked]
    element = [np.char.rstrip(names.astype(str), "0123456789") for names in (true, found)]
    copper = element[0] == "Cu"
    return (element[0] == element[1]).mean(), (true == found)[copper].mean()


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ybco_pockets_melt", 0.85),
        ("ybco_1024", 0.85),
        ("ybco_pocket_partial", 0.75),
        ("ybco_pocket_cu_only", 0.65),
    ],
)
def test_regions_are_found_without_truth(shared_data, score, name, least):
    pixels, truth, mask = score.load(shared_data / "sim" / name)
    problem, trials = searched(Image(pixels, truth["pixel_size_A"], name), trials=20)

    found = score.mask_iou(trials[pick(trials)].mask, mask)["iou"]

    assert problem.existence.exists
    assert found >= least
    assert min(named_right(problem, truth, truth["pixel_size_A"])) >= 0.95


def test_regions_are_found_in_noise(shared_data, score):
    pixels, truth, mask = score.load(shared_data / "sim" / "ybco_pockets_melt")
    noise = np.random.default_rng(3).normal(0, 0.2 * np.ptp(pixels), pixels.shape)
    _, trials = searched(Image(pixels + noise, truth["pixel_size_A"]), trials=20)
    assert score.mask_iou(trials[pick(trials)].mask, mask)["iou"] >= 0.70


@pytest.mark.parametrize("name", ["ybco_undamaged", "ybco_clean", "ybco_noise_0.2"])
def test_where_nothing_is_amorphous_the_mask_is_empty_and_it_is_said(shared_data, score, name):
    pixels, truth, _ = score.load(shared_data / "sim" / name)
    problem, trials = searched(Image(pixels, truth["pixel_size_A"], name))

    assert not problem.existence.exists
    assert problem.existence.p_value > 0.01
    assert problem.verdict.sentence.startswith("Nothing is amorphous here")
    assert len(trials) == 1
    assert not trials[0].mask.any()
    assert pick(trials) is None
    assert min(named_right(problem, truth, truth["pixel_size_A"])) >= 0.95


@pytest.fixture(scope="module")
def damaged():
    """A small field with a pocket of disordered copper."""
    pocket = Pocket((130.0, 140.0), (11, 9), depth=1.0, stray=1.1, stray_of=COPPER)
    return simulate(YBCO, (300, 280), 0.18, rotation=4, dose=100, pockets=[pocket], seed=5)


@pytest.fixture(scope="module")
def problem(damaged):
    return searched(damaged.image, trials=1)[0]


def test_disorder_of_one_kind_alone_is_found(damaged):
    _, trials = searched(damaged.image, trials=20, seed=1)
    assert iou(trials[pick(trials)].mask, damaged.mask) >= 0.8


def test_without_a_lattice_the_patches_tell_the_kinds(damaged):
    seen = searched(damaged.image, trials=1)[0]
    atoms = seen.columns.yx[seen.columns.found]

    problem = AmorphousProblem(damaged.image, atoms, settings=AmorphousSettings(trials=12))
    trials = list(Search(problem))

    assert problem.existence.exists
    assert {"kind 1", "kind 2"} <= set(problem.described.kinds)
    assert iou(trials[pick(trials)].mask, damaged.mask) >= 0.7


def test_the_same_seed_gives_the_same_masks(problem, damaged):
    columns = problem.columns
    atoms = columns.yx[columns.found]
    settings = AmorphousSettings(trials=16, seed=4)
    measured = measure_lattice(damaged.image, YBCO)
    one, other = (
        list(Search(AmorphousProblem(damaged.image, atoms, YBCO, measured, settings)))
        for _ in range(2)
    )
    for a, b in zip(one, other, strict=True):
        assert a.parameters == b.parameters
        np.testing.assert_array_equal(a.packed, b.packed)


def test_a_trial_says_what_it_was_made_of(problem):
    trial = problem.evaluate(3, problem.first())
    assert trial.index == 3
    assert trial.parameters["measure"] == "similarity"
    assert trial.mask.mean() == pytest.approx(trial.score.area_fraction)
    assert trial.regions.max() == trial.score.n_regions == 1
    height = problem.level_map(trial.parameters)
    assert height[trial.mask].min() > trial.parameters["threshold"] - 0.1
    assert np.count_nonzero(trial.level > trial.parameters["threshold"]) > 20
    assert problem.score(trial.mask) == trial.score


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("measure", ["likelihood", "posterior"])
def test_every_measure_and_covariance_makes_a_mask(problem, measure, covariance):
    parameters = problem.first() | {
        "measure": measure,
        "covariance": covariance,
        "mixture": 2,
        "components": 3,
        "class": "Cu",
    }
    trial = problem.evaluate(0, parameters)
    assert not trial.failure
    assert np.nanmin(trial.level) >= 0
    assert np.isnan(trial.level[problem.described.labels == "Ba"]).all()


def test_a_failing_trial_is_recorded_and_the_run_goes_on(problem):
    trial = problem.evaluate(0, problem.first() | {"measure": "posterior", "mixture": 1})
    assert "needs at least two Gaussians" in trial.failure
    assert not trial.feasible
    assert pick([trial]) is None


def test_the_published_way_searches_threshold_and_covariance(damaged):
    problem, trials = searched(damaged.image, make=as_published, trials=14)

    halves = problem.halves("Ba")
    assert len({t.parameters["covariance"] for t in trials}) > 1
    assert {t.parameters["window"] for t in trials} == {1.0}
    assert {t.rewards for t in trials} == {("compactness", "perimeter")}
    assert halves.two_fold > 0.995 > halves.unturned
    assert abs(halves.first.sum() - halves.second.sum()) < 0.2 * halves.first.sum()
    assert set(front_of(trials)) <= set(range(14))


def test_kinds_given_by_hand_are_kept(damaged):
    seen = searched(damaged.image, trials=1)[0]
    atoms = seen.columns.yx[seen.columns.found]
    words = np.array(["", "mine"] * len(atoms))[: len(atoms)]

    problem = AmorphousProblem(
        damaged.image, atoms, YBCO, measure_lattice(damaged.image, YBCO), labels=words
    )

    assert "mine" in problem.classes
    columns = problem.columns
    given = words[columns.atom[columns.found]]
    assert np.count_nonzero(given == "mine") > 20
    assert (problem.described.labels[columns.found][given == "mine"] == "mine").all()


def test_a_mask_that_explains_as_much_is_chosen_by_its_outline(problem):
    right = problem.evaluate(0, problem.first())
    wide = problem.evaluate(1, problem.first() | {"threshold": 0.1, "smoothing": 1.2})
    assert pick([right, wide]) == 0
    assert right.score.unexplained < wide.score.unexplained


def test_left_over_sums_to_what_is_unexplained():
    level = np.array([0.0, 0.0, 1.0, 1.0])
    kinds, weight = np.array(["a"] * 4), np.ones(4)
    assert left_over(level > 0.5, level, weight, kinds).sum() == pytest.approx(0)
    assert left_over(np.zeros(4, bool), level, weight, kinds).sum() == pytest.approx(1)


def inner_grid(spacing=12.0, shape=(200, 200)):
    y, x = np.mgrid[spacing : shape[0] - 2 : spacing, spacing : shape[1] - 2 : spacing]
    return np.column_stack([y.ravel(), x.ravel()])


@pytest.fixture(scope="module")
def plain():
    """A square lattice of equal columns, 12 px apart."""
    y, x = np.mgrid[:200, :200]
    wave = np.cos(2 * np.pi * y / 12) + np.cos(2 * np.pi * x / 12)
    noise = np.random.default_rng(0).standard_normal(y.shape)
    return Image(np.exp(2 * wave - 4) + 0.02 * noise, 0.2, "plain")


@pytest.mark.parametrize(
    ("change", "settings", "sentence"),
    [
        (lambda p: p[:30], {}, "30 atoms are too few to distinguish crystal"),
        (lambda p: p + 100, {}, "points are outside this image"),
        (lambda p: p + 6, {}, "are on bright peaks in this image"),
        (lambda p: p[:, :1], {}, "finite positions"),
        (lambda p: np.where(p > 190, np.nan, p), {}, "finite positions"),
        (lambda p: p, {"fixed": {"class": "Ba"}}, "Class 'Ba' holds no atoms"),
        (lambda p: p, {"kinds": 20}, "needs 280 atoms, not"),
        (lambda p: p, {"fixed": {"covariance": "round"}}, "covariance cannot be 'round'"),
        (lambda p: p, {"fixed": {"window": "wide"}}, "window cannot be 'wide'"),
        (lambda p: p, {"fixed": {"window": 40}}, "larger than the image of 200 x 200 px"),
        (lambda p: p, {"fixed": {"window": 0}}, "window of 0 spacings is impossible"),
        (lambda p: p, {"ranges": {"threshold": (0.9, 0.1)}}, "range of threshold"),
        (lambda p: p, {"ranges": {"class": (0, 1)}}, "class is a choice and has no range"),
    ],
)
def test_bad_input_is_one_sentence(plain, change, settings, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        AmorphousProblem(plain, change(inner_grid()), settings=AmorphousSettings(**settings))
    assert "\n" not in str(caught.value)


def test_classes_of_another_number_of_atoms_are_refused(plain):
    with pytest.raises(BadInput, match="3 classes are given for 256 atoms"):
        AmorphousProblem(plain, inner_grid(), labels=["a", "b", "c"])


def test_a_class_of_a_few_atoms_is_refused_by_name(plain):
    words = np.array([""] * 253 + ["rare"] * 3)
    settings = AmorphousSettings(fixed={"class": "rare"})
    with pytest.raises(BadInput, match="Class 'rare' has too few atoms in crystal"):
        AmorphousProblem(plain, inner_grid(), settings=settings, labels=words)


def test_a_user_who_empties_every_class_is_told(plain):
    words = [f"own {number}" for number in range(256)]
    with pytest.raises(BadInput, match="No class has 12 columns in crystal"):
        AmorphousProblem(plain, inner_grid(), labels=words)


def test_a_trial_with_a_window_larger_than_the_image_fails_in_words(plain):
    problem = AmorphousProblem(plain, inner_grid())
    trial = problem.evaluate(0, problem.first() | {"window": 40.0})
    assert "is larger than the image of 200 x 200 px" in trial.failure


def test_points_of_another_image_of_the_same_crystal_are_refused(damaged):
    other = simulate(YBCO, (300, 280), 0.18, rotation=30, dose=100, seed=6).truth
    points = np.column_stack([other["y"], other["x"]])
    measured = measure_lattice(damaged.image, YBCO)
    with pytest.raises(BadInput, match="choose the points of this image"):
        AmorphousProblem(damaged.image, points, YBCO, measured)


def test_atoms_on_the_border_are_judged_by_what_is_seen_of_them(plain):
    edge = np.column_stack([np.zeros(15), np.arange(12, 190, 12)])
    problem = AmorphousProblem(plain, np.concatenate([inner_grid(), edge]))
    assert not problem.existence.exists
    level = problem.described.kept.loss
    # a corner shows too little of an atom's neighbours to tell its kind without a lattice
    assert np.isnan(level[: len(inner_grid())]).sum() <= 4
    assert np.abs(level[np.isfinite(level)]).max() < 0.2


def test_invalid_pixels_are_neither_crystal_nor_amorphous(damaged, problem):
    pixels = damaged.image.data.copy()
    pixels[:40] = np.nan
    image = Image(pixels, 0.18)
    atoms = problem.columns.yx[problem.columns.found]
    made = AmorphousProblem(image, atoms[atoms[:, 0] > 45], YBCO, measure_lattice(image, YBCO))
    trial = made.evaluate(0, made.first())
    assert trial.mask.any()
    assert not trial.mask[:40].any()


def test_settings_of_version_0_1_become_those_as_published():
    saved = {"trials": 9, "as_published": True, "search": list(PARAMETERS), "fixed": {}}
    assert AmorphousSettings.model_validate(saved) == as_published(trials=9)
    saved |= {"search": ["window", "threshold"], "fixed": {"class": "Cu"}}
    settings = AmorphousSettings.model_validate(saved)
    assert settings.search == ("window", "threshold")
    assert settings.fixed == {"measure": "posterior", "components": 2, "mixture": 2, "class": "Cu"}
    assert is_as_published(settings)
    saved["as_published"] = False
    assert not is_as_published(AmorphousSettings.model_validate(saved))
