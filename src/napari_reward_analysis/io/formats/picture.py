"""Read plain pictures (.png, .jpg) and numpy arrays (.npy), which have no calibration.

The dots per inch of a picture describe its size on paper, not the size of the sample.
Therefore they are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.formats.file_image import Signal


def picture_signals(path: Path) -> Iterator[Signal]:
    """The picture in a PNG or JPEG file."""
    # Imported here, because the import takes longer than reading a file.
    import imageio.v3 as imageio

    # Opened here, because imageio does not close a file that it cannot read.
    with path.open("rb") as handle:
        data = imageio.imread(handle, plugin="pillow", index=0)
    yield array_signal(data, path.name)


def array_signals(path: Path) -> Iterator[Signal]:
    """The array in a .npy file; pickled objects are refused."""
    data = np.load(path, allow_pickle=False)
    if not isinstance(data, np.ndarray):
        raise BadInput(
            f"{path.name} is an archive of several arrays: save the image with numpy.save."
        )
    yield array_signal(data, path.name)


def array_signal(data: npt.NDArray[Any], what: str) -> Signal:
    """An array as a signal; pictures with equal colour channels become grey."""
    if data.ndim in (3, 4) and data.shape[-1] in (1, 2, 3, 4):
        data = to_grey(data, what)
    return Signal(shape=data.shape, load=lambda: data)


def to_grey(data: npt.NDArray[Any], what: str) -> npt.NDArray[Any]:
    """Reduce equal colour channels to one grey channel.

    Parameters
    ----------
    data : ndarray, shape (..., C)
        C is 1 (grey), 2 (grey and opacity), 3 (RGB) or 4 (RGB and opacity).
    what : str
        Name of the picture for the error message.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    BadInput
        If red, green and blue differ anywhere.
    """
    if data.shape[-1] >= 3:
        grey = data[..., 0]
        if not (np.array_equal(grey, data[..., 1]) and np.array_equal(grey, data[..., 2])):
            raise BadInput(
                f"{what} is RGB, in true colour: convert it to grey or choose one channel."
            )
    return np.ascontiguousarray(data[..., 0])
