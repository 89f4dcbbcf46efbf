"""Tests of artificial files with every valid and invalid calibration."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import h5py
import imageio.v3 as iio
import numpy as np
import pytest
from ncempy.io import emd as ncempy_emd
from rsciio import hspy, zspy
from rsciio import tiff as rsciio_tiff

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.read import read_file_images, read_image

IMAGE = np.arange(12 * 10, dtype=np.uint16).reshape(12, 10)
STACK = np.stack([IMAGE, IMAGE + 1, IMAGE + 2])


# -- plain pictures and arrays ---------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "i2", ">u2", "f4", ">f4", "f8", "f2", "?", "u8"])
def test_npy_of_every_kind(tmp_path: Path, dtype: str) -> None:
    data = (IMAGE % 2).astype(dtype)
    np.save(tmp_path / "a.npy", data)
    image = read_image(tmp_path / "a.npy")
    assert np.array_equal(image.data, data)
    assert image.data.dtype.isnative
    assert image.metadata["format"] == "npy"


def test_npy_stack_and_trailing_channel(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    (frame,) = read_file_images(tmp_path / "a.npy")
    assert frame.data.shape == (3, 12, 10)
    np.save(tmp_path / "b.npy", IMAGE[..., None])
    assert np.array_equal(read_image(tmp_path / "b.npy").data, IMAGE)
    np.save(tmp_path / "c.npy", IMAGE[None])
    assert np.array_equal(read_image(tmp_path / "c.npy").data, IMAGE)


@pytest.mark.parametrize("suffix", [".png", ".PNG"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_png(tmp_path: Path, dtype: type, suffix: str) -> None:
    iio.imwrite(tmp_path / f"a{suffix}", IMAGE.astype(dtype), extension=".png")
    assert np.array_equal(read_image(tmp_path / f"a{suffix}").data, IMAGE)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_channels_that_are_equal_are_grey(tmp_path: Path, channels: int) -> None:
    grey = IMAGE.astype(np.uint8)
    opacity = np.full_like(grey, 128)
    planes = {2: [grey, opacity], 3: [grey] * 3, 4: [grey, grey, grey, opacity]}[channels]
    iio.imwrite(tmp_path / "a.png", np.stack(planes, axis=-1))
    image = read_image(tmp_path / "a.png")
    assert np.array_equal(image.data, grey)
    assert image.data.flags.c_contiguous


def test_grey_jpeg(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    iio.imwrite(tmp_path / "a.jpg", np.stack([smooth] * 3, axis=-1), quality=95)
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == (64, 64)
    assert np.abs(image.data.astype(int) - smooth).max() < 5


# -- Gatan: a real file with single tags changed ---------------------------------------


def dm3(shared_data: Path, tmp_path: Path, *changes: tuple[bytes, bytes]) -> Path:
    """The real file with tags of its image (the last of that kind) replaced."""
    content = (shared_data / "formats/dmTest_float32_nonSquare_diffPixelSize.dm3").read_bytes()
    for old, new in changes:
        at = content.rindex(old)
        content = content[:at] + new + content[at + len(old) :]
    path = tmp_path / "a.dm3"
    path.write_bytes(content)
    return path


def scale_tag(value: float) -> bytes:
    return b"Scale%%%%" + struct.pack(">II", 1, 6) + struct.pack("<f", value)


def units_tag(text: str) -> bytes:
    return b"Units%%%%" + struct.pack(">IIII", 3, 20, 4, len(text)) + text.encode("utf-16-le")


def type_tag(code: int) -> bytes:
    return b"DataType%%%%" + struct.pack(">II", 1, 5) + struct.pack("<I", code)


# along x 1.0 nm, along y 2.0 A
SQUARE = ((scale_tag(2.0), scale_tag(10.0)), (units_tag("A"), units_tag("A")))


def test_dm3_of_square_pixels(shared_data: Path, tmp_path: Path) -> None:
    assert read_image(dm3(shared_data, tmp_path, *SQUARE)).pixel_size == 10.0


@pytest.mark.parametrize(("y", "size"), [(10.0, 10.0), (10.08, 10.04), (9.95, 9.975)])
def test_nearly_square_pixels_are_taken_as_square(
    shared_data: Path, tmp_path: Path, y: float, size: float
) -> None:
    path = dm3(shared_data, tmp_path, (scale_tag(2.0), scale_tag(y)))
    assert read_image(path).pixel_size == pytest.approx(size, rel=1e-4)


def test_pixels_2_percent_from_square_are_refused(shared_data: Path, tmp_path: Path) -> None:
    path = dm3(shared_data, tmp_path, (scale_tag(2.0), scale_tag(10.2)))
    with pytest.raises(BadInput, match="not square"):
        read_image(path)


@pytest.mark.parametrize("size", [0.0, -2.0, float("nan"), float("inf")])
def test_impossible_size_in_a_header_is_not_known(
    shared_data: Path, tmp_path: Path, size: float
) -> None:
    path = dm3(shared_data, tmp_path, (scale_tag(2.0), scale_tag(size)))
    (frame,) = read_file_images(path)
    assert frame.pixel_size is None
    assert frame.layer_axes()[:2] == ((1.0, 1.0), ("pixel", "pixel"))
    assert any("impossible step" in note for note in frame.metadata["notes"])
    assert read_image(path).pixel_size is None


@pytest.mark.parametrize("unit", ["1/nm", "nm^-1", "1/A", "mrad"])
def test_diffraction_pattern(shared_data: Path, tmp_path: Path, unit: str) -> None:
    path = dm3(shared_data, tmp_path, (units_tag("A"), units_tag(unit)))
    with pytest.raises(BadInput, match=r"is a diffraction pattern .*: choose a real-space image"):
        read_file_images(path)


def test_energy_loss_along_one_axis(shared_data: Path, tmp_path: Path) -> None:
    path = dm3(shared_data, tmp_path, (units_tag("nm"), units_tag("eV")))
    with pytest.raises(BadInput, match=r"is a spectrum \(an axis is in eV\)"):
        read_file_images(path)


def test_unit_of_something_else(shared_data: Path, tmp_path: Path) -> None:
    path = dm3(shared_data, tmp_path, (units_tag("A"), units_tag("Line")))
    (frame,) = read_file_images(path)
    assert frame.pixel_size is None
    assert any("'Line' along y is not a length" in note for note in frame.metadata["notes"])


@pytest.mark.parametrize(
    ("code", "sentence"), [(23, "a colour picture"), (3, "complex"), (99, r"pixel type.*99")]
)
def test_gatan_pixel_types(shared_data: Path, tmp_path: Path, code: int, sentence: str) -> None:
    path = dm3(shared_data, tmp_path, (type_tag(2), type_tag(code)))
    with pytest.raises(BadInput, match=sentence):
        read_file_images(path)


# -- TIA -------------------------------------------------------------------------------


def ser(shared_data: Path, tmp_path: Path, delta: float) -> Path:
    content = (shared_data / "formats/03_Scanning_Preview_1.ser").read_bytes()
    old = struct.pack("<d", 3.843524875139251e-10)
    assert content.count(old) == 10
    path = tmp_path / "a_1.ser"
    path.write_bytes(content.replace(old, struct.pack("<d", delta)))
    return path


def test_ser_diffraction_pattern(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a diffraction pattern"):
        read_file_images(ser(shared_data, tmp_path, 4.2e7))


@pytest.mark.parametrize("delta", [1.0, 0.0, -1e-10])
def test_uncalibrated_ser(shared_data: Path, tmp_path: Path, delta: float) -> None:
    assert read_file_images(ser(shared_data, tmp_path, delta))[0].pixel_size is None


def test_a_damaged_emi_beside_the_ser_does_not_matter(shared_data: Path, tmp_path: Path) -> None:
    path = ser(shared_data, tmp_path, 2e-11)
    (tmp_path / "a.emi").write_bytes(b"<ObjectInfo><ExperimentalCond")
    assert read_file_images(path)[0].pixel_size == pytest.approx((0.2, 0.2))


def test_ser_of_spectra(shared_data: Path, tmp_path: Path) -> None:
    content = bytearray((shared_data / "formats/03_Scanning_Preview_1.ser").read_bytes())
    content[6:10] = struct.pack("<i", 0x4120)
    (tmp_path / "a.ser").write_bytes(content)
    with pytest.raises(BadInput, match="is a series of spectra"):
        read_file_images(tmp_path / "a.ser")


# -- MRC -------------------------------------------------------------------------------


def mrc(
    tmp_path: Path,
    data: np.ndarray,
    cell: tuple[float, float, float],
    mode: int = 1,
    extended: bytes = b"",
) -> Path:
    """Write an MRC file; `cell` is along x, y, z in angstrom."""
    stack = data if data.ndim == 3 else data[None]
    shape = stack.shape[::-1]
    header = struct.pack("<10i", *shape, mode, 0, 0, 0, *shape)
    header += struct.pack("<6f3i3f", *cell, 90, 90, 90, 1, 2, 3, 0, 0, 0)
    header += struct.pack("<2i", 0, len(extended))
    path = tmp_path / "a.mrc"
    path.write_bytes(header.ljust(1024, b"\0") + extended + stack.tobytes())
    return path


def test_mrc_image(tmp_path: Path) -> None:
    path = mrc(tmp_path, IMAGE.astype("<i2"), (10 * 0.25, 12 * 0.25, 0))
    image = read_image(path)
    assert np.array_equal(image.data, IMAGE)
    assert image.pixel_size == 0.25


def test_mrc_without_a_cell_is_not_calibrated(tmp_path: Path) -> None:
    assert read_image(mrc(tmp_path, IMAGE.astype("<i2"), (0, 0, 0))).pixel_size is None


def test_mrc_keeps_x_and_y_apart(tmp_path: Path) -> None:
    path = mrc(tmp_path, IMAGE.astype("<i2"), (10 * 0.5, 12 * 0.25, 1))
    assert read_file_images(path)[0].pixel_size == (0.25, 0.5)


def test_mrc_with_fei_header(tmp_path: Path) -> None:
    extended = struct.pack("<15f", *range(11), 2.5e-11, 0, 0, 0).ljust(131072, b"\0")
    path = mrc(tmp_path, STACK.astype("<i2"), (0, 0, 0), extended=extended)
    (frame,) = read_file_images(path)
    assert np.array_equal(frame.data, STACK)
    assert frame.pixel_size == pytest.approx((0.25, 0.25))


def test_mrc_with_another_programs_header(tmp_path: Path) -> None:
    extended = struct.pack("<15f", *range(11), 2.5e-11, 0, 0, 0).ljust(2048, b"\0")
    path = mrc(tmp_path, IMAGE.astype("<i2"), (10 * 0.5, 12 * 0.5, 1), extended=extended)
    assert read_image(path).pixel_size == 0.5


def test_mrc_complex(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"complex or packed \(MRC mode 4\)"):
        read_image(mrc(tmp_path, IMAGE.astype("<c8"), (1, 1, 1), mode=4))


# -- EMD -------------------------------------------------------------------------------


def test_berkeley_emd(tmp_path: Path) -> None:
    path = tmp_path / "a.emd"
    ncempy_emd.emdWriter(path, STACK, (1, 0.02, 0.02), ("frames", "[n_m]", "[n_m]"))
    (frame,) = read_file_images(path)
    assert np.array_equal(frame.data, STACK)
    assert frame.pixel_size == pytest.approx((0.2, 0.2))
    assert frame.name == "a: converted" or frame.name == "a"


def test_berkeley_emd_without_calibration(tmp_path: Path) -> None:
    ncempy_emd.emdWriter(tmp_path / "a.emd", IMAGE)
    assert read_image(tmp_path / "a.emd").pixel_size is None


def test_berkeley_emd_diffraction_and_four_dimensions(tmp_path: Path) -> None:
    ncempy_emd.emdWriter(tmp_path / "a.emd", IMAGE, (0.1, 0.1), ("[1/n_m]", "[1/n_m]"))
    with pytest.raises(BadInput, match="is a diffraction pattern"):
        read_file_images(tmp_path / "a.emd")
    ncempy_emd.emdWriter(tmp_path / "b.emd", np.zeros((2, 3, 4, 5)))
    with pytest.raises(BadInput, match="4 dimensions"):
        read_file_images(tmp_path / "b.emd")


def test_berkeley_emd_that_was_written_x_first(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        group = file.create_group("signals/HAADF")
        group.attrs["emd_group_type"] = 1
        group["data"] = IMAGE.T
        for i, (label, length) in enumerate((("x", 10), ("y", 12))):
            dim = group.create_dataset(f"dim{i + 1}", data=np.arange(length) * 0.03)
            dim.attrs["name"], dim.attrs["units"] = label, "[n_m]"
    image = read_image(tmp_path / "a.emd")
    assert np.array_equal(image.data, IMAGE)
    assert image.pixel_size == pytest.approx(0.3)


def velox(path: Path, *images: tuple[np.ndarray, dict[str, Any]]) -> Path:
    with h5py.File(path, "w") as file:
        for i, (pixels, header) in enumerate(images):
            group = file.create_group(f"Data/Image/{i:032d}")
            group["Data"] = pixels
            text = json.dumps(header).encode().ljust(4000, b"\0")
            group["Metadata"] = np.frombuffer(text, np.uint8)[:, None]
    return path


def velox_header(detector: str, size: float, unit: str = "m") -> dict[str, Any]:
    return {
        "BinaryResult": {
            "Detector": detector,
            "PixelSize": {"width": str(size), "height": str(size)},
            "PixelUnitX": unit,
            "PixelUnitY": unit,
        }
    }


def test_velox_with_several_detectors_gives_haadf_first(tmp_path: Path) -> None:
    path = velox(
        tmp_path / "a.emd",
        (IMAGE[..., None] + 5, velox_header("BF", 2e-11)),
        (IMAGE[..., None], velox_header("HAADF", 2e-11)),
        (
            IMAGE[..., None].astype([("real", "<f4"), ("imag", "<f4")]),
            velox_header("FFT", 1, "1/m"),
        ),
    )
    frames = read_file_images(path)
    assert [frame.name for frame in frames] == ["a: HAADF", "a: BF"]
    assert any("Fourier" in note for note in frames[0].metadata["notes"])
    assert np.array_equal(read_image(path).data, IMAGE)
    assert np.array_equal(read_image(path, signal=1).data, IMAGE + 5)
    with pytest.raises(BadInput, match=r"no signal 2: choose from 0 \(a: HAADF\), 1 \(a: BF\)"):
        read_image(path, signal=2)


def test_velox_series_has_its_frames_first(tmp_path: Path) -> None:
    path = velox(tmp_path / "a.emd", (np.moveaxis(STACK, 0, -1), velox_header("HAADF", 2e-11)))
    (frame,) = read_file_images(path)
    assert np.array_equal(frame.data, STACK)
    assert frame.pixel_size == pytest.approx((0.2, 0.2))


def test_velox_diffraction_pattern_and_missing_header(tmp_path: Path) -> None:
    path = velox(tmp_path / "a.emd", (IMAGE[..., None], velox_header("Ceta", 1e8, "1/m")))
    with pytest.raises(BadInput, match="is a diffraction pattern"):
        read_file_images(path)
    assert read_image(velox(tmp_path / "b.emd", (IMAGE[..., None], {}))).pixel_size is None


def test_hdf5_without_images(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file["other"] = IMAGE
    with pytest.raises(BadInput, match=r"a\.emd holds no image"):
        read_file_images(tmp_path / "a.emd")


# -- HyperSpy --------------------------------------------------------------------------


def signal(
    data: np.ndarray, units: tuple[str | None, ...], n_navigate: int = 0, kind: str = ""
) -> dict[str, Any]:
    """Return a signal as HyperSpy passes it to rosettasciio."""
    axes = [
        {
            "_type": "UniformDataAxis",
            "name": f"axis {i}",
            "size": data.shape[i],
            "scale": 0.02,
            "offset": 0.0,
            "units": unit,
            "navigate": i < n_navigate,
        }
        for i, unit in enumerate(units)
    ]
    return {
        "data": data,
        "axes": axes,
        "metadata": {"General": {"title": "HAADF"}, "Signal": {"signal_type": kind}},
        "original_metadata": {},
        "attributes": {"_lazy": False},
        "learning_results": {},
        "package": "",
        "package_info": {},
        "tmp_parameters": {},
        "models": {},
    }


@pytest.fixture(params=[hspy, zspy], ids=["hspy", "zspy"])
def hyperspy_file(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Function that writes a signal and gives its path."""
    suffix = request.param.__name__.rpartition(".")[2]

    def write(content: dict[str, Any]) -> Path:
        path = tmp_path / f"a.{suffix}"
        request.param.file_writer(str(path), content)
        return path

    return write


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_hyperspy_image_and_stack(hyperspy_file: Any) -> None:
    path = hyperspy_file(signal(STACK, ("s", "nm", "nm"), n_navigate=1))
    (frame,) = read_file_images(path)
    assert np.array_equal(frame.data, STACK)
    assert frame.pixel_size == pytest.approx((0.2, 0.2))
    assert frame.layer_axes()[1] == ("s", "nm", "nm")
    assert np.array_equal(read_image(path, frame=1).data, STACK[1])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (signal(STACK.astype(float), ("nm", "nm", "eV"), 2, "EELS"), "EELS spectrum"),
        (signal(STACK, ("nm", "nm", "keV"), 2, "EDS_TEM"), "EDS_TEM spectrum"),
        (signal(IMAGE, ("nm", "eV"), 1), "spectrum"),
        (signal(IMAGE[0], ("nm",), 0), "spectrum"),
        (signal(IMAGE, ("1/nm", "1/nm")), "diffraction pattern"),
        (signal(np.zeros((2, 3, 4, 5)), ("nm", "nm", "1/nm", "1/nm"), 2), "4 dimensions"),
        (signal(IMAGE * 1j, ("nm", "nm")), "complex"),
    ],
)
def test_hyperspy_refusals(hyperspy_file: Any, content: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_file_images(hyperspy_file(content))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_hyperspy_without_units(hyperspy_file: Any) -> None:
    assert read_image(hyperspy_file(signal(IMAGE, (None, None)))).pixel_size is None


# -- TIFF: see test_read_tiff.py for the other calibrations ------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_gatan_tags_as_rosettasciio_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    rsciio_tiff.file_writer(str(path), signal(IMAGE, ("nm", "nm")))
    assert read_image(path).pixel_size == pytest.approx(0.2)
