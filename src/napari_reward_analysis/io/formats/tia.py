"""Read FEI/Thermo TIA series (.ser) with ncempy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.extras import require
from napari_reward_analysis.io.formats.file_image import Signal

_IMAGES = 0x4122
#: A pixel cannot be a metre wide: a larger number is in 1/m, from a diffraction pattern.
_RECIPROCAL_ABOVE = 1.0


def signals(path: Path) -> Iterator[Signal]:
    """The signal of a series: an image, or a stack of all frames."""
    ser = require("ncempy.io.ser", "em", ".ser files")
    with path.open("rb") as handle:
        # The .emi file adds nothing, and a damaged one must not prevent reading.
        file = type("Series", (ser.fileSER,), {"_read_emi": lambda _: None})(handle)
        count = int(file.head["ValidNumberElements"])
        if not count:
            return
        if file.head["DataTypeID"] != _IMAGES:
            yield Signal(shape=(), load=_nothing, refusal="a series of spectra")
            return
        first, metadata = file.getDataset(0)
        # The calibrations begin with x.
        deltas = [float(axis["CalibrationDelta"]) for axis in metadata["Calibration"]][::-1]
        units = tuple("1/m" if abs(delta) > _RECIPROCAL_ABOVE else "m" for delta in deltas)

        def load() -> npt.NDArray[Any]:
            if count == 1:
                return np.ascontiguousarray(first)
            stack = np.empty((count, *first.shape), first.dtype)
            for i in range(count):
                stack[i] = file.getDataset(i)[0]
            return stack

        yield Signal(
            shape=(count, *first.shape) if count > 1 else first.shape,
            load=load,
            # For an uncalibrated camera the file has a step of exactly 1.
            sizes=(None,) * (count > 1) + tuple(None if delta == 1 else delta for delta in deltas),
            units=(None,) * (count > 1) + units,
        )


def _nothing() -> npt.NDArray[Any]:
    return np.empty((0, 0))
