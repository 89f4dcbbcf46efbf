"""Simulate images to train the oracle's network, each with its heat map of columns.

No measured image and no image of a benchmark is used. The images vary in crystal and zone
axis, pixel size, probe width, rotation, contrast of the columns, dose, Gaussian noise,
brightness across the field, filled part of the field, and molten pockets.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_reward_analysis import Lattice, lattice_preset
from napari_reward_analysis.io.simulate import Pocket, render, simulate


@dataclass(frozen=True)
class Ranges:
    """The ranges from which the images are drawn. Each pair is a range.

    Attributes
    ----------
    crystals : tuple of str
        Presets. A preset that is listed twice is drawn twice as often.
    pixel_size, sigma : tuple of float
        In angstrom, drawn uniformly on a logarithmic scale.
    contrast : tuple of float
        Factor on the weight of each species.
    dose : tuple of float
        Counts at the brightest pixel, logarithmic.
    noise : tuple of float
        Gaussian, relative to the range of the clean image.
    gradient : float
        Largest change of brightness across the field, relative to the range.
    heat_sigma : float
        Width of a column in the heat map, in pixels.
    """

    crystals: tuple[str, ...] = (
        "YBCO[100]",
        "YBCO[100]",
        "YBCO[010]",
        "YBCO[001]",
        "SrTiO3[001]",
        "SrTiO3[110]",
        "DyScO3[pc]",
        "DyScO3[001]",
        "DyScO3[110]",
        "Si[110]",
        "Si[110]",
        "Si[001]",
        "MoS2[001]",
        "graphene[001]",
    )
    pixel_size: tuple[float, float] = (0.16, 0.25)
    sigma: tuple[float, float] = (0.35, 0.65)
    contrast: tuple[float, float] = (0.7, 1.4)
    dose: tuple[float, float] = (8.0, 300.0)
    noise: tuple[float, float] = (0.02, 1.0)
    gradient: float = 0.6
    heat_sigma: float = 1.5

    def as_dict(self) -> dict[str, object]:
        """Return plain values for the record of the network."""
        return asdict(self)


def clean_image(
    ranges: Ranges, side: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate a crystal without noise.

    Returns
    -------
    pixels : ndarray, shape (side, side)
        Values from 0 to 1.
    heat : ndarray, shape (side, side)
        Gaussians of height 1 at the columns, except molten ones.
    """
    lattice = _other_contrast(lattice_preset(str(rng.choice(ranges.crystals))), ranges, rng)
    size = _log_uniform(ranges.pixel_size, rng)
    made = simulate(
        lattice,
        (side, side),
        size,
        rotation=rng.uniform(0, 360),
        origin=tuple(rng.uniform(0, side, 2)),
        sigma=min(_log_uniform(ranges.sigma, rng), 0.4 * lattice.spacing),
        background=rng.uniform(0.0, 0.4),
        pockets=_pockets(side, size, rng),
        seed=int(rng.integers(2**31)),
    )
    pixels, truth = made.image.data.astype(float), made.truth
    kept = np.clip((truth["retention"] - 0.35) / 0.3, 0, 1)
    points = np.column_stack([truth["y"], truth["x"]])
    if rng.random() < 0.2:  # vacuum or film beside the crystal
        there = _half_plane(side, rng)
        level = rng.uniform(0, 0.5) * pixels.mean()
        pixels = level + (pixels - level) * there
        kept = kept * (there[tuple(np.round(points).astype(int).T)] > 0.5)
    heat = np.minimum(render(points, kept, (side, side), ranges.heat_sigma), 1.0)
    return pixels.astype(np.float32), heat.astype(np.float32)


def exposed(pixels: np.ndarray, ranges: Ranges, rng: np.random.Generator) -> np.ndarray:
    """Add a gradient, counting noise and Gaussian noise to a clean image."""
    height, width = pixels.shape
    slope = rng.normal(0, 0.5, 2) * ranges.gradient
    y, x = np.linspace(-0.5, 0.5, height)[:, None], np.linspace(-0.5, 0.5, width)[None]
    seen = np.maximum(pixels * (1 + slope[0] * y + slope[1] * x), 0)
    if rng.random() < 0.3:  # carbon, or uneven thickness
        seen = seen + np.abs(gaussian_filter(rng.normal(size=pixels.shape), 15)) * 6
    kind = rng.random()
    if kind < 0.6:
        dose = _log_uniform(ranges.dose, rng)
        seen = rng.poisson(seen * dose) / dose
    if kind > 0.5:
        seen = seen + rng.normal(0, _log_uniform(ranges.noise, rng), pixels.shape)
    return seen.astype(np.float32)


def _other_contrast(lattice: Lattice, ranges: Ranges, rng: np.random.Generator) -> Lattice:
    factor = {c.species: rng.uniform(*ranges.contrast) for c in lattice.columns}
    columns = tuple(
        c.model_copy(update={"weight": max(c.weight, 0.12) * factor[c.species]})
        for c in lattice.columns
    )
    return lattice.model_copy(update={"columns": columns})


def _pockets(side: int, size: float, rng: np.random.Generator) -> list[Pocket]:
    if rng.random() > 0.25:
        return []
    field = side * size
    return [
        Pocket(
            centre=tuple(rng.uniform(0, side, 2)),
            radii=tuple(rng.uniform(0.15, 0.4, 2) * field),
            angle=rng.uniform(0, 180),
            depth=rng.uniform(0.5, 1.0),
            intensity=rng.uniform(0.7, 1.0),
        )
    ]


def _half_plane(side: int, rng: np.random.Generator) -> np.ndarray:
    """Return 1 on one side of a line through the field, 0 on the other, with a soft edge."""
    turn = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:side, :side] - side / 2
    across = x * np.cos(turn) + y * np.sin(turn) - rng.uniform(-0.3, 0.3) * side
    return 1 / (1 + np.exp(-np.clip(across / 1.5, -50, 50)))


def _log_uniform(between: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(between))))
