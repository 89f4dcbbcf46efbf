"""Sliding windows: better than one setting where the image differs, and as good elsewhere."""

from __future__ import annotations

import _thread
import importlib
import signal
import threading
from collections import deque
from itertools import islice

import numpy as np
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import (
    AtomsSettings,
    BadInput,
    Image,
    find_atoms,
    free_lattice,
    lattice_preset,
    pick,
)
from napari_reward_analysis.analyses.windows import problem as windows
from napari_reward_analysis.analyses.windows.problem import (
    WindowsProblem,
    WindowsSettings,
    run_windows,
    sliding_windows,
)
from napari_reward_analysis.analyses.windows.result import stitched_table, window_maps
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.points.matching import score_points
from napari_reward_analysis.search.in_turn import in_turn

SQUARE = free_lattice(4.0, 4.0, 90, 1)
YBCO = lattice_preset("YBCO[100]")
QUICK = AtomsSettings(trials=14, refine=False)


def columns_image(shape=(200, 320), spacing=20.0, dark=()):
    y, x = np.mgrid[: shape[0], : shape[1]]
    wave = np.cos(2 * np.pi * (y - 10) / spacing) + np.cos(2 * np.pi * (x - 10) / spacing)
    pixels = np.exp(2 * wave - 4)
    for part in dark:
        pixels[part] = 0
    return Image(pixels + 0.03 * np.random.default_rng(0).standard_normal(shape), 0.2)


def stitched(problem, results):
    table = stitched_table(results, problem.plan, problem.spacing_px, 0.2)
    return np.column_stack([table["y_px"], table["x_px"]])


@pytest.fixture(scope="module")
def done():
    settings = WindowsSettings(atoms=QUICK, side=28, workers=2)
    problem = WindowsProblem(columns_image(), SQUARE, settings)
    return problem, list(run_windows(problem))


def test_all_columns_are_found_once(done):
    problem, results = done
    points = stitched(problem, results)
    assert problem.plan.grid[1] > 1
    y, x = np.mgrid[10:200:20, 10:320:20]
    columns = np.column_stack([y.ravel(), x.ravel()])
    assert cKDTree(points).query(columns)[0].max() < 3
    assert 160 <= len(points) <= 162
    # half the nearest spacing
    assert cKDTree(points).query(points, k=2)[0][:, 1].min() > 10


def test_later_windows_begin_with_what_their_neighbours_found(done):
    problem, results = done
    by_index = {r.window.index: r for r in results}
    assert all(not by_index[w.index].learnt_from for w in problem.plan.waves[0])
    assert all(by_index[w.index].learnt_from for w in problem.plan.waves[1])
    assert {r.n_trials for r in results} == {14}


def test_maps_have_a_value_for_each_window(done):
    problem, results = done
    maps = window_maps(results, problem.plan)
    assert {"n", "expected", "qc", "er", "threshold", "min_sigma"} <= set(maps)
    assert all(m.shape == problem.plan.grid for m in maps.values())
    assert np.isfinite(maps["qc"]).all()


def test_the_result_does_not_depend_on_the_number_of_workers(done):
    _, results = done
    alone = WindowsSettings(atoms=QUICK, side=28, workers=1)
    again = list(sliding_windows(columns_image(), SQUARE, alone))
    assert [r.window for r in again] == [r.window for r in results]
    for one, other in zip(again, results, strict=True):
        assert one.trial.parameters == other.trial.parameters
        assert one.learnt_from == other.learnt_from
        np.testing.assert_array_equal(one.points, other.points)


def test_windows_without_crystal_are_left_out_and_named():
    image = columns_image(shape=(200, 440), dark=[np.s_[:, 200:]])
    problem = WindowsProblem(image, SQUARE, WindowsSettings(atoms=QUICK, side=28, overlap=0))
    results = list(run_windows(problem))
    out = [r for r in results if r.trial is None]
    assert out
    assert all("crystal" in r.reason for r in out)
    assert all(r.window.right > 200 for r in out)
    assert stitched(problem, results)[:, 1].max() < 210
    assert np.isnan(window_maps(results, problem.plan)["qc"]).sum() == len(out)


def test_to_cancel_is_to_stop_iterating():
    settings = WindowsSettings(atoms=QUICK, side=28, workers=2)
    running = sliding_windows(columns_image(), SQUARE, settings)
    next(running)
    running.close()
    assert not windows_under_way()


