"""Simulate HAADF images of a projected lattice, with the true positions.

The imaging is incoherent: each column adds its weight times the probe, without
interference. The probe is a Gaussian (probe, thermal motion and source size together)
with a weak wide tail. In amorphous pockets the atoms of each column are displaced
independently, so that the column becomes speckle, as in a microscope. The images are
good enough to test an analysis, but not to measure a specimen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.arrays import FloatArray
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image

#: Width of a column's core in angstrom.
COLUMN_SIGMA = 0.5
#: Share of the intensity in the tail, and width of the tail in angstrom.
TAIL_FRACTION, TAIL_SIGMA = 0.3, 1.2
#: Number of atoms along a column, and displacement (sigma) in amorphous material, in
#: angstrom.
N_ATOMS, MELT_SIGMA = 30, 1.7
#: Half width of a patch in sigmas: beyond it, the Gaussian is below 1e-6 of its peak.
_REACH = 5.3
#: Smallest number of patch pixels that are computed at once: 32 MB of float64.
_CHUNK = 4_000_000


@dataclass(frozen=True)
class Pocket:
    """An amorphous pocket with a smooth edge: an ellipse, possibly with a wavy outline.

    Attributes
    ----------
    centre : tuple of float
        y and x in pixels.
    radii : tuple of float
        Half axes in angstrom, the first along y before rotation.
    angle : float
        Rotation in degrees.
    edge : float
        Width of the transition in angstrom.
    depth : float
        Fraction of the atoms of a column that are disordered, 0 to 1.
    stray : float
        Standard deviation of the displacement of a disordered atom, in angstrom.
    stray_of : mapping of str to float
        The same for single species, so that one kind of atom can be disordered while
        another stays ordered: {'Ba': 0.3, 'Y': 0.3} makes only copper amorphous in YBCO.
    intensity : float
        Remaining fraction of the intensity of a disordered atom, which loses channelling.
    waves : sequence of (int, float, float)
        Waves of the outline: periods per turn, amplitude as a fraction of the radius, and
        phase in radians.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    angle: float = 0.0
    edge: float = 3.0
    depth: float = 1.0
    stray: float = MELT_SIGMA
    stray_of: Mapping[str, float] = field(default_factory=dict)
    intensity: float = 1.0
    waves: Sequence[tuple[int, float, float]] = ()


@dataclass(frozen=True, eq=False)
class Simulated:
    """A simulated image and its true content.

    Attributes
    ----------
    image : Image
        Float32 pixels with their pixel size.
    truth : dict of str to ndarray
        'y', 'x' in pixels (of the undisturbed lattice), 'species', 'weight', and
        'retention': the remaining fraction of the column's peak height, 1 in the crystal.
    mask : ndarray of bool, shape (H, W)
        True where the material is amorphous.
    vacancies : ndarray, shape (k, 2)
        y and x in pixels of the columns that were left out.
    """

    image: Image
    truth: dict[str, npt.NDArray[Any]]
    mask: npt.NDArray[np.bool_]
    vacancies: FloatArray


def simulate(
    lattice: Lattice,
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = 0.18,
    *,
    rotation: float = 0.0,
    origin: tuple[float, float] = (0.0, 0.0),
    sigma: float = COLUMN_SIGMA,
    dose: float | None = None,
    noise: float = 0.0,
    background: float = 0.05,
    pockets: Sequence[Pocket] = (),
    vacant: float = 0.0,
    seed: int = 0,
    name: str = "",
) -> Simulated:
    """Simulate one HAADF image.

    Parameters
    ----------
    lattice : object with name, a, b, angle, columns
        The projected cell; the first vector runs along x when `rotation` is 0.
    shape : tuple of int
        Height and width in pixels.
    pixel_size : float
        Pixel size in angstrom.
    rotation : float
        Rotation of the lattice in degrees, from x towards y (clockwise on the screen).
    origin : tuple of float
        Corner of one cell: y and x in pixels.
    sigma : float
        Width of a column's core in angstrom.
    dose : float, optional
        Counts at the brightest pixel, with Poisson noise. Without a dose the image has no
        counting noise and a maximum of 1.
    noise : float
        Standard deviation of Gaussian noise as a fraction of the clean image's range.
    background : float
        Level under all columns as a fraction of the brightest pixel.
    pockets : sequence of Pocket
        Amorphous pockets.
    vacant : float
        Share of the columns that is left out, 0 to 1.
    seed : int
        Seed of noise, displacements and vacancies; equal seeds give equal images.
    name : str
        Name of the image; the lattice's name by default.

    Returns
    -------
    Simulated

    Raises
    ------
    BadInput
        If the lattice has no known column positions or the field is empty.
    """
    _check(lattice, shape, pixel_size, sigma)
    rng = np.random.default_rng(seed)
    truth = _columns(lattice, shape, pixel_size, rotation, origin)
    # a generator of its own, so that vacancies change nothing else
    lost = np.random.default_rng([seed, 1]).random(len(truth["yx"])) < vacant
    vacancies = truth["yx"][lost & _in_field(truth["yx"], shape)]
    truth = {key: values[~lost] for key, values in truth.items()}
    disorder = _disorder(shape, pixel_size, pockets)
    points, weights, retention = _atoms(truth, pockets, pixel_size, sigma, rng)

    core = render(points, weights, shape, sigma / pixel_size)
    clean = _with_tail(core, sigma / pixel_size, TAIL_SIGMA / pixel_size)
    clean = background + (1 - background) * clean / clean.max()
    if dose is not None:
        clean = clean * dose
    pixels = clean if dose is None else rng.poisson(clean).astype(np.float64)
    if noise:
        pixels = pixels + rng.normal(0.0, noise * np.ptp(clean), shape)

    inside = _in_field(truth["yx"], shape)
    known = {key: truth[key][inside] for key in ("species", "weight")}
    known |= {"y": truth["yx"][inside, 0], "x": truth["yx"][inside, 1]}
    known["retention"] = retention[inside]
    image = Image(
        pixels.astype(np.float32),
        pixel_size=pixel_size,
        name=name or lattice.name,
        metadata={"simulated": True, "seed": seed},
    )
    return Simulated(image, known, disorder >= 0.5, vacancies)


