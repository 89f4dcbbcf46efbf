"""Reward-driven image analysis of atomically resolved HAADF-STEM images.

The names below are the scripting interface; nothing of it imports Qt or napari.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("napari-reward-analysis")
except PackageNotFoundError:  # the source tree on the path, never installed
    __version__ = "0+unknown"

from napari_reward_analysis.analyses.amorphous.problem import (
    AmorphousProblem,
    AmorphousSettings,
    AmorphousTrial,
    find_amorphous,
)
from napari_reward_analysis.analyses.amorphous.run import (
    AmorphousRun,
    load_amorphous_run,
    save_amorphous_run,
)
from napari_reward_analysis.analyses.atoms.positions import refine_trial
from napari_reward_analysis.analyses.atoms.run import Run, load_run, save_run
from napari_reward_analysis.analyses.atoms.table import atoms_table
from napari_reward_analysis.analyses.atoms.trials import (
    AtomsProblem,
    AtomsSettings,
    AtomTrial,
    find_atoms,
    front_of,
    pick,
)
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.region import crystal_region
from napari_reward_analysis.crystal import Crystal, Site, project
from napari_reward_analysis.crystal.cif import read_crystal, read_lattice
from napari_reward_analysis.crystal.lattice import (
    Column,
    Lattice,
    free_lattice,
    lattice_names,
    lattice_preset,
    parse_lattice,
)
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.image import Image
from napari_reward_analysis.io.read import read_image
from napari_reward_analysis.preprocessing import Context, Parameter, all_stages, register_stage
from napari_reward_analysis.rewards.atoms import Physics
from napari_reward_analysis.rewards.protocol import Detection, all_rewards, register_reward
from napari_reward_analysis.search.loop import Search

__all__ = [
    "AmorphousProblem",
    "AmorphousRun",
    "AmorphousSettings",
    "AmorphousTrial",
    "AtomTrial",
    "AtomsProblem",
    "AtomsSettings",
    "BadInput",
    "Column",
    "Context",
    "Crystal",
    "Detection",
    "Image",
    "Lattice",
    "Parameter",
    "Physics",
    "Run",
    "Search",
    "Site",
    "__version__",
    "all_rewards",
    "all_stages",
    "atoms_table",
    "crystal_region",
    "find_amorphous",
    "find_atoms",
    "free_lattice",
    "front_of",
    "lattice_names",
    "lattice_preset",
    "load_amorphous_run",
    "load_run",
    "measure_lattice",
    "parse_lattice",
    "pick",
    "project",
    "read_crystal",
    "read_image",
    "read_lattice",
    "refine_trial",
    "register_reward",
    "register_stage",
    "save_amorphous_run",
    "save_run",
]
