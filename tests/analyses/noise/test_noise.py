"""Tests of the noise study: its levels, the fixed settings, and the scores."""

from __future__ import annotations

import json
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from napari_reward_analysis import AtomsSettings, BadInput, Image, free_lattice
from napari_reward_analysis.analyses.noise import trials as noise
from napari_reward_analysis.analyses.noise.analysis import NOISE, begin_noise
from napari_reward_analysis.analyses.noise.images import mean_dose, noise_width, noisy_image
from napari_reward_analysis.analyses.noise.problem import NoiseProblem
from napari_reward_analysis.analyses.noise.result import KEPT, ORACLE, TUNED
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT, NoiseRun
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.noise.trials import run_noise
from napari_reward_analysis.points.matching import match_points, points_within, score_points
from napari_reward_analysis.runs.analysis import Inputs, analysis_named
from napari_reward_analysis.runs.execute import collect
from napari_reward_analysis.search.loop import Search
from napari_reward_analysis.search.pulses import without_pulses

SQUARE = free_lattice(4.0, 4.0, 90, 1)
LEVELS = (0.0, 0.5)
QUICK = NoiseSettings(levels=LEVELS, seeds=2, atoms=AtomsSettings(trials=8, refine=False))
Y, X = np.mgrid[10:140:20, 10:140:20]
KNOWN = np.column_stack([Y.ravel(), X.ravel()]).astype(float)


@pytest.fixture(scope="module")
def image():
    y, x = np.mgrid[:140, :140]
    wave = np.cos(2 * np.pi * (y - 10) / 20) + np.cos(2 * np.pi * (x - 10) / 20)
    return Image(100 * np.exp(2 * wave - 4), 0.2)


def study(*given, **more):
    """The results of a study, one by one."""
    return without_pulses(run_noise(NoiseProblem(*given, **more)))


@pytest.fixture(scope="module")
def results(image):
    return list(study(image, SQUARE, QUICK, oracle=lambda _: KNOWN, known=KNOWN))


def test_there_is_one_result_per_seed_level_and_method(results):
    assert [(r.seed, r.level, r.method) for r in results] == [
        (seed, level, method)
        for seed in (0, 1)
        for level in LEVELS
        for method in (TUNED, KEPT, ORACLE)
    ]


def test_the_control_keeps_the_settings_of_the_lowest_level(results):
    for seed in (0, 1):
        tuned = [r for r in results if r.seed == seed and r.method == TUNED]
        kept = [r for r in results if r.seed == seed and r.method == KEPT]
        assert all(r.parameters == tuned[0].parameters for r in kept)
        assert kept[0].count == tuned[0].count
        assert tuned[1].score.f1 >= kept[1].score.f1


def test_an_oracle_that_knows_all_is_right_at_every_level(results):
    oracle = [r for r in results if r.method == ORACLE]
    assert all(r.count == len(KNOWN) and r.score.f1 == 1 for r in oracle)
    assert all(np.isnan(r.er) and not r.parameters for r in oracle)


def test_known_positions_play_no_part_in_the_search(image, results):
    blind = list(study(image, SQUARE, QUICK))
    assert all(r.score is None for r in blind)
    seeing = [r for r in results if r.method != ORACLE]
    for one, other in zip(blind, seeing, strict=True):
        assert one.parameters == other.parameters
        np.testing.assert_array_equal(one.points, other.points)


def test_a_study_reads_back_as_it_was_saved(image, results, tmp_path):
    run = NoiseRun.of(NoiseProblem(image, SQUARE, QUICK))
    run.trials, run.status = results, "done"
    NOISE_FORMAT.save(run, tmp_path)
    again = NOISE_FORMAT.load(tmp_path)
    assert again.settings == QUICK
    assert again.status == "done"
    assert again.identifier == run.identifier
    pd.testing.assert_frame_equal(again.table(), run.table())
    for one, other in zip(again.trials, results, strict=True):
        np.testing.assert_array_equal(one.points, other.points)


LEFT = np.zeros((140, 140), bool)
LEFT[:, :70] = True


@pytest.fixture(scope="module")
def in_region(image):
    return list(study(image, SQUARE, QUICK, LEFT, oracle=lambda _: KNOWN, known=KNOWN))


