"""Simulate crystals for the tests of the calibration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from napari_reward_analysis import Image, Lattice, lattice_preset
from napari_reward_analysis.io.simulate import simulate


class Crystals:
    """Makes images of presets, and says how far a rotation is from another."""

    def image(
        self,
        name: str | Lattice = "SrTiO3[001]",
        shape: tuple[int, int] = (256, 256),
        pixel_size: float = 0.2,
        header: float | None = None,
        **options: Any,
    ) -> Image:
        """Image of a lattice; without a pixel size unless a header is given."""
        lattice = lattice_preset(name) if isinstance(name, str) else name
        options.setdefault("noise", 0.02)
        made = simulate(lattice, shape, pixel_size, origin=(3.3, 7.1), **options)
        return Image(made.image.data, pixel_size=header, name=lattice.name)

    def turn(self, first: float, second: float, fold: int) -> float:
        """Smallest angle between two rotations of a crystal of some symmetry."""
        period = 360 / fold
        return abs((first - second + period / 2) % period - period / 2)

    def strained(self, lattice: Lattice, strain: np.ndarray) -> tuple[Lattice, float]:
        """The cell after a small strain in (y, x), and the direction of its first vector."""
        gamma = math.radians(lattice.angle)
        cell = np.array(
            [[0, lattice.a], [lattice.b * math.sin(gamma), lattice.b * math.cos(gamma)]]
        )
        (ay, ax), (by, bx) = cell @ (np.eye(2) + strain).T
        angle = math.degrees(math.atan2(by * ax - bx * ay, ay * by + ax * bx))
        update = {"a": math.hypot(ay, ax), "b": math.hypot(by, bx), "angle": angle}
        return lattice.model_copy(update=update), math.degrees(math.atan2(ay, ax))


@pytest.fixture(scope="session")
def crystals() -> Crystals:
    """Simulated images of crystals."""
    return Crystals()
