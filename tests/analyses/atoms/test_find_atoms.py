"""Tests of LoG*: accuracy, physics, and every refusal."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from skimage.feature import blob_log

from napari_reward_analysis import (
    AtomsProblem,
    AtomsSettings,
    BadInput,
    Image,
    free_lattice,
    front_of,
    iter_atoms,
    lattice_preset,
    pick,
)
from napari_reward_analysis.analyses.atoms.as_published import as_published
from napari_reward_analysis.analyses.atoms.physics import analysed_area, derive_physics
from napari_reward_analysis.analyses.atoms.space import snap_sigmas
from napari_reward_analysis.analyses.atoms.trial import require_feasible
from napari_reward_analysis.notices import sentence
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.search.loop import Search

SQUARE = free_lattice(4.0, 4.0, 90, 1)


def gaussian_columns(shape=(120, 120), spacing=20.0, sigma=3.5, noise=0.0, seed=0):
    """A square lattice of equal columns whose centres lie off the edges."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    phase_y, phase_x = (np.mod(v - spacing / 2, spacing) for v in (y, x))
    dy, dx = (np.minimum(v, spacing - v) for v in (phase_y, phase_x))
    image = np.exp(-(dy**2 + dx**2) / (2 * sigma**2))
    return image + noise * np.random.default_rng(seed).standard_normal(shape)


@pytest.fixture(scope="module")
def square_image():
    return Image(gaussian_columns(noise=0.05), pixel_size=0.2)


@pytest.fixture(scope="module")
def score(shared_data):
    sys.path.insert(0, str(shared_data.parent))
    try:
        import score
    finally:
        sys.path.pop(0)
    return score


@pytest.mark.parametrize("name", ["ybco_clean", "ybco_poisson_020", "sto_001", "ybco_pockets_melt"])
def test_columns_are_found_without_ground_truth(shared_data, score, name):
    pixels, truth, _ = score.load(shared_data / "sim" / name)
    image = Image(pixels, truth["pixel_size_A"])

    trials = list(
        iter_atoms(image, lattice_preset(truth["structure"]), settings=AtomsSettings(trials=60))
    )

    best = trials[pick(trials)]
    found = score.match(best.blobs[best.inside][:, [1, 0]], truth)
    assert found["f1"] >= 0.98, found


def test_every_column_of_a_plain_lattice_is_found_and_the_run_is_repeatable(square_image):
    settings = AtomsSettings(trials=15, seed=2)

    trials, again = (list(iter_atoms(square_image, SQUARE, settings=settings)) for _ in range(2))

    best = trials[pick(trials)]
    assert best.score.count == 36
    assert best.score.er == 0
    for one, other in zip(trials, again, strict=True):
        assert one.parameters == other.parameters
        np.testing.assert_array_equal(one.blobs, other.blobs)


def test_no_trial_filters_the_image_again(square_image):
    problem = AtomsProblem(square_image, SQUARE, AtomsSettings(trials=20))
    list(Search(problem))
    filtered = problem.finder.space.filtered

    list(Search(problem))

    assert problem.finder.space.filtered == filtered
    assert filtered <= 40  # the sigma grid, at most 34 steps


def test_a_trial_holds_the_blobs_of_scikit_image_for_its_parameters(square_image):
    for trial in iter_atoms(
        square_image, SQUARE, settings=AtomsSettings(trials=8, seed=5, stages=())
    ):
        p = trial.parameters
        theirs = blob_log(
            square_image.normalised,
            p["min_sigma"],
            p["max_sigma"],
            int(p["num_sigma"]),
            p["threshold"],
            1.0,
        )
        ours = {tuple(map(float, blob)) for blob in trial.blobs[:, :3]}
        assert ours <= {tuple(map(float, blob)) for blob in theirs}


def test_to_cancel_is_to_stop_iterating(square_image):
    search = iter_atoms(square_image, SQUARE, settings=AtomsSettings(trials=50))
    some = [next(search) for _ in range(5)]
    search.close()
    assert [trial.index for trial in some] == [0, 1, 2, 3, 4]
    assert pick(some) is not None


@pytest.mark.parametrize("search", [("threshold", "overlap"), ("threshold",), ()])
def test_parameters_that_are_not_searched_stay(square_image, search):
    fixed = {"min_sigma": 3.0, "max_sigma": 5.0, "num_sigma": 5}
    settings = AtomsSettings(trials=10, search=search, fixed=fixed, thresholds="searched")

    trials = list(iter_atoms(square_image, SQUARE, settings=settings))

    assert len(trials) == (10 if search else 1)
    assert {t.parameters["min_sigma"] for t in trials} == {3.0}
    assert {t.parameters["max_sigma"] for t in trials} == {5.0}
    assert len({t.parameters["threshold"] for t in trials}) == len(trials)