def test_all_methods_are_counted_and_scored_within_a_drawn_region(in_region):
    # the outermost pixels are no place to count at, and a spacing from the edge none to score
    counted = LEFT.copy()
    counted[[0, -1]] = counted[:, [0, -1]] = False
    judged = LEFT.copy()
    judged[:20] = judged[-20:] = judged[:, :20] = judged[:, -20:] = False
    assert {r.method for r in in_region} == {TUNED, KEPT, ORACLE}
    for r in in_region:
        assert r.count == np.count_nonzero(points_within(r.points, counted))
        # by the cell as it is seen in so small a part
        assert r.expected == pytest.approx(np.count_nonzero(counted) / 20**2, rel=0.1)
        assert r.qc == pytest.approx(r.count / r.expected - 1)
        if r.level == 0:
            # what was found beyond is kept
            assert r.points[:, 1].max() > 75
            assert (r.score.precision, r.score.recall) == (1, 1)
        found = np.flatnonzero(points_within(r.points, judged))
        right = np.isin(found, match_points(r.points, KNOWN, 6.0).found)
        share = right.mean() if len(right) else np.nan
        assert r.score.precision == pytest.approx(share, nan_ok=True)


def test_what_is_known_beyond_a_drawn_region_changes_nothing(image, in_region):
    less = KNOWN[KNOWN[:, 1] < 80]
    again = study(image, SQUARE, QUICK, LEFT, oracle=lambda _: KNOWN, known=less)
    for one, other in zip(again, in_region, strict=True):
        assert astuple(one.score) == pytest.approx(astuple(other.score), nan_ok=True)
    empty = study(image, SQUARE, QUICK, LEFT, known=KNOWN[KNOWN[:, 1] > 80])
    assert np.isnan(next(empty).score.recall)


def test_a_region_of_the_whole_field_is_none(image):
    field = QUICK.model_copy(update={"atoms": QUICK.atoms.model_copy(update={"area": "field"})})
    drawn = study(image, SQUARE, field, np.ones(image.shape, bool), known=KNOWN)
    for one, other in zip(drawn, study(image, SQUARE, field, known=KNOWN), strict=True):
        assert (one.parameters, one.count) == (other.parameters, other.count)
        assert astuple(one.score) == pytest.approx(astuple(other.score), nan_ok=True)


def test_a_region_that_is_none_of_the_image_is_refused(image):
    with pytest.raises(BadInput, match="draw the region on this image"):
        next(study(image, SQUARE, QUICK, np.ones((9, 9), bool)))
    with pytest.raises(BadInput, match="covers no pixel"):
        next(study(image, SQUARE, QUICK, np.zeros(image.shape, bool)))


def test_a_region_is_kept_with_the_study_and_missing_from_older_files(image, in_region, tmp_path):
    run = NoiseRun.of(NoiseProblem(image, SQUARE, QUICK, LEFT))
    run.trials, run.status = in_region, "done"
    file = NOISE_FORMAT.save(run, tmp_path)
    np.testing.assert_array_equal(NOISE_FORMAT.load(tmp_path).region, LEFT)
    log = NOISE_FORMAT.log(run, tmp_path / "log")
    log.close(keep=True)
    np.testing.assert_array_equal(NOISE_FORMAT.load(tmp_path / "log").region, LEFT)
    record = json.loads(file.read_text())
    del record["region"]
    file.write_text(json.dumps(record))
    assert NOISE_FORMAT.load(file).region is None
    assert len(NOISE_FORMAT.load(file).trials) == len(in_region)


@pytest.mark.parametrize("trial", [1, 10])
def test_closing_ends_the_study_within_a_trial(image, monkeypatch, trial):
    made, results = [], []

    class Watched(Search):
        def __iter__(self):
            for found in super().__iter__():
                made.append(found)
                yield found

    monkeypatch.setattr(noise, "Search", Watched)
    task = begin_noise(Inputs(image, SQUARE), QUICK)
    for result in task.steps:
        if result is not None:
            results.append(result)
        elif len(made) == trial:
            break
    task.steps.close()
    # the ninth trial is the control
    assert (len(made), len(results)) == (trial, 0 if trial == 1 else 2)


