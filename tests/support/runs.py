"""Run analyses from begin to end and save them, as the command line does."""

from __future__ import annotations

from typing import Any

from napari_reward_analysis.analyses.amorphous.analysis import AMORPHOUS
from napari_reward_analysis.analyses.atoms.analysis import ATOMS
from napari_reward_analysis.runs.analysis import Inputs
from napari_reward_analysis.runs.execute import execute


def run_atoms(image, lattice, settings, folder, region=None, progress=None, **given: Any):
    """Search the columns of an image and save the run."""
    task = ATOMS.begin(Inputs(image, lattice, region, given), settings)
    return execute(task, ATOMS.format, folder, progress)


def run_amorphous(image, lattice, settings, folder, progress=None, **given: Any):
    """Search the amorphous regions of an image and save the run."""
    task = AMORPHOUS.begin(Inputs(image, lattice, given=given), settings)
    return execute(task, AMORPHOUS.format, folder, progress)
