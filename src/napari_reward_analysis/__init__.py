"""Reward-driven image analysis of atomically resolved HAADF-STEM images.

The names below are the scripting interface; nothing of it imports Qt or napari. A name is
imported when it is first used, so that importing the package takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

    __version__: str

#: Module of each name, without the package's own.
_HOMES = {
    "AmorphousProblem": "analyses.amorphous.problem",
    "AmorphousRun": "analyses.amorphous.run",
    "AmorphousSettings": "analyses.amorphous.problem",
    "AmorphousTrial": "analyses.amorphous.problem",
    "AtomTrial": "analyses.atoms.trials",
    "AtomsProblem": "analyses.atoms.trials",
    "AtomsSettings": "analyses.atoms.trials",
    "BadInput": "errors",
    "Column": "crystal.lattice",
    "Context": "preprocessing",
    "Crystal": "crystal",
    "Detection": "rewards.protocol",
    "Image": "image",
    "Lattice": "crystal.lattice",
    "Parameter": "preprocessing",
    "Physics": "rewards.atoms",
    "Run": "analyses.atoms.run",
    "Search": "search.loop",
    "Site": "crystal",
    "all_rewards": "rewards.protocol",
    "all_stages": "preprocessing",
    "atoms_table": "analyses.atoms.table",
    "crystal_region": "calibration.region",
    "find_amorphous": "analyses.amorphous.problem",
    "find_atoms": "analyses.atoms.trials",
    "free_lattice": "crystal.lattice",
    "front_of": "analyses.atoms.trials",
    "lattice_names": "crystal.lattice",
    "lattice_preset": "crystal.lattice",
    "load_amorphous_run": "analyses.amorphous.run",
    "load_run": "analyses.atoms.run",
    "measure_lattice": "calibration.measure",
    "parse_lattice": "crystal.lattice",
    "pick": "analyses.atoms.trials",
    "project": "crystal",
    "read_crystal": "crystal.cif",
    "read_image": "io.read",
    "read_lattice": "crystal.cif",
    "refine_trial": "analyses.atoms.positions",
    "register_reward": "rewards.protocol",
    "register_stage": "preprocessing",
    "save_amorphous_run": "analyses.amorphous.run",
    "save_run": "analyses.atoms.run",
}

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


if not TYPE_CHECKING:  # a type checker would take any name for one of the package

    def __getattr__(name: str) -> Any:
        """Import a name of the scripting interface when it is first asked for."""
        if name == "__version__":
            value = _version()
        elif name in _HOMES:
            value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("napari-reward-analysis")
    except PackageNotFoundError:  # the source tree on the path, never installed
        return "0+unknown"
