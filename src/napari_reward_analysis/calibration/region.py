"""The region that is crystal: where the lattice is seen, in register, at half strength.

Around each pixel, in a window of about one cell, the strongest Bragg reflections have an
amplitude. It is compared with the amplitude of the crystal nearby (a smooth surface over
the field, so that thickness and focus may vary) and lowered where the neighbouring
windows are out of register (a grain that is turned by a few degrees has nearly the same
amplitudes). Half of the full value is the edge: there half of the window is crystal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special

from napari_reward_analysis.calibration.demodulation import ComplexArray, Demodulator
from napari_reward_analysis.calibration.grid import FloatArray, Grid
from napari_reward_analysis.calibration.measured import MeasuredLattice, require_found
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import BoolArray, Image
from napari_reward_analysis.image import FloatArray as Float32Array

AnyFloats = npt.NDArray[np.floating[Any]]

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
REGISTER_WINDOW = 2.0
#: Crystals of fewer cells are not crystals, holes of fewer are not seen by the window.
MIN_CELLS = 4.0
#: Most reflections that are looked at.
_N_REFLECTIONS = 12
#: What shapes the reference amplitude: nearer to all than to half of it; at first, all
#: that is not far below the strongest.
_SURE, _FIRST = math.sqrt(EDGE), 0.3
#: Places through which it is fitted, about, and most rounds of that.
_FIT_POINTS, _ROUNDS = 20_000, 20
_TINY = float(np.finfo(np.float32).tiny)


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
    Memory: the complex spectrum of the image with a margin (8 bytes a pixel) and a few
    float32 images.
    """
    require_found(measured)
    if image.shape != measured.field_px:
        raise BadInput(
            f"The lattice was measured in an image of {measured.field_px} pixels and this one has "
            f"{image.shape}: measure it in this image."
        )
    reflections = measured.reflections[:_N_REFLECTIONS]
    amplitudes = measured.reflection_amplitudes[:_N_REFLECTIONS]
    density = measured.reflection_noise[:_N_REFLECTIONS]
    cell = measured.cell_area_px
    if window is None:
        window = noise_window(amplitudes, density, cell)
    demodulator = Demodulator(image.normalised, measured.vectors_px, window)
    grid = demodulator.grid
    reach = max(REGISTER_WINDOW, window) * math.sqrt(cell)
    amplitude, together = _amplitudes(
        demodulator.waves(reflections),
        float(density.sum()),
        _windows(demodulator, reach, image.shape),
        grid,
    )
    reference = reference_amplitude(
        amplitude, together >= _SURE, grid, 4 * math.pi * window**2 * cell
    )
    return grid.to_pixels(amplitude * together / reference, image.shape)


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


@dataclass(frozen=True, eq=False)
class _Windows:
    """How far noise is averaged by the two windows, place by place.

    Attributes
    ----------
    reach : float
        Sigma of the wide window in px.
    sigmas : tuple of float
        The same in steps of the grid.
    small, wide : ndarray, shape (h, w)
        Power of the noise that is left, over its spectral density.
    """

    reach: float
    sigmas: tuple[float, float]
    small: FloatArray
    wide: FloatArray


def _windows(demodulator: Demodulator, reach: float, shape: tuple[int, int]) -> _Windows:
    grid, spread = demodulator.grid, demodulator.spread
    both = spread + reach**2 * np.eye(2)
    # near the border a part of the window sees no pixels of its own
    small = 1 / (_power_area(spread) * _coverage(grid, spread, shape))
    wide = _coverage(grid, both, shape) / _power_area(both)
    return _Windows(reach, (reach / grid.steps[0], reach / grid.steps[1]), small, wide)


def _power_area(spread: FloatArray) -> float:
    """Area over which a Gaussian window averages noise power, in square px."""
    return 4 * math.pi * math.sqrt(float(np.linalg.det(spread)))


