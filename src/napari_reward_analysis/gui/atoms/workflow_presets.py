"""Name the workflows: presets of the stages that may come before the LoG."""

from __future__ import annotations

from napari_reward_analysis.analyses.atoms.settings import QUICK_STAGES, AtomsSettings
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.preprocessing import stage_named
from napari_reward_analysis.rewards.protocol import reward_named

#: Keys of the two entries without stages of their own.
PUBLISHED, OWN = "published", "own"

#: Stages of the other entries; "full" has all stages of the package but the slow one, "nlm".
STAGES: dict[str, tuple[str, ...]] = {
    "default": AtomsSettings().stages,
    "full": QUICK_STAGES,
    "alone": (),
}

#: Number of letters that fit into half the width of the dock.
_SHORT = 16

#: Texts of the list.
LABELS = {
    "default": "Wiener filter, LoG (default)",
    "full": "full: all quick stages",
    "alone": "LoG alone",
    PUBLISHED: "as published",
    OWN: "own choice",
}


def preset_of(stages: tuple[str, ...], *, as_published: bool) -> str:
    """Key of the workflow that has these stages."""
    if as_published:
        return PUBLISHED
    return next((key for key, known in STAGES.items() if known == stages), OWN)


def stage_label(name: str) -> str:
    """Label of a stage; its name where it is not registered."""
    try:
        return stage_named(name).label
    except BadInput:
        return name


def reward_label(name: str) -> str:
    """Label of a reward; its name where it is not registered."""
    try:
        return reward_named(name).label
    except BadInput:
        return name


def short_reward(name: str) -> str:
    """Short text for a reward: its label, or its name where the label is too long."""
    return _shorter(name, reward_label(name))


def short_stage(name: str) -> str:
    """Short text for a stage: its label, or its name where the label is too long."""
    return _shorter(name, stage_label(name))


def _shorter(name: str, label: str) -> str:
    return label if len(label) <= _SHORT else name.replace("_", " ")


def unknown_names(stages: tuple[str, ...], rewards: tuple[str, ...]) -> tuple[str, ...]:
    """A sentence for every stage and reward that is not registered."""
    found = []
    for names, look in ((stages, stage_named), (rewards, reward_named)):
        for name in names:
            try:
                look(name)
            except BadInput as error:
                found.append(str(error))
    return tuple(found)