def test_given_ranges_are_kept(square_image):
    ranges = {"threshold": (0.1, 0.2), "overlap": (0.3, 0.4), "min_sigma": (3.0, 3.5)}
    for trial in iter_atoms(square_image, SQUARE, settings=AtomsSettings(trials=10, ranges=ranges)):
        assert 0.1 <= trial.parameters["threshold"] <= 0.2
        assert 0.3 <= trial.parameters["overlap"] <= 0.4
        assert 2.9 <= trial.parameters["min_sigma"] <= 3.6


def test_as_published_uses_the_published_ranges(square_image):
    trials = list(iter_atoms(square_image, SQUARE, settings=as_published(trials=12)))
    assert all(0.01 <= t.parameters["threshold"] <= 0.4 for t in trials)
    assert all(t.parameters["max_sigma"] <= 6.0 for t in trials)
    assert {t.parameters["num_sigma"] for t in trials} == {10.0}


def test_published_ds_is_that_of_the_paper():
    image = Image(gaussian_columns((160, 160), 9), 0.32)
    problem = AtomsProblem(image, lattice_preset("YBCO[100]"), as_published())
    assert problem.physics.ds_px == pytest.approx(30.0)


def test_count_and_expectation_use_the_same_area():
    image = Image(gaussian_columns((200, 200)), 0.2)
    region = np.zeros((200, 200), bool)
    region[:, 100:] = True

    whole = AtomsProblem(image, SQUARE, AtomsSettings(trials=1))
    half = AtomsProblem(image, SQUARE, AtomsSettings(trials=1), region)

    assert whole.physics.expected == pytest.approx(100, rel=0.03)
    assert half.physics.expected == pytest.approx(50, rel=0.05)
    best = min(Search(half), key=lambda t: abs(t.score.qc))
    assert best.inside.sum() == best.score.count
    assert (best.blobs[best.inside][:, 1] >= 100).all()


def test_invalid_pixels_are_left_out_of_count_and_area():
    pixels = gaussian_columns((200, 200))
    pixels[:, :100] = np.nan
    problem = AtomsProblem(Image(pixels, 0.2), SQUARE, AtomsSettings(trials=5))

    assert problem.physics.expected == pytest.approx(50, rel=0.05)
    # the filled area is uniform: none of its pixels is a candidate
    assert len(problem.finder.candidates(2.25, 9.0, 6).blobs) < 1000
    for trial in Search(problem):
        assert (trial.blobs[trial.inside][:, 1] >= 100).all()


def test_the_outermost_pixels_are_not_analysed():
    image = Image(gaussian_columns((40, 50)), 0.2)
    inner = np.zeros((40, 50), bool)
    inner[1:-1, 1:-1] = True

    np.testing.assert_array_equal(analysed_area(image, None), inner)
    np.testing.assert_array_equal(analysed_area(image, np.ones((40, 50))), inner)


def test_a_count_is_met_within_its_own_uncertainty_and_no_further():
    pixels = gaussian_columns((220, 200), noise=0.03)
    extra = np.zeros((220, 200), bool)
    extra[200:] = True  # eleven rows of ten, the last one fainter than the others

    counts = []
    for faint, expected in ((0.9, 100), (0.9, 109)):
        image = Image(np.where(extra, faint * pixels, pixels), 0.2)
        settings = AtomsSettings(trials=1, count=expected)
        counts.append(next(iter_atoms(image, settings=settings)).score.count)
    # the widest gap lies below all 110, but that is more than 4 % away from 100
    assert counts == [100, 110]


def test_every_trial_of_a_point_counts_for_the_patience(square_image):
    settings = AtomsSettings(trials=60, patience=6, rewards=(), stages=())
    search = Search(AtomsProblem(square_image, SQUARE, settings))
    trials = list(search)

    points = {(t.parameters["min_sigma"], t.parameters["max_sigma"]) for t in trials}
    assert len(points) < len(trials)
    assert len(trials) < 12 + 6 + 3  # the initial design, the patience, the last point's others
    assert "no gain in" in sentence(search.notices[0])


def test_a_search_that_is_not_cut_short_says_nothing(square_image):
    search = Search(AtomsProblem(square_image, SQUARE, AtomsSettings(trials=3)))
    assert len(list(search)) == 3
    assert search.notices == []


def test_without_a_lattice_count_and_spacing_come_from_the_user_and_the_image():
    image = Image(gaussian_columns(noise=0.02))
    trials = list(iter_atoms(image, None, settings=AtomsSettings(trials=15, count=36)))

    assert trials[pick(trials)].score.count == 36
    physics, _ = derive_physics(image, None, image.valid, count=36)
    assert physics.ds_px == pytest.approx(0.9 * 80, rel=0.05)