def render(
    points: FloatArray, weights: FloatArray, shape: tuple[int, int], sigma: float
) -> FloatArray:
    """Sum of Gaussians at sub-pixel positions.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        y and x in pixels. Points outside the field add the part that reaches into it.
    weights : ndarray, shape (n,)
        Peak height of each Gaussian.
    shape : tuple of int
        Shape of the image.
    sigma : float
        Sigma in pixels.

    Returns
    -------
    ndarray, shape `shape`

    Notes
    -----
    Each Gaussian is evaluated at the pixel centres, so that positions are exact. The cost
    is (10.6 sigma)^2 additions for each point, in chunks of the size of the image.
    """
    reach = math.ceil(_REACH * sigma)
    width = 2 * reach + 1
    canvas = np.zeros((shape[0] + 2 * width, shape[1] + 2 * width))
    corner = np.round(points).astype(int) - reach
    near = np.all((corner > -width) & (corner < shape), axis=1)
    points, weights, corner = points[near], weights[near], corner[near]
    offsets = np.arange(width)
    step = max(1, max(_CHUNK, canvas.size) // width**2)
    for first in range(0, len(points), step):
        part = slice(first, first + step)
        grid = corner[part, :, None] + offsets
        profile = np.exp(-0.5 * ((grid - points[part, :, None]) / sigma) ** 2)
        patch = np.einsum("n,ni,nj->nij", weights[part], profile[:, 0], profile[:, 1])
        flat = (grid[:, 0, :, None] + width) * canvas.shape[1] + grid[:, 1, None, :] + width
        canvas += np.bincount(flat.ravel(), patch.ravel(), canvas.size).reshape(canvas.shape)
    return canvas[width : width + shape[0], width : width + shape[1]]


def _in_field(points: FloatArray, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    return np.asarray(np.all((points >= 0) & (points <= np.subtract(shape, 1)), axis=1))


def _check(lattice: Lattice, shape: tuple[int, int], pixel_size: float, sigma: float) -> None:
    if not lattice.columns:
        raise BadInput(
            f"{lattice.name} has no columns with known positions: choose a preset or a CIF file."
        )
    if min(shape) < 2 or not pixel_size > 0 or not sigma > 0:
        raise BadInput(
            "The simulation needs a field, a pixel size and a column width: give values above 0."
        )


def _columns(
    lattice: Lattice,
    shape: tuple[int, int],
    pixel_size: float,
    rotation: float,
    origin: tuple[float, float],
) -> dict[str, npt.NDArray[Any]]:
    """All columns of the field and a margin around it; 'yx' in pixels."""
    turn, gamma = math.radians(rotation), math.radians(lattice.angle)
    # rows: the two cell vectors as (y, x) in pixels
    cell = np.array(
        [
            [lattice.a * math.sin(turn), lattice.a * math.cos(turn)],
            [lattice.b * math.sin(turn + gamma), lattice.b * math.cos(turn + gamma)],
        ]
    )
    cell /= pixel_size
    rim = 4 * TAIL_SIGMA / pixel_size
    low, high = np.full(2, -rim), np.subtract(shape, 1) + rim
    corners = np.array([[y, x] for y in (low[0], high[0]) for x in (low[1], high[1])])
    counts = (corners - origin) @ np.linalg.inv(cell)
    ranges = [
        np.arange(math.floor(counts[:, k].min()) - 1, math.ceil(counts[:, k].max()) + 2)
        for k in (0, 1)
    ]
    cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    basis = np.array([[column.x, column.y] for column in lattice.columns])
    yx = ((cells + basis) @ cell + origin).reshape(-1, 2)
    kept = np.all((yx >= low) & (yx <= high), axis=1)
    repeats = len(cells)
    species = np.array([column.species for column in lattice.columns])
    weight = np.array([column.weight for column in lattice.columns], dtype=np.float64)
    return {
        "yx": yx[kept],
        "species": np.tile(species, repeats)[kept],
        "weight": np.tile(weight, repeats)[kept],
    }


def _disorder(shape: tuple[int, int], pixel_size: float, pockets: Sequence[Pocket]) -> FloatArray:
    """Disorder of the material at each pixel, 0 to 1."""
    field = np.zeros(shape)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    for pocket in pockets:
        field = np.maximum(field, _inside(pocket, y, x, pixel_size))
    return field


def _inside(pocket: Pocket, y: FloatArray, x: FloatArray, pixel_size: float) -> FloatArray:
    """Smooth step from 1 inside the ellipse to 0 outside; 0.5 on its outline."""
    dy, dx = ((y - pocket.centre[0]) * pixel_size, (x - pocket.centre[1]) * pixel_size)
    turn = math.radians(pocket.angle)
    along = dy * math.cos(turn) + dx * math.sin(turn)
    across = dx * math.cos(turn) - dy * math.sin(turn)
    radius = np.hypot(along / pocket.radii[0], across / pocket.radii[1])
    if pocket.waves:
        turn_of = np.arctan2(along, across)
        radius /= 1 + sum(part * np.cos(n * turn_of + phase) for n, part, phase in pocket.waves)
    outside = (radius - 1) * math.sqrt(pocket.radii[0] * pocket.radii[1])
    return 0.5 * (1 - np.tanh(2 * outside / pocket.edge))


def _atoms(
    truth: dict[str, npt.NDArray[Any]],
    pockets: Sequence[Pocket],
    pixel_size: float,
    sigma: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions and weights of all scatterers, and the retention of each column.

    A crystalline column is one scatterer. A disordered column consists of its atoms,
    which are displaced independently.
    """
    yx, weight = truth["yx"], truth["weight"]
    retention = np.ones(len(yx))
    if not pockets:
        return yx, weight, retention
    level, stray_of_column = np.zeros(len(yx)), np.zeros(len(yx))
    depth, kept = np.ones(len(yx)), np.ones(len(yx))
    for pocket in pockets:
        here = _inside(pocket, yx[:, 0], yx[:, 1], pixel_size)
        won = here > level
        depth[won], kept[won] = pocket.depth, pocket.intensity
        strays = [pocket.stray_of.get(name, pocket.stray) for name in truth["species"][won]]
        stray_of_column[won] = strays
        level = np.maximum(level, here)
    molten = level > 0.01
    n_molten = int(molten.sum())
    reach = (stray_of_column * level)[molten, None, None]
    stray = rng.normal(size=(n_molten, N_ATOMS, 2)) * reach
    # The disordered atoms are those nearest to one surface.
    still = np.arange(N_ATOMS)[None] >= np.round(depth[molten] * N_ATOMS)[:, None]
    stray[still] = 0
    part = np.where(still, 1.0, 1 - (1 - kept[molten, None]) * level[molten, None])
    fall = np.exp(-0.5 * (stray**2).sum(axis=2) / sigma**2)
    retention[molten] = (part * fall).mean(axis=1)
    atoms = (yx[molten, None] + stray / pixel_size).reshape(-1, 2)
    points = np.concatenate([yx[~molten], atoms])
    shares = (weight[molten, None] * part / N_ATOMS).ravel()
    weights = np.concatenate([weight[~molten], shares])
    return points, weights, retention


def _with_tail(core: FloatArray, sigma: float, tail_sigma: float) -> FloatArray:
    """Move a share of the intensity into a wider Gaussian.

    The tail is the core after another Gaussian blur, which is a product in Fourier space.
    The image is mirrored at its edges in place of the material outside.
    """
    pad = min(math.ceil(4 * tail_sigma), min(core.shape) - 1)
    padded = np.pad(core, pad, mode="reflect")
    more = math.sqrt(max(tail_sigma**2 - sigma**2, 0.0))
    fy, fx = np.fft.fftfreq(padded.shape[0]), np.fft.rfftfreq(padded.shape[1])
    damp = np.exp(-2 * (math.pi * more) ** 2 * (fy[:, None] ** 2 + fx[None] ** 2))
    blurred = np.fft.irfft2(np.fft.rfft2(padded) * damp, padded.shape)
    inner = slice(pad, pad + core.shape[0]), slice(pad, pad + core.shape[1])
    return (1 - TAIL_FRACTION) * core + TAIL_FRACTION * blurred[inner]
