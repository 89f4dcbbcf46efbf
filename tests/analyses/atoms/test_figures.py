"""Tests of the figure of a run: both formats, and no change of a global style."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from tests.support.runs import run_atoms

from napari_reward_analysis import BadInput, Image, free_lattice
from napari_reward_analysis.analyses.atoms.figures import front_figure, save_front
from napari_reward_analysis.analyses.atoms.settings import AtomsSettings


@pytest.fixture
def run(tmp_path):
    y, x = np.mgrid[:100, :100]
    image = Image(np.cos(y / 3) * np.cos(x / 3), 0.2)
    return run_atoms(image, free_lattice(4, 4), AtomsSettings(trials=10), tmp_path / "run")


@pytest.mark.parametrize(("name", "start"), [("f.png", b"\x89PNG"), ("f.svg", b"<?xml")])
def test_figures_are_written_whole(run, tmp_path, name, start):
    before = dict(mpl.rcParams)
    save_front(run, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)
    assert dict(mpl.rcParams) == before


def test_the_front_is_what_the_figure_shows(run):
    axes = front_figure(run).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert f"Pareto front ({len(run.front)})" in labels
    assert any("Euclidean" in label for label in labels)
    offsets = axes.collections[1].get_offsets()
    np.testing.assert_allclose(offsets, [run.trials[i].objectives for i in run.front])


def test_a_folder_that_is_missing_is_one_sentence(run, tmp_path):
    with pytest.raises(BadInput, match="cannot be written"):
        save_front(run, tmp_path / "none" / "f.png")
