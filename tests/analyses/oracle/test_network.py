"""Tests of the network of this package, and of other networks."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from napari_reward_analysis import BadInput, Image, lattice_preset
from napari_reward_analysis.analyses.oracle.find import column_map, find_columns
from napari_reward_analysis.analyses.oracle.grey_scale import BACKGROUND_SIGMA, flattened
from napari_reward_analysis.analyses.oracle.network import SHIPPED, load_model
from napari_reward_analysis.analyses.oracle.peaks import find_peaks
from napari_reward_analysis.analyses.oracle.tiles import in_tiles
from napari_reward_analysis.io.simulate import simulate
from napari_reward_analysis.points.agreement import agreement
from napari_reward_analysis.search.pulses import returned


@pytest.fixture(scope="module")
def model():
    return load_model(threads=1)


def made(name="YBCO[100]", size=0.18, side=256, **more):
    result = simulate(lattice_preset(name), (side, side), size, rotation=7, seed=3, **more)
    return result.image, np.column_stack([result.truth["y"], result.truth["x"]])


def f1(found, truth, image, border=2.0):
    """F1 within 0.6 A, away from the border."""
    rim = border / image.pixel_size
    inner = [
        p[((p >= rim) & (p <= np.array(image.shape) - 1 - rim)).all(axis=1)] for p in (found, truth)
    ]
    return agreement(*inner, 0.6 / image.pixel_size).f1


@pytest.mark.parametrize(
    ("name", "size", "noise"),
    [
        ("YBCO[100]", 0.18, {}),
        ("YBCO[100]", 0.20, {"dose": 25.0}),
        ("SrTiO3[001]", 0.12, {"dose": 60.0}),
        ("Si[110]", 0.10, {"dose": 60.0}),
        ("DyScO3[pc]", 0.08, {"dose": 60.0}),
    ],
)
def test_columns_are_found_at_any_pixel_size(model, name, size, noise):
    image, truth = made(name, size, **noise)
    columns = find_columns(image, model)
    assert f1(columns.points, truth, image) >= 0.95
    assert ((columns.confidence >= 0.3) & (columns.confidence <= 1)).all()


def test_positions_lie_between_the_pixels(model):
    image, truth = made("SrTiO3[001]", 0.1, side=300)
    pairs = agreement(find_columns(image, model).points, truth, 4.0)
    assert pairs.facts(0.1)["rms_A"] < 0.08
    offset = find_columns(image, model).points[pairs.matched[:, 0]] - truth[pairs.matched[:, 1]]
    # a whole resampling, not half a pixel beside it
    assert np.abs(offset.mean(axis=0)).max() < 0.4


def test_the_spacing_stands_in_for_a_pixel_size_that_is_not_known(model):
    image, truth = made("SrTiO3[001]", 0.09, side=320, dose=80)
    columns = find_columns(Image(image.data), model)
    assert columns.zoom < 0.8
    assert f1(columns.points, truth, image) >= 0.95


def test_an_image_without_spacing_or_pixel_size_is_refused(model):
    y, x = np.mgrid[:64, :64]
    with pytest.raises(BadInput, match="pixel size in angstrom"):
        find_columns(Image((y + x).astype(float)), model)


def test_tiles_do_not_change_the_map(model):
    image, _ = made(side=203, dose=40)
    pixels = flattened(image.normalised)
    whole = returned(in_tiles(model.run, pixels, tile=512))
    parts = returned(in_tiles(model.run, pixels, tile=64))
    assert whole.shape == (1, 203, 203)
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_brightness_and_contrast_do_not_matter(model):
    image, _ = made(dose=40)
    other = Image(image.data * 37.0 + 500, image.pixel_size)
    one, two = (find_columns(i, model).points for i in (image, other))
    assert agreement(one, two, 0.1).f1 == 1


def test_the_record_tells_how_it_was_trained(model):
    beside = json.loads(SHIPPED.with_suffix(".json").read_text())
    assert model.record == beside
    assert beside["background_sigma_px"] == BACKGROUND_SIGMA
    assert {"seed", "steps", "ranges", "torch"} <= set(beside)
    assert SHIPPED.stat().st_size < 3_000_000


def test_a_network_of_other_making_serves(model_file):
    y, x = np.mgrid[:60, :60]
    spots = [(15, 20.4), (40.3, 35)]
    pixels = sum(np.exp(-((y - a) ** 2 + (x - b) ** 2) / 8) for a, b in spots)
    other = load_model(model_file([("Identity", ("image",), "out")]))
    columns = find_columns(Image(pixels, 0.2), other)
    assert agreement(columns.points, np.array(spots), 0.15).f1 == 1


def test_several_channels_are_classes_after_a_background(model_file):
    nodes = [("Neg", ("image",), "dark"), ("Concat", ("dark", "dark", "image"), "out")]
    y, x = np.mgrid[:40, :40]
    pixels = np.exp(-((y - 20) ** 2 + (x - 12) ** 2) / 8)
    columns = find_columns(Image(pixels), load_model(model_file(nodes, channels=3)), 0.8)
    assert columns.points.round().tolist() == [[20, 12]]
    assert columns.classes.tolist() == ["class 2"]


def test_logits_of_one_channel_become_probabilities():
    heat, classes = column_map(np.array([[[-3.0, 0.0, 3.0]]], np.float32))
    assert heat[0, 1] == 0.5
    assert 0 < heat[0, 0] < 0.1
    assert set(classes.ravel()) == {""}


def test_a_colour_model_is_refused(model_file):
    path = model_file([("Identity", ("image",), "out")], shape=("n", 3, "h", "w"), channels=3)
    with pytest.raises(BadInput, match="one grey image"):
        load_model(path)


def test_a_model_that_gives_no_map_is_refused(model_file):
    other = load_model(model_file([("GlobalAveragePool", ("image",), "out")]))
    with pytest.raises(BadInput, match="maps have the size of the image"):
        find_columns(made(side=64)[0], other)


def test_a_model_of_fixed_size_is_refused(model_file):
    path = model_file([("Identity", ("image",), "out")], shape=(1, 1, 32, 32))
    with pytest.raises(BadInput, match="height and width are free"):
        find_columns(made(side=64)[0], load_model(path))


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(BadInput, match="There is no file"):
        load_model(tmp_path / "none.onnx")
    (tmp_path / "broken.onnx").write_bytes(SHIPPED.read_bytes()[:5000])
    with pytest.raises(BadInput, match=r"broken\.onnx is not a model"):
        load_model(tmp_path / "broken.onnx")


def test_without_the_runtime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BadInput, match=r'pip install "napari-reward-analysis\[oracle\]"'):
        load_model()


def test_peaks_of_a_flat_or_empty_map():
    assert len(find_peaks(np.zeros((20, 20))).points) == 0
    assert len(find_peaks(np.zeros((1, 1))).points) == 0
    heat = np.zeros((30, 30))
    heat[10:13, 10:13] = 1  # a plateau is one column
    assert find_peaks(heat).points.round(6).tolist() == [[11, 11]]


def test_bright_columns_of_a_real_image_are_found(model, shared_data):
    from napari_reward_analysis import read_image

    image = read_image(shared_data / "real" / "atomsegnet_dso_8nm.png", None, 0, 0.0798)
    # the lattice says about 856 columns of Dy and Sc
    assert len(find_columns(image, model).points) == pytest.approx(856, rel=0.06)
