"""Read MRC images, stacks and volumes (.mrc) with ncempy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.extras import require
from napari_reward_analysis.io.formats.file_image import Signal, as_written

#: Length of the extended header of FEI's older software in bytes.
_FEI_HEADER = 131072


def signals(path: Path) -> Iterator[Signal]:
    """The array of the file."""
    mrc = require("ncempy.io.mrc", "em", ".mrc files")
    with path.open("rb") as handle:
        file = mrc.fileMRC(handle)
        shape = tuple(int(length) for length in file.dataSize)
        if any(length < 0 for length in shape):
            raise ValueError(f"shape {shape}")

        def load() -> npt.NDArray[Any]:
            handle.seek(int(file.dataOffset))
            return np.fromfile(handle, file.dataType, int(np.prod(shape))).reshape(shape)

        yield Signal(
            shape=shape,
            load=load,
            sizes=_voxel(file),
            units=("A", "A", "A"),
            labels=("z", "y", "x"),
            refusal="" if file.dataType else f"complex or packed (MRC mode {file.mrcType})",
        )


def _voxel(file: Any) -> tuple[float | None, ...]:
    """Steps along z, y, x in angstrom: the cell over the number of grid points.

    ncempy returns 1 for a missing number. With it, an uncalibrated file would seem to have
    a pixel size.
    """
    steps = [
        as_written(length) / int(points) if length and points else None
        for length, points in zip(file.volumeSize, file.gridSize, strict=True)
    ]
    # Extended headers of other programs hold other data at that position.
    in_metres = as_written(file.FEIinfo.get("pixel_size", 0)) if file.FEIinfo else 0.0
    if int(file.extra[1]) == _FEI_HEADER and 0 < in_metres < 1e-3:
        return (None, in_metres * 1e10, in_metres * 1e10)
    return tuple(steps)
