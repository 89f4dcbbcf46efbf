"""Tests of pixel sizes in TIFF files, given in many ways or missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.read import read_file_images, read_image

IMAGE = np.arange(12 * 10, dtype=np.uint16).reshape(12, 10)
STACK = np.stack([IMAGE, IMAGE + 1, IMAGE + 2])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.tif"


@pytest.mark.parametrize(
    ("unit", "per_unit", "angstrom"),
    [
        ("nm", 50, 0.2),
        ("micron", 50000, 0.2),
        ("um", 50000, 0.2),
        ("\\u00B5m", 50000, 0.2),
        ("pm", 0.05, 0.2),
        ("A", 5, 0.2),
        ("cm", 500000000, 0.2),
        ("pixel", 1, None),
        ("", 1, None),
        ("inch", 300, None),
        ("cm", 118, None),
    ],
)
def test_imagej(path: Path, unit: str, per_unit: float, angstrom: float | None) -> None:
    tifffile.imwrite(
        path, IMAGE, imagej=True, resolution=(per_unit, per_unit), metadata={"unit": unit}
    )
    image = read_image(path)
    assert np.array_equal(image.data, IMAGE)
    assert image.pixel_size == (angstrom and pytest.approx(angstrom, rel=1e-6))


def test_imagej_with_a_micro_sign_in_latin_1(path: Path) -> None:
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=(5e4, 5e4), metadata={"unit": "um"})
    path.write_bytes(path.read_bytes().replace(b"unit=um", b"unit=\xb5m"))
    assert read_image(path).pixel_size == pytest.approx(0.2)


def test_imagej_stack_with_depth(path: Path) -> None:
    tifffile.imwrite(
        path,
        STACK,
        imagej=True,
        resolution=(50, 50),
        metadata={"unit": "nm", "spacing": 0.7, "axes": "ZYX"},
    )
    (frame,) = read_file_images(path)
    assert np.array_equal(frame.data, STACK)
    assert frame.layer_axes() == (
        pytest.approx((0.7, 0.02, 0.02)),
        ("nm", "nm", "nm"),
        ("z", "y", "x"),
    )


def test_imagej_time_series(path: Path) -> None:
    metadata = {"unit": "nm", "axes": "TYX"}
    tifffile.imwrite(path, STACK, imagej=True, resolution=(50, 50), metadata=metadata)
    assert read_file_images(path)[0].layer_axes()[1:] == (("pixel", "nm", "nm"), ("t", "y", "x"))


def test_imagej_with_pixels_that_are_not_square(path: Path) -> None:
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=(50, 25), metadata={"unit": "nm"})
    assert read_file_images(path)[0].pixel_size == pytest.approx((0.4, 0.2))
    with pytest.raises(BadInput, match="not square"):
        read_image(path)


def test_ome(path: Path) -> None:
    ome = path.with_suffix(".ome.tif")
    metadata = {
        "axes": "YX",
        "PhysicalSizeX": 0.02,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.2,
        "PhysicalSizeYUnit": "\u00c5",
    }
    tifffile.imwrite(ome, IMAGE, ome=True, metadata=metadata)
    assert read_image(ome).pixel_size == pytest.approx(0.2)


def test_ome_unit_is_micrometres_by_default(path: Path) -> None:
    metadata = {"axes": "ZYX", "PhysicalSizeX": 2e-5, "PhysicalSizeY": 2e-5, "PhysicalSizeZ": 1e-3}
    tifffile.imwrite(path, STACK, ome=True, metadata=metadata)
    (frame,) = read_file_images(path)
    assert frame.layer_axes()[0] == pytest.approx((1.0, 0.02, 0.02))


def test_ome_with_two_images(path: Path) -> None:
    with tifffile.TiffWriter(path, ome=True) as file:
        for name, size in (("HAADF", 0.02), ("BF", 0.03)):
            keys = {"PhysicalSizeX": size, "PhysicalSizeY": size}
            units = {"PhysicalSizeXUnit": "nm", "PhysicalSizeYUnit": "nm"}
            file.write(IMAGE, metadata={"axes": "YX", "Name": name} | keys | units)
    frames = read_file_images(path)
    assert [frame.name for frame in frames] == ["a: HAADF", "a: BF"]
    assert read_image(path, signal=1).pixel_size == pytest.approx(0.3)


def test_ome_without_sizes(path: Path) -> None:
    tifffile.imwrite(path, IMAGE, ome=True, metadata={"axes": "YX"})
    assert read_image(path).pixel_size is None


@pytest.mark.parametrize("dpi", [1, 72, 96, 300, 600, 1200])
@pytest.mark.parametrize("unit", ["INCH", "CENTIMETER"])
def test_dots_per_inch_are_no_calibration(path: Path, dpi: int, unit: str) -> None:
    tifffile.imwrite(path, IMAGE, resolution=(dpi, dpi), resolutionunit=unit)
    assert read_image(path).pixel_size is None


def test_resolution_finer_than_any_printer_is_one(path: Path) -> None:
    tifffile.imwrite(path, IMAGE, resolution=(5e8, 5e8), resolutionunit="CENTIMETER")
    assert read_image(path).pixel_size == pytest.approx(0.2)


def test_resolution_without_a_unit(path: Path) -> None:
    tifffile.imwrite(path, IMAGE, resolution=(5e8, 5e8), resolutionunit="NONE")
    assert read_image(path).pixel_size is None


def test_gatan_tags_of_an_export(path: Path) -> None:
    """x comes before y, as in DigitalMicrograph."""
    tags = [
        (65003, "s", 0, "nm", True),
        (65004, "s", 0, "A", True),
        (65009, "d", 1, 0.02, True),
        (65010, "d", 1, 0.4, True),
    ]
    tifffile.imwrite(path, IMAGE, extratags=tags)
    assert read_file_images(path)[0].pixel_size == pytest.approx((0.4, 0.2))


def test_gatan_tags_in_reciprocal_space(path: Path) -> None:
    tags = [
        (65003, "s", 0, "1/nm", True),
        (65004, "s", 0, "1/nm", True),
        (65009, "d", 1, 0.02, True),
        (65010, "d", 1, 0.02, True),
    ]
    tifffile.imwrite(path, IMAGE, extratags=tags)
    with pytest.raises(BadInput, match="diffraction pattern"):
        read_image(path)


def test_fei_tags(path: Path) -> None:
    text = "[Scan]\r\nPixelWidth=2e-11\r\nPixelHeight=2e-11\r\n"
    tifffile.imwrite(path, IMAGE, extratags=[(34682, "s", 0, text, True)])
    assert read_image(path).pixel_size == pytest.approx(0.2)


@pytest.mark.parametrize(("resolution", "size"), [((0, 0), None), ((50, 0), None)])
def test_resolution_of_zero(
    path: Path, resolution: tuple[float, float], size: float | None
) -> None:
    tifffile.imwrite(path, IMAGE, imagej=True, resolution=resolution, metadata={"unit": "nm"})
    assert read_image(path).pixel_size == size


def test_grey_saved_as_rgb_and_planes(path: Path) -> None:
    grey = IMAGE.astype(np.uint8)
    tifffile.imwrite(path, np.stack([grey] * 3, axis=-1), photometric="rgb")
    assert np.array_equal(read_image(path).data, grey)
    tifffile.imwrite(path, np.stack([grey] * 3), photometric="rgb", planarconfig="separate")
    assert np.array_equal(read_image(path).data, grey)


def test_stack_of_rgb_pictures_is_refused(path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 255, (2, 12, 10, 3), np.uint8)
    tifffile.imwrite(path, colour, photometric="rgb")
    with pytest.raises(BadInput, match="is RGB"):
        read_image(path)


def test_white_is_zero(path: Path) -> None:
    tifffile.imwrite(path, IMAGE, photometric="miniswhite")
    assert np.array_equal(read_image(path).data, 65535 - IMAGE)


def test_palettes(path: Path) -> None:
    indices = (IMAGE % 7).astype(np.uint8)
    grey = np.tile(np.arange(256, dtype=np.uint16)[::-1] * 257, (3, 1))
    tifffile.imwrite(path, indices, photometric="palette", colormap=grey)
    assert np.array_equal(read_image(path).data, (255 - indices.astype(int)) * 257)
    grey[0, 3] = 0
    tifffile.imwrite(path, indices, photometric="palette", colormap=grey)
    with pytest.raises(BadInput, match="is RGB"):
        read_image(path)


def test_more_than_a_stack_is_refused(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((2, 3, 4, 5), np.uint16), imagej=True)
    with pytest.raises(BadInput, match="4 dimensions"):
        read_image(path)


def test_missing_pixels_are_not_taken_as_zero(path: Path) -> None:
    tifffile.imwrite(path, np.ones((256, 256), np.float32))
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(BadInput, match="cut short"):
        read_image(path)


def test_float_and_several_plain_pages(path: Path) -> None:
    data = np.random.default_rng(0).random((5, 6, 8)).astype(np.float32)
    tifffile.imwrite(path, data)
    assert np.array_equal(read_file_images(path)[0].data, data)
    with tifffile.TiffWriter(path) as file:
        file.write(data[0], metadata=None)
        file.write(data[1, :5], metadata=None)
    assert [frame.data.shape for frame in read_file_images(path)] == [(6, 8), (5, 8)]
