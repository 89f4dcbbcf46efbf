"""The region that is crystal: where the lattice is seen, in register, at half strength.

Around each pixel, in a window of about one cell, the strongest Bragg reflections have an
amplitude. It is compared with what the crystal shows nearby (a smooth surface over the
field, so that thickness, tilt and focus may vary) and lowered where the neighbouring
windows are out of register (a grain that is turned by a few degrees has nearly the same
amplitudes). Half of the full value is the edge: there half of the window is crystal.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, IntArray
from napari_reward_analysis.calibration.demodulation import Demodulator
from napari_reward_analysis.calibration.measured import MeasuredLattice, require_found
from napari_reward_analysis.calibration.reference import EDGE, SURE, reference_amplitude
from napari_reward_analysis.calibration.register import registered_amplitudes
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Smallest window: sigma in cells. The transform of a Gaussian of 0.45 cells has fallen
#: to 2 % at the next reflection, so that each is seen alone.
MIN_WINDOW = 0.45
#: Largest window that noise may ask for.
MAX_WINDOW = 2.0
#: Noise of the amplitude that is allowed, as a part of it: the edge is four of it away.
NOISE_PART = EDGE / 4
#: Window (sigma in cells) over which neighbouring cells must be in register.
REGISTER_WINDOW = 2.0
#: Crystals of fewer cells are not crystals, holes of fewer are not seen by the window.
MIN_CELLS = 4.0
#: Most reflections that are looked at.
_N_REFLECTIONS = 12
#: From one window to the next wider one.
_WIDER = 1.5


def crystal_region(
    image: Image, measured: MeasuredLattice, *, window: float | None = None
) -> BoolArray:
    """Mask of the pixels that are crystal.

    Parameters
    ----------
    image : Image
        The image in which the lattice was measured.
    measured : MeasuredLattice
        Result of `measure_lattice`.
    window : float, optional
        Sigma of the window in cells; by default 0.45, or more where noise asks for it.

    Returns
    -------
    ndarray of bool, shape (H, W)
        True in the crystal. Vacuum, support, amorphous material, other grains and
        invalid pixels are False.

    Raises
    ------
    BadInput
        If the lattice was not found, or in an image of another size.
    """
    order = lattice_order(image, measured, window=window)
    return _cleaned(order >= EDGE, MIN_CELLS * measured.cell_area_px) & image.valid


def lattice_order(
    image: Image, measured: MeasuredLattice, *, window: float | None = None
) -> Float32Array:
    """How much of the crystal's lattice is seen around each pixel.

    Parameters
    ----------
    image, measured, window
        As for `crystal_region`.

    Returns
    -------
    ndarray, shape (H, W)
        Amplitude of the strongest reflections, in register, as a part of what the
        crystal nearby shows: about 1 in the crystal, 0.5 at its edge, 0 elsewhere.

    Raises
    ------
    BadInput
        If the lattice was not found, or in an image of another size.

    Notes
    -----
    Where the crystal is fainter than elsewhere, noise asks for a wider window, and where
    it is stronger for a smaller one. Memory: the complex spectrum of the image with a
    margin (8 bytes a pixel) and a few float32 images.
    """
    require_found(measured)
    if image.shape != measured.field_px:
        raise BadInput(
            f"The lattice was measured in an image of {measured.field_px} pixels and this one has "
            f"{image.shape}: measure it in this image."
        )
    if window is not None:
        return _seen(image, measured, window)[0]
    amplitudes = measured.reflection_amplitudes[:_N_REFLECTIONS]
    density = measured.reflection_noise[:_N_REFLECTIONS]
    cell = measured.cell_area_px
    window = noise_window(amplitudes, density, cell)
    order, reference = _seen(image, measured, window)
    # noise over amplitude is what counts
    wanted = _noise_sigma(amplitudes, density, cell) * np.linalg.norm(amplitudes) / reference
    wanted = np.clip(wanted, MIN_WINDOW, MAX_WINDOW)
    levels = np.rint(np.log(wanted / window) / math.log(_WIDER)).astype(np.int8)
    for level in np.unique(levels[levels != 0]):
        other = min(max(window * _WIDER ** float(level), MIN_WINDOW), MAX_WINDOW)
        np.copyto(order, _seen(image, measured, other)[0], where=levels == level)
    return order


def _seen(
    image: Image, measured: MeasuredLattice, window: float
) -> tuple[Float32Array, Float32Array]:
    """Order in windows of one size, and the amplitude that the full crystal would have."""
    density = float(measured.reflection_noise[:_N_REFLECTIONS].sum())
    demodulator = Demodulator(image.normalised, measured.vectors_px, window)
    amplitude, together = registered_amplitudes(
        demodulator,
        measured.reflections[:_N_REFLECTIONS],
        density,
        max(REGISTER_WINDOW, window) * math.sqrt(measured.cell_area_px),
        image.shape,
    )
    grid = demodulator.grid
    reference = reference_amplitude(amplitude, together >= SURE, grid, demodulator.spread)
    # what is out of register is none, however strong it is
    order = np.minimum(amplitude / reference, 1.0) * together
    return grid.to_pixels(order, image.shape), grid.to_pixels(reference, image.shape)


def noise_window(amplitudes: FloatArray, density: FloatArray, cell_area_px: float) -> float:
    """Smallest window (sigma in cells) in which noise leaves the edge in its place.

    Parameters
    ----------
    amplitudes, density : ndarray, shape (n,)
        Of the reflections: amplitude, and spectral density of the noise there.
    cell_area_px : float
        Area of the cell in square px.

    Notes
    -----
    A window of area A (4 pi sigma^2) holds noise of power density / A a reflection. The
    error of the summed amplitude must stay below `NOISE_PART` of it in the crystal;
    outside, the scatter of the noise power must stay below that part of the power at
    the edge.
    """
    sigma = _noise_sigma(amplitudes, density, cell_area_px)
    return min(max(sigma, MIN_WINDOW), MAX_WINDOW)


def _noise_sigma(amplitudes: FloatArray, density: FloatArray, cell_area_px: float) -> float:
    power = float((amplitudes**2).sum())
    inside = float((density * amplitudes**2).sum()) / (2 * power**2 * NOISE_PART**2)
    outside = math.sqrt(float((density**2).sum())) / (NOISE_PART * EDGE * power)
    return math.sqrt(max(inside, outside) / (4 * math.pi * cell_area_px))


def _cleaned(mask: BoolArray, smallest: float) -> BoolArray:
    """Without specks and holes below an area in px.

    A hole that the border cuts goes on beyond it: it counts double, in a corner four times.
    """
    parts, areas = _parts(mask)
    crystal = (areas >= smallest)[parts]
    holes, areas = _parts(~crystal)
    for axis in (0, 1):
        at_border = np.take(holes, [0, -1], axis)
        areas[np.unique(at_border)] *= 2
    areas[0] = 0
    return np.asarray(~(areas >= smallest)[holes], dtype=bool)


def _parts(mask: BoolArray) -> tuple[IntArray, FloatArray]:
    """Label of each pixel, 0 beside the parts, and the area of each label."""
    labels, _ = ndimage.label(mask)
    areas = np.bincount(labels.ravel()).astype(float)
    areas[0] = 0
    return labels, areas