def _coverage(grid: Grid, spread: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Part of a Gaussian window that lies in the field, at each place of the grid."""
    parts = [
        special.ndtr((places + 0.5) / sigma) - special.ndtr((places - length + 0.5) / sigma)
        for places, length, sigma in zip(
            (grid.y, grid.x), shape, np.sqrt(np.diag(spread)), strict=True
        )
    ]
    return np.outer(*parts)


def _amplitudes(
    waves: Iterable[ComplexArray], density: float, windows: _Windows, grid: Grid
) -> tuple[FloatArray, FloatArray]:
    """Amplitude in each window, and how well it and its neighbours are in register.

    The register is the smaller of two. The amplitude of the mean over the mean of the
    amplitude is 1 in one crystal, whatever its outline and contrast, and small where
    phases scatter. What the slope of the phase would leave of it in a full window is
    small in a grain that is turned, at the border of the field too.
    """
    power, of_mean, in_step, weight = np.zeros((4, *windows.small.shape))
    for wave in waves:
        for part in (wave.real, wave.imag):
            power += part**2
            of_mean += _averaged(part, windows.sigmas) ** 2
        local = _averaged(np.abs(wave) ** 2, windows.sigmas)
        in_step += local * np.exp(-((2 * np.pi * windows.reach) ** 2) * _slope(wave, windows, grid))
        weight += local
    amplitude = np.sqrt(np.maximum(power - density * windows.small, 0.0))
    mean = np.maximum(_averaged(amplitude, windows.sigmas), _TINY)
    coherent = np.sqrt(np.maximum(of_mean - density * windows.wide, 0.0)) / mean
    straight = np.sqrt(in_step / np.maximum(weight, _TINY))
    return amplitude, np.minimum(np.minimum(coherent, straight), 1.0)


def _slope(wave: ComplexArray, windows: _Windows, grid: Grid) -> FloatArray:
    """Squared difference of the local frequency from the lattice's, in 1 / px^2."""
    total = np.zeros(wave.shape)
    for axis, step in enumerate(grid.steps):
        # of neighbours; the last has none, and takes that of the one before
        ahead, here = np.delete(wave, 0, axis), np.delete(wave, -1, axis)
        turn = ahead * here.conj()
        turn = np.concatenate([turn, np.take(turn, [-1], axis)], axis)
        mean = [_averaged(part, windows.sigmas) for part in (turn.real, turn.imag)]
        total += (np.arctan2(mean[1], mean[0]) / (2 * np.pi * step)) ** 2
    return total


def _averaged(part: AnyFloats, sigmas: tuple[float, float]) -> AnyFloats:
    """Gaussian mean; what lies outside counts as nothing, in a ratio it cancels."""
    averaged: AnyFloats = ndimage.gaussian_filter(part, sigmas, mode="constant", truncate=3)
    return averaged


def reference_amplitude(
    amplitude: FloatArray, in_register: BoolArray, grid: Grid, window_area: float
) -> FloatArray:
    """Amplitude that the full crystal would have at each place.

    A parabola in the logarithm, through what lies above `_SURE` of it: thickness, focus
    and a step between two layers change the amplitude, a pocket in the crystal does not
    pull it down. Small crystals, of few windows, get a plane or a constant.

    Parameters
    ----------
    amplitude : ndarray, shape (h, w)
        On the grid.
    in_register : ndarray of bool, shape (h, w)
        Where it may belong to the crystal.
    grid : Grid
        The grid.
    window_area : float
        Area of one window in square px.
    """
    every = math.ceil(math.sqrt(amplitude.size / _FIT_POINTS))
    terms = _terms(grid.y[::every], grid.x[::every], grid)
    logs = np.log(np.maximum(amplitude[::every, ::every], _TINY))
    point = math.prod(grid.steps) * every**2
    allowed = in_register[::every, ::every]
    if not allowed.any():
        return np.full_like(amplitude, amplitude.max())
    used = allowed & (logs >= np.quantile(logs[allowed], 0.98) + math.log(_FIRST))
    for _ in range(_ROUNDS):
        windows = float(used.sum()) * point / window_area
        count = 6 if windows >= 60 else 3 if windows >= 20 else 1
        solution, *_ = np.linalg.lstsq(terms[used][:, :count], logs[used], rcond=None)
        surface = terms[..., :count] @ solution
        # beyond the crystal the parabola may go anywhere
        low, high = surface[used].min(), surface[used].max()
        kept = allowed & (logs >= np.clip(surface, low, high) + math.log(_SURE))
        if not kept.any() or np.array_equal(kept, used):
            break
        used = kept
    surface = _terms(grid.y, grid.x, grid)[..., :count] @ solution
    return np.asarray(np.exp(np.clip(surface, low, high)))


def _terms(y: FloatArray, x: FloatArray, grid: Grid) -> FloatArray:
    """Terms of a parabola at each place, the field spanning -1 to 1; shape (h, w, 6)."""
    v = (2 * (y - grid.y[0]) / np.ptp(grid.y) - 1)[:, None] + np.zeros(len(x))
    u = (2 * (x - grid.x[0]) / np.ptp(grid.x) - 1)[None] + np.zeros((len(y), 1))
    return np.stack([np.ones_like(u), v, u, v * v, v * u, u * u], axis=-1)


def _cleaned(mask: BoolArray, smallest: float) -> BoolArray:
    """Without specks and holes below an area in px."""
    return ~_large_parts(~_large_parts(mask, smallest), smallest)


def _large_parts(mask: BoolArray, smallest: float) -> BoolArray:
    parts, _ = ndimage.label(mask)
    large = np.bincount(parts.ravel()) >= smallest
    large[0] = False
    return np.asarray(large[parts], dtype=bool)
