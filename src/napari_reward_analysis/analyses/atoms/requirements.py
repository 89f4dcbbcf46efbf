"""Select the rewards and preprocessing stages that an image allows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_reward_analysis.analyses.atoms.settings import AtomsSettings
from napari_reward_analysis.calibration.measure import measure_lattice
from napari_reward_analysis.calibration.preflight import Preflight
from napari_reward_analysis.calibration.vectors import measure_vectors
from napari_reward_analysis.crystal.lattice import Lattice
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.notices import Notice, register_wording
from napari_reward_analysis.preprocessing import stage_named
from napari_reward_analysis.rewards.protocol import NEEDS, Reward, reward_named


def seen_vectors(
    preflight: Preflight, lattice: Lattice | None, settings: AtomsSettings
) -> npt.NDArray[np.float64] | None:
    """Return two translations of the lattice in the image.

    Parameters
    ----------
    preflight : Preflight
        Preflight of the image.
    lattice : Lattice or None
        The crystal.
    settings : AtomsSettings
        Rewards and stages, which may need the translations.

    Returns
    -------
    ndarray, shape (2, 2), or None
        Rows (y, x) in px. They are the vectors of the cell if the crystal was found, and
        otherwise the shortest translations in the spectrum. None if no translations were
        found or needed.
    """
    if preflight.measured is not None and preflight.measured.found:
        return preflight.measured.vectors_px
    asking = [reward_named(name).needs for name in settings.rewards]
    lattice_stages = any(stage_named(name).needs_lattice for name in settings.stages)
    if not lattice_stages and not any("vectors" in needs for needs in asking):
        return None
    if min(preflight.image.shape) < 16:
        return None
    if preflight.measured is None and lattice is not None:
        # The preflight measured nothing: N follows from the header.
        cell = _cell_of(preflight, lattice)
        if cell is not None:
            return cell
    seen = measure_vectors(preflight.image, region=preflight.region)
    return seen.vectors_px if seen.found else None


def _cell_of(preflight: Preflight, lattice: Lattice) -> npt.NDArray[np.float64] | None:
    try:
        measured = measure_lattice(preflight.image, lattice, region=preflight.region)
    except BadInput:
        return None  # The field is too small to measure the lattice.
    return measured.vectors_px if measured.found else None


def usable_rewards(
    settings: AtomsSettings,
    lattice: Lattice | None,
    vectors: npt.NDArray[np.float64] | None,
    *,
    judged: bool,
) -> tuple[list[Reward], tuple[Notice, ...]]:
    """Return the extra rewards that the image allows, and a notice for each other one.

    Raises
    ------
    BadInput
        If a reward is unknown.
    """
    there = {
        "lattice": lattice is not None and bool(lattice.columns),
        "vectors": vectors is not None,
        "evidence": judged,
    }
    usable, notices = [], []
    for name in dict.fromkeys(settings.rewards):
        reward = reward_named(name)
        missing = [NEEDS[need] for need in reward.needs if not there[need]]
        if missing:
            needs = " and ".join(missing)
            notices.append(Notice("reward_left_out", {"reward": name, "needs": needs}))
        else:
            usable.append(reward)
    return usable, tuple(notices)


def usable_stages(
    settings: AtomsSettings, vectors: npt.NDArray[np.float64] | None
) -> tuple[list[str], tuple[Notice, ...]]:
    """Return the stages that the image allows, and a notice for each other one.

    Raises
    ------
    BadInput
        If a stage is unknown.
    """
    usable, notices = [], []
    for name in settings.stages:
        if stage_named(name).needs_lattice and vectors is None:
            notices.append(Notice("stage_left_out", {"stage": name, "needs": NEEDS["vectors"]}))
        else:
            usable.append(name)
    return usable, tuple(notices)


register_wording("reward_left_out", "The reward {reward!r} is left out: it needs {needs}.")
register_wording("stage_left_out", "The stage {stage!r} is left out: it needs {needs}.")
