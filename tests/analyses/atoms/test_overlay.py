"""Tests of the picture of the found columns on their image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import BadInput, Image, Physics
from napari_reward_analysis.analyses.atoms.overlay import (
    ERROR_COLOUR,
    OUTSIDE_COLOUR,
    RIGHT_COLOUR,
    overlay_figure,
    save_overlay,
)
from napari_reward_analysis.analyses.atoms.trial import AtomTrial
from napari_reward_analysis.rewards.atoms import AtomScore

IMAGE = Image(np.random.default_rng(0).random((60, 90)), 0.2, "scan")
PHYSICS = Physics(expected=4, ds_px=30.0)


def trial_of(sums, inside, outside):
    y, x = np.arange(len(sums)) * 10.0, np.arange(len(sums)) * 15.0
    blobs = np.column_stack([y, x, np.full(len(sums), 2.0), np.ones(len(sums))])
    return AtomTrial(
        index=0,
        parameters={},
        blobs=blobs.astype(np.float32),
        neighbour_sums=np.array(sums, np.float32),
        inside=np.array(inside, bool),
        outside=np.array(outside, bool),
        score=AtomScore(count=3, qc=-0.25, er=0.25, feasible=True),
    )


def shown(figure):
    """Positions by colour of the edges."""
    (axes,) = figure.axes
    return {
        tuple(np.round(marks.get_edgecolor()[0][:3] * 255).astype(int)): marks.get_offsets()
        for marks in axes.collections
    }


def rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def test_columns_errors_and_what_is_not_counted_are_apart():
    trial = trial_of([40, 20, 45, 10, 50], [1, 1, 1, 0, 0], [0, 0, 0, 1, 0])
    found = shown(overlay_figure(IMAGE, trial, PHYSICS))
    np.testing.assert_allclose(found[rgb(RIGHT_COLOUR)], [[0, 0], [30, 20]])
    np.testing.assert_allclose(found[rgb(ERROR_COLOUR)], [[15, 10]])
    # a column that is not counted is no error, however close its neighbours are
    np.testing.assert_allclose(found[rgb(OUTSIDE_COLOUR)], [[45, 30]])


def test_the_title_tells_the_rewards():
    (axes,) = overlay_figure(IMAGE, trial_of([40], [True], [False]), PHYSICS).axes
    assert axes.get_title() == "scan: QC -0.2500, ER 0.2500"


def test_it_is_written_whole_or_refused_in_one_sentence(tmp_path):
    trial = trial_of([40, 41], [True, True], [False, False])
    save_overlay(IMAGE, trial, PHYSICS, tmp_path / "overlay.png")
    assert (tmp_path / "overlay.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(BadInput, match="cannot be written"):
        save_overlay(IMAGE, trial, PHYSICS, tmp_path / "none" / "overlay.png")
