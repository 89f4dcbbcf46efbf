"""Read Gatan DigitalMicrograph files (.dm3, .dm4) with the tag parser of ncempy.

ncempy provides only the tag tree. The arrays and their offsets are taken from the tags, so
that a plot or a missing thumbnail cannot shift the count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.extras import require
from napari_reward_analysis.io.formats.file_image import Signal, as_written, with_article

Tags = dict[str, Any]

#: Codes of Gatan for real pixel types.
_DTYPES = {
    1: "<i2",
    2: "<f4",
    6: "u1",
    7: "<i4",
    9: "i1",
    10: "<u2",
    11: "<u4",
    12: "<f8",
    14: "?",
    39: "<i8",
    40: "<u8",
}
_COMPLEX = frozenset({3, 5, 13, 27, 28})
_RGB = frozenset({8, 23})
_KEPT = (
    "Microscope Info.Voltage",
    "Microscope Info.Indicated Magnification",
    "DataBar.Device Name",
)


def signals(path: Path) -> Iterator[Signal]:
    """All arrays of a DigitalMicrograph file except thumbnails."""
    dm = require("ncempy.io.dm", "em", f"{path.suffix.lower()} files")
    with path.open("rb") as handle:
        # The object is kept, because its deletion closes the handle.
        file = dm.fileDM(handle)
        tags: Tags = file.allTags
        images = _images(tags)
        thumbnails = {
            int(value)
            for key, value in tags.items()
            if re.fullmatch(r"\.Thumbnails\.\d+\.ImageIndex", key)
        }
        for index, image in enumerate(images):
            kind = int(image.get("ImageData.DataType", 0))
            if "ImageData.Data.arrayOffset" not in image:
                continue
            if kind in _RGB and index in thumbnails and len(images) > 1:
                continue
            yield _signal(image, kind, handle)


def _images(tags: Tags) -> list[Tags]:
    """The tags of each entry of the image list, by name within the entry."""
    images: dict[int, Tags] = {}
    for key, value in tags.items():
        found = re.match(r"\.ImageList\.(\d+)\.(.+)", key)
        if found:
            images.setdefault(int(found[1]), {})[found[2]] = value
    return [images[number] for number in sorted(images)]


def _signal(image: Tags, kind: int, handle: BinaryIO) -> Signal:
    lengths: list[int] = []
    while (key := f"ImageData.Dimensions.{len(lengths) + 1}") in image:
        lengths.append(int(image[key]))
    sizes = [_tag(image, i, "Scale") for i in range(1, len(lengths) + 1)]
    units = [_tag(image, i, "Units") for i in range(1, len(lengths) + 1)]
    shape = tuple(lengths[::-1])
    offset = int(image["ImageData.Data.arrayOffset"])

    def load() -> npt.NDArray[Any]:
        handle.seek(offset)
        return np.fromfile(handle, _DTYPES[kind], int(np.prod(shape))).reshape(shape)

    return Signal(
        shape=shape,
        load=load,
        # The tags count from the fastest axis, x.
        sizes=tuple(None if size is None else as_written(size) for size in sizes[::-1]),
        units=tuple(None if unit is None else str(unit) for unit in units[::-1]),
        name=str(image.get("Name", "")),
        refusal=_refusal(image, kind),
        metadata={
            key.rpartition(".")[2]: _plain(image[f"ImageTags.{key}"])
            for key in _KEPT
            if f"ImageTags.{key}" in image
        },
    )


def _tag(image: Tags, dimension: int, name: str) -> Any:
    return image.get(f"ImageData.Calibrations.Dimension.{dimension}.{name}")


def _refusal(image: Tags, kind: int) -> str:
    """What the array is if it is not an image, from tags and pixel type; else empty."""
    form = str(image.get("ImageTags.Meta Data.Format", ""))
    if "spectrum" in form.lower():
        method = str(image.get("ImageTags.Meta Data.Signal", "")).strip()
        return with_article(f"{method} {form.lower()}")
    if kind in _RGB:
        return "a colour picture"
    if kind in _COMPLEX:
        return "complex"
    if kind not in _DTYPES:
        return f"of an unknown pixel type (number {kind} of Gatan)"
    return ""


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
