"""Tests of sliding windows on images with different and with uniform parts."""

from __future__ import annotations

import _thread
import importlib
import signal
import sys
import threading
from collections import deque
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from napari_reward_analysis import (
    AtomsSettings,
    BadInput,
    Image,
    free_lattice,
    iter_atoms,
    lattice_preset,
    pick,
)
from napari_reward_analysis.analyses.windows import trials as windows
from napari_reward_analysis.analyses.windows.analysis import WINDOWS, begin_windows
from napari_reward_analysis.analyses.windows.maps import window_maps
from napari_reward_analysis.analyses.windows.problem import WindowsProblem
from napari_reward_analysis.analyses.windows.run import WindowsRun
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.analyses.windows.table import in_plan_order, stitched_table
from napari_reward_analysis.analyses.windows.trials import run_windows
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.points.matching import score_points
from napari_reward_analysis.runs.analysis import Inputs, analysis_named
from napari_reward_analysis.runs.execute import collect
from napari_reward_analysis.search.loop import Search
from napari_reward_analysis.search.pulses import without_pulses

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
    return problem, in_plan_order(without_pulses(run_windows(problem)))


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
    again = collect(begin_windows(Inputs(columns_image(), SQUARE), alone)).trials
    assert [r.window for r in again] == [r.window for r in results]
    for one, other in zip(again, results, strict=True):
        assert one.trial.parameters == other.trial.parameters
        assert one.learnt_from == other.learnt_from
        np.testing.assert_array_equal(one.points, other.points)


def test_windows_without_crystal_are_left_out_and_named():
    image = columns_image(shape=(200, 440), dark=[np.s_[:, 200:]])
    problem = WindowsProblem(image, SQUARE, WindowsSettings(atoms=QUICK, side=28, overlap=0))
    results = list(without_pulses(run_windows(problem)))
    out = [r for r in results if r.trial is None]
    assert out
    assert all("crystal" in r.reason for r in out)
    assert all(r.window.right > 200 for r in out)
    assert stitched(problem, results)[:, 1].max() < 210
    assert np.isnan(window_maps(results, problem.plan)["qc"]).sum() == len(out)


def windows_under_way():
    return [t for t in threading.enumerate() if t.name.startswith("window")]


def test_to_cancel_is_to_stop_iterating():
    settings = WindowsSettings(atoms=QUICK, side=28, workers=2)
    running = run_windows(WindowsProblem(columns_image(), SQUARE, settings))
    next(without_pulses(running))
    running.close()
    assert not windows_under_way()


class LongFirstWindow:
    """Two windows, of which the first would take 10 000 trials.

    The second is over when the first has made two trials; in the third it waits until the
    work is being stopped, so that it can be seen how many follow.
    """

    def __init__(self, monkeypatch, act=lambda: None):
        atoms = AtomsSettings(trials=10_000, sampler="sobol", refine=False)
        settings = WindowsSettings(atoms=atoms, side=28, workers=2)
        self.problem = WindowsProblem(columns_image(), SQUARE, settings)
        self.first, self.second = self.problem.plan.waves[0][:2]
        self.act, self.second_over, self.over = act, threading.Event(), None
        self.stopping, self.trials_after = threading.Event(), 0
        self.two_made = threading.Event()
        watch = self.watched

        class Watched(Search):
            def __iter__(self):
                return watch(self.problem, super().__iter__())

        monkeypatch.setattr(windows, "Search", Watched)
        monkeypatch.setattr(windows, "Event", self.event)

    def event(self):
        """The event that ends the windows; setting it lets the first one go on."""
        found, real = threading.Event(), threading.Event.set
        found.set = lambda: (real(found), self.stopping.set())
        return found

    def watched(self, part, trials):
        pixels = self.problem.image.data
        if np.array_equal(part.image.data, pixels[self.second.slices]):
            yield from islice(trials, 5)
            assert self.two_made.wait(60)
            self.second_over.set()
        elif np.array_equal(part.image.data, pixels[self.first.slices]):
            yield from islice(trials, 2)
            self.two_made.set()
            assert self.second_over.wait(60)
            self.act()
            assert self.stopping.wait(60)
            for trial in trials:
                self.trials_after += 1
                yield trial
        else:
            yield from trials


def test_closing_ends_windows_within_a_trial_and_a_pulse_leaves_none_that_is_finished(monkeypatch):
    long = LongFirstWindow(monkeypatch)
    running, results = run_windows(long.problem), []
    for result in running:
        if result is not None:
            results.append(result)
        # at a pulse: what is finished by now has come
        elif results:
            break
    running.close()
    assert [(r.window, r.n_trials) for r in results] == [(long.second, 5)]
    assert long.trials_after == 1
    assert not windows_under_way()


def test_an_interruption_does_the_same_and_is_told_afterwards(monkeypatch):
    # a shell that starts the tests in the background makes them ignore SIGINT
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    long, results = LongFirstWindow(monkeypatch, _thread.interrupt_main), []
    try:
        with pytest.raises(KeyboardInterrupt):
            deque(map(results.append, without_pulses(run_windows(long.problem))))
    finally:
        signal.signal(signal.SIGINT, before)
    assert [r.window for r in results] == [long.second]
    assert long.trials_after == 1
    assert not windows_under_way()


def test_a_close_before_the_first_window_leaves_none(monkeypatch):
    long = LongFirstWindow(monkeypatch)
    running = run_windows(long.problem)
    running.close()
    assert list(running) == []
    assert not windows_under_way()