class LongFirstWindow:
    """The first window would take 10 000 trials; in its third, when the second is over, it acts."""

    def __init__(self, monkeypatch, act):
        atoms = AtomsSettings(trials=10_000, sampler="sobol", refine=False)
        settings = WindowsSettings(atoms=atoms, side=28, workers=2)
        self.problem = WindowsProblem(columns_image(), SQUARE, settings)
        self.first, self.second = self.problem.plan.waves[0][:2]
        self.act, self.second_over, self.trials_after = act, threading.Event(), 0
        self.real = windows.search_from
        monkeypatch.setattr(windows, "search_from", self.search)

    def search(self, part, start):
        trials = self.real(part, start)
        pixels = self.problem.image.data
        if np.array_equal(part.image.data, pixels[self.second.slices]):
            yield from islice(trials, 5)
            self.second_over.set()
        elif np.array_equal(part.image.data, pixels[self.first.slices]):
            yield from islice(trials, 2)
            assert self.second_over.wait(60)
            self.act()
            for trial in trials:
                self.trials_after += 1
                yield trial
        else:
            yield from trials


def windows_under_way():
    return [t for t in threading.enumerate() if t.name.startswith("window")]


def test_a_stop_ends_windows_within_a_trial_and_keeps_those_that_are_finished(monkeypatch):
    stop = threading.Event()
    long = LongFirstWindow(monkeypatch, stop.set)
    results = list(run_windows(long.problem, stop=stop))
    assert [(r.window, r.n_trials) for r in results] == [(long.second, 5)]
    assert long.trials_after == 1
    assert not windows_under_way()


def test_an_interruption_does_the_same_and_is_told_afterwards(monkeypatch):
    # a shell that starts the tests in the background has told them not to heed it
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stopped = threading.Event()

    def interrupt():
        _thread.interrupt_main()
        # the main thread has heard of it
        assert stopped.wait(60)

    def watched(futures, stop):
        return in_turn(futures, lambda: (stop(), stopped.set()))

    monkeypatch.setattr(windows, "in_turn", watched)
    long, results = LongFirstWindow(monkeypatch, interrupt), []
    try:
        with pytest.raises(KeyboardInterrupt):
            deque(map(results.append, run_windows(long.problem)))
    finally:
        signal.signal(signal.SIGINT, before)
    assert [r.window for r in results] == [long.second]
    assert long.trials_after == 1
    assert not windows_under_way()


def test_a_stop_that_comes_before_the_first_window_leaves_none(monkeypatch):
    stop = threading.Event()
    stop.set()
    long = LongFirstWindow(monkeypatch, stop.set)
    assert list(run_windows(long.problem, stop=stop)) == []


def test_what_cannot_be_searched_is_refused_before_the_first_window():
    image = columns_image()
    with pytest.raises(BadInput, match="smaller than two cells"):
        next(sliding_windows(image, SQUARE, WindowsSettings(side=7)))
    with pytest.raises(BadInput, match="choose a lattice"):
        next(sliding_windows(image, None))
    counted = WindowsSettings(atoms=AtomsSettings(count=160))
    with pytest.raises(BadInput, match="leave the count out"):
        next(sliding_windows(image, SQUARE, counted))


def test_parts_of_different_contrast_are_each_found_by_their_own_settings():
    made = simulate(YBCO, (256, 512), 0.18, rotation=2.0)
    pixels = made.image.normalised.astype(float)
    noise = np.random.default_rng(0).standard_normal(made.image.shape)
    pixels[:, 256:] *= 0.15
    pixels += np.where(np.arange(512) < 256, 0.02, 0.1) * noise
    image, known = Image(pixels, 0.18), np.column_stack([made.truth["y"], made.truth["x"]])
    atoms = AtomsSettings(trials=12, area="field", refine=False)

    trials = list(find_atoms(image, YBCO, atoms))
    chosen = trials[pick(trials)]
    problem = WindowsProblem(image, YBCO, WindowsSettings(atoms=atoms, side=46, overlap=0))
    table = stitched_table(
        list(run_windows(problem)), problem.plan, problem.spacing_px, image.pixel_size
    )

    def f1(points):
        return score_points(points, known, 3.3, image.shape, 11.0).f1

    whole = f1(chosen.points[chosen.inside])
    assert f1(np.column_stack([table["y_px"], table["x_px"]])) > whole


def test_a_field_of_one_contrast_loses_nothing_to_speak_of(shared_data, monkeypatch):
    monkeypatch.syspath_prepend(str(shared_data.parent))
    score = importlib.import_module("score")
    pixels, truth, _ = score.load(shared_data / "sim" / "ybco_clean")
    settings = WindowsSettings(atoms=AtomsSettings(trials=10, refine=False))
    pixel_size = truth["pixel_size_A"]
    problem = WindowsProblem(Image(pixels, pixel_size), YBCO, settings)
    table = stitched_table(list(run_windows(problem)), problem.plan, problem.spacing_px, pixel_size)
    points = np.column_stack([table["x_px"], table["y_px"]])
    assert score.match(points, truth)["f1"] > 0.995
    pairs = cKDTree(points).query_pairs(problem.spacing_px / 2, output_type="ndarray")
    assert (table["window"][pairs[:, 0]] == table["window"][pairs[:, 1]]).all()
