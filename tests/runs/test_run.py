"""Tests of a run of any analysis: its text, its image, saving and loading."""

from __future__ import annotations

import numpy as np
import pytest
from tests.toy_analysis import TOY, ToySettings

from napari_reward_analysis import BadInput, Image
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.runs import load, run
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.runs.execute import collect
from napari_reward_analysis.runs.load import load_any


@pytest.fixture(autouse=True)
def _only_the_toy(monkeypatch):
    for module in (run, load):
        monkeypatch.setattr(module, "find_analysis", {"toy": TOY}.__getitem__)


@pytest.fixture
def picture(tmp_path):
    np.save(tmp_path / "scan.npy", np.linspace(0, 1, 400).reshape(20, 20))
    return tmp_path / "scan.npy"


def run_on(image, **settings):
    return collect(TOY.begin(Inputs(image), ToySettings(sampler="sobol", **settings)))


def test_repr_is_a_few_lines(picture):
    found = run_on(read_image(picture, pixel_size=0.2), trials=9)
    found.name = "first"
    first, second, third = repr(found).splitlines()
    assert first == f"<ToyRun 'first': done, 9 trials, {len(found.front)} on the front"
    assert second == "image: 'scan', 20 x 20 px, pixel size 0.2 angstrom"
    assert third == f"best: {found.best!r}>"


def test_save_writes_what_the_command_writes_and_it_loads_again(picture, tmp_path):
    found = run_on(read_image(picture), trials=9)
    found.choice = 2
    summary = found.save(str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "toy.csv",
        "toy.json",
    ]
    assert summary["pick"] == 2
    for path in (tmp_path / "out", tmp_path / "out" / "toy.json"):
        again = load_any(path)
        assert again.trials == found.trials
        assert again.settings == found.settings


def test_the_image_is_the_kept_one_or_read_from_its_file(picture, tmp_path):
    found = run_on(read_image(picture))
    np.testing.assert_array_equal(found.find_image().data, np.load(picture))
    in_memory = run_on(Image(np.load(picture)))
    assert in_memory.find_image() is None
    with pytest.raises(BadInput, match="was not found: give the image"):
        in_memory.need_image()
    image = Image(np.load(picture))
    assert in_memory.need_image(image) is image
    assert in_memory.find_image() is image


def test_an_image_with_other_pixels_is_not_taken_for_the_run_s(picture):
    found = run_on(read_image(picture))
    with pytest.raises(BadInput, match="the pixels differ"):
        found.need_image(Image(np.eye(20)))
    np.save(picture, np.eye(20))
    assert found.find_image() is None
    picture.unlink()
    assert found.find_image() is None


def test_what_is_no_run_is_one_sentence(picture, tmp_path):
    with pytest.raises(BadInput, match="There is no run .*none: check the name"):
        load_any(tmp_path / "none")
    with pytest.raises(BadInput, match="is not a run of this program, or is damaged"):
        load_any(picture)
    with pytest.raises(BadInput, match="There is no run in .*: choose a folder that holds one"):
        load_any(tmp_path)


def test_a_folder_with_runs_of_several_analyses_asks_for_one(picture, tmp_path):
    out = tmp_path / "out"
    run_on(read_image(picture)).save(out)
    (out / "other.json").write_text('{"format": 1, "kind": "noise", "trials": []}')
    with pytest.raises(BadInput, match=r"several analyses \(noise, toy\): name the file"):
        load_any(out)
    assert load_any(out / "toy.json").kind == "toy"


def test_the_log_of_a_run_that_was_cut_off_loads_too(picture, tmp_path):
    found = run_on(read_image(picture), trials=3)
    log = TOY.format.log(found, tmp_path / "out")
    log.add(found.trials[0])
    log.close(keep=True)
    again = load_any(tmp_path / "out")
    assert again.trials == found.trials[:1]
