"""Read TIFF images and stacks with the calibrations that microscopy programs write.

The calibration comes from the first source that the file has: OME-XML, the description of
ImageJ, the tags of Gatan or FEI, the resolution tags. Resolution tags are used only if they
cannot be the dots per inch of a picture.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tifffile

from napari_reward_analysis.io.formats.file_image import Signal, default_labels
from napari_reward_analysis.io.formats.picture import to_grey
from napari_reward_analysis.io.formats.units import parse_unit

#: A resolution in inches or centimetres is used only below this pixel size: 1 um is 25400
#: dots per inch, which no printer or camera writes into a picture.
LARGEST_PIXEL_A = 1e4

_RESOLUTION_UNITS = {2: "inch", 3: "cm", 4: "mm", 5: "um"}
_AXIS_NAMES = {"Z": "z", "T": "t", "C": "channel"}


class _Calibration(NamedTuple):
    """Steps and units along y and x, and along the axis of a stack."""

    y: float | None = None
    x: float | None = None
    y_unit: str = ""
    x_unit: str = ""
    z: float | None = None
    z_unit: str = ""
    name: str = ""


def signals(path: Path) -> Iterator[Signal]:
    """All images and stacks of a TIFF file."""
    with tifffile.TiffFile(path) as file:
        _check_length(file, path)
        for index, series in enumerate(file.series):
            yield _signal(file, series, index, path.name)


def _signal(file: Any, series: Any, index: int, what: str) -> Signal:
    axes = str(series.axes)
    shape = tuple(int(length) for length in series.shape)
    rows, columns = _image_axes(axes)
    samples = axes.find("S")
    order = [i for i in range(len(axes)) if i not in (rows, columns, samples)] + [rows, columns]

    def load() -> npt.NDArray[Any]:
        data = _as_shown(series, what)
        if samples >= 0:
            return to_grey(np.transpose(data, [*order, samples]), what)
        return np.transpose(data, order)

    found = _calibration(file, series, index)
    labels = tuple(_AXIS_NAMES.get(axes[i], "frame") for i in order[:-2])
    # Only a depth axis uses the length unit of the image.
    depth = [(found.z, found.z_unit) if label == "z" else (None, "") for label in labels]
    return Signal(
        shape=tuple(shape[i] for i in order),
        load=load,
        sizes=(*(step for step, _ in depth), found.y, found.x),
        units=(*(unit for _, unit in depth), found.y_unit, found.x_unit),
        labels=(*default_labels(len(order))[: -2 - len(labels)], *labels, "y", "x"),
        name=found.name,
    )


def _image_axes(axes: str) -> tuple[int, int]:
    """Positions of the rows and columns among the axes of a series."""
    if "Y" in axes and "X" in axes:
        return axes.rindex("Y"), axes.rindex("X")
    return len(axes) - 2, len(axes) - 1


def _as_shown(series: Any, what: str) -> npt.NDArray[Any]:
    """The pixels such that larger values are brighter."""
    data: npt.NDArray[Any] = series.asarray()
    page = series.keyframe
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and data.dtype.kind in "bu":
        return np.asarray(np.invert(data))
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE and page.colormap is not None:
        return _from_palette(np.asarray(page.colormap), data, what)
    return data


def _from_palette(
    palette: npt.NDArray[Any], indices: npt.NDArray[Any], what: str
) -> npt.NDArray[Any]:
    """Grey values of an image that stores indices into a palette, shape (3, N)."""
    used = np.unique(indices)
    to_grey(palette.T[used], what)
    return np.asarray(palette[0][indices])


def _check_length(file: Any, path: Path) -> None:
    """Raise EOFError if the file lacks some of its pixels; tifffile would insert zeros."""
    size = path.stat().st_size
    for page in file.pages:
        ends = zip(page.dataoffsets, page.databytecounts, strict=False)
        if any(offset + count > size for offset, count in ends):
            raise EOFError("the pixels are cut short")


def _calibration(file: Any, series: Any, index: int) -> _Calibration:
    tags = series.keyframe.tags
    if file.is_ome and (found := _from_ome(file.ome_metadata, index)) is not None:
        return found
    if file.is_imagej:
        return _from_imagej(file.imagej_metadata or {}, tags)
    if 65009 in tags and 65010 in tags:
        return _from_gatan(tags)
    if file.is_fei and (found := _from_fei(file.fei_metadata or {})) is not None:
        return found
    unit = _RESOLUTION_UNITS.get(int(tags.valueof(296, default=1)), "")
    return _from_resolution(tags, unit)


def _from_ome(text: str, index: int) -> _Calibration | None:
    """Physical sizes of the image with this index in an OME-XML description."""
    images = [
        (image, pixels)
        for image in ET.fromstring(text)
        if image.tag.endswith("}Image") or image.tag == "Image"
        for pixels in image
        if pixels.tag.rpartition("}")[2] == "Pixels"
    ]
    if index >= len(images):
        return None
    image, pixels = images[index]
    steps = {axis: _number(pixels.get(f"PhysicalSize{axis}")) for axis in "XYZ"}
    # The default unit of the OME schema is micrometre.
    units = {axis: pixels.get(f"PhysicalSize{axis}Unit", "\N{MICRO SIGN}m") for axis in "XYZ"}
    name = image.get("Name", "") if len(images) > 1 else ""
    return _Calibration(
        steps["Y"], steps["X"], units["Y"], units["X"], steps["Z"], units["Z"], name
    )


def _from_imagej(metadata: dict[str, Any], tags: Any) -> _Calibration:
    """Unit from the description of ImageJ, and pixels per unit from the tags."""
    unit = str(metadata.get("unit", ""))
    found = _from_resolution(tags, unit)
    if found.x is None:
        return found
    y_unit = str(metadata.get("yunit", unit))
    step = _number(metadata.get("spacing"))
    return found._replace(y_unit=y_unit, z=step, z_unit=str(metadata.get("zunit", unit)))


def _from_gatan(tags: Any) -> _Calibration:
    """Scales and units of an export from DigitalMicrograph, where x comes before y."""
    return _Calibration(
        y=_number(tags.valueof(65010)),
        x=_number(tags.valueof(65009)),
        y_unit=str(tags.valueof(65004, default="")),
        x_unit=str(tags.valueof(65003, default="")),
    )


def _from_fei(metadata: dict[str, Any]) -> _Calibration | None:
    """Pixel width and height in metres from programs of FEI and Thermo."""
    scan = metadata.get("Scan", {})
    x, y = _number(scan.get("PixelWidth")), _number(scan.get("PixelHeight"))
    return None if x is None or y is None else _Calibration(y, x, "m", "m")


def _from_resolution(tags: Any, unit: str) -> _Calibration:
    """Steps from the resolution tags, which hold pixels per unit of length."""
    x, y = (_inverse(tags.valueof(code)) for code in (282, 283))
    if x is None or y is None or not unit:
        return _Calibration()
    known = parse_unit(unit)
    if known.name in ("inch", "cm") and max(x, y) * known.angstrom > LARGEST_PIXEL_A:
        return _Calibration()
    return _Calibration(y, x, unit, unit)


def _inverse(rational: Any) -> float | None:
    """Unit lengths per pixel from a TIFF rational (pixels, unit lengths)."""
    try:
        pixels, lengths = rational
        return float(lengths) / float(pixels)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if not math.isnan(number) else None
