"""Crystals and their projection along a zone axis: from atoms to columns.

`Crystal` holds all atoms of a unit cell, `project` looks along an axis and merges
what coincides; the result is the `Lattice` that steers a search.
"""

from __future__ import annotations

from napari_reward_analysis.crystal.projection import project
from napari_reward_analysis.crystal.structure import Crystal, Site
from napari_reward_analysis.crystal.symmetry import expand
from napari_reward_analysis.crystal.zone_axis import axis_name, parse_axis

__all__ = ["Crystal", "Site", "axis_name", "expand", "parse_axis", "project"]
