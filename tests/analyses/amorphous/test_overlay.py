"""Tests of the picture of amorphous regions on their image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_reward_analysis import BadInput, Image
from napari_reward_analysis.analyses.amorphous.overlay import (
    region_overlay_figure,
    save_region_overlay,
)

IMAGE = Image(np.random.default_rng(0).random((60, 90)), 0.2, "scan")


def test_regions_are_numbered_at_their_place():
    regions = np.zeros(IMAGE.shape, np.uint8)
    regions[10:21, 20:41] = 1
    regions[40:51, 60:81] = 2
    (axes,) = region_overlay_figure(IMAGE, regions).axes
    assert axes.get_title() == "scan: 2 amorphous regions, 8.6 % of the field"
    assert {text.get_text(): text.get_position() for text in axes.texts} == {
        "1": (30, 15),
        "2": (70, 45),
    }
    shade = axes.images[1].get_array()
    np.testing.assert_array_equal(shade[..., 3] > 0, regions > 0)


def test_an_image_without_a_region_says_so():
    (axes,) = region_overlay_figure(IMAGE, np.zeros(IMAGE.shape, np.uint8)).axes
    assert axes.get_title() == "scan: no amorphous region"
    assert len(axes.images) == 1


def test_it_is_written_whole_or_refused_in_one_sentence(tmp_path):
    regions = np.eye(60, 90, dtype=np.uint8)
    save_region_overlay(IMAGE, regions, tmp_path / "overlay.png")
    assert (tmp_path / "overlay.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(BadInput, match="cannot be written"):
        save_region_overlay(IMAGE, regions, tmp_path / "none" / "overlay.png")
