"""Find the columns of an image with a network."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.transform import resize

from napari_reward_analysis.analyses.oracle.grey_scale import flattened
from napari_reward_analysis.analyses.oracle.image_spacing import USUAL, seen_spacing
from napari_reward_analysis.analyses.oracle.network import Model
from napari_reward_analysis.analyses.oracle.peaks import find_peaks
from napari_reward_analysis.analyses.oracle.settings import OracleSettings
from napari_reward_analysis.analyses.oracle.tiles import in_tiles
from napari_reward_analysis.arrays import Float32Array
from napari_reward_analysis.image import Image
from napari_reward_analysis.search.pulses import returned

#: Default for the smallest height of a peak in the map.
THRESHOLD = OracleSettings().threshold


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns that a network finds in an image.

    Attributes
    ----------
    points : ndarray, shape (n, 2)
        y and x in px, highest confidence first.
    confidence : ndarray, shape (n,)
        Height of the map at the points, 0 to 1.
    classes : ndarray of str, shape (n,)
        Class from the channel of a model with several; empty otherwise.
    zoom : float
        Pixels of the network per pixel of the image.
    """

    points: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    classes: npt.NDArray[np.str_]
    zoom: float


def find_columns(image: Image, model: Model, threshold: float = THRESHOLD) -> Columns:
    """Find the columns of an image with a network.

    Parameters
    ----------
    image : Image
        The image. It needs a pixel size or a visible column spacing.
    model : Model
        The network.
    threshold : float
        Smallest height of a peak in its map, 0 to 1.

    Returns
    -------
    Columns
        The found columns.

    Raises
    ------
    BadInput
        If the model does not fit the image, or neither pixel size nor spacing is known.
    """
    return returned(columns_by_tiles(image, model, threshold))


def columns_by_tiles(
    image: Image, model: Model, threshold: float = THRESHOLD
) -> Generator[None, None, Columns]:
    """Do the same as `find_columns`, with a pulse after each tile of the image."""
    zoom = working_zoom(image, model)
    pixels = resized(image.normalised, zoom)
    maps = yield from in_tiles(model.run, flattened(pixels) if model.record else pixels)
    heat, channels = column_map(maps)
    peaks = find_peaks(heat, threshold)
    scale = np.divide(image.shape, heat.shape)
    on_map = tuple(np.round(peaks.points).astype(int).clip(0, np.subtract(heat.shape, 1)).T)
    # At both sizes, the centre of a pixel is half a pixel from its edge.
    points = ((peaks.points + 0.5) * scale - 0.5).clip(0, np.subtract(image.shape, 1))
    return Columns(points, peaks.heights, channels[on_map], zoom)


def working_zoom(image: Image, model: Model) -> float:
    """Return the scale factor of an image for a network, or 1 if the image needs no scaling.

    Raises
    ------
    BadInput
        If neither the pixel size nor a column spacing is known.
    """
    if model.pixel_size is None:
        return 1.0
    size = image.pixel_size or USUAL / seen_spacing(image.normalised)
    low, high = model.known_sizes
    return 1.0 if low <= size <= high else size / model.pixel_size


def resized(pixels: Float32Array, zoom: float) -> Float32Array:
    """Resize pixels without aliasing, to the shape (round(H zoom), round(W zoom))."""
    if zoom == 1.0:
        return pixels
    shape = [max(round(side * zoom), 1) for side in pixels.shape]
    return np.asarray(
        resize(  # type: ignore[no-untyped-call, unused-ignore]
            pixels, shape, order=1, mode="reflect", anti_aliasing=zoom < 1
        ),
        np.float32,
    )


def column_map(maps: Float32Array) -> tuple[Float32Array, npt.NDArray[np.str_]]:
    """Convert the output of a network to one map of columns and the class of each pixel.

    Parameters
    ----------
    maps : ndarray, shape (channels, H, W)
        Probabilities or logits. With several channels, the first is the background.

    Returns
    -------
    heat : ndarray, shape (H, W)
        Map of columns, 0 to 1.
    classes : ndarray of str, shape (H, W)
        Classes from 'class 1' for a model with more than two channels; empty otherwise.
    """
    if len(maps) == 1:
        heat = maps[0]
        inside = heat.min() >= 0 and heat.max() <= 1
        return heat if inside else _logistic(heat), np.full(heat.shape, "")
    shares = maps
    if maps.min() < 0 or abs(float(maps.sum(axis=0).mean()) - 1) > 0.01:
        powers = np.exp(maps - maps.max(axis=0))
        shares = powers / powers.sum(axis=0)
    heat = 1 - shares[0]
    if len(maps) == 2:
        return heat, np.full(heat.shape, "")
    names = np.array([f"class {number}" for number in range(1, len(maps))])
    return heat, names[shares[1:].argmax(axis=0)]


def _logistic(logits: Float32Array) -> Float32Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -40, 40))), np.float32)
