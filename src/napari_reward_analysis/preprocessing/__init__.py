"""Preprocessing stages before the LoG, which the search chooses and tunes."""

from napari_reward_analysis.preprocessing.stage import (
    SLOTS,
    Context,
    Parameter,
    Slot,
    Stage,
    all_stages,
    register_stage,
    stage_named,
)

__all__ = [
    "SLOTS",
    "Context",
    "Parameter",
    "Slot",
    "Stage",
    "all_stages",
    "register_stage",
    "stage_named",
]
