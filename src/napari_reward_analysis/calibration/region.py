"""Find the crystalline region of an image from its local Bragg amplitudes.

Around each pixel, the amplitude of the strongest reflections is measured in a window of
about one cell. It is compared with a smooth reference over the field, so that thickness,
tilt and focus may vary. The result is lowered where neighbouring windows are out of
register, because a grain that is rotated by a few degrees has nearly the same amplitudes.
The edge of the crystal is at half of the full value, where half of the window is crystal.
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

#: Smallest window (sigma in cells). The transform of a Gaussian of 0.45 cells has fallen
#: to 2 % at the next reflection, so that reflections do not mix.
MIN_WINDOW = 0.45
#: Largest window for noisy images (sigma in cells).
MAX_WINDOW = 2.0
#: Allowed relative noise of the amplitude: the edge is four times this below the crystal.
NOISE_PART = EDGE / 4
#: Window (sigma in cells) over which neighbouring cells must be in register.
REGISTER_WINDOW = 2.0
#: Crystals and holes with fewer cells are removed: the window cannot resolve them.
MIN_CELLS = 4.0
#: Largest number of reflections that are used.
_N_REFLECTIONS = 12
#: Ratio of a window to the next smaller one.
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
        Sigma of the window in cells; by default 0.45, or more for noisy images.

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
    return cleaned(order >= EDGE, MIN_CELLS * measured.cell_area_px) & image.valid


def lattice_order(
    image: Image, measured: MeasuredLattice, *, window: float | None = None
) -> Float32Array:
    """Strength of the lattice around each pixel, relative to full crystal.

    Parameters
    ----------
    image, measured, window
        As in `crystal_region`.

    Returns
    -------
    ndarray, shape (H, W)
        Amplitude of the strongest reflections in register, relative to the crystal
        nearby: about 1 in the crystal, 0.5 at its edge, 0 elsewhere.

    Raises
    ------
    BadInput
        If the lattice was not found, or in an image of another size.

    Notes
    -----
    The window is wider where the crystal is fainter, and smaller where it is stronger.
    The function needs memory for the complex spectrum of the image with a margin (8 bytes
    per pixel) and for a few float32 images.
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
    # The window depends on the ratio of noise to amplitude.
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
    # Areas out of register do not count, however strong their amplitude is.
    order = np.minimum(amplitude / reference, 1.0) * together
    return grid.to_pixels(order, image.shape), grid.to_pixels(reference, image.shape)


def noise_window(amplitudes: FloatArray, density: FloatArray, cell_area_px: float) -> float:
    """Smallest window (sigma in cells) in which noise does not move the edge.

    Parameters
    ----------
    amplitudes, density : ndarray, shape (n,)
        Amplitude of each reflection, and spectral density of the noise there.
    cell_area_px : float
        Area of the cell in square px.

    Notes
    -----
    A window of area A (4 pi sigma^2) has noise of power density / A for each reflection.
    In the crystal, the relative error of the summed amplitude must stay below
    `NOISE_PART`. Outside, the scatter of the noise power must stay below that fraction of
    the power at the edge.
    """
    sigma = _noise_sigma(amplitudes, density, cell_area_px)
    return min(max(sigma, MIN_WINDOW), MAX_WINDOW)


def _noise_sigma(amplitudes: FloatArray, density: FloatArray, cell_area_px: float) -> float:
    power = float((amplitudes**2).sum())
    inside = float((density * amplitudes**2).sum()) / (2 * power**2 * NOISE_PART**2)
    outside = math.sqrt(float((density**2).sum())) / (NOISE_PART * EDGE * power)
    return math.sqrt(max(inside, outside) / (4 * math.pi * cell_area_px))


def cleaned(mask: BoolArray, smallest: float) -> BoolArray:
    """Remove specks and holes below an area in px from a mask.

    A hole at the border continues outside: it counts double, and four times in a corner.
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
    """Label of each pixel, 0 outside the parts, and the area of each label."""
    labels, _ = ndimage.label(mask)
    areas = np.bincount(labels.ravel()).astype(float)
    areas[0] = 0
    return labels, areas
