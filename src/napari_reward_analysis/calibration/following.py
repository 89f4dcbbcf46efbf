"""Follow a lattice through a domain: where the cells really lie, across strain and defects.

The phases of the strongest reflections give the displacement of the lattice around each
place. Phases are known only modulo one turn, that is, displacements modulo one cell. They
are therefore followed from place to place, from the clearest parts of the domain to the
others. Around a dislocation the path matters: there the displacement grows by one cell in a
turn. Positions in the cell do not depend on the path.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, IntArray
from napari_reward_analysis.calibration.demodulation import Demodulator, local_level
from napari_reward_analysis.calibration.grid import Grid
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.image import Image

#: A window holds at least so many columns: a missing one must not move the lattice.
_COLUMNS = 40.0
#: Limits of the window (sigma in cells). Below the first one, reflections mix.
_MIN_WINDOW, _MAX_WINDOW = 0.5, 4.0
#: Wanted error of a position, as a fraction of the mean spacing of the columns.
_ERROR = 0.03
#: Largest number of reflections that are used.
_N_REFLECTIONS = 12
#: Phases are followed in this order: first through places above the highest quantile.
_QUANTILES = (0.7, 0.4, 0.15, 0.03)
#: Rounds in which the mean phases and the displacements are improved in turn.
_ROUNDS = 3
#: Steps of the solution at one place.
_STEPS = 3
#: Where the waves have less than this part of their usual power, the neighbours decide.
_FAINT = 0.01

Waves = npt.NDArray[np.complexfloating[Any, Any]]


@dataclass(frozen=True, eq=False)
class LocalLattice:
    """Displacement of a lattice from its mean, on a coarse grid.

    Attributes
    ----------
    vectors : ndarray, shape (2, 2)
        Rows: the mean cell's vectors (y, x) in px.
    grid : Grid
        Places at which the displacement is known.
    offset : ndarray, shape (h, w, 2)
        Displacement in cells along the two vectors. Beside a dislocation it may jump by
        whole cells from one place to the next.
    """

    vectors: FloatArray
    grid: Grid
    offset: FloatArray

    def fractional(self, yx: FloatArray) -> FloatArray:
        """Lattice coordinates of points (n, 2); their fractions are places in the cell."""
        return np.asarray(yx @ np.linalg.inv(self.vectors) - self.offset_at(yx))

    def offset_at(self, yx: FloatArray) -> FloatArray:
        """Displacement at points (n, 2), interpolated modulo one cell, in cells."""
        at, part = [], []
        for axis, places in enumerate((self.grid.y, self.grid.x)):
            step = (yx[:, axis] - places[0]) / self.grid.steps[axis]
            low = np.clip(step.astype(int), 0, len(places) - 2)
            at.append(low)
            part.append(np.clip(step - low, 0, 1)[:, None])
        corner = self.offset[at[0], at[1]]
        total = np.zeros_like(corner)
        for dy, dx in ((0, 1), (1, 0), (1, 1)):
            weight = (part[0] if dy else 1 - part[0]) * (part[1] if dx else 1 - part[1])
            away = self.offset[at[0] + dy, at[1] + dx] - corner
            total += weight * (away - np.rint(away))
        return np.asarray(corner + total)

    def fractional_map(self, shape: tuple[int, int]) -> tuple[Float32Array, Float32Array]:
        """The two lattice coordinates of every pixel, modulo one, shapes (H, W)."""
        inverse = np.linalg.inv(self.vectors)
        y, x = (np.arange(n, dtype=np.float64) for n in shape)
        # Waves are smooth where the displacement itself jumps by whole cells.
        waves = np.exp(2j * np.pi * self.offset)
        maps = []
        for axis in (0, 1):
            parts = [
                self.grid.to_pixels(part, shape)
                for part in (waves[..., axis].real, waves[..., axis].imag)
            ]
            offset = np.arctan2(parts[1], parts[0]) / np.float32(2 * np.pi)
            plain = np.add.outer(y * inverse[0, axis], x * inverse[1, axis]).astype(np.float32)
            maps.append((plain - offset) % np.float32(1))
        return maps[0], maps[1]


def follow_lattice(
    image: Image, measured: MeasuredLattice, columns_per_cell: int, mask: BoolArray
) -> LocalLattice:
    """Displacement of a lattice throughout a domain.

    Parameters
    ----------
    image : Image
        The image in which the lattice was measured.
    measured : MeasuredLattice
        The lattice, which must be found.
    columns_per_cell : int
        Columns in its cell.
    mask : ndarray of bool, shape (H, W)
        Pixels of the domain. Others are not looked at.

    Returns
    -------
    LocalLattice
        Beyond the domain the displacement is that of the nearest place inside.
    """
    window = following_window(measured, columns_per_cell)
    pixels = image.normalised
    if not mask.all():
        level = local_level(pixels, measured.vectors_px, window)
        pixels = np.where(mask, pixels - level, 0).astype(np.float32)
    demodulator = Demodulator(pixels, measured.vectors_px, window)
    h = measured.reflections[:_N_REFLECTIONS]
    waves = np.stack(list(demodulator.waves(h)), axis=-1).astype(np.complex128)
    inside = _on_grid(mask, demodulator.grid)
    offset = _followed(waves, h, inside)
    return LocalLattice(measured.vectors_px, demodulator.grid, offset)


def following_window(measured: MeasuredLattice, columns_per_cell: int) -> float:
    """Window (sigma in cells) in which noise moves the lattice by a small part of a spacing."""
    h = measured.reflections[:_N_REFLECTIONS].astype(np.float64)
    amplitude = measured.reflection_amplitudes[:_N_REFLECTIONS]
    # Noise power of a wave in a window of one cell (sigma).
    noise = measured.reflection_noise[:_N_REFLECTIONS] / (4 * math.pi * measured.cell_area_px)
    weight = 2 * (2 * np.pi * amplitude) ** 2 / np.maximum(noise, 1e-300)
    information = (h * weight[:, None]).T @ h
    error = measured.vectors_px.T @ np.linalg.inv(information) @ measured.vectors_px
    spacing = math.sqrt(measured.cell_area_px / columns_per_cell)
    sigma = math.sqrt(float(np.linalg.eigvalsh(error).max())) / (_ERROR * spacing)
    least = max(_MIN_WINDOW, math.sqrt(_COLUMNS / (4 * math.pi * columns_per_cell)))
    return min(max(sigma, least), _MAX_WINDOW)


def _on_grid(mask: BoolArray, grid: Grid) -> BoolArray:
    """The mask at the places of a grid."""
    y, x = (
        np.clip(np.rint(places), 0, length - 1).astype(int)
        for places, length in zip((grid.y, grid.x), mask.shape, strict=True)
    )
    inside = mask[y[:, None], x]
    return np.asarray(inside if inside.any() else np.ones_like(inside), dtype=bool)


def _followed(waves: Waves, h: IntArray, inside: BoolArray) -> FloatArray:
    """Displacement in cells at each place, shape (h, w, 2)."""
    power = (np.abs(waves) ** 2).sum(axis=-1)
    seed = np.unravel_index(int(np.argmax(np.where(inside, power, -1))), power.shape)
    usual = float(np.median(power[inside]))
    phases = waves[seed]
    offset = np.zeros((*power.shape, 2))
    solved = np.zeros(power.shape, dtype=bool)
    solved[seed] = True
    for allowed in _stages(power, inside):
        while True:
            front = ndimage.binary_dilation(solved, np.ones((3, 3), bool)) & allowed & ~solved
            if not front.any():
                break
            offset[front] = _solution(
                waves[front], phases, h, _from_neighbours(offset, solved, power, front), usual
            )
            solved |= front
    for _ in range(_ROUNDS):
        turned = waves * np.exp(2j * np.pi * (offset @ h.T))
        phases = turned[inside].mean(axis=0)
        offset = _solution(
            waves.reshape(-1, len(h)), phases, h, offset.reshape(-1, 2), usual
        ).reshape(offset.shape)
    return offset


def _stages(power: FloatArray, inside: BoolArray) -> Iterator[BoolArray]:
    """Places that may be reached: the clearest ones of the domain first, at last all."""
    for quantile in _QUANTILES:
        yield np.asarray(inside & (power >= np.quantile(power[inside], quantile)))
    yield inside
    yield np.ones_like(inside)


def _from_neighbours(
    offset: FloatArray, solved: BoolArray, power: FloatArray, front: BoolArray
) -> FloatArray:
    """Displacement of the clearest solved neighbour of each place of the front."""
    rows, columns = np.nonzero(front)
    best = np.full(len(rows), -1.0)
    result = np.zeros((len(rows), 2))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = rows + dy, columns + dx
            known = (y >= 0) & (y < front.shape[0]) & (x >= 0) & (x < front.shape[1])
            y, x = np.clip(y, 0, front.shape[0] - 1), np.clip(x, 0, front.shape[1] - 1)
            known &= solved[y, x]
            better = known & (power[y, x] > best)
            best[better] = power[y, x][better]
            result[better] = offset[y, x][better]
    return result


def _solution(
    waves: Waves, phases: Waves, h: IntArray, start: FloatArray, usual: float
) -> FloatArray:
    """Displacement that best turns the phases of each place (n, r) into the given ones."""
    product = waves * phases.conj()
    size = np.abs(product)
    strength = float((np.abs(phases) ** 2).sum())
    normal = np.einsum("nr,ri,rj->nij", size, h, h)
    spread = np.einsum("r,ri,rj->ij", np.abs(phases) ** 2, h, h)
    # Where the waves are faint, the displacement stays that of the neighbours.
    normal += _FAINT * usual / strength * np.trace(spread) / 2 * np.eye(2)
    offset = start
    for _ in range(_STEPS):
        turned = product * np.exp(2j * np.pi * (offset @ h.T))
        slope = turned.imag @ h / (2 * np.pi)
        offset = offset - np.linalg.solve(normal, slope[..., None])[..., 0]
    return np.asarray(offset)
