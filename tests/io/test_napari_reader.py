"""Tests of the reader in the viewer: layers with units."""

from __future__ import annotations

from pathlib import Path

import npe2
import numpy as np
import pint
import pytest
import tifffile
from napari.components import ViewerModel
from napari.utils.notifications import notification_manager

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.napari_reader import get_reader, read_layers
from napari_reward_analysis.io.read import SUFFIXES

PLUGIN = "napari-reward-analysis"
NM = pint.get_application_registry().nanometer
PIXEL = pint.get_application_registry().pixel


def add_all(path: Path) -> ViewerModel:
    viewer = ViewerModel()
    for data, keywords, kind in read_layers(str(path)):
        assert kind == "image"
        viewer.add_image(data, **keywords)
    return viewer


def test_a_calibrated_image_has_a_scale_bar_in_nm(shared_data: Path) -> None:
    viewer = add_all(shared_data / "real/sto001_80kV_titan.ser")
    (layer,) = viewer.layers
    assert layer.units == (NM, NM)
    assert layer.scale == pytest.approx([0.010012704240403383] * 2, rel=1e-12)
    assert layer.axis_labels == ("y", "x")
    assert layer.name == "sto001_80kV_titan"
    assert layer.metadata["source"].endswith("sto001_80kV_titan.ser")
    # what the scale bar reads, and the field of view
    assert viewer.layers.units == (NM, NM)
    assert viewer.layers.extent.world[1] == pytest.approx([1023 * 0.0100127042404] * 2)


def test_points_on_the_image_keep_the_units(shared_data: Path) -> None:
    viewer = add_all(shared_data / "real/sto001_80kV_titan.ser")
    image = viewer.layers[0]
    viewer.add_points(np.zeros((3, 2)), scale=image.scale, units=image.units)
    assert viewer.layers.units == (NM, NM)


def test_a_calibrated_stack(shared_data: Path) -> None:
    viewer = add_all(shared_data / "formats/03_Scanning_Preview_1.ser")
    (layer,) = viewer.layers
    assert layer.data.shape == (5, 128, 128)
    assert not layer.rgb
    assert layer.units == (PIXEL, NM, NM)
    assert layer.scale == pytest.approx([1, 0.38435248751, 0.38435248751])
    assert viewer.layers.units == (PIXEL, NM, NM)
    assert viewer.dims.axis_labels == ("frame", "y", "x")
    assert viewer.dims.nsteps == (5, 128, 128)


def test_one_unit_for_axes_that_differ(shared_data: Path) -> None:
    viewer = add_all(shared_data / "formats/dmTest_float32_nonSquare_diffPixelSize.dm3")
    assert viewer.layers.units == (NM, NM)
    assert viewer.layers[0].scale == pytest.approx([0.2, 1.0])


def test_an_uncalibrated_image_counts_pixels(shared_data: Path) -> None:
    path = shared_data / "real/oxide_interface_survey_uncalibrated.dm3"
    (layer_data,) = read_layers(str(path))
    assert "units" not in layer_data[1]
    assert "scale" not in layer_data[1]
    (layer,) = add_all(path).layers
    assert layer.units == (PIXEL, PIXEL)
    assert layer.scale.tolist() == [1, 1]


def test_several_signals_become_several_layers(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for i in range(2):
            file.write(np.eye(6 + i, dtype=np.float32), metadata=None)
    viewer = add_all(tmp_path / "a.tif")
    assert [layer.data.shape for layer in viewer.layers] == [(6, 6), (7, 7)]


def test_three_frames_are_no_colours(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random((5, 8, 8)))
    (layer,) = add_all(tmp_path / "a.npy").layers
    assert layer.ndim == 3


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_reader_takes_every_suffix(suffix: str) -> None:
    for name in (f"a{suffix}", f"a{suffix.upper()}"):
        assert get_reader(name) is read_layers
        assert get_reader(Path(name)) is read_layers
        assert get_reader([name]) is read_layers


def test_reader_leaves_the_rest_to_others() -> None:
    assert get_reader("notes.txt") is None
    assert get_reader("folder") is None
    assert get_reader(["a.tif", "b.tif"]) is None


@pytest.fixture
def plugins() -> npe2.PluginManager:
    """The plugins as installed; skip where this one is only on the path."""
    manager = npe2.PluginManager.instance()
    manager.discover(include_npe1=False)
    if PLUGIN not in [manifest.name for manifest in manager.iter_manifests()]:
        pytest.skip("needs the plugin installed")
    return manager


@pytest.mark.usefixtures("plugins")
def test_files_open_through_the_manifest(shared_data: Path) -> None:
    viewer = ViewerModel()
    viewer.open(shared_data / "formats/multi_signal.dm3", plugin=None)
    assert viewer.layers[0].source.reader_plugin == PLUGIN
    viewer.open(shared_data / "real/singleatom_bpy_crop19.tif", plugin=PLUGIN)
    viewer.open(shared_data / "real/atomsegnet_dso_8nm.png", plugin=PLUGIN)
    assert len(viewer.layers) == 3
    # the multi-signal file is calibrated and the others are not: pixels and nm do not mix
    assert viewer.layers.units is None


def test_folders_are_not_claimed(plugins: npe2.PluginManager, tmp_path: Path) -> None:
    names = [reader.plugin_name for reader in plugins.iter_compatible_readers(str(tmp_path))]
    assert PLUGIN not in names


@pytest.mark.usefixtures("plugins")
def test_a_spectrum_is_an_error_and_no_layer(shared_data: Path) -> None:
    path = shared_data / "formats/DMReader_EELS_STO_spectrum.dm4"
    viewer = ViewerModel()
    with pytest.raises(BadInput, match="is an EELS spectrum"):
        viewer.open(path, plugin=PLUGIN)
    with pytest.raises(ValueError, match="failed") as caught:
        viewer.open(path, plugin=None)
    assert isinstance(caught.value.__cause__, BadInput)
    assert not viewer.layers


def test_the_sentence_is_shown_on_top_of_naparis_report(
    shared_data: Path, qtbot: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(notification_manager, "dispatch", lambda note: shown.append(note.message))
    with pytest.raises(BadInput):
        read_layers(shared_data / "formats/DMReader_EELS_STO_spectrum.dm4")
    assert not shown, "it must come after the exception has been reported"
    qtbot.waitUntil(lambda: bool(shown))  # type: ignore[attr-defined]
    assert "is an EELS spectrum: choose a real-space image" in shown[0]


def test_several_files_as_one_stack() -> None:
    with pytest.raises(BadInput, match="open them one by one"):
        read_layers(["a.tif", "b.tif"])
