"""Tests of saved studies: they are read back, or refused in one sentence."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from napari_reward_analysis import AtomsSettings, BadInput, Image, free_lattice
from napari_reward_analysis.analyses.noise.problem import NoiseProblem
from napari_reward_analysis.analyses.noise.result import TUNED, NoiseResult
from napari_reward_analysis.analyses.noise.run import NOISE_FORMAT, NoiseRun
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.windows.analysis import begin_windows
from napari_reward_analysis.analyses.windows.run import WINDOWS_FORMAT
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.runs.execute import collect
from napari_reward_analysis.runs.packed import pack

SQUARE = free_lattice(4.0, 4.0, 90, 1)
QUICK = AtomsSettings(trials=8, refine=False)
DAMAGED = r"is not a run of this program, or is damaged\.$"


@pytest.fixture(scope="module")
def image():
    y, x = np.mgrid[:160, :220]
    wave = np.cos(2 * np.pi * (y - 10) / 20) + np.cos(2 * np.pi * (x - 10) / 20)
    noise = np.random.default_rng(0).standard_normal(y.shape)
    return Image(np.exp(2 * wave - 4) + 0.03 * noise, 0.2)


@pytest.fixture(scope="module")
def windows(image):
    settings = WindowsSettings(atoms=QUICK, side=28, workers=1)
    return collect(begin_windows(Inputs(image, SQUARE), settings))


def change_file(path, change):
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_an_analysis_by_windows_reads_back_as_it_was_saved(windows, tmp_path):
    WINDOWS_FORMAT.save(windows, tmp_path)
    again = WINDOWS_FORMAT.load(tmp_path)
    assert (again.plan, again.settings) == (windows.plan, windows.settings)
    assert (again.lattice, again.image) == (SQUARE, windows.image)
    assert (again.status, again.spacing_px) == ("done", windows.spacing_px)
    assert len(again.atoms()) > 20
    pd.testing.assert_frame_equal(again.atoms(), windows.atoms())
    pd.testing.assert_frame_equal(again.table(), windows.table())


@pytest.mark.parametrize(
    "change",
    [
        {"lattice": None},
        {"plan": {}},
        {"trials": None},
        {"trials": [{"window": 99, "physics": None, "trial": None}]},
        {"spacing_px": "x"},
        {"notices": [None]},
        {"plan": {"shape": [160, 220], "grid": [9, 9], "windows": []}},
        {"plan": {"shape": [160, 220], "grid": [10**9, 10**9], "windows": []}},
    ],
    ids=str,
)
def test_a_damaged_analysis_by_windows_is_one_sentence(windows, tmp_path, change):
    path = WINDOWS_FORMAT.save(windows, tmp_path)
    change_file(path, change)
    with pytest.raises(BadInput, match=DAMAGED):
        WINDOWS_FORMAT.load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"settings": 3},
        {"trials": None},
        {"trials": [{"score": None}]},
        {"region": pack(np.packbits(np.ones(64, bool)))},
    ],
    ids=str,
)
def test_a_damaged_noise_study_is_one_sentence(image, tmp_path, change):
    path = NOISE_FORMAT.save(
        NoiseRun.of(NoiseProblem(image, SQUARE, NoiseSettings(atoms=QUICK))), tmp_path
    )
    change_file(path, change)
    with pytest.raises(BadInput, match=DAMAGED):
        NOISE_FORMAT.load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"n_trials": []},
        {"reason": 3},
        {"further": {"gaps": "x"}},
        {"parameters": 3},
        {"sums": pack(np.ones(7, "<f4"))},
    ],
    ids=str,
)
def test_a_window_with_a_damaged_result_is_one_sentence(windows, tmp_path, change):
    path = WINDOWS_FORMAT.save(windows, tmp_path)
    record = json.loads(path.read_text())
    trial = record["trials"][0]["trial"]
    (trial if set(change) <= set(trial) else record["trials"][0]).update(change)
    path.write_text(json.dumps(record))
    with pytest.raises(BadInput, match=DAMAGED):
        WINDOWS_FORMAT.load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"count": "x"},
        {"er": []},
        {"level": 7.0},
        {"parameters": {"threshold": "x"}},
        {"score": {"precision": "x", "recall": 1, "error_px": 1}},
    ],
    ids=str,
)
def test_a_noise_study_with_a_damaged_result_is_one_sentence(image, tmp_path, change):
    settings = NoiseSettings(levels=(0.0,), seeds=1, atoms=QUICK)
    run = NoiseRun.of(NoiseProblem(image, SQUARE, settings))
    run.trials = [NoiseResult(0.0, 0, TUNED, 3, 4.0, -0.25, 0.0, {}, np.ones((3, 2)))]
    path = NOISE_FORMAT.save(run, tmp_path)
    NOISE_FORMAT.load(path)
    record = json.loads(path.read_text())
    change_file(path, {"trials": [record["trials"][0] | change]})
    with pytest.raises(BadInput, match=DAMAGED):
        NOISE_FORMAT.load(path)


def test_a_noise_study_needs_no_lattice_and_one_cut_off_is_cancelled(image, tmp_path):
    NOISE_FORMAT.save(NoiseRun.of(NoiseProblem(image, None, NoiseSettings(atoms=QUICK))), tmp_path)
    again = NOISE_FORMAT.load(tmp_path)
    assert (again.lattice, again.status, again.trials) == (None, "cancelled", [])
