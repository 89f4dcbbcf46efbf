"""Workflows by one name: which stages may come before the LoG, and whether as published."""

from __future__ import annotations

from napari_reward_analysis.analyses.atoms.settings import QUICK_STAGES, AtomsSettings
from napari_reward_analysis.errors import BadInput
from napari_reward_analysis.preprocessing import stage_named
from napari_reward_analysis.rewards.protocol import reward_named

#: Keys of the two entries that stand for no stages of their own.
PUBLISHED, OWN = "published", "own"

#: Stages of the others; "full" has all that come with the package but the slow one, "nlm".
STAGES: dict[str, tuple[str, ...]] = {
    "default": AtomsSettings().stages,
    "full": QUICK_STAGES,
    "alone": (),
}

#: Letters for which there is room in half the dock's usual width.
_SHORT = 16

#: What the list shows.
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
    """What people call a stage; its name where it is not known here, or none."""
    try:
        return stage_named(name).label
    except BadInput:
        return name


def reward_label(name: str) -> str:
    """What people call a reward; its name where it is not known here."""
    try:
        return reward_named(name).label
    except BadInput:
        return name


def short_reward(name: str) -> str:
    """A reward where there is little room: its label, or its name if that is too long."""
    return _shorter(name, reward_label(name))


def short_stage(name: str) -> str:
    """A stage where there is little room: its label, or its name if that is too long."""
    return _shorter(name, stage_label(name))


def _shorter(name: str, label: str) -> str:
    return label if len(label) <= _SHORT else name.replace("_", " ")


def unknown_names(stages: tuple[str, ...], rewards: tuple[str, ...]) -> tuple[str, ...]:
    """A sentence for every stage and reward that is not known here."""
    found = []
    for names, look in ((stages, stage_named), (rewards, reward_named)):
        for name in names:
            try:
                look(name)
            except BadInput as error:
                found.append(str(error))
    return tuple(found)