def test_an_unknown_count_leaves_the_spacing_to_decide():
    image = Image(gaussian_columns(noise=0.02))
    trials = list(
        iter_atoms(image, None, settings=AtomsSettings(trials=20, count=30, tolerance=0.3))
    )

    best = trials[pick(trials)]
    assert best.score.objectives == (0.0, 0.0)
    assert 21 <= best.score.count <= 39


def test_a_new_ds_or_count_rescores_the_stored_blobs(square_image):
    trials = list(iter_atoms(square_image, SQUARE, settings=AtomsSettings(trials=5)))
    stricter = [t.rescored(Physics(expected=72, ds_px=81)) for t in trials]

    best = stricter[pick(trials)]
    assert best.score.qc == pytest.approx(-0.5)
    assert best.score.er > 0
    assert best.blobs is trials[pick(trials)].blobs


def test_a_failing_trial_is_recorded_and_the_run_goes_on(square_image, monkeypatch):
    problem = AtomsProblem(
        square_image, SQUARE, AtomsSettings(trials=12, stages=(), thresholds="searched")
    )
    find = problem.finder.candidates
    calls = iter(range(100))

    def sometimes(*args):
        if next(calls) in (2, 5):
            raise RuntimeError("out of luck")
        return find(*args)

    monkeypatch.setattr(problem.finder, "candidates", sometimes)
    trials = list(Search(problem))

    assert [t.index for t in trials if t.failure] == [2, 5]
    assert trials[2].failure == "out of luck"
    assert len(trials) == 12
    assert not set(front_of(trials)) & {2, 5}


def test_results_with_fewer_than_five_blobs_are_never_on_the_front():
    image = Image(gaussian_columns((60, 60)), 0.2)  # nine columns
    settings = AtomsSettings(trials=30, ranges={"threshold": (0.05, 5.0)})
    trials = list(iter_atoms(image, SQUARE, settings=settings))

    assert any(t.score.count < 5 for t in trials)
    assert all(trials[i].score.count >= 5 for i in front_of(trials))


def test_a_run_that_finds_nothing_says_so():
    settings = AtomsSettings(trials=6, ranges={"threshold": (5.0, 9.0)})
    trials = list(iter_atoms(Image(gaussian_columns(), 0.2), SQUARE, settings=settings))

    assert pick(trials) is None
    with pytest.raises(BadInput, match="No setting found five atoms"):
        require_feasible(trials)


@pytest.mark.parametrize(
    ("image", "lattice", "settings", "region", "sentence"),
    [
        (Image(gaussian_columns()), SQUARE, {}, None, "pixel size of 'image' is not known"),
        (
            Image(gaussian_columns(), 0.2),
            None,
            {"supported": False},
            None,
            "Neither a lattice nor a count",
        ),
        (Image(gaussian_columns(), 1e-3), SQUARE, {}, None, "smaller than one cell"),
        (Image(gaussian_columns(), 0.2), SQUARE, {"ds": 60}, None, "above every neighbour sum"),
        (
            Image(gaussian_columns(), 0.2),
            SQUARE,
            {"ds": 0.1},
            None,
            "too small, since four neighbours",
        ),
        (
            Image(gaussian_columns(), 2.5),
            SQUARE,
            {"area": "field"},
            None,
            "px apart, but at least 2 px",
        ),
        (Image(gaussian_columns()), None, {"count": 1e6}, None, "larger than the number of pixels"),
        (Image(gaussian_columns(), 0.2), SQUARE, {}, np.zeros((120, 120), bool), "covers no pixel"),
        (Image(gaussian_columns(), 0.2), SQUARE, {}, np.ones((9, 9), bool), "draw the region"),
        (Image(np.eye(2), 0.2), SQUARE, {}, None, "too small to hold a column"),
        (
            Image(gaussian_columns(), 0.2),
            SQUARE,
            {"ranges": {"threshold": (0.2, 0.1)}},
            None,
            "range of threshold, 0.2 to 0.1, is empty",
        ),
    ],
)
def test_bad_input_is_one_sentence(image, lattice, settings, region, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        next(iter_atoms(image, lattice, settings=AtomsSettings(**settings), region=region))
    assert "\n" not in str(caught.value)


def test_sigmas_share_one_grid():
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        low = rng.uniform(1, 4)
        asked = {
            "min_sigma": low,
            "max_sigma": rng.uniform(low, 7),
            "num_sigma": float(rng.integers(1, 11)),
        }
        got = snap_sigmas(asked, 1, 7)
        stack = np.linspace(got["min_sigma"], got["max_sigma"], int(got["num_sigma"]))
        assert (np.diff(stack) > 0).all()
        assert abs(got["min_sigma"] - asked["min_sigma"]) <= 1 / 8
        assert got["max_sigma"] <= max(asked["max_sigma"], got["min_sigma"])
        assert 1 <= got["num_sigma"] <= asked["num_sigma"]
        seen |= set(stack)
    assert all((s * 4).is_integer() for s in seen)
