"""The region that is crystal: where the lattice is seen, in register, at half strength.

Around each pixel, in a window of about one cell, the strongest Bragg reflections have an
amplitude. It is compared with the amplitude of the crystal nearby (a smooth surface over
the field, so that thickness and focus may vary) and lowered where the neighbouring
windows are out of register (a grain that is turned by a few degrees has nearly the same
amplitudes). Half of the full value is the edge: there half of the window is crystal.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from skimage.measure import label

from napari_reward_analysis.calibration.demodulation import LocalWaves, demodulate
from napari_reward_analysis.calibration.measured import MeasuredLattice, require_found
from napari_reward_analysis.calibration.spectrum import FloatArray
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import BoolArray, Image
from napari_reward_analysis.image import FloatArray as Float32Array

#: Smallest window: sigma in cells. The transform of a Gaussian of 0.45 cells has fallen
#: to 2 % at the next reflection, so that each is seen alone.
MIN_WINDOW = 0.45
#: Largest window that noise may ask for.
MAX_WINDOW = 2.0
#: The edge, as a part of the crystal's own amplitude.
EDGE = 0.5
#: Noise of the amplitude that is allowed, as a part of it: the edge is four of it away.
NOISE_PART = EDGE / 4
#: Window (sigma in cells) over which neighbouring cells must be in register.
REGISTER_WINDOW = 1.5
#: Crystals of fewer cells are not crystals, holes of fewer are not seen by the window.
MIN_CELLS = 4.0
#: Most reflections that are looked at.
_N_REFLECTIONS = 12
#: What shapes the reference amplitude: nearer to all than to half of it.
_SURE = math.sqrt(EDGE)


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
    Memory: the complex spectrum of the image with a margin (8 bytes a pixel in single
    precision) and a few float32 images.
    """
    require_found(measured)
    if image.shape != measured.field_px:
        raise BadInput(
            f"The lattice was measured in an image of {measured.field_px} pixels and this one has "
            f"{image.shape}: measure it in this image."
        )
    chosen = slice(0, _N_REFLECTIONS)
    density = measured.reflection_noise[chosen]
    if window is None:
        window = noise_window(
            measured.reflection_amplitudes[chosen], density, measured.cell_area_px
        )
    local = demodulate(
        image.normalised, measured.vectors_px, measured.reflections[chosen], window
    )
    # the mean power of noise in the window, reflection by reflection
    noise = density / (4 * math.pi * window**2 * measured.cell_area_px)
    power = (np.abs(local.waves) ** 2).sum(axis=0) - noise.sum()
    amplitude = np.sqrt(np.maximum(power, 0.0))
    relative = amplitude / _reference(amplitude, local, window, measured)
    return _to_pixels(relative * _register(local, amplitude, window, measured), local, image.shape)


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
    power = float((amplitudes**2).sum())
    inside = float((density * amplitudes**2).sum()) / (2 * power**2 * NOISE_PART**2)
    outside = math.sqrt(float((density**2).sum())) / (NOISE_PART * EDGE * power)
    sigma = math.sqrt(max(inside, outside) / (4 * math.pi * cell_area_px))
    return min(max(sigma, MIN_WINDOW), MAX_WINDOW)


def _reference(
    amplitude: FloatArray, local: LocalWaves, window: float, measured: MeasuredLattice
) -> FloatArray:
    """Amplitude of the full crystal at each place: a smooth surface through what is crystal.

    A parabola in the logarithm follows thickness and focus, and a step between two layers
    well enough; what lies below it is left out, and the fit repeated.
    """
    y = np.linspace(-1, 1, len(local.y))[:, None] + np.zeros(len(local.x))
    x = np.linspace(-1, 1, len(local.x))[None] + np.zeros((len(local.y), 1))
    terms = np.stack([np.ones_like(y), y, x, y * y, y * x, x * x], axis=-1)
    used = amplitude >= 0.2 * np.quantile(amplitude, 0.98)
    logs = np.log(np.maximum(amplitude, 1e-12))
    per_window = 4 * math.pi * window**2 * measured.cell_area_px
    per_point = (local.y[1] - local.y[0]) * (local.x[1] - local.x[0])
    surface = logs
    for _ in range(20):
        windows = used.sum() * per_point / per_window
        count = 6 if windows >= 60 else 3 if windows >= 20 else 1
        solution, *_ = np.linalg.lstsq(terms[used][:, :count], logs[used], rcond=None)
        surface = terms[..., :count] @ solution
        surface = np.clip(surface, surface[used].min(), surface[used].max())
        kept = logs >= surface + math.log(_SURE)
        if not kept.any() or np.array_equal(kept, used):
            break
        used = kept
    return np.asarray(np.exp(surface))


def _register(
    local: LocalWaves, amplitude: FloatArray, window: float, measured: MeasuredLattice
) -> FloatArray:
    """How well neighbouring windows are in phase, 0 to 1, whatever their amplitude."""
    sigma = max(REGISTER_WINDOW, window) * math.sqrt(measured.cell_area_px)
    sigmas = (sigma / (local.y[1] - local.y[0]), sigma / (local.x[1] - local.x[0]))
    together = np.zeros_like(amplitude)
    for wave in local.waves:
        for part in (wave.real, wave.imag):
            together += ndimage.gaussian_filter(part, sigmas, mode="constant", truncate=3) ** 2
    apart = ndimage.gaussian_filter(amplitude, sigmas, mode="constant", truncate=3)
    return np.clip(np.sqrt(together) / np.maximum(apart, 1e-12), 0.0, 1.0)


def _to_pixels(values: FloatArray, local: LocalWaves, shape: tuple[int, int]) -> Float32Array:
    """Bilinear interpolation of a map on the coarse grid to every pixel."""
    result = values.astype(np.float32)
    for axis, (grid, length) in enumerate(zip((local.y, local.x), shape, strict=True)):
        place = np.clip((np.arange(length) - grid[0]) / (grid[1] - grid[0]), 0, len(grid) - 1)
        low = np.minimum(place.astype(int), len(grid) - 2)
        part = np.expand_dims((place - low).astype(np.float32), 1 - axis)
        result = np.take(result, low, axis) * (1 - part) + np.take(result, low + 1, axis) * part
    return result


def _cleaned(mask: BoolArray, smallest: float) -> BoolArray:
    """Without specks and holes below an area in px."""
    without_specks = _large_parts(mask, smallest)
    return ~_large_parts(~without_specks, smallest)


def _large_parts(mask: BoolArray, smallest: float) -> BoolArray:
    parts = label(mask, connectivity=1)
    large = np.bincount(parts.ravel()) >= smallest
    large[0] = False
    return np.asarray(large[parts])
