"""The crystal in the image itself: its lattice, the pixel size it implies, where it is.

`measure_lattice` finds a chosen crystal in the power spectrum, `measure_vectors` whatever
lattice there is, `crystal_region` the pixels that are crystal.
"""

from __future__ import annotations

from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.measured import (
    MeasuredLattice,
    MeasuredVectors,
    disagreement,
    require_found,
    second_grain_notice,
)
from napari_reward_analysis.calibration.region import crystal_region, lattice_order
from napari_reward_analysis.calibration.vectors import measure_vectors

__all__ = [
    "MeasuredLattice",
    "MeasuredVectors",
    "crystal_region",
    "disagreement",
    "lattice_order",
    "measure_lattice",
    "measure_vectors",
    "require_found",
    "second_grain_notice",
]
