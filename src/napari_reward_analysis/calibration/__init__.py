"""Measure the crystal in an image: its lattice, the pixel size, and the crystalline area.

`measure_lattice` finds a chosen crystal in the power spectrum. `measure_vectors` finds any
lattice without a chosen crystal. `crystal_region` marks the pixels that are crystal.
"""

from __future__ import annotations

from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import (
    MeasuredLattice,
    MeasuredVectors,
    require_found,
)
from napari_reward_analysis.calibration.region import crystal_region, lattice_order
from napari_reward_analysis.calibration.vectors import measure_vectors

__all__ = [
    "MeasuredLattice",
    "MeasuredVectors",
    "crystal_region",
    "lattice_order",
    "measure_lattice",
    "measure_vectors",
    "require_found",
]
