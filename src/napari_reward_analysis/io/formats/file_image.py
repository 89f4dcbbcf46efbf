"""One image or stack of a file, with calibrated axes.

Every format module describes the arrays of a file as :class:`Signal` objects without
loading them. This module decides which of them are real-space images, and loads only
these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.io.formats.units import (
    NANOMETRE,
    PIXEL,
    Kind,
    Unit,
    parse_unit,
    to_angstrom,
)

#: Pixels count as square if their edges differ by less than this fraction.
SQUARE_TOLERANCE = 0.01


class Axis(NamedTuple):
    """One axis of an image or stack.

    Attributes
    ----------
    label : str
        'y', 'x', or the name of a stack's axis in the file.
    size : float or None
        Step from one pixel (or frame) to the next in `unit`; None if not known.
    unit : Unit
        Unit of the step; pixel if the step is not known.
    """

    label: str
    size: float | None
    unit: Unit


@dataclass
class Signal:
    """The description of an array in a file, which is not loaded yet.

    Parameters
    ----------
    shape : tuple of int
        Shape of what `load` returns; the last two axes are y and x.
    load : callable
        Returns the array of shape `shape`. It is called while the file is open.
    sizes : sequence of float or None
        Step along each axis in the unit of the file.
    units : sequence of str or None
        Unit strings of the file, one for each axis.
    labels : sequence of str
        Names of the axes; empty for the default names.
    name : str
        Name of the array in the file, e.g. 'HAADF'.
    refusal : str
        What the array is if it is not an image ('an EELS spectrum'), else ''.
    metadata : dict
        Plain values to keep.
    """

    shape: tuple[int, ...]
    load: Callable[[], npt.NDArray[Any]]
    sizes: tuple[float | None, ...] = ()
    units: tuple[str | None, ...] = ()
    labels: tuple[str, ...] = ()
    name: str = ""
    refusal: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FileImage:
    """A 2-D image or a stack of images with calibrated axes.

    Attributes
    ----------
    data : ndarray, shape (H, W) or (N, H, W)
        Pixels as in the file.
    axes : tuple of Axis
        One axis for each dimension of `data`.
    name : str
        File name without suffix, with the signal's name if the file has several.
    source : str
        Path of the file.
    metadata : dict
        'format', 'signal', 'notes' (a list of sentences) and values of the format.
    """

    data: npt.NDArray[Any]
    axes: tuple[Axis, ...]
    name: str = "image"
    source: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def n_frames(self) -> int:
        """Number of 2-D frames."""
        return int(self.data.shape[0]) if self.data.ndim == 3 else 1

    @property
    def pixel_size(self) -> tuple[float, float] | None:
        """Pixel size along y and x in angstrom; None if it is not known."""
        y, x = self.axes[-2:]
        if y.size is None or x.size is None:
            return None
        return to_angstrom(y.size, y.unit), to_angstrom(x.size, x.unit)

    def square_pixel_size(self) -> float | None:
        """Edge of the square pixel in angstrom; None if it is not known.

        Raises
        ------
        BadInput
            If the two edges differ by more than 1 %.
        """
        if self.pixel_size is None:
            return None
        y, x = self.pixel_size
        if abs(y - x) > SQUARE_TOLERANCE * max(y, x):
            raise BadInput(
                f"The pixels of {self.name!r} are not square ({y:.4g} angstrom along y, "
                f"{x:.4g} along x): resample it to square pixels first."
            )
        return x if x == y else math.sqrt(y * x)

    def layer_axes(self) -> tuple[tuple[float, ...], tuple[str, ...], tuple[str, ...]]:
        """Scale, units and axis labels for a napari layer.

        All lengths are in nm, from which napari's scale bar switches to um and pm. An axis
        without a calibration has step 1 and the unit 'pixel', which is also napari's
        default.
        """
        scale: list[float] = []
        units: list[str] = []
        for axis in self.axes:
            if axis.size is None:
                scale.append(1.0)
                units.append(PIXEL.name)
            elif axis.unit.kind is Kind.LENGTH:
                scale.append(to_angstrom(axis.size, axis.unit) / 10)
                units.append(NANOMETRE.name)
            else:
                scale.append(axis.size)
                units.append(axis.unit.name)
        return tuple(scale), tuple(units), tuple(axis.label for axis in self.axes)


def file_image_of(signal: Signal, name: str, source: str, file_format: str) -> FileImage:
    """Check that a signal is an image, and load it.

    Parameters
    ----------
    signal : Signal
        Signal from a format module, with its file still open.
    name, source, file_format : str
        Name, path and format for the result.

    Returns
    -------
    FileImage

    Raises
    ------
    BadInput
        If the signal is not a real-space image or a stack of images.
    """
    what = f"{name!r}" if name else "The signal"
    ndim = len(signal.shape)
    sizes = signal.sizes or (None,) * ndim
    units = tuple(parse_unit(unit) for unit in signal.units) or (PIXEL,) * ndim
    labels = signal.labels or default_labels(ndim)
    _refuse_non_images(signal, units, what)

    kept = _long_axes(signal.shape)
    axes, notes = _calibrate([Axis(labels[i], sizes[i], units[i]) for i in kept])
    _refuse_reciprocal([units[i] for i in kept[-2:]], what)

    data = signal.load()
    if data.dtype.kind not in "buif":
        _refuse_pixels(data.dtype, what)
    data = data.reshape([signal.shape[i] for i in kept])
    # This does nothing for arrays in the byte order of the machine.
    data = data.astype(data.dtype.newbyteorder("="), copy=False)
    metadata = {"format": file_format, "signal": signal.name, **signal.metadata}
    metadata["notes"] = [*signal.metadata.get("notes", ()), *notes]
    return FileImage(data, axes, name, source, metadata)


def default_labels(ndim: int) -> tuple[str, ...]:
    """Default names for the axes of an image or a stack."""
    return tuple(f"frame{i}" for i in range(ndim - 3)) + ("frame", "y", "x")[-min(ndim, 3) :]


def as_written(value: Any) -> float:
    """The decimal number behind a single-precision header value.

    For example 0.0177 instead of 0.017699999734759330.
    """
    return float(str(value)) if isinstance(value, np.float32) else float(value)


def with_article(words: str) -> str:
    """The words with 'a' or 'an' before them."""
    plain = " ".join(words.split())
    return f"an {plain}" if plain[:1] in "AEIO" else f"a {plain}"


def _long_axes(shape: tuple[int, ...]) -> list[int]:
    """Axes to keep: y and x, and earlier axes with more than one element."""
    last = len(shape) - 2
    return [i for i, length in enumerate(shape) if length != 1 or i >= last]


def _refuse_non_images(signal: Signal, units: tuple[Unit, ...], what: str) -> None:
    if signal.refusal:
        raise BadInput(f"{what} is {signal.refusal}: choose a real-space image.")
    if any(unit.kind is Kind.ENERGY for unit in units):
        raise BadInput(
            f"{what} is a spectrum (an axis is in {_first(units, Kind.ENERGY)}): "
            "choose a real-space image."
        )
    if 0 in signal.shape:
        raise BadInput(f"{what} is empty: choose an image that has pixels.")
    if len(signal.shape) < 2 or min(signal.shape[-2:]) < 2:
        raise BadInput(
            f"{what} is one-dimensional (a line, a plot or a spectrum): choose a 2-D image."
        )
    if len(_long_axes(signal.shape)) > 3:
        raise BadInput(
            f"{what} has {len(signal.shape)} dimensions, shape {signal.shape}: "
            "choose a 2-D image or a stack of them."
        )


def _refuse_reciprocal(units: list[Unit], what: str) -> None:
    if any(unit.kind is Kind.RECIPROCAL for unit in units):
        raise BadInput(
            f"{what} is a diffraction pattern or another image in reciprocal space "
            f"(pixels in {_first(units, Kind.RECIPROCAL)}): choose a real-space image."
        )


def _refuse_pixels(dtype: np.dtype[Any], what: str) -> None:
    if dtype.kind == "c":
        raise BadInput(f"{what} is complex: take its modulus or its real part first.")
    raise BadInput(f"The pixels of {what} are not numbers (type {dtype}): choose an image.")


def _first(units: tuple[Unit, ...] | list[Unit], kind: Kind) -> str:
    return next(unit.name for unit in units if unit.kind is kind)


def _calibrate(axes: list[Axis]) -> tuple[tuple[Axis, ...], list[str]]:
    """Replace impossible steps by unknown ones, with a note for each."""
    notes: list[str] = []
    checked = [_check_axis(axis, notes, is_image=i >= len(axes) - 2) for i, axis in enumerate(axes)]
    y, x = checked[-2:]
    if (y.size is None) != (x.size is None):
        notes.append(
            "Only one axis of the image has a pixel size: the pixel size is treated as unknown."
        )
        checked[-2:] = [Axis(axis.label, None, PIXEL) for axis in (y, x)]
    return tuple(checked), notes


def _check_axis(axis: Axis, notes: list[str], *, is_image: bool) -> Axis:
    unknown = Axis(axis.label, None, PIXEL)
    allowed = {Kind.LENGTH} if is_image else {Kind.LENGTH, Kind.TIME}
    if axis.size is None or axis.unit.kind is Kind.PIXEL:
        return unknown
    if axis.unit.kind not in allowed:
        if is_image:
            notes.append(
                f"The unit {axis.unit.name!r} along {axis.label} is not a length: "
                "the pixel size is treated as unknown."
            )
        return unknown
    if not (math.isfinite(axis.size) and axis.size > 0):
        notes.append(
            f"The file gives an impossible step of {axis.size:g} {axis.unit.name} along "
            f"{axis.label}: it is treated as unknown."
        )
        return unknown
    return Axis(axis.label, float(axis.size), axis.unit)
