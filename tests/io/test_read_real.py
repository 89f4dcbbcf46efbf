"""Tests of files from microscopes and their programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.read import read_file_images, read_image


def test_titan_ser(shared_data: Path) -> None:
    image = read_image(shared_data / "real/sto001_80kV_titan.ser")
    assert image.shape == (1024, 1024)
    assert image.data.dtype == np.uint16
    assert image.pixel_size == pytest.approx(0.10012704240403383, rel=1e-12)
    assert image.name == "sto001_80kV_titan"
    assert image.source.endswith("sto001_80kV_titan.ser")
    # the top left corner as TIA shows it: TIA writes the lowest row first
    assert image.data[0, :3].tolist() == [18024, 18416, 18350]


def test_velox_emd_in_micrometres(shared_data: Path) -> None:
    (frame,) = read_file_images(shared_data / "formats/EMDReader_Image_FEI.emd")
    assert frame.data.shape == (512, 512)
    assert frame.pixel_size == pytest.approx((53.024148379916, 53.024148379916), rel=1e-12)
    assert frame.name == "EMDReader_Image_FEI"
    assert frame.metadata["signal"] == "HAADF"
    assert frame.metadata["acceleration voltage (V)"] == 200e3


def test_dm3_with_two_units(shared_data: Path) -> None:
    path = shared_data / "formats/dmTest_float32_nonSquare_diffPixelSize.dm3"
    (frame,) = read_file_images(path)
    assert frame.data.shape == (64, 128)
    assert frame.pixel_size == (2.0, 10.0)
    scale, units, labels = frame.layer_axes()
    assert scale == pytest.approx((0.2, 1.0))
    assert units == ("nm", "nm")
    assert labels == ("y", "x")
    with pytest.raises(BadInput, match=r"not square \(2 angstrom along y, 10 along x\)"):
        read_image(path)
    assert read_image(path, pixel_size=2.0).pixel_size == 2.0


def test_dm3_with_an_image_and_a_plot(shared_data: Path) -> None:
    (frame,) = read_file_images(shared_data / "formats/multi_signal.dm3")
    assert frame.name == "multi_signal: HAADF"
    assert frame.data.shape == (512, 512)
    assert frame.data.dtype == np.uint16
    assert frame.pixel_size == pytest.approx((0.17751578, 0.17751578), rel=1e-7)
    assert any("Plot" in note and "one-dimensional" in note for note in frame.metadata["notes"])
    assert frame.metadata["Voltage"] == 300e3


def test_eels_spectrum_is_refused(shared_data: Path) -> None:
    path = shared_data / "formats/DMReader_EELS_STO_spectrum.dm4"
    with pytest.raises(BadInput, match="is an EELS spectrum: choose a real-space image"):
        read_file_images(path)


def test_mrc_volume(shared_data: Path) -> None:
    (frame,) = read_file_images(shared_data / "formats/temp.mrc")
    assert frame.data.shape == (3, 128, 128)
    assert frame.pixel_size == (2.0, 2.0)
    assert frame.layer_axes() == (pytest.approx((0.2, 0.2, 0.2)), ("nm",) * 3, ("z", "y", "x"))


def test_ser_stack(shared_data: Path) -> None:
    path = shared_data / "formats/03_Scanning_Preview_1.ser"
    (frame,) = read_file_images(path)
    assert frame.data.shape == (5, 128, 128)
    assert frame.n_frames == 5
    scale, units, labels = frame.layer_axes()
    assert scale == pytest.approx((1, 0.3843524875, 0.3843524875), rel=1e-9)
    assert units == ("pixel", "nm", "nm")
    assert labels == ("frame", "y", "x")


def test_one_frame_of_a_stack(shared_data: Path) -> None:
    path = shared_data / "formats/03_Scanning_Preview_1.ser"
    stack = read_file_images(path)[0].data
    image = read_image(path, frame=3)
    assert np.array_equal(image.data, stack[3])
    assert image.name == "03_Scanning_Preview_1 [3]"
    assert image.pixel_size == pytest.approx(3.843524875139251, rel=1e-12)
    with pytest.raises(BadInput, match=r"stack of 5 frames: choose a frame from 0 to 4"):
        read_image(path)
    for absent in (5, -1):
        with pytest.raises(BadInput, match=f"no frame {absent}: choose a frame from 0 to 4"):
            read_image(path, frame=absent)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("real/oxide_interface_survey_uncalibrated.dm3", (512, 512)),
        ("real/atomsegnet_dso_8nm.png", (1024, 1024)),
        ("real/atomsegnet_si110_5nm.png", (512, 512)),
        ("real/singleatom_bpy_crop19.tif", (512, 512)),
        ("sim/ybco_clean.npy", (512, 512)),
    ],
)
def test_uncalibrated(shared_data: Path, name: str, shape: tuple[int, int]) -> None:
    image = read_image(shared_data / name)
    assert image.shape == shape
    assert image.pixel_size is None
    assert read_image(shared_data / name, pixel_size=0.18).pixel_size == 0.18
    assert read_file_images(shared_data / name)[0].layer_axes()[1] == ("pixel", "pixel")


@pytest.mark.parametrize(
    "name",
    [
        "real/sto001_80kV_titan.ser",
        "formats/EMDReader_Image_FEI.emd",
        "formats/multi_signal.dm3",
        "formats/temp.mrc",
        "real/singleatom_bpy_crop19.tif",
        "real/atomsegnet_dso_8nm.png",
        "sim/ybco_clean.npy",
        "formats/DMReader_EELS_STO_spectrum.dm4",
    ],
)
@pytest.mark.parametrize("part", [0.002, 0.5, 0.9])
def test_a_file_cut_short_gets_one_sentence(
    shared_data: Path, tmp_path: Path, name: str, part: float
) -> None:
    whole = (shared_data / name).read_bytes()
    path = tmp_path / Path(name).name
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(BadInput) as caught:
        read_file_images(path)
    assert "\n" not in str(caught.value)
    assert "cannot be read" in str(caught.value) or "spectrum" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "real/sto001_80kV_titan.ser",
        "formats/EMDReader_Image_FEI.emd",
        "formats/multi_signal.dm3",
        "formats/temp.mrc",
    ],
)
def test_nothing_is_printed(
    shared_data: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    read_file_images(shared_data / name)
    assert capfd.readouterr() == ("", "")
