"""Tests of the contrast loss, and of the choice of crystalline columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_reward_analysis.analyses.amorphous.classes.contrast_loss import (
    compare_with_kind,
    slope_against,
)

pytestmark = pytest.mark.numeric


def peak(side=7, sigma=1.5):
    v = np.arange(side) - side // 2
    return np.exp(-(v[:, None] ** 2 + v**2) / (2 * sigma**2)).astype(np.float32)


@given(st.floats(-2, 2), st.floats(-3, 3))
def test_the_slope_is_the_contrast_whatever_the_background(height, background):
    mean = peak().ravel()
    assert slope_against(height * mean[None] + background, mean)[0] == pytest.approx(
        height, abs=1e-4
    )


def test_pixels_outside_the_image_are_left_out():
    mean, cut = peak().ravel(), 0.4 * peak()
    cut[:3] = np.nan
    assert slope_against(cut.reshape(1, -1), mean)[0] == pytest.approx(0.4, abs=1e-5)


def field(size=30, noise=0.02, trend=0.0, seed=0):
    """Columns of two kinds in a square, those in a disk without half of their contrast."""
    rng = np.random.default_rng(seed)
    yx = np.argwhere(np.ones((size, size))) * 10.0
    labels = np.where(yx.sum(axis=1) % 20 == 0, "A", "B")
    gone = np.hypot(*(yx - 80).T) < 45
    height = np.where(labels == "A", 1.0, 0.4) * np.where(gone, 0.5, 1.0)
    height *= 1 + trend * (yx[:, 1] / 300 - 0.5)
    patches = height[:, None, None] * peak() + noise * rng.standard_normal((len(yx), 7, 7))
    return patches.astype(np.float32), labels, yx, gone


@pytest.mark.parametrize("trend", [0.0, 0.4])
def test_disorder_is_lost_contrast_and_thickness_is_not(trend):
    patches, labels, yx, gone = field(trend=trend)
    kept = compare_with_kind(patches, labels, yx, 10.0, np.ones(len(yx), bool))

    assert kept.loss[gone].mean() == pytest.approx(0.5, abs=0.03)
    assert np.abs(kept.loss[~gone]).max() < 0.3
    assert np.mean(kept.loss[~gone]) == pytest.approx(0, abs=0.02)
    assert not (kept.reference & gone).any()
    assert set(kept.means) == {"A", "B"}
    assert kept.weight[labels == "A"].min() > kept.weight[labels == "B"].max()


def test_a_kind_of_a_few_columns_is_not_judged():
    patches, labels, yx, _ = field()
    labels[:3] = "C"
    kept = compare_with_kind(patches, labels, yx, 10.0, np.ones(len(yx), bool))
    assert np.isnan(kept.loss[:3]).all()
    assert (kept.weight[:3] == 0).all()
    assert "C" not in kept.means
