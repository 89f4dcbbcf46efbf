"""Tests of the choice among masks with nearly the same evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_reward_analysis.analyses.amorphous.regions.rewards import RegionScore
from napari_reward_analysis.analyses.amorphous.trial import AmorphousTrial, pick

REWARDS = ("compactness", "perimeter", "unexplained")
SCORE = RegionScore(1.0, 0.5, 0.2, 100.0, 0.1, 1, feasible=True)


def trial(index, left, perimeter):
    left = np.asarray(left, np.float32)
    score = replace(SCORE, perimeter=perimeter, unexplained=float(left.sum()))
    packed = np.packbits(np.zeros((4, 4), bool))
    return AmorphousTrial(index, {}, left, left, packed, (4, 4), score, REWARDS)


@pytest.mark.parametrize(("worse", "chosen"), [(0.9, 1), (1.1, 0)])
def test_the_shorter_outline_wins_within_the_standard_error(worse, chosen):
    # the second mask explains four columns differently: the standard error of the sum of
    # differences d is the root of the sum of (d - mean)^2
    best = np.full(400, 0.001)
    differences = np.zeros(400)
    differences[:2], differences[2:4] = 0.01, -0.01
    error = 0.02
    differences += worse * error / 400
    trials = [trial(0, best, 0.5), trial(1, best + differences, 0.3)]

    assert pick(trials) == chosen


def test_a_mask_that_explains_the_columns_and_has_the_shorter_outline_wins():
    trials = [trial(0, np.full(9, 0.02), 0.5), trial(1, np.full(9, 0.01), 0.3)]
    assert pick(trials) == 1