def test_inputs_name_the_oracle_and_the_table_of_known_positions(image, results, tmp_path):
    table = tmp_path / "known.csv"
    table.write_text("y_px,x_px\n" + "".join(f"{y},{x}\n" for y, x in KNOWN))
    given = {"oracle": lambda _: KNOWN, "known": table}
    task = begin_noise(Inputs(image, SQUARE, given=given), QUICK)
    run = collect(task)
    assert len(run.trials) == task.total == len(results)
    for one, other in zip(run.trials, results, strict=True):
        assert astuple(one.score) == pytest.approx(astuple(other.score), nan_ok=True)
    nothing = begin_noise(Inputs(image, SQUARE), QUICK)
    assert nothing.total == 8
    with pytest.raises(BadInput, match="no file"):
        begin_noise(Inputs(image, SQUARE, given={"known": tmp_path / "none.csv"}), QUICK)


def test_the_table_is_a_data_frame_and_the_file(image, results, tmp_path):
    run = NoiseRun.of(NoiseProblem(image, SQUARE, QUICK))
    assert run.table().empty
    run.trials = results
    summary = NOISE.write(run, tmp_path, None, None)
    written = pd.read_csv(tmp_path / "noise.csv", keep_default_na=False, na_values={"f1": ""})
    assert list(run.table()) == list(written)
    assert written["method"].tolist() == run.table()["method"].tolist()
    np.testing.assert_allclose(written["f1"], run.table()["f1"], rtol=1e-8)
    words = NOISE.describe(summary).splitlines()
    assert words[0] == "Columns at noise relative to the image's range:"
    assert words[3] == "oracle: 49 at 0, 49 at 0.5; F1 1.000, 1.000"


def test_the_analysis_is_known_by_its_name():
    assert analysis_named("noise") is NOISE


@pytest.mark.parametrize("unit", ["range", "std"])
@pytest.mark.parametrize("kind", ["gaussian", "poisson"])
def test_noise_has_the_width_that_its_level_says(unit, kind):
    pixels = np.full((300, 300), 5.0)
    pixels[0, 0], pixels[0, 1] = 0.0, 10.0
    image = Image(pixels, 1.0)
    noisy = noisy_image(image, 0.1, unit, kind, seed=3)
    width = (noisy.data - pixels)[1:].std()
    assert width == pytest.approx(noise_width(image, 0.1, unit), rel=0.03)
    again = noisy_image(image, 0.1, unit, kind, seed=3)
    np.testing.assert_array_equal(noisy.data, again.data)


def test_no_noise_is_the_image_itself_and_takes_endless_dose(image):
    assert noisy_image(image, 0.0, "range", "poisson", 0) is image
    assert mean_dose(image, 0.0, "range") == np.inf


def test_pixels_that_are_not_finite_stay_so(image):
    pixels = image.data.copy()
    pixels[3, 4] = np.nan
    for kind in ("gaussian", "poisson"):
        noisy = noisy_image(Image(pixels, 0.2), 0.3, "std", kind, 0)
        assert np.flatnonzero(~noisy.valid).tolist() == [3 * 140 + 4]


@pytest.mark.parametrize("levels", [(), (0.2, 0.1), (0.1, 0.1), (-0.1, 0.2), (0.0, np.inf)])
def test_levels_that_do_not_rise_from_zero_are_refused(levels):
    with pytest.raises(ValidationError, match="rising"):
        NoiseSettings(levels=levels)


def test_an_image_in_which_nothing_is_found_is_refused():
    y, x = np.mgrid[-30:30, -30:30]
    one = Image(np.exp(-(y**2 + x**2) / 30), 0.2)
    with pytest.raises(BadInput, match="lowest noise"):
        list(study(one, SQUARE, QUICK))


def test_points_are_matched_one_to_one():
    found = np.array([[0.0, 0.0], [0.4, 0.0], [10.0, 10.0], [50.0, 50.0]])
    known = np.array([[0.1, 0.0], [10.0, 11.0], [90.0, 90.0]])
    pairs = match_points(found, known, 2.0)
    assert pairs.found.tolist() == [0, 2]
    assert pairs.known.tolist() == [0, 1]
    score = score_points(found, known, 2.0, (100, 100), 0.0)
    assert score.precision == pytest.approx(2 / 4)
    assert score.recall == pytest.approx(2 / 3)
    assert score.error_px == pytest.approx(np.sqrt((0.1**2 + 1) / 2))
    nothing = score_points(np.empty((0, 2)), known, 2.0, (100, 100), 0.0)
    assert nothing.recall == 0
    assert np.isnan(nothing.precision)
    assert nothing.f1 == 0
