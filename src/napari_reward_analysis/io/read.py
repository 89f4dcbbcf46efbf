"""Read images from microscope files, for scripts, the command line and napari."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.extras import foreign_reader
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.formats import emd, gatan, hyperspy, mrc, picture, tia, tiff
from napari_reward_analysis.io.formats.file_image import FileImage, Signal, file_image_of

_READERS: dict[str, Callable[[Path], Iterator[Signal]]] = {
    ".dm3": gatan.signals,
    ".dm4": gatan.signals,
    ".emd": emd.signals,
    ".ser": tia.signals,
    ".mrc": mrc.signals,
    ".hspy": hyperspy.signals,
    ".zspy": hyperspy.signals,
    ".tif": tiff.signals,
    ".tiff": tiff.signals,
    ".npy": picture.array_signals,
    ".png": picture.picture_signals,
    ".jpg": picture.picture_signals,
    ".jpeg": picture.picture_signals,
}
#: Suffixes of formats that are folders on the disk.
_FOLDERS = frozenset({".zspy"})

#: Suffixes of the files that can be read.
SUFFIXES = tuple(_READERS)


def read_file_images(path: str | os.PathLike[str]) -> list[FileImage]:
    """Read all images and stacks of a file.

    Parameters
    ----------
    path : path-like
        A file with one of :data:`SUFFIXES`.

    Returns
    -------
    list of FileImage
        At least one image. Spectra, plots, diffraction patterns and thumbnails are left
        out. The notes in the metadata list them with the reasons.

    Raises
    ------
    BadInput
        If the file does not exist, cannot be read, or holds no real-space image.
    """
    path = Path(path)
    reader = _reader_for(path)
    frames: list[FileImage] = []
    refused: list[str] = []
    with foreign_reader(path):
        for signal in reader(path):
            name = path.stem if signal.name in ("", path.stem) else f"{path.stem}: {signal.name}"
            try:
                frames.append(file_image_of(signal, name, str(path), path.suffix.lower()[1:]))
            except BadInput as error:
                refused.append(str(error))
    if not frames:
        raise BadInput(
            refused[0] if refused else f"{path.name} holds no image: choose another file."
        )
    for frame in frames:
        frame.metadata["notes"] += refused
    if len(frames) == 1 and not refused:
        return [replace(frames[0], name=path.stem)]
    return frames


def read_image(
    path: str | os.PathLike[str],
    frame: int | None = None,
    signal: int = 0,
    pixel_size: float | None = None,
) -> Image:
    """Read one image of a file for analysis.

    Parameters
    ----------
    path : path-like
        A file with one of :data:`SUFFIXES`.
    frame : int, optional
        Index of the frame in a stack, from 0. It is required for a stack.
    signal : int
        Index of the image or stack in the file, from 0.
    pixel_size : float, optional
        Pixel size in angstrom, used instead of that in the file.

    Returns
    -------
    Image

    Raises
    ------
    BadInput
        If the file cannot be read, a choice is missing or out of range, the pixels
        are not square, or the image cannot be analysed.
    """
    frames = read_file_images(path)
    if not 0 <= signal < len(frames):
        raise BadInput(
            f"{Path(path).name} has no signal {signal}: choose from "
            + ", ".join(f"{i} ({found.name})" for i, found in enumerate(frames))
            + "."
        )
    chosen = frames[signal]
    data, name = chosen.data, chosen.name
    if data.ndim == 3:
        _check_frame(chosen, frame)
        # A copy lets the memory of the other frames be freed.
        data, name = data[frame].copy(), f"{name} [{frame}]"
    elif frame not in (None, 0):
        raise BadInput(f"{chosen.name!r} is a single image without frames: choose no frame.")
    return Image(
        data=data,
        pixel_size=chosen.square_pixel_size() if pixel_size is None else pixel_size,
        name=name,
        source=chosen.source,
        metadata=chosen.metadata,
    )


def _check_frame(stack: FileImage, frame: int | None) -> None:
    count = stack.n_frames
    if frame is None:
        raise BadInput(
            f"{stack.name!r} is a stack of {count} frames: choose a frame from 0 to {count - 1}.",
            "which_frame",
        )
    if not 0 <= frame < count:
        raise BadInput(
            f"{stack.name!r} has no frame {frame}: choose a frame from 0 to {count - 1}.",
            "which_frame",
        )


def _reader_for(path: Path) -> Callable[[Path], Iterator[Signal]]:
    """The reader for the suffix of an existing file."""
    suffix = path.suffix.lower()
    if not path.exists():
        raise BadInput(f"There is no file {path}: check the name.")
    if path.is_dir() and suffix not in _FOLDERS:
        raise BadInput(f"{path} is a folder: choose a file in it.")
    if suffix not in _READERS:
        raise BadInput(
            f"{path.name} has an unknown format: choose a file of type {', '.join(SUFFIXES)}, or "
            "open it in napari and use the layer."
        )
    if path.is_file() and path.stat().st_size == 0:
        raise BadInput(f"{path.name} is an empty file: copy it again from the microscope.")
    return _READERS[suffix]
