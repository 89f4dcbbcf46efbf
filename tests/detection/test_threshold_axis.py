"""Tests of the front over all thresholds: it equals that of trying each threshold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_reward_analysis.detection import BlobFinder, spacing_errors, threshold_front
from napari_reward_analysis.detection import lifetimes as lifetimes_module
from napari_reward_analysis.detection.blobs import Candidates
from napari_reward_analysis.detection.lifetimes import lifetimes
from napari_reward_analysis.image import Image
from napari_reward_analysis.optimize.pareto import pareto_front
from napari_reward_analysis.rewards.atoms import Physics, neighbour_sums, score_atoms


def trial(candidates, threshold, overlap, area, physics):
    """Score of one threshold, the way that a trial takes."""
    blobs = candidates.blobs[candidates.select(threshold, overlap)]
    inside = area[blobs[:, 0].astype(int), blobs[:, 1].astype(int)]
    return score_atoms(neighbour_sums(blobs[:, :2]), physics, inside)


def every_threshold(candidates):
    """One threshold within every gap between responses."""
    response = candidates.blobs[:, 3]
    return [low for high, low in itertools.pairwise(response) if high > low]


def plain_front(candidates, overlap, area, physics):
    """The front by trying every threshold."""
    scores = [trial(candidates, t, overlap, area, physics) for t in every_threshold(candidates)]
    values = [score.objectives for score in scores]
    return [values[i] for i in pareto_front(values, [score.feasible for score in scores])]


def check(candidates, overlap, area, physics):
    """Compare with trying every threshold; the front found."""
    front = threshold_front(
        candidates,
        overlap,
        area,
        expected=physics.expected,
        ds=physics.ds_px,
        tolerance=physics.tolerance,
    )
    again = [trial(candidates, t, overlap, area, physics) for t in front.thresholds]
    assert [score.count for score in again] == front.counts.tolist()
    assert [score.er * physics.expected for score in again] == pytest.approx(front.errors)
    assert [score.objectives for score in again] == plain_front(candidates, overlap, area, physics)
    return front


CASE = {
    "seed": st.integers(0, 2**32 - 1),
    "width": st.floats(0.5, 2),
    "low": st.floats(0.7, 2),
    "extent": st.floats(0, 3),
    "number": st.integers(1, 6),
    "overlap": st.floats(0, 1),
    "ds": st.floats(5, 90),
    "expected": st.floats(3, 250),
    "tolerance": st.sampled_from([0.0, 0.05, 0.3]),
    "part": st.floats(0.2, 1),
}


@settings(max_examples=120)
@given(shape=st.tuples(st.integers(16, 56), st.integers(16, 56)), **CASE)
def test_front_is_that_of_trying_every_threshold(
    speckle, shape, seed, width, low, extent, number, overlap, ds, expected, tolerance, part
):
    image = speckle(shape, seed, width)
    candidates = BlobFinder(image, floor=0.003).candidates(low, min(low + extent, 4), number)
    area = np.zeros(shape, bool)
    area[: round(part * shape[0])] = True

    check(candidates, overlap, area, Physics(expected, ds, tolerance))


@pytest.mark.parametrize(
    ("triple", "overlap"), [((2.0, 4.0, 4), 0.05), ((1.0, 3.0, 6), 0.4), ((3.0, 3.0, 1), 0.2)]
)
def test_front_of_a_noisy_image_of_atoms(shared_data, triple, overlap):
    pixels = np.load(shared_data / "sim" / "ybco_noise_0.6.npy")[:192, :192]
    image = Image(pixels)
    candidates = BlobFinder(image.normalised, floor=0.01).candidates(*triple)

    front = check(candidates, overlap, np.ones(image.shape, bool), Physics(157, 51.6))

    assert len(candidates.blobs) > 200
    assert len(front.thresholds) >= 1


def test_more_neighbours_than_one_word_holds(speckle, monkeypatch):
    """The same with short words and small chunks, as with crowds of neighbours."""
    candidates = BlobFinder(speckle((64, 64), 1, 0.8), floor=0.003).candidates(0.8, 3, 5)
    area, physics = np.ones((64, 64), bool), Physics(150, 60)
    whole = check(candidates, 0.5, area, physics)

    monkeypatch.setattr(spacing_errors, "BITS", 3)
    monkeypatch.setattr(spacing_errors, "CHUNK", 64)
    parts = check(candidates, 0.5, area, physics)

    assert len(whole.thresholds) > 10
    for ours, theirs in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@given(**{name: CASE[name] for name in ("seed", "width", "low", "extent", "number", "overlap")})
def test_those_alive_are_those_selected(speckle, seed, width, low, extent, number, overlap):
    image = speckle((40, 40), seed, width)
    candidates = BlobFinder(image, floor=0.003).candidates(low, low + extent, number)
    lives = lifetimes(candidates, overlap)

    for threshold in every_threshold(candidates):
        last = candidates.above(threshold) - 1
        alive = lives.blob[(lives.start <= last) & (last < lives.stop)]
        np.testing.assert_array_equal(alive, candidates.select(threshold, overlap))


def test_a_blob_may_live_twice():
    """A weaker, larger blob removes its neighbour until one that is larger still comes."""
    rows = [(10, 10, 1, 0.9), (10, 11, 2, 0.8), (10, 16.5, 4, 0.7)]
    lives = lifetimes(Candidates(np.array(rows, np.float32)), 0.4)

    of_first = [(int(a), int(b)) for k, a, b in zip(*lives, strict=True) if k == 0]

    assert of_first == [(0, 1), (2, 3)]


def test_between_neighbouring_numbers_the_threshold_still_parts():
    high = np.float32(0.25)
    low = np.nextafter(high, np.float32(0))
    rows = [(9 * k, 9 * k, 2, high if k < 5 else low) for k in range(6)]
    candidates = Candidates(np.array(rows, np.float32))

    front = threshold_front(candidates, 0.5, np.ones((60, 60), bool), expected=5, ds=4)

    assert front.counts.tolist() == [5]
    assert len(candidates.select(float(front.thresholds[0]), 0.5)) == 5


def test_tangled_overlaps_are_answered_by_some_thresholds(monkeypatch):
    """Every pixel of a uniform area is a maximum, and all of them overlap."""
    image = np.random.default_rng(0).random((90, 90)).astype(np.float32) * 0.01
    y, x = np.mgrid[8:90:16, 8:90:16]
    image[y, x] += 1.0
    finder = BlobFinder(image, floor=1e-5)
    candidates = finder.candidates(2.0, 6.0, 5)
    area = np.ones(image.shape, bool)
    wanted = {"expected": y.size, "ds": 40.0}
    exact = threshold_front(candidates, 0.3, area, **wanted)
    monkeypatch.setattr(lifetimes_module, "MOST_PER_CANDIDATE", 0.0)

    some = threshold_front(candidates, 0.3, area, **wanted)

    assert (some.counts[0], some.errors[0]) == (exact.counts[0], exact.errors[0])
    physics = Physics(y.size, 40.0)
    for threshold, count, errors in zip(*some, strict=True):
        score = trial(candidates, threshold, 0.3, area, physics)
        assert (score.count, round(score.er * y.size)) == (count, errors)
    assert np.all(np.diff(some.errors) < 0)


def test_all_candidates_above_a_floor_may_be_columns():
    rows = [(9 * k, 9 * k, 2, 0.9 - 0.1 * k) for k in range(6)]
    candidates = Candidates(np.array(rows, np.float32))

    front = threshold_front(candidates, 0.5, np.ones((60, 60), bool), expected=6, ds=4, floor=0.2)

    assert front.counts.tolist() == [6]
    assert 0.2 < front.thresholds[0] < 0.4
    assert len(candidates.select(float(front.thresholds[0]), 0.5)) == 6


@pytest.mark.parametrize("number", [0, 1, 5])
def test_too_few_candidates_have_no_front(number):
    rows = [(9 * k, 9 * k, 2, 0.9 - 0.1 * k) for k in range(number)]
    candidates = Candidates(np.array(rows, np.float32).reshape(-1, 4))

    front = threshold_front(candidates, 0.5, np.ones((60, 60), bool), expected=5, ds=4)

    assert [len(column) for column in front] == [0, 0, 0]
