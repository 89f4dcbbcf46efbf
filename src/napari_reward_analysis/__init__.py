"""Reward-driven image analysis of atomically resolved HAADF-STEM images.

The names below are the scripting interface. None of them imports Qt or napari. A name is
imported when it is first used, so that the import of the package itself is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_reward_analysis.analyses.amorphous.problem import AmorphousProblem
    from napari_reward_analysis.analyses.amorphous.run import (
        AmorphousRun,
        load_amorphous_run,
        save_amorphous_run,
    )
    from napari_reward_analysis.analyses.amorphous.settings import AmorphousSettings
    from napari_reward_analysis.analyses.amorphous.trial import AmorphousTrial
    from napari_reward_analysis.analyses.atoms.positions import refine_trial
    from napari_reward_analysis.analyses.atoms.problem import AtomsProblem
    from napari_reward_analysis.analyses.atoms.run import AtomsRun, Run, save_run
    from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
    from napari_reward_analysis.analyses.atoms.table import atoms_table
    from napari_reward_analysis.analyses.atoms.trial import AtomTrial, front_of, pick
    from napari_reward_analysis.analyses.noise.run import NoiseRun
    from napari_reward_analysis.analyses.noise.settings import NoiseSettings
    from napari_reward_analysis.analyses.oracle.run import OracleRun
    from napari_reward_analysis.analyses.oracle.settings import OracleSettings
    from napari_reward_analysis.analyses.windows.run import WindowsRun
    from napari_reward_analysis.analyses.windows.settings import WindowsSettings
    from napari_reward_analysis.api import (
        compare_with_oracle,
        find_amorphous,
        find_atoms,
        iter_amorphous,
        iter_atoms,
        iter_noise,
        iter_windows,
        load_run,
        search_windows,
        study_noise,
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
    from napari_reward_analysis.runs.analysis import register_analysis
    from napari_reward_analysis.search.loop import Search

    __version__: str

#: Module of each name, relative to this package.
_HOMES = {
    "AmorphousProblem": "analyses.amorphous.problem",
    "AmorphousRun": "analyses.amorphous.run",
    "AmorphousSettings": "analyses.amorphous.settings",
    "AmorphousTrial": "analyses.amorphous.trial",
    "AtomTrial": "analyses.atoms.trial",
    "AtomsProblem": "analyses.atoms.problem",
    "AtomsRun": "analyses.atoms.run",
    "AtomsSettings": "analyses.atoms.settings",
    "BadInput": "errors",
    "Column": "crystal.lattice",
    "Context": "preprocessing",
    "Crystal": "crystal",
    "Detection": "rewards.protocol",
    "Image": "image",
    "Lattice": "crystal.lattice",
    "NoiseRun": "analyses.noise.run",
    "NoiseSettings": "analyses.noise.settings",
    "OracleRun": "analyses.oracle.run",
    "OracleSettings": "analyses.oracle.settings",
    "Parameter": "preprocessing",
    "Physics": "rewards.atoms",
    "Run": "analyses.atoms.run",
    "Search": "search.loop",
    "Site": "crystal",
    "WindowsRun": "analyses.windows.run",
    "WindowsSettings": "analyses.windows.settings",
    "all_rewards": "rewards.protocol",
    "all_stages": "preprocessing",
    "atoms_table": "analyses.atoms.table",
    "compare_with_oracle": "api",
    "crystal_region": "calibration.region",
    "find_amorphous": "api",
    "find_atoms": "api",
    "free_lattice": "crystal.lattice",
    "front_of": "analyses.atoms.trial",
    "iter_amorphous": "api",
    "iter_atoms": "api",
    "iter_noise": "api",
    "iter_windows": "api",
    "lattice_names": "crystal.lattice",
    "lattice_preset": "crystal.lattice",
    "load_amorphous_run": "analyses.amorphous.run",
    "load_run": "api",
    "measure_lattice": "calibration.measure",
    "parse_lattice": "crystal.lattice",
    "pick": "analyses.atoms.trial",
    "project": "crystal",
    "read_crystal": "crystal.cif",
    "read_image": "io.read",
    "read_lattice": "crystal.cif",
    "refine_trial": "analyses.atoms.positions",
    "register_analysis": "runs.analysis",
    "register_reward": "rewards.protocol",
    "register_stage": "preprocessing",
    "save_amorphous_run": "analyses.amorphous.run",
    "save_run": "analyses.atoms.run",
    "search_windows": "api",
    "study_noise": "api",
}

__all__ = [
    "AmorphousProblem",
    "AmorphousRun",
    "AmorphousSettings",
    "AmorphousTrial",
    "AtomTrial",
    "AtomsProblem",
    "AtomsRun",
    "AtomsSettings",
    "BadInput",
    "Column",
    "Context",
    "Crystal",
    "Detection",
    "Image",
    "Lattice",
    "NoiseRun",
    "NoiseSettings",
    "OracleRun",
    "OracleSettings",
    "Parameter",
    "Physics",
    "Run",
    "Search",
    "Site",
    "WindowsRun",
    "WindowsSettings",
    "__version__",
    "all_rewards",
    "all_stages",
    "atoms_table",
    "compare_with_oracle",
    "crystal_region",
    "find_amorphous",
    "find_atoms",
    "free_lattice",
    "front_of",
    "iter_amorphous",
    "iter_atoms",
    "iter_noise",
    "iter_windows",
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
    "register_analysis",
    "register_reward",
    "register_stage",
    "save_amorphous_run",
    "save_run",
    "search_windows",
    "study_noise",
]


if not TYPE_CHECKING:  # with this function a type checker would accept any name

    def __getattr__(name: str) -> Any:
        """Import a name of the scripting interface when it is first used."""
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
    except PackageNotFoundError:  # the source tree is on the path, but the package is not installed
        return "0+unknown"
