"""The reader for napari: calibrated image layers from microscope files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.formats.file_image import FileImage
from napari_reward_analysis.io.read import SUFFIXES, read_file_images

LayerData = tuple[Any, dict[str, Any], str]
PathLike = str | os.PathLike[str]


def get_reader(path: PathLike | Sequence[PathLike]) -> Callable[[Any], list[LayerData]] | None:
    """The reader for a file; None if this package cannot read it.

    Parameters
    ----------
    path : path-like or sequence of them
        The file to open. Several paths mean files to be stacked, which this reader does
        not support.

    Returns
    -------
    callable or None
        :func:`read_layers`, or None for an unknown format.
    """
    single = _single(path)
    if single is None or single.suffix.lower() not in SUFFIXES:
        return None
    return read_layers


def read_layers(path: PathLike | Sequence[PathLike]) -> list[LayerData]:
    """One image layer for each image or stack in a file.

    Parameters
    ----------
    path : path-like
        A file that :func:`get_reader` accepted.

    Returns
    -------
    list of (data, keywords, 'image')
        Keywords for `Viewer.add_image`. A calibrated layer has units and lengths in nm.
        A layer without a calibration has no units, so that napari counts pixels.

    Raises
    ------
    BadInput
        If the file holds no usable image. The message also appears as a notification,
        because napari's own error report omits it.
    """
    single = _single(path)
    if single is None:
        raise BadInput("Several files cannot be read as one stack: open them one by one.")
    try:
        return [_layer(frame) for frame in read_file_images(single)]
    except BadInput as error:
        _notify(str(error))
        raise


def image_layer(frame: FileImage) -> LayerData:
    """An image of a file as an image layer for napari."""
    return _layer(frame)


def _layer(frame: FileImage) -> LayerData:
    scale, units, labels = frame.layer_axes()
    keywords: dict[str, Any] = {
        "name": frame.name,
        "axis_labels": labels,
        "metadata": {**frame.metadata, "source": frame.source},
    }
    if any(axis.size is not None for axis in frame.axes):
        keywords |= {"scale": scale, "units": units}
    return frame.data, keywords, "image"


def _single(path: PathLike | Sequence[PathLike]) -> Path | None:
    if isinstance(path, str | os.PathLike):
        return Path(path)
    return Path(path[0]) if len(path) == 1 else None


def _notify(sentence: str) -> None:
    """Show the message over napari's own report, which hides it in a traceback.

    napari reports the exception when it reaches the event loop. Only the latest
    notification is visible, so that this one comes one turn of the event loop later.
    """
    widgets = sys.modules.get("qtpy.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        # Without a window the caller sees the exception itself.
        return
    from napari.utils.notifications import show_error
    from qtpy.QtCore import QTimer

    QTimer.singleShot(0, lambda: show_error(sentence))
