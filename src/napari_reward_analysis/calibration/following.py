"""Follow a lattice through a domain: where the cells really lie, across strain and defects.

The phases of the strongest reflections give the displacement of the lattice around each
place. Phases are known only modulo one turn, that is, displacements modulo one cell. They
are therefore followed from place to place, from the clearest parts of the domain to the
others. Around a dislocation the path matters: there the displacement grows by one cell in a
turn. Positions in the cell do not depend on the path.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_reward_analysis.arrays import BoolArray, Float32Array, FloatArray, IntArray
from napari_reward_analysis.calibration.breaks import unbroken_parts
from napari_reward_analysis.calibration.demodulation import Demodulator, local_level
from napari_reward_analysis.calibration.grid import Grid, on_grid
from napari_reward_analysis.calibration.measured import MeasuredLattice
from napari_reward_analysis.calibration.path import ComplexFloats, continued, follow
from napari_reward_analysis.calibration.pattern import predict
from napari_reward_analysis.calibration.register import power_area
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.image import Image

#: A window holds at least so many columns: a missing one must not move the lattice.
_COLUMNS = 40.0
#: Limits of the window (sigma in cells). Below the first one, reflections mix.
_MIN_WINDOW, _MAX_WINDOW = 0.5, 4.0
#: Wanted error of a position, as a fraction of the mean spacing of the columns.
_ERROR = 0.03
#: Largest number of the strongest reflections that are used, of those that are measured and
#: of those that are expected.
_N_REFLECTIONS = 12
#: A part between jumps of the origin has at least so many cells.
MIN_CELLS = 8.0
#: Number of places at which the mean cell is looked at.
_MEAN_PLACES = 400
#: Frequencies (cycles per px) up to which a reflection is used.
_BAND = 0.45


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
    reflections : ndarray of int, shape (r, 2)
        The reflections whose phases were followed.
    phases : ndarray of complex, shape (r,)
        Their mean amplitude and phase in the domain where the displacement is 0.
    density : ndarray, shape (r,)
        Spectral density of the noise at each reflection.
    inside : ndarray of bool, shape (h, w)
        Places at which the displacement was measured. Elsewhere it is continued.
    """

    vectors: FloatArray
    grid: Grid
    offset: FloatArray
    reflections: IntArray
    phases: ComplexFloats
    density: FloatArray
    inside: BoolArray

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

    def cells_at(self, yx: FloatArray, reach: float | None = None) -> FloatArray:
        """Vectors (rows, in px) of the local cell at points (n, 2), shape (n, 2, 2).

        They are taken from points so far away on both sides, in px; by default a step of
        the grid.
        """
        step = float(max(self.grid.steps)) if reach is None else reach
        gradient = np.linalg.inv(self.vectors) + np.zeros((len(yx), 2, 2))
        for axis in (0, 1):
            move = step * np.eye(2)[axis]
            change = self.offset_at(yx + move) - self.offset_at(yx - move)
            gradient[:, axis] -= (change - np.rint(change)) / (2 * step)
        return np.asarray(np.linalg.inv(gradient))

    def mean_cell(self) -> FloatArray:
        """Vectors (rows, in px) of the cell, median over the places inside."""
        places = np.argwhere(self.inside) * self.grid.steps + [self.grid.y[0], self.grid.x[0]]
        places = places[:: max(1, len(places) // _MEAN_PLACES)]
        return np.asarray(np.median(self.cells_at(places), axis=0))

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
    image: Image, measured: MeasuredLattice, lattice: Lattice, mask: BoolArray
) -> LocalLattice:
    """Displacement of a lattice throughout a domain.

    Parameters
    ----------
    image : Image
        The image in which the lattice was measured.
    measured : MeasuredLattice
        The lattice, which must be found.
    lattice : Lattice
        The crystal.
    mask : ndarray of bool, shape (H, W)
        Pixels of the domain. Others are not looked at.

    Returns
    -------
    LocalLattice
        Beyond the domain the displacement is that of the nearest place inside.
    """
    seen = local_waves(image, measured, lattice, mask)
    offset, phases = follow(seen.waves, seen.reflections, seen.inside, seen.noise)
    return _continued_lattice(measured, seen, offset, phases, seen.inside)


def follow_parts(
    image: Image, measured: MeasuredLattice, lattice: Lattice, mask: BoolArray
) -> tuple[LocalLattice, ...]:
    """Displacement of a lattice in each part of a domain between jumps of its origin.

    Parameters
    ----------
    image, measured, lattice, mask
        As in `follow_lattice`.

    Returns
    -------
    tuple of LocalLattice
        The largest part first. Each lattice is continued beyond its part. All have the same
        phases, so that they differ only by their displacements.
    """
    seen = local_waves(image, measured, lattice, mask)
    offset, phases = follow(seen.waves, seen.reflections, seen.inside, seen.noise)
    spacing = lattice.spacing / measured.pixel_size
    smallest = MIN_CELLS * measured.cell_area_px / math.prod(seen.grid.steps)
    parts = unbroken_parts(
        offset, measured.vectors_px, seen.inside, seen.grid.steps, spacing, smallest
    )
    return tuple(_continued_lattice(measured, seen, offset, phases, part) for part in parts)


def _continued_lattice(
    measured: MeasuredLattice,
    seen: LocalWaves,
    offset: FloatArray,
    phases: ComplexFloats,
    inside: BoolArray,
) -> LocalLattice:
    """The lattice with its displacement continued beyond the places inside."""
    weight = np.where(inside, (np.abs(seen.waves) ** 2).sum(axis=-1), 0.0)
    offset = continued(offset, weight)
    return LocalLattice(
        measured.vectors_px, seen.grid, offset, seen.reflections, phases, seen.density, inside
    )


@dataclass(frozen=True, eq=False)
class LocalWaves:
    """Waves of a lattice in a domain, on a coarse grid.

    Attributes
    ----------
    grid : Grid
        The places.
    waves : ndarray of complex, shape (h, w, r)
        Local amplitude and phase of each reflection.
    reflections : ndarray of int, shape (r, 2)
        The reflections.
    inside : ndarray of bool, shape (h, w)
        Places in the domain; all places if the domain lies between them.
    density : ndarray, shape (r,)
        Spectral density of the noise at each reflection.
    noise : ndarray, shape (r,)
        Noise power of each wave.
    """

    grid: Grid
    waves: ComplexFloats
    reflections: IntArray
    inside: BoolArray
    density: FloatArray
    noise: FloatArray


def local_waves(
    image: Image, measured: MeasuredLattice, lattice: Lattice, mask: BoolArray
) -> LocalWaves:
    """Waves of the strongest reflections in a domain, as `follow_lattice` takes them."""
    window = following_window(measured, lattice.columns_per_cell)
    pixels = image.normalised
    if not mask.all():
        level = local_level(pixels, measured.vectors_px, window)
        pixels = np.where(mask, pixels - level, 0).astype(np.float32)
    demodulator = Demodulator(pixels, measured.vectors_px, window)
    h, density = _reflections(measured, lattice)
    waves = np.stack(list(demodulator.waves(h)), axis=-1).astype(np.complex128)
    noise = density / power_area(demodulator.spread)
    grid = demodulator.grid
    return LocalWaves(grid, waves, h, on_grid(mask, grid), density, noise)


def _reflections(measured: MeasuredLattice, lattice: Lattice) -> tuple[IntArray, FloatArray]:
    """The strongest reflections, as measured and as expected, and the noise density at each.

    Domains of opposite phase may cancel a reflection in the spectrum of the whole field. It
    is then not measured, and yet it alone tells the domains apart.
    """
    seen = measured.reflections[:_N_REFLECTIONS]
    pattern = predict(lattice)
    expected = pattern.h[pattern.strong]
    k = expected @ np.linalg.inv(measured.vectors_px).T
    expected = expected[np.all(np.abs(k) < _BAND, axis=1)][:_N_REFLECTIONS]
    known = {tuple(sign * h) for h in seen for sign in (1, -1)}
    more = [h for h in expected if tuple(h) not in known]
    noise = measured.reflection_noise
    density = np.append(noise[: len(seen)], np.full(len(more), np.median(noise)))
    return np.concatenate([seen, np.array(more, dtype=int).reshape(-1, 2)]), density


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
