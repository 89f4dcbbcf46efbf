"""Simulate crystals with missing columns, with the sites of their lattice."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from napari_reward_analysis import Image, Lattice, lattice_preset
from napari_reward_analysis.evidence import Sites
from napari_reward_analysis.io.simulate import (
    COLUMN_SIGMA,
    TAIL_FRACTION,
    TAIL_SIGMA,
    render,
    simulate,
)


class Crystal(NamedTuple):
    """An image, its sites, which of them are occupied, and how well each is seen."""

    image: Image
    sites: Sites
    present: np.ndarray
    d_prime: np.ndarray


def one_domain(yx: np.ndarray, sublattice: np.ndarray, spacing: float) -> Sites:
    """Sites of one domain."""
    n = len(yx)
    names = np.array([f"K{number}" for number in sublattice], str)
    return Sites(yx, np.zeros(n, np.int64), np.zeros((n, 2), np.int64), sublattice, names, spacing)


def imaged(yx: np.ndarray, weight: np.ndarray, shape: tuple[int, int], sigma: float) -> np.ndarray:
    """Columns with the core and the tail that `simulate` gives them."""
    tail = sigma * TAIL_SIGMA / COLUMN_SIGMA
    core = (1 - TAIL_FRACTION) * render(yx, weight, shape, sigma)
    return core + TAIL_FRACTION * (sigma / tail) ** 2 * render(yx, weight, shape, tail)


def crystal(
    name: str | Lattice = "SrTiO3[001]",
    *,
    missing: float = 0.04,
    noise: float = 0.1,
    dose: float | None = None,
    jitter: float = 0.05,
    heights: Any = None,
    seed: int = 0,
    shape: tuple[int, int] = (256, 256),
    pixel_size: float = 0.2,
) -> Crystal:
    """Simulate a crystal without some columns; sites are off by `jitter` spacings.

    `heights` takes a random generator and a number, and gives the columns' relative heights.
    """
    lattice = lattice_preset(name) if isinstance(name, str) else name
    rng = np.random.default_rng(seed)
    whole = simulate(lattice, shape, pixel_size, rotation=7.0, origin=(3.3, 7.1))
    yx = np.column_stack([whole.truth["y"], whole.truth["x"]])
    _, sublattice = np.unique(whole.truth["species"], return_inverse=True)
    present = rng.random(len(yx)) >= missing
    factor = np.ones(len(yx)) if heights is None else heights(rng, len(yx))
    # What is missing is taken out of the clean image, which is `peak` times the columns.
    sigma = COLUMN_SIGMA / pixel_size
    clean = np.asarray(whole.image.data, float)
    middle = slice(60, -60), slice(60, -60)
    columns = imaged(yx, whole.truth["weight"], shape, sigma)[middle]
    peak = float((columns * (clean[middle] - 0.05)).sum() / (columns**2).sum())
    change = whole.truth["weight"] * (np.where(present, factor, 0.0) - 1)
    clean += peak * imaged(yx, change, shape, sigma)
    clean = np.maximum(clean, 0.0)
    level = noise * np.ptp(clean)
    pixels = clean if dose is None else rng.poisson(clean * dose) / dose
    pixels = pixels + rng.normal(0.0, level, shape)
    variance = level**2 + (0.0 if dose is None else float(clean.mean()) / dose)
    height = whole.truth["weight"] * peak * (1 - TAIL_FRACTION)
    distance = np.sqrt(((yx[:, None] - yx) ** 2).sum(axis=2))
    spacing = float(np.sort(distance, axis=1)[:, 1].min())
    sites = one_domain(yx + rng.normal(0, jitter * spacing, yx.shape), sublattice, spacing)
    d_prime = height * np.sqrt(np.pi) * sigma / np.sqrt(variance)
    return Crystal(Image(pixels.astype(np.float32)), sites, present, d_prime)


@pytest.fixture(scope="session")
def make_crystal():
    """Maker of crystals with missing columns."""
    return crystal


@pytest.fixture(scope="session")
def reordered():
    """Maker of the same sites in another order, or some of them."""

    def choose(sites: Sites, rows: np.ndarray) -> Sites:
        return Sites(
            sites.yx[rows],
            sites.domain[rows],
            sites.uv[rows],
            sites.sublattice[rows],
            sites.species[rows],
            sites.spacing_px,
        )

    return choose


@pytest.fixture(scope="session")
def sites_at():
    """Maker of sites at given positions."""
    return one_domain