def test_an_interruption_between_two_windows_keeps_them_and_ends_the_work():
    def interrupt(_):
        raise KeyboardInterrupt

    settings = WindowsSettings(atoms=QUICK, side=28, workers=2)
    task = begin_windows(Inputs(columns_image(), SQUARE), settings)
    run = collect(task, interrupt)
    assert (run.status, len(run.trials), run.has_result()) == ("cancelled", 1, True)
    assert not windows_under_way()


def test_what_cannot_be_searched_is_refused_before_the_first_window():
    image = columns_image()
    with pytest.raises(BadInput, match="smaller than two cells"):
        begin_windows(Inputs(image, SQUARE), WindowsSettings(side=7))
    with pytest.raises(BadInput, match="choose a lattice"):
        begin_windows(Inputs(image), WindowsSettings())
    counted = WindowsSettings(atoms=AtomsSettings(count=160))
    with pytest.raises(BadInput, match="remove the count"):
        begin_windows(Inputs(image, SQUARE), counted)


def test_an_image_without_crystal_is_no_result():
    noise = Image(np.random.default_rng(0).standard_normal((160, 160)), 0.2)
    task = begin_windows(Inputs(noise, SQUARE), WindowsSettings(atoms=QUICK, side=16))
    with pytest.raises(BadInput, match=r"^No window has a result \(No crystal was found in it\)"):
        collect(task)


def made_run(done):
    problem, results = done
    run = WindowsRun.of(problem)
    run.trials.extend(results)
    return run


def test_tables_are_data_frames(done, tmp_path):
    run = made_run(done)
    atoms = run.atoms()
    WINDOWS.write(run, tmp_path, None, None)
    written = pd.read_csv(tmp_path / "atoms.csv", keep_default_na=False, na_values={"y_A": ""})
    assert list(atoms) == list(written)
    np.testing.assert_allclose(atoms["y_A"], written["y_A"], rtol=1e-8)
    assert (atoms["class"] == "").all()
    table = run.table()
    assert table["window"].tolist() == list(range(len(run.plan.windows)))
    assert table["n_trials"].tolist() == [14] * len(table)
    first = run.trials[0]
    assert table.loc[0, "qc"] == first.trial.score.qc
    assert table.loc[0, "threshold"] == first.trial.parameters["threshold"]


def test_maps_are_a_dataset_with_coordinates_and_units(done):
    run = made_run(done)
    found = run.to_xarray()
    assert dict(found.sizes) == dict(zip("yx", run.plan.grid, strict=True))
    assert set(found.data_vars) == set(run.maps)
    np.testing.assert_array_equal(found["qc"].to_numpy(), run.maps["qc"])
    assert (found["min_sigma"].attrs["units"], found["qc"].attrs["units"]) == ("px", "1")
    assert found["n"].attrs["long_name"] == "columns"
    last = run.plan.windows[-1]
    middle = 0.2 * np.array([last.top + last.bottom - 1, last.left + last.right - 1]) / 2
    assert [found["y"].item(-1), found["x"].item(-1)] == pytest.approx(middle)
    assert found["x"].attrs["units"] == "angstrom"
    run.image = replace(run.image, pixel_size=None)
    in_px = run.to_xarray()
    assert in_px["x"].attrs["units"] == "px"
    assert in_px["x"].item(0) == (run.plan.windows[0].right - 1) / 2


def test_maps_without_xarray_name_the_extra(done, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(BadInput, match=r"napari-reward-analysis\[xarray\]"):
        made_run(done).to_xarray()


def test_the_analysis_is_known_by_its_name():
    assert analysis_named("windows") is WINDOWS


def test_parts_of_different_contrast_are_each_found_by_their_own_settings():
    made = simulate(YBCO, (256, 512), 0.18, rotation=2.0)
    pixels = made.image.normalised.astype(float)
    noise = np.random.default_rng(0).standard_normal(made.image.shape)
    pixels[:, 256:] *= 0.15
    pixels += np.where(np.arange(512) < 256, 0.02, 0.1) * noise
    image, known = Image(pixels, 0.18), np.column_stack([made.truth["y"], made.truth["x"]])
    atoms = AtomsSettings(trials=12, area="field", refine=False)

    trials = list(iter_atoms(image, YBCO, settings=atoms))
    chosen = trials[pick(trials)]
    problem = WindowsProblem(image, YBCO, WindowsSettings(atoms=atoms, side=46, overlap=0))
    results = list(without_pulses(run_windows(problem)))
    table = stitched_table(results, problem.plan, problem.spacing_px, image.pixel_size)

    def f1(points):
        return score_points(points, known, 3.3, image.shape, 11.0).f1

    whole = f1(chosen.points[chosen.inside])
    assert f1(np.column_stack([table["y_px"], table["x_px"]])) > whole


def test_a_field_of_one_contrast_loses_nothing_to_speak_of(shared_data, monkeypatch):
    monkeypatch.syspath_prepend(str(shared_data.parent))
    score = importlib.import_module("score")
    pixels, truth, _ = score.load(shared_data / "sim" / "ybco_clean")
    settings = WindowsSettings(atoms=AtomsSettings(trials=10, refine=False))
    image = Image(pixels, truth["pixel_size_A"])
    run = collect(begin_windows(Inputs(image, YBCO), settings))
    table = run.stitched
    points = np.column_stack([table["x_px"], table["y_px"]])
    assert score.match(points, truth)["f1"] > 0.995
    pairs = cKDTree(points).query_pairs(run.spacing_px / 2, output_type="ndarray")
    assert (table["window"][pairs[:, 0]] == table["window"][pairs[:, 1]]).all()
