"""Tests of the figures of the studies: names, units, and missing values."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from napari_reward_analysis import AtomsSettings, Image, free_lattice
from napari_reward_analysis.analyses.noise.analysis import begin_noise
from napari_reward_analysis.analyses.noise.figures import noise_figure
from napari_reward_analysis.analyses.noise.settings import NoiseSettings
from napari_reward_analysis.analyses.oracle.figures import KIND_COLOURS, comparison_figure
from napari_reward_analysis.analyses.windows.analysis import begin_windows
from napari_reward_analysis.analyses.windows.figures import maps_figure
from napari_reward_analysis.analyses.windows.settings import WindowsSettings
from napari_reward_analysis.points.agreement import agreement
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.runs.execute import collect

SQUARE = free_lattice(4.0, 4.0, 90, 1)
QUICK = AtomsSettings(trials=6, refine=False)


@pytest.fixture(scope="module")
def image():
    y, x = np.mgrid[:120, :180]
    wave = np.cos(2 * np.pi * (y - 10) / 20) + np.cos(2 * np.pi * (x - 10) / 20)
    noise = np.random.default_rng(0).standard_normal(y.shape)
    return Image(np.exp(2 * wave - 4) + 0.03 * noise, 0.2)


def known_positions():
    y, x = np.mgrid[10:120:20, 10:180:20]
    return np.column_stack([y.ravel(), x.ravel()]).astype(float)


def test_maps_are_named_with_their_units_and_labelled_by_values_that_there_are(image):
    settings = WindowsSettings(atoms=QUICK, side=20, workers=1)
    run = collect(begin_windows(Inputs(image, SQUARE), settings))
    figure = maps_figure(run)
    figure.draw_without_rendering()
    maps = [axes for axes in figure.axes if axes.get_title()]
    titles = [axes.get_title() for axes in maps]
    assert {"columns", "QC", "ER", "trials", "min sigma, px", "max sigma, px"} <= set(titles)
    assert not any("_" in title for title in titles)

    trials = run.maps["n_trials"]
    shown = maps[titles.index("trials")].images[0]
    labels = [text.get_text() for text in shown.colorbar.ax.get_yticklabels()]
    assert np.ptp(trials[np.isfinite(trials)]) == 0
    assert labels == [f"{trials[0, 0]:g}"]
    columns = maps[titles.index("columns")].images[0]
    assert all(float(tick) == round(tick) for tick in columns.colorbar.get_ticks())


def test_without_known_positions_there_is_no_empty_plot_of_scores(image):
    settings = NoiseSettings(atoms=QUICK, levels=(0.0, 0.3), seeds=1)
    for known, there in ((None, False), (known_positions(), True)):
        run = collect(begin_noise(Inputs(image, SQUARE, given={"known": known}), settings))
        scores = noise_figure(run).axes[-1]
        assert scores.axison == there
        assert ("no known positions" in scores.get_title()) == (not there)
        assert bool(scores.lines) == there


def test_a_comparison_has_the_colours_of_the_window_and_shows_the_border_whole(image):
    oracle = known_positions()
    found = np.vstack([oracle[3:], [[0.0, 0.0]]])
    figure = comparison_figure(image, found, oracle, agreement(found, oracle, 5.0))
    marks = figure.axes[0].collections
    for mark, kind, number in zip(marks, KIND_COLOURS, (len(oracle) - 3, 3, 1), strict=True):
        assert mark.get_label() == f"{kind} ({number})"
        assert to_hex(mark.get_edgecolor()[0]) == KIND_COLOURS[kind]
        assert not mark.get_clip_on()
