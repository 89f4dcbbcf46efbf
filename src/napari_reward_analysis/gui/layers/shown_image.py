"""Turn the shown frame of a layer into an image that can be analysed.

A layer may be a stack, have several resolutions, be stored in nm or um, or be no image at
all. The result is one 2-D frame with a pixel size in angstrom, or one sentence that says
what is wrong. Pixels are read by `ShownImage.image` alone, which a thread may call.
"""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image, check_pixel_size
from napari_reward_analysis.io.formats.file_image import SQUARE_TOLERANCE


@dataclass(frozen=True)
class Place:
    """A frame of an image layer: the place of a 2-D result.

    The reference to the layer is weak, so that the user may rename or delete the layer.

    Attributes
    ----------
    layer : weakref to Layer
        The image layer.
    axes : tuple of int
        The axes of the layer that are y and x.
    index : tuple of int
        Coordinates along all axes of the layer, 0 along `axes`.
    """

    layer: weakref.ReferenceType[Layer]
    axes: tuple[int, int]
    index: tuple[int, ...]

    def to_data(self, points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Points (y, x) of the frame in the coordinates of the layer.

        Parameters
        ----------
        points : ndarray, shape (n, 2)

        Returns
        -------
        ndarray, shape (n, D)
        """
        data = np.tile(np.asarray(self.index, dtype=np.float64), (len(points), 1))
        data[:, self.axes] = points
        return data

    def from_data(self, data: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Positions (y, x) of points in the layer, and whether each lies in the frame.

        Parameters
        ----------
        data : ndarray, shape (n, D)

        Returns
        -------
        points : ndarray, shape (n, 2)
        here : ndarray of bool, shape (n,)
            Whether a point lies in this frame of the stack.
        """
        others = [axis for axis in range(len(self.index)) if axis not in self.axes]
        wanted = np.asarray(self.index)[others]
        here = (np.round(data[:, others]) == wanted).all(axis=1)
        return data[:, self.axes], here


@dataclass(frozen=True, eq=False)
class ShownImage:
    """The shown 2-D frame of an image layer.

    Attributes
    ----------
    place : Place
        The layer and the frame.
    name, source : str
        Name of the layer, and its file.
    shape : tuple of int
        Height and width in pixels.
    pixel_size : float or None
        Edge of a pixel in angstrom, from the layer; None where it has none.
    note : str
        The source of the pixel size, or the reason why there is none.
    fault : str
        The reason why the layer's own scale cannot be used; empty where it can.
    """

    place: Place
    name: str
    source: str
    shape: tuple[int, int]
    pixel_size: float | None
    note: str
    fault: str
    _data: Any = field(repr=False)
    _slice: tuple[int | slice, ...] = field(repr=False)

    def image(self, pixel_size: float | None = None) -> Image:
        """Read the pixels.

        Parameters
        ----------
        pixel_size : float, optional
            In angstrom, as typed by the user; by default that of the layer.

        Raises
        ------
        BadInput
            If the pixels or the scale cannot be used.
        """
        check_pixel_size(pixel_size)
        if self.fault and pixel_size is None:
            raise BadInput(self.fault)
        pixels = np.asarray(self._data[self._slice])
        return Image(pixels, pixel_size or self.pixel_size, self.name, self.source)


def shown_image_of(layer: Layer, viewer: Any) -> ShownImage:
    """The shown frame of a layer.

    Parameters
    ----------
    layer : Layer
        The layer that the user chose.
    viewer : napari.components.ViewerModel
        Its sliders say which frame of a stack is shown, and which axes are y and x.

    Raises
    ------
    BadInput
        If the layer holds no 2-D image of real numbers.
    """
    if not isinstance(layer, ImageLayer):
        raise BadInput(f"{layer.name!r} is a {type(layer).__name__} layer: choose an Image layer.")
    if layer.rgb:
        raise BadInput(
            f"{layer.name!r} is RGB (colour): convert it to grey or split it into its channels."
        )
    axes = _image_axes(layer, viewer)
    index = _shown_index(layer, viewer, _pixels(layer).shape, axes)
    return _frame(layer, axes, index)


def shown_image_at(place: Place) -> ShownImage | None:
    """The frame at a place, shown or not; None where its layer was deleted."""
    layer = place.layer()
    return None if layer is None else _frame(layer, place.axes, place.index)


def _pixels(layer: Layer) -> Any:
    return layer.data[0] if layer.multiscale else layer.data


def _frame(layer: Layer, axes: tuple[int, int], index: tuple[int, ...]) -> ShownImage:
    data = _pixels(layer)
    slices: tuple[int | slice, ...] = tuple(
        slice(None) if axis in axes else i for axis, i in enumerate(index)
    )
    pixel_size, note, fault = pixel_size_of(layer, axes)
    where = [str(i) for axis, i in enumerate(index) if axis not in axes]
    return ShownImage(
        place=Place(weakref.ref(layer), axes, index),
        name=f"{layer.name} [{', '.join(where)}]" if where else layer.name,
        source=str(layer.source.path or ""),
        shape=(int(data.shape[axes[0]]), int(data.shape[axes[1]])),
        pixel_size=pixel_size,
        note=note,
        fault=fault,
        _data=data,
        _slice=slices,
    )


def pixel_size_of(layer: Layer, axes: tuple[int, int]) -> tuple[float | None, str, str]:
    """Pixel size of a layer in angstrom, from any unit of length.

    Parameters
    ----------
    layer : Layer
        Its `scale`, `units` and affine transform all count.
    axes : tuple of int
        The axes that are y and x.

    Returns
    -------
    pixel_size : float or None
    note : str
        Its source, or the reason why there is none, for the form.
    fault : str
        The reason why the layer's own scale cannot be used; empty where it can.

    Raises
    ------
    BadInput
        If the layer is calibrated in reciprocal lengths.
    """
    units = [layer.units[axis] for axis in axes]
    if any((1 * unit).is_compatible_with("1/angstrom") for unit in units):
        raise BadInput(
            f"{layer.name!r} is in reciprocal space ({units[0]:~}), a diffraction pattern or an "
            "FFT: choose a real-space image."
        )
    if not all((1 * unit).is_compatible_with("angstrom") for unit in units):
        return None, "the layer has none; type it", ""
    y, x = (_step_in_angstrom(layer, axis) for axis in axes)
    if not all(math.isfinite(step) and step > 0 for step in (y, x)):
        return None, "the layer's scale is impossible; type it", ""
    if abs(y - x) > SQUARE_TOLERANCE * max(y, x):
        fault = (
            f"The pixels of {layer.name!r} are not square ({y:.4g} angstrom along y, "
            f"{x:.4g} along x): resample it to square pixels, or type a pixel size."
        )
        return None, "pixels not square", fault
    # a header in single precision must not become 0.100130001
    return float(f"{math.sqrt(x * y):.9g}"), "from the layer", ""


def _step_in_angstrom(layer: Layer, axis: int) -> float:
    """Length in angstrom of one pixel along an axis."""
    step = np.zeros(layer.ndim)
    step[axis] = 1
    start = np.asarray(layer.data_to_world(np.zeros(layer.ndim)))
    moved = np.asarray(layer.data_to_world(step)) - start
    lengths = [
        float((moved[i] * unit).to("angstrom").magnitude)
        for i, unit in enumerate(layer.units)
        if (1 * unit).is_compatible_with("angstrom")
    ]
    return math.hypot(*lengths)


def _image_axes(layer: Layer, viewer: Any) -> tuple[int, int]:
    """The axes of a layer that the viewer shows as y and x, in the order of the data."""
    missing = viewer.dims.ndim - layer.ndim
    y, x = sorted(axis - missing for axis in tuple(viewer.dims.order)[-2:])
    if y < 0:
        raise BadInput(
            f"{layer.name!r} is not shown as an image in this view: "
            "roll the axes back until its last two are shown."
        )
    return y, x


def _shown_index(
    layer: Layer, viewer: Any, shape: tuple[int, ...], axes: tuple[int, int]
) -> tuple[int, ...]:
    point = np.asarray(viewer.dims.point, dtype=float)[-layer.ndim :]
    position = layer.world_to_data(point * unit_factors(viewer.layers.units, layer))
    nearest = np.clip(np.round(position), 0, np.asarray(shape[: layer.ndim]) - 1).astype(int)
    return tuple(0 if axis in axes else int(i) for axis, i in enumerate(nearest))


def unit_factors(units: Any, layer: Layer) -> npt.NDArray[np.float64]:
    """Factors from lengths in the given units to those of a layer, one for each axis.

    Parameters
    ----------
    units : sequence of pint.Unit or None
        One for each axis. None, and units that cannot be converted, give a factor of 1.
    layer : Layer

    Returns
    -------
    ndarray, shape (D,)
    """
    factors = np.ones(layer.ndim)
    if units is None:
        return factors
    pairs = zip(reversed(tuple(units)), reversed(layer.units), strict=False)
    for back, (given, own) in enumerate(pairs, start=1):
        if back <= layer.ndim and (1 * given).is_compatible_with(own):
            factors[-back] = float((1 * given).to(own).magnitude)
    return factors
