"""Crystals and their projection along a zone axis.

`Crystal` holds all atoms of a unit cell. `project` looks along a zone axis and merges
atoms that coincide into columns. The result is the `Lattice` that a search uses.
"""

from __future__ import annotations

from napari_reward_analysis.crystal.projection import project
from napari_reward_analysis.crystal.structure import Crystal, Site
from napari_reward_analysis.crystal.symmetry import expand
from napari_reward_analysis.crystal.zone_axis import axis_name, parse_axis

__all__ = ["Crystal", "Site", "axis_name", "expand", "parse_axis", "project"]
